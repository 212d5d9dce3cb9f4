/*
 * secret_file.h
 *	  Reading a file that holds one secret.
 */
#ifndef DCF_SECRET_FILE_H
#define DCF_SECRET_FILE_H

#include "postgres.h"

/* Largest secret, in bytes. */
#define DCF_SECRET_FILE_MAX (16 * 1024)

/* Which file was read, and in which state, without its contents. */
typedef struct DcfSecretFileId
{
	uint64 device;
	uint64 inode;
	int64 size;
	int64 modified; /* ns since 1970: the contents … */
	int64 changed;	/* … or owner, mode or links */
} DcfSecretFileId;

/*
 * The contents of a file, palloc'd, without one line break at the end; the caller
 * wipes them.  Sets *id.  option is the option that names the file, for messages.
 *
 * Raises ERRCODE_CONFIG_FILE_ERROR, never showing the contents, if the file cannot
 * be read, is not regular, is empty or too long, has a NUL byte, or is open to others:
 * by the rule for ssl_key_file, it belongs to the server's user and only to him, or to
 * root, and then the group may read it.  Symbolic links are followed.  Never blocks on
 * a FIFO.
 */
extern char *dcf_secret_file_read(const char *path, const char *option,
								  DcfSecretFileId *id);

/*
 * Whether the path still leads to the file that was read, unchanged as far as the
 * clock of the file system shows.
 */
extern bool dcf_secret_file_is_same(const char *path,
									const DcfSecretFileId *id);

#endif /* DCF_SECRET_FILE_H */
