/*
 * secret_file.c
 *	  Reading a file that holds one secret.  See secret_file.h.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"

#include "base/compat.h"
#include "base/secret_file.h"
#include "base/wipe.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

/* Room for the secret, a line break, one byte more to notice a longer file, and NUL. */
#define BUFFER_SIZE (DCF_SECRET_FILE_MAX + 4)

/* Raise that a file cannot be used; problem is a predicate, detail may be NULL. */
pg_noreturn static void
reject(const char *path, const char *option, const char *problem,
	   const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("file \"%s\" of option \"%s\" %s", path, option, problem),
			 detail ? errdetail_internal("%s", detail) : 0));
}

/* As PostgreSQL checks ssl_key_file. */
static void
check_access(const char *path, const char *option, const struct stat *st)
{
	mode_t others = S_IRWXG | S_IRWXO;

	if (!S_ISREG(st->st_mode))
		reject(path, option, "is not a regular file", NULL);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		reject(path, option, "must be owned by the database user or root",
			   NULL);
	if (st->st_uid != geteuid())
		others = S_IWGRP | S_IXGRP | S_IRWXO;
	if (st->st_mode & others)
		reject(path, option, "has group or world access",
			   "The file must have permissions u=rw (0600) or less if it is "
			   "owned by the database user, or u=rw,g=r (0640) or less if it "
			   "is owned by root.");
}

static void
identify(const struct stat *st, DcfSecretFileId *id)
{
	id->device = st->st_dev;
	id->inode = st->st_ino;
	id->size = st->st_size;
	id->modified = (int64) st->st_mtim.tv_sec * INT64CONST(1000000000) +
		st->st_mtim.tv_nsec;
	id->changed = (int64) st->st_ctim.tv_sec * INT64CONST(1000000000) +
		st->st_ctim.tv_nsec;
}

/* Read up to size bytes; returns how many, or -1 with errno. */
static ssize_t
read_all(int fd, char *buffer, size_t size)
{
	size_t len = 0;

	while (len < size)
	{
		ssize_t n = read(fd, buffer + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += n;
	}
	return len;
}

/* The length without one line break at the end. */
static size_t
cut_line_break(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
	{
		len--;
		if (len > 0 && text[len - 1] == '\r')
			len--;
	}
	return len;
}

char *
dcf_secret_file_read(const char *path, const char *option, DcfSecretFileId *id)
{
	/* Opening a FIFO would wait for its writer. */
	int fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	struct stat st;
	char *text;
	ssize_t n;
	size_t len;

	if (fd < 0 || fstat(fd, &st) != 0)
		reject(path, option, psprintf("cannot be opened: %m"), NULL);
	check_access(path, option, &st);
	identify(&st, id);

	text = palloc(BUFFER_SIZE);
	n = read_all(fd, text, BUFFER_SIZE - 1);
	if (n < 0)
		reject(path, option, psprintf("cannot be read: %m"), NULL);
	CloseTransientFile(fd);
	len = cut_line_break(text, n);
	text[len] = '\0';
	if (len == 0)
		reject(path, option, "is empty", NULL);
	if (len <= DCF_SECRET_FILE_MAX && strlen(text) == len)
		return text;
	explicit_bzero(text, BUFFER_SIZE);
	reject(path, option,
		   len > DCF_SECRET_FILE_MAX ? "is too long" : "has a NUL byte",
		   len > DCF_SECRET_FILE_MAX ?
			   psprintf("A secret has at most %d bytes.",
						DCF_SECRET_FILE_MAX) :
			   NULL);
}

bool
dcf_secret_file_is_same(const char *path, const DcfSecretFileId *id)
{
	struct stat st;
	DcfSecretFileId now;

	if (stat(path, &st) != 0)
		return false;
	identify(&st, &now);
	return now.device == id->device && now.inode == id->inode &&
		now.size == id->size && now.modified == id->modified &&
		now.changed == id->changed;
}
