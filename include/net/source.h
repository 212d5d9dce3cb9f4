/*
 * source.h
 *	  The interface of whatever a body takes its bytes from.
 */
#ifndef DCF_SOURCE_H
#define DCF_SOURCE_H

#include "postgres.h"

/* Lives as long as what implements it, such as a transfer (transfer.h). */
typedef struct DcfSource DcfSource;

#endif /* DCF_SOURCE_H */
