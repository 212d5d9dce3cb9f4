/*
 * file_descriptor.h
 *	  Checking for free file descriptors, which connections and waits need; and writing
 *	  to one, and reading from it.
 *
 * PostgreSQL counts only the descriptors that it opens or that are reported to
 * it (AcquireExternalFD()); libcurl opens its own without either.
 */
#ifndef DCF_FILE_DESCRIPTOR_H
#define DCF_FILE_DESCRIPTOR_H

#include "postgres.h"

#include "base/compat.h"

/*
 * Raise ERRCODE_INSUFFICIENT_RESOURCES unless one more request can be started.
 * If descriptors are short, PostgreSQL's virtual file descriptors are closed
 * before the error is raised.
 */
extern void dcf_file_descriptor_check(void);

/* Raise the error of dcf_file_descriptor_check(). */
pg_noreturn extern void dcf_file_descriptor_raise(void);

/* Whether an errno means that the process or the system has no descriptor left. */
extern bool dcf_file_descriptor_is_exhausted(int error);

/* Write all bytes; false, with errno, if that fails. */
extern bool dcf_file_descriptor_write(int fd, const char *bytes, size_t len);

/*
 * Read size bytes, or fewer at the end of the file.  Returns their number, or -1,
 * with errno.
 */
extern ssize_t dcf_file_descriptor_read(int fd, char *bytes, size_t size);

#endif /* DCF_FILE_DESCRIPTOR_H */
