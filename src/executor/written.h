/*
 * written.h
 *	  Rows that the service has taken in the current transaction.  A rollback does not
 *	  take them back, so a WARNING tells of them then.
 */
#ifndef DCF_WRITTEN_H
#define DCF_WRITTEN_H

#include "postgres.h"

/* More rows were taken, and of unknown ones it is not known. */
extern void dcf_written_add(uint64 taken, uint64 unknown);

#endif /* DCF_WRITTEN_H */
