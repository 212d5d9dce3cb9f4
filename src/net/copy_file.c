/*
 * copy_file.c
 *	  The files of copies.  See copy_file.h.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/file_perm.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/procarray.h"

#include "copy_file.h"

/* A file of one backend has its PID in front of the number. */
void
dcf_copy_file_path(char path[DCF_COPY_PATH], bool shared, uint64 number)
{
	if (shared)
		snprintf(path, DCF_COPY_PATH, "%s/" UINT64_FORMAT, DCF_COPY_DIRECTORY,
				 number);
	else
		snprintf(path, DCF_COPY_PATH, "%s/%d." UINT64_FORMAT,
				 DCF_COPY_DIRECTORY, MyProcPid, number);
}

/* Open a file, counting its descriptor. */
static int
open_counted(const char *path, int flags)
{
	int fd;

	if (!AcquireExternalFD())
		return -1;
	fd = BasicOpenFile(path, flags | PG_BINARY);
	if (fd < 0)
	{
		int error = errno;

		ReleaseExternalFD();
		errno = error;
	}
	return fd;
}

int
dcf_copy_file_create(const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	int fd = open_counted(path, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	/* Another backend may make it at the same time. */
	if (MakePGDirectory(DCF_COPY_DIRECTORY) < 0 && errno != EEXIST)
		return -1;
	return open_counted(path, flags);
}

int
dcf_copy_file_open(const char *path)
{
	return open_counted(path, O_RDONLY | O_CLOEXEC);
}

void
dcf_copy_file_close(int fd)
{
	close(fd);
	ReleaseExternalFD();
}

void
dcf_copy_file_remove(const char *path)
{
	/* What cannot be removed now is removed at the next start. */
	(void) unlink(path);
}

/*
 * Whether a file is left over from a process that no longer runs.  The name of a
 * shared file has no PID.
 */
static bool
is_dead(const char *name)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(name, &end, 10);
	if (errno != 0 || *end != '.')
		return true;
	/* This process has no files yet, so those with its PID are old. */
	return pid == MyProcPid || BackendPidGetProc((int) pid) == NULL;
}

/* Remove the files for which is_old is true. */
static void
clean(bool (*is_old)(const char *name))
{
	DIR *dir = AllocateDir(DCF_COPY_DIRECTORY);
	struct dirent *entry;

	/* If it is missing, there is nothing to remove. */
	if (dir == NULL)
		return;
	while ((entry = ReadDirExtended(dir, DCF_COPY_DIRECTORY, LOG)) != NULL)
	{
		char path[MAXPGPATH];

		if (strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0 || !is_old(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", DCF_COPY_DIRECTORY,
				 entry->d_name);
		if (unlink(path) < 0 && errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not remove file \"%s\": %m", path)));
	}
	FreeDir(dir);
}

static bool
is_any(const char *name)
{
	return true;
}

void
dcf_copy_file_clean(void)
{
	clean(is_any);
}

void
dcf_copy_file_clean_dead(void)
{
	clean(is_dead);
}
