/*
 * copy_file.h
 *	  The files of copies: names, access and removal.
 *
 * They lie in the data directory, in a directory of their own whose name begins
 * with pgsql_tmp, so that base backups leave it out.  It is made with the first
 * file.  Files and directory have the modes of the cluster's other ones.
 *
 * A file begins with a DcfCopyFileHead, the Content-Type and the request as shown;
 * the rest is the body.  Nothing here raises.
 */
#ifndef DCF_COPY_FILE_H
#define DCF_COPY_FILE_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "base/shared.h"

#define DCF_COPY_DIRECTORY "pgsql_tmp_dataconnect_fdw"

/* Room for the path of a file, relative to the data directory. */
#define DCF_COPY_PATH 80

typedef struct DcfCopyFileHead
{
	uint32 magic;
	uint32 format; /* a DcfInflateFormat */
	DcfSharedKey key;
	TimestampTz fetched_at;
	uint32 content_type_len; /* bytes of both texts, which follow */
	uint32 request_len;
} DcfCopyFileHead;

#define DCF_COPY_MAGIC 0x44434601

/* The path of a shared file, or of one that only this backend has. */
extern void dcf_copy_file_path(char path[DCF_COPY_PATH], bool shared,
							   uint64 number);

/*
 * Create a file, and its directory if that is missing, to be written; or open a
 * file to be read.  Returns a descriptor, which PostgreSQL counts; or -1, with
 * errno.
 */
extern int dcf_copy_file_create(const char *path);
extern int dcf_copy_file_open(const char *path);
extern void dcf_copy_file_close(int fd);

/* Remove a file; not finding it is no failure. */
extern void dcf_copy_file_remove(const char *path);

/* Remove the files of all backends; no other process may use the directory. */
extern void dcf_copy_file_clean(void);

/*
 * Where copies are not shared: remove what backends that no longer run have left.
 */
extern void dcf_copy_file_clean_dead(void);

#endif /* DCF_COPY_FILE_H */
