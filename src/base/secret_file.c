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
#include "base/file_descriptor.h"
#include "base/secret_file.h"
#include "base/wipe.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

/* Room for the secret, a line break, one byte more to notice a longer file, and NUL. */
#define BUFFER_SIZE (DCF_SECRET_FILE_MAX + 4)

/* What is wrong with a file. */
typedef struct Fault
{
	char *problem;		/* a predicate; NULL: nothing */
	const char *detail; /* a sentence, or NULL */
	const char *hint;	/* a format with the path */
} Fault;

/* Raise that a file cannot be used. */
pg_noreturn static void
reject(const char *path, const char *option, const Fault *fault)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("file \"%s\" of option \"%s\" %s", path, option,
					fault->problem),
			 fault->detail ? errdetail_internal("%s", fault->detail) : 0,
			 errhint(fault->hint, path)));
}

/* The fault of a system call that failed, from errno. */
static Fault
fault_of_call(const char *verb)
{
	bool missing = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

	return (Fault){
		psprintf("cannot be %s: %m", verb), NULL,
		missing ?
			"Write the secret to file \"%s\", or correct the option in the "
			"user mapping." :
			"Make the database user the owner of file \"%s\" (chown), and "
			"let only the owner read it (chmod 0600)."};
}

/* What is wrong with the owner and the mode, as PostgreSQL checks ssl_key_file. */
static Fault
check_access(const struct stat *st)
{
	mode_t others = S_IRWXG | S_IRWXO;

	if (!S_ISREG(st->st_mode))
		return (Fault){"is not a regular file", NULL,
					   "Replace \"%s\" by a regular file, or correct the "
					   "option in the user mapping."};
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return (Fault){"must be owned by the database user or root", NULL,
					   "Make the database user the owner of file \"%s\" "
					   "(chown)."};
	if (st->st_uid != geteuid())
		others = S_IWGRP | S_IXGRP | S_IRWXO;
	if (st->st_mode & others)
		return (Fault){
			"has group or world access",
			"The file must have permissions u=rw (0600) or less if it is "
			"owned by the database user, or u=rw,g=r (0640) or less if it "
			"is owned by root.",
			st->st_uid == geteuid() ? "Run: chmod 0600 \"%s\"" :
									  "Run: chmod 0640 \"%s\""};
	return (Fault){0};
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

/* Look at an open file, and read it if nothing is wrong with it. */
static Fault
read_open(int fd, char *text, ssize_t *n, DcfSecretFileId *id)
{
	struct stat st;
	Fault fault;

	if (fstat(fd, &st) != 0)
		return fault_of_call("opened");
	fault = check_access(&st);
	if (fault.problem)
		return fault;
	identify(&st, id);
	*n = dcf_file_descriptor_read(fd, text, BUFFER_SIZE - 1);
	return *n < 0 ? fault_of_call("read") : fault;
}

char *
dcf_secret_file_read(const char *path, const char *option, DcfSecretFileId *id)
{
	char *text = palloc(BUFFER_SIZE);
	/* Opening a FIFO would wait for its writer. */
	int fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | PG_BINARY);
	ssize_t n = 0;
	size_t len;
	Fault fault = {0};

	if (fd < 0)
		fault = fault_of_call("opened");
	else
	{
		fault = read_open(fd, text, &n, id);
		/* Before anything is raised: the caller may catch it. */
		CloseTransientFile(fd);
	}
	if (fault.problem)
	{
		explicit_bzero(text, BUFFER_SIZE);
		reject(path, option, &fault);
	}
	len = cut_line_break(text, n);
	text[len] = '\0';
	if (len > 0 && len <= DCF_SECRET_FILE_MAX && strlen(text) == len)
		return text;
	if (len == 0)
		fault = (Fault){"is empty", NULL, "Write the secret to file \"%s\"."};
	else if (len > DCF_SECRET_FILE_MAX)
		fault = (Fault){"is too long",
						psprintf("A secret has at most %d bytes.",
								 DCF_SECRET_FILE_MAX),
						"Write only the secret to file \"%s\"."};
	else
		fault = (Fault){"has a NUL byte", NULL,
						"Write only the secret to file \"%s\"."};
	explicit_bzero(text, BUFFER_SIZE);
	reject(path, option, &fault);
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
