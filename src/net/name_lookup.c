/*
 * name_lookup.c
 *	  Looking up a host name in a thread.  See name_lookup.h.
 */
/* EAI_NODATA is GNU's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "name_lookup.h"

#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct DcfNameLookup
{
	pthread_mutex_t lock; /* protects users, done and result */
	int users;
	bool done;
	int result; /* of getaddrinfo(); 0: not yet, or found */
	int asker_fd;
	int thread_fd; /* closed when there is a result */
	char host[];
};

static void *run(void *arg);
static bool start_thread(DcfNameLookup *self);
static void leave(DcfNameLookup *self);

DcfNameLookup *
dcf_name_lookup_start(const char *host)
{
	size_t size = strlen(host) + 1;
	DcfNameLookup *self = malloc(sizeof(DcfNameLookup) + size);
	int fds[2];

	if (self == NULL)
		return NULL;
	if (pthread_mutex_init(&self->lock, NULL) != 0)
	{
		free(self);
		return NULL;
	}
	/*
	 * The caller is the only user until there is a thread, so that without one
	 * the release at the end frees everything.
	 */
	memcpy(self->host, host, size);
	self->users = 1;
	self->done = false;
	self->result = 0;
	self->asker_fd = self->thread_fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0)
	{
		self->asker_fd = fds[0];
		self->thread_fd = fds[1];
		/* Programs that the backend starts must not inherit them. */
		(void) fcntl(fds[0], F_SETFD, FD_CLOEXEC);
		(void) fcntl(fds[1], F_SETFD, FD_CLOEXEC);
		if (start_thread(self))
			return self;
		close(self->thread_fd);
	}
	dcf_name_lookup_release(self);
	return NULL;
}

int
dcf_name_lookup_fd(const DcfNameLookup *self)
{
	return self->asker_fd;
}

bool
dcf_name_lookup_is_done(DcfNameLookup *self)
{
	bool done;

	pthread_mutex_lock(&self->lock);
	done = self->done;
	pthread_mutex_unlock(&self->lock);
	return done;
}

bool
dcf_name_lookup_found_none(DcfNameLookup *self)
{
	int result;

	pthread_mutex_lock(&self->lock);
	result = self->result;
	pthread_mutex_unlock(&self->lock);
#if defined(EAI_NODATA) && EAI_NODATA != EAI_NONAME
	if (result == EAI_NODATA)
		return true;
#endif
	return result == EAI_NONAME;
}

void
dcf_name_lookup_release(DcfNameLookup *self)
{
	if (self->asker_fd >= 0)
		close(self->asker_fd);
	leave(self);
}

/*
 * Start a detached thread.  It counts as a user at once, because it may have
 * finished before pthread_create() returns.
 */
static bool
start_thread(DcfNameLookup *self)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool started;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	self->users++;
	started = pthread_attr_setdetachstate(&attributes,
										  PTHREAD_CREATE_DETACHED) == 0 &&
		pthread_create(&thread, &attributes, run, self) == 0;
	pthread_attr_destroy(&attributes);
	if (!started)
		self->users--;
	return started;
}

/*
 * The thread.  It sets the result before it closes its end of the socket pair,
 * because that makes the other end readable.
 */
static void *
run(void *arg)
{
	DcfNameLookup *self = arg;
	struct addrinfo hints;
	struct addrinfo *found = NULL;
	int result;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	result = getaddrinfo(self->host, NULL, &hints, &found);
	if (result == 0)
		freeaddrinfo(found);

	pthread_mutex_lock(&self->lock);
	self->done = true;
	self->result = result;
	pthread_mutex_unlock(&self->lock);
	close(self->thread_fd);
	leave(self);
	return NULL;
}

/* Leave as a user; the last one frees the memory. */
static void
leave(DcfNameLookup *self)
{
	bool last;

	pthread_mutex_lock(&self->lock);
	last = --self->users == 0;
	pthread_mutex_unlock(&self->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&self->lock);
	free(self);
}
