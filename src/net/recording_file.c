/*
 * recording_file.c
 *	  The files of a recording.  See recording_file.h.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgtime.h"
#include "storage/fd.h"

#include "base/file_descriptor.h"
#include "recording_file.h"

/* Only the database user may read what was recorded. */
#define FILE_MODE (S_IRUSR | S_IWUSR)

/* Descriptors that an access needs: the directory's and the file's. */
#define NEEDED 2

/* Names that are tried before something else must be wrong. */
#define MAX_TRIES 100

/*
 * Open and check the directory.  Returns a descriptor; or -1, with errno and
 * *problem.  What a check of its own refuses is EPERM.
 */
static int
open_directory(const char *directory, const char **problem)
{
	int fd =
		open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;
	const char *refused = NULL;
	int error;

	*problem = NULL;
	if (fd < 0)
	{
		if (errno == ELOOP || errno == ENOTDIR)
			*problem =
				"must be a directory itself, not a file or a symbolic link";
		return -1;
	}
	if (fstat(fd, &st) == 0)
	{
		if (st.st_uid != geteuid())
			refused = "must be owned by the database user";
		else if (st.st_mode & (S_IRWXG | S_IRWXO))
			refused = "has group or world access";
		else
			return fd;
		errno = EPERM;
	}
	error = errno;
	close(fd);
	*problem = refused;
	errno = error;
	return -1;
}

/* Have PostgreSQL close files of its own if descriptors are short. */
static bool
reserve(void)
{
	for (int i = 0; i < NEEDED; i++)
	{
		if (AcquireExternalFD())
			continue;
		while (i-- > 0)
			ReleaseExternalFD();
		errno = EMFILE;
		return false;
	}
	return true;
}

static void
unreserve(void)
{
	for (int i = 0; i < NEEDED; i++)
		ReleaseExternalFD();
}

/* Close a descriptor, which may be -1, and keep errno. */
static void
close_keeping_errno(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

bool
dcf_recording_file_check(const char *directory, const char **problem)
{
	int fd;

	*problem = NULL;
	if (!reserve())
		return false;
	fd = open_directory(directory, problem);
	close_keeping_errno(fd);
	unreserve();
	return fd >= 0;
}

/* The name of one of the exchange's files, in the directory. */
static void
name_file(const DcfRecordingPlace *place, const char *suffix,
		  char name[DCF_RECORDING_FILE])
{
	snprintf(name, DCF_RECORDING_FILE, "%s%s", place->name, suffix);
}

/* Open one of the exchange's files; -1, with errno, if that fails. */
static int
open_file(const DcfRecordingPlace *place, const char *suffix, int flags)
{
	const char *problem;
	char name[DCF_RECORDING_FILE];
	int directory = open_directory(place->directory, &problem);
	int fd;

	if (directory < 0)
		return -1;
	name_file(place, suffix, name);
	fd = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	close_keeping_errno(directory);
	return fd;
}

/* Note the present time (UTC); the name begins with it, so that names are in its order. */
static void
note_time(DcfRecordingPlace *place, char *start, size_t size)
{
	struct timeval now;
	pg_time_t seconds;
	const struct pg_tm *tm;
	int ms;

	gettimeofday(&now, NULL);
	seconds = (pg_time_t) now.tv_sec;
	ms = (int) (now.tv_usec / 1000);
	tm = pg_gmtime(&seconds);
	snprintf(place->at, sizeof(place->at),
			 "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm->tm_year + 1900,
			 tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec,
			 ms);
	snprintf(start, size, "%04d%02d%02dT%02d%02d%02d.%03d", tm->tm_year + 1900,
			 tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec,
			 ms);
}

bool
dcf_recording_file_begin(DcfRecordingPlace *place, const char *suffix)
{
	static uint32 number = 0;
	char start[32];
	int fd = -1;

	if (!reserve())
		return false;
	note_time(place, start, sizeof(start));
	errno = EEXIST;
	for (int i = 0; i < MAX_TRIES && fd < 0 && errno == EEXIST; i++)
	{
		snprintf(place->name, sizeof(place->name), "%s-%d-%06u", start,
				 MyProcPid, ++number);
		fd = open_file(place, suffix, O_WRONLY | O_CREAT | O_EXCL);
	}
	close_keeping_errno(fd);
	unreserve();
	return fd >= 0;
}

bool
dcf_recording_file_append(const DcfRecordingPlace *place, const char *suffix,
						  const char *bytes, size_t len)
{
	bool written;
	int fd;

	if (!reserve())
		return false;
	fd = open_file(place, suffix, O_WRONLY | O_CREAT | O_APPEND);
	written = fd >= 0 && dcf_file_descriptor_write(fd, bytes, len);
	close_keeping_errno(fd);
	unreserve();
	return written;
}

bool
dcf_recording_file_read(const DcfRecordingPlace *place, const char *suffix,
						uint64 offset, char *bytes, size_t size, size_t *len)
{
	ssize_t n = -1;
	int fd;

	if (!reserve())
		return false;
	fd = open_file(place, suffix, O_RDONLY);
	while (fd >= 0)
	{
		n = pread(fd, bytes, size, (off_t) offset);
		if (n >= 0 || errno != EINTR)
			break;
	}
	close_keeping_errno(fd);
	unreserve();
	*len = n < 0 ? 0 : (size_t) n;
	return n >= 0;
}

bool
dcf_recording_file_rename(const DcfRecordingPlace *place, const char *from,
						  const char *to)
{
	const char *problem;
	char old[DCF_RECORDING_FILE];
	char new[DCF_RECORDING_FILE];
	int directory;
	bool renamed;

	if (!reserve())
		return false;
	directory = open_directory(place->directory, &problem);
	name_file(place, from, old);
	name_file(place, to, new);
	renamed = directory >= 0 && renameat(directory, old, directory, new) == 0;
	close_keeping_errno(directory);
	unreserve();
	return renamed;
}
