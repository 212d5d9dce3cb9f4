/*
 * file_descriptor.c
 *	  Whether there are file descriptors.  See file_descriptor.h.
 *
 * What libcurl says where it finds none leads astray: that a host cannot be
 * found, or that it takes no connection.
 */
#include "postgres.h"

#include <sys/socket.h>
#include <unistd.h>

#include "storage/fd.h"

#include "base/file_descriptor.h"

/*
 * What a request may need: a connection, libcurl's look-up of a name, with its
 * pair of sockets, files and a name server, and a set to wait for.
 */
#define NEEDED 6

bool
dcf_file_descriptor_lacks(int number)
{
	return number == EMFILE || number == ENFILE;
}

/* Whether as many as needed can be opened at the same time. */
static bool
are_left(void)
{
	int fds[NEEDED];
	int n = 0;
	bool lacks = false;

	while (n < NEEDED && !lacks)
	{
		fds[n] = socket(AF_UNIX, SOCK_STREAM, 0);
		lacks = fds[n] < 0;
		if (!lacks)
			n++;
	}
	/* Another error says nothing of descriptors. */
	lacks = lacks && dcf_file_descriptor_lacks(errno);
	while (n > 0)
		close(fds[--n]);
	return !lacks;
}

void
dcf_file_descriptor_raise(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("out of file descriptors for requests to the service"),
			 errdetail("Each request that is open needs one, and up to %d "
					   "while it begins.",
					   NEEDED),
			 errhint("Raise the limit of open files of the server (ulimit "
					 "-n), lower max_files_per_process, or have fewer "
					 "requests and cursors open at once.")));
}

void
dcf_file_descriptor_check(void)
{
	if (are_left())
		return;
	closeAllVfds();
	if (!are_left())
		dcf_file_descriptor_raise();
}
