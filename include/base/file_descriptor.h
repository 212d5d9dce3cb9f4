/*
 * file_descriptor.h
 *	  File descriptors, which connections and waits need.
 *
 * PostgreSQL counts its own, and those that it is told of; libcurl opens more.
 */
#ifndef DCF_FILE_DESCRIPTOR_H
#define DCF_FILE_DESCRIPTOR_H

#include "postgres.h"

#include "base/compat.h"

/*
 * Raise ERRCODE_INSUFFICIENT_RESOURCES unless there are as many descriptors as a
 * request may need.  Where there are not, those of PostgreSQL's files that are
 * open for a next use are closed first.
 */
extern void dcf_file_descriptor_check(void);

/* Raise that there are too few. */
pg_noreturn extern void dcf_file_descriptor_raise(void);

/* Whether errno says so. */
extern bool dcf_file_descriptor_lacks(int number);

#endif /* DCF_FILE_DESCRIPTOR_H */
