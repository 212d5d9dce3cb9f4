/*
 * poll_set.c
 *	  epoll, or kqueue where there is one.  See poll_set.h.
 */
#include "postgres.h"

#include <unistd.h>

#include "storage/latch.h"

#include "poll_set.h"

/* Events taken from the kernel at once. */
#define MAX_EVENTS 16

#ifdef __linux__

#include <sys/epoll.h>
#include <sys/timerfd.h>

bool
dcf_poll_set_open(DcfPollSet *set)
{
	set->fd = epoll_create1(EPOLL_CLOEXEC);
	return set->fd >= 0;
}

bool
dcf_poll_set_change(DcfPollSet *set, pgsocket fd, uint32 events)
{
	struct epoll_event event = {.data.fd = fd};

	if (events == 0)
	{
		/* The kernel has removed a socket that is closed. */
		(void) epoll_ctl(set->fd, EPOLL_CTL_DEL, fd, &event);
		return true;
	}
	if (events & WL_SOCKET_READABLE)
		event.events |= EPOLLIN;
	if (events & WL_SOCKET_WRITEABLE)
		event.events |= EPOLLOUT;
	return epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event) == 0 ||
		(errno == EEXIST &&
		 epoll_ctl(set->fd, EPOLL_CTL_MOD, fd, &event) == 0);
}

int
dcf_poll_set_take(DcfPollSet *set, DcfPollEvent *events, int max)
{
	struct epoll_event ready[MAX_EVENTS];
	int n = epoll_wait(set->fd, ready, Min(max, MAX_EVENTS), 0);
	int taken = 0;

	for (int i = 0; i < n; i++)
	{
		DcfPollEvent *event = &events[taken];

		if (ready[i].data.fd == set->timer_fd)
			continue;
		event->fd = ready[i].data.fd;
		event->events = 0;
		/* A failure is reported to whoever reads or writes. */
		if (ready[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			event->events |= WL_SOCKET_READABLE;
		if (ready[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			event->events |= WL_SOCKET_WRITEABLE;
		taken++;
	}
	return taken;
}

/* Make the timer's descriptor, and add it to the set. */
static bool
open_timer(DcfPollSet *set)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0)
		return false;
	if (!dcf_poll_set_change(set, fd, WL_SOCKET_READABLE))
	{
		int saved = errno;

		close(fd);
		errno = saved;
		return false;
	}
	set->timer_fd = fd;
	return true;
}

bool
dcf_poll_set_arm(DcfPollSet *set, int64 ms)
{
	struct itimerspec when = {0};

	if (ms >= 0)
	{
		when.it_value.tv_sec = ms / 1000;
		/* All zeros would stop the timer. */
		when.it_value.tv_nsec = Max(ms % 1000 * 1000000, 1);
	}
	if (set->timer_fd < 0 && (ms < 0 || !open_timer(set)))
		return ms < 0;
	return timerfd_settime(set->timer_fd, 0, &when, NULL) == 0;
}

#else /* kqueue; another kernel fails here */

#include <fcntl.h>
#include <sys/event.h>
#include <sys/time.h>

/* Add a filter to the set, or remove it. */
static bool
set_filter(DcfPollSet *set, uintptr_t ident, int filter, bool add,
		   intptr_t data)
{
	struct kevent change;

	EV_SET(&change, ident, filter, add ? EV_ADD : EV_DELETE, 0, data, NULL);
	/* What is to be removed may not be there. */
	return kevent(set->fd, &change, 1, NULL, 0, NULL) == 0 || !add;
}

bool
dcf_poll_set_open(DcfPollSet *set)
{
	set->fd = kqueue();
	if (set->fd >= 0)
		(void) fcntl(set->fd, F_SETFD, FD_CLOEXEC);
	return set->fd >= 0;
}

bool
dcf_poll_set_change(DcfPollSet *set, pgsocket fd, uint32 events)
{
	return set_filter(set, fd, EVFILT_READ, events & WL_SOCKET_READABLE, 0) &&
		set_filter(set, fd, EVFILT_WRITE, events & WL_SOCKET_WRITEABLE, 0);
}

int
dcf_poll_set_take(DcfPollSet *set, DcfPollEvent *events, int max)
{
	struct kevent ready[MAX_EVENTS];
	struct timespec now = {0};
	int n = kevent(set->fd, NULL, 0, ready, Min(max, MAX_EVENTS), &now);
	int taken = 0;

	for (int i = 0; i < n; i++)
	{
		if (ready[i].filter == EVFILT_TIMER)
			continue;
		events[taken].fd = (pgsocket) ready[i].ident;
		events[taken++].events = ready[i].filter == EVFILT_READ ?
			WL_SOCKET_READABLE :
			WL_SOCKET_WRITEABLE;
	}
	return taken;
}

bool
dcf_poll_set_arm(DcfPollSet *set, int64 ms)
{
	return set_filter(set, 0, EVFILT_TIMER, ms >= 0, (intptr_t) ms);
}

#endif
