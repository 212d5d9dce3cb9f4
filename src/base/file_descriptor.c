/*
 * file_descriptor.c
 *	  File descriptors.  See file_descriptor.h.
 *
 * libcurl's own errors mislead when descriptors run out: it reports that the
 * host cannot be found or refuses connections.
 */
#include "postgres.h"

#include <sys/socket.h>
#include <unistd.h>

#include "storage/fd.h"

#include "base/file_descriptor.h"

/*
 * Descriptors that one request may need while it starts: the connection, one for
 * waiting, and for libcurl's name lookup a socket pair, a file and a socket to the
 * name server.
 */
#define NEEDED 6

bool
dcf_file_descriptor_is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE;
}

/* Open as many descriptors as a request needs, and close them again. */
static bool
can_open_needed(void)
{
	int fds[NEEDED];
	int n = 0;
	bool failed = false;
	bool exhausted;

	/*
	 * A socket needs neither a path nor a permission.  Duplicates of it cost
	 * little, and take as much room in the process.
	 */
	while (n < NEEDED && !failed)
	{
		fds[n] = n == 0 ? socket(AF_UNIX, SOCK_STREAM, 0) : dup(fds[0]);
		failed = fds[n] < 0;
		if (!failed)
			n++;
	}
	/* Other errors do not mean that descriptors ran out. */
	exhausted = failed && dcf_file_descriptor_is_exhausted(errno);
	while (n > 0)
		close(fds[--n]);
	return !exhausted;
}

void
dcf_file_descriptor_raise(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("out of file descriptors for requests to the service"),
			 errdetail("Each open request needs one, and up to %d while it "
					   "starts.",
					   NEEDED),
			 errhint("Raise the server's limit of open files (ulimit -n), "
					 "lower \"max_files_per_process\", or keep fewer requests "
					 "and cursors open at once.")));
}

void
dcf_file_descriptor_check(void)
{
	if (can_open_needed())
		return;
	/*
	 * PostgreSQL reopens a virtual file descriptor at its next use, so closing
	 * them all loses nothing.
	 */
	closeAllVfds();
	if (!can_open_needed())
		dcf_file_descriptor_raise();
}

bool
dcf_file_descriptor_write(int fd, const char *bytes, size_t len)
{
	while (len > 0)
	{
		ssize_t n;

		/* A disk that is full may write a part, and say so the next time. */
		errno = ENOSPC;
		n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t) n;
	}
	return true;
}

ssize_t
dcf_file_descriptor_read(int fd, char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size)
	{
		ssize_t n = read(fd, bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t) n;
	}
	return (ssize_t) done;
}
