/*
 * http_idle.c
 *	  Idle connections, checked before they are used again.
 *
 * A reply of HTTP/1.1 does not name its request.  Whatever is read after a
 * request counts as its reply, even bytes that the server sent before.  libcurl 7
 * does not check whether an idle connection has received something, so that is
 * done here before each request.
 */
#include "postgres.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transfer_private.h"

/* The local port of a socket; 0 if it has none. */
static int
local_port(pgsocket fd)
{
	union
	{
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) != 0)
		return 0;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	if (address.any.sa_family == AF_INET6)
		return ntohs(address.v6.sin6_port);
	return 0;
}

/* Whether a transfer uses the connection: then it may receive bytes. */
static bool
is_in_use(DcfHttpPool *pool, const DcfHttpIdle *idle)
{
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
	{
		DcfTransfer *transfer = dlist_container(DcfTransfer, node, iter.cur);
		long port = 0;

		if (transfer->added && !transfer->source.done &&
			curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT, &port) ==
				CURLE_OK &&
			port == idle->port)
			return true;
	}
	return false;
}

/*
 * Shut the connection down, so that libcurl finds it closed and opens another.
 * Nothing arrives after the shutdown, so the loop ends.
 */
static void
end_connection(pgsocket fd)
{
	char sink[1024];

	shutdown(fd, SHUT_RDWR);
	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

/* Remove the i-th idle connection from the list. */
static void
forget(DcfHttpPool *pool, int i)
{
	pool->idle[i] = pool->idle[--pool->nidle];
}

bool
dcf_http_end_unclean(DcfHttpPool *pool)
{
	bool found = false;
	int i;

	/* Backwards, because forget() moves the last entry to the place of i. */
	for (i = pool->nidle - 1; i >= 0; i--)
	{
		const DcfHttpIdle *idle = &pool->idle[i];
		char byte;

		/* If libcurl closed fd unnoticed, fd may be another socket now. */
		if (local_port(idle->fd) != idle->port)
			forget(pool, i);
		else if (!is_in_use(pool, idle))
		{
			ssize_t n = recv(idle->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

			if (n > 0)
				end_connection(idle->fd);
			found |= n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
		}
	}
	return found;
}

/* The index of an idle connection, -1 if it is none. */
static int
find(const DcfHttpPool *pool, pgsocket fd)
{
	int i = pool->nidle - 1;

	while (i >= 0 && pool->idle[i].fd != fd)
		i--;
	return i;
}

void
dcf_http_note_idle(DcfHttpPool *pool, CURL *easy)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	int i;

	if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
		fd == CURL_SOCKET_BAD)
		return;
	i = find(pool, fd);
	if (i < 0 && pool->nidle == DCF_HTTP_MAX_IDLE)
	{
		end_connection(fd);
		return;
	}
	if (i < 0)
		i = pool->nidle++;
	pool->idle[i] = (DcfHttpIdle){fd, local_port(fd)};
}

int
dcf_http_close_socket(void *arg, curl_socket_t fd)
{
	DcfHttpPool *pool = arg;
	int i = find(pool, fd);

	if (i >= 0)
		forget(pool, i);
	return close(fd);
}
