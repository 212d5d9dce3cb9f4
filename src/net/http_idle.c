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

/* Whether TCP has connected a socket, and its peer has not reset that. */
static bool
has_peer(pgsocket fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return getpeername(fd, (struct sockaddr *) &address, &len) == 0;
}

/* Whether a transfer uses the connection: then it may receive bytes. */
static bool
is_in_use(DcfHttpPool *pool, const DcfHttpConnection *connection)
{
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
	{
		DcfTransfer *transfer = dlist_container(DcfTransfer, node, iter.cur);

		if (transfer->added && !transfer->source.done &&
			transfer->local_port == connection->port)
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

/* Remove the i-th connection from the list. */
static void
forget(DcfHttpPool *pool, int i)
{
	pool->connections[i] = pool->connections[--pool->nconnections];
}

bool
dcf_http_end_unclean(DcfHttpPool *pool)
{
	bool found = false;
	int i;

	/* Backwards, because forget() moves the last entry to the place of i. */
	for (i = pool->nconnections - 1; i >= 0; i--)
	{
		const DcfHttpConnection *connection = &pool->connections[i];
		char byte;
		ssize_t n;

		if (connection->port == 0 || is_in_use(pool, connection))
			continue;
		n = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			found = true;
		else if (local_port(connection->fd) != connection->port)
			/* libcurl has closed it unnoticed; fd may be another socket. */
			forget(pool, i);
		else if (n > 0)
			end_connection(connection->fd);
	}
	return found;
}

/* The index of a connection, -1 if it is not remembered. */
static int
find(const DcfHttpPool *pool, pgsocket fd)
{
	int i = pool->nconnections - 1;

	while (i >= 0 && pool->connections[i].fd != fd)
		i--;
	return i;
}

/* The entry of a connection, which is made if there is room; or NULL. */
static DcfHttpConnection *
find_or_add(DcfHttpPool *pool, pgsocket fd)
{
	int i = find(pool, fd);

	if (i < 0 && pool->nconnections < DCF_HTTP_MAX_IDLE)
		i = pool->nconnections++;
	return i < 0 ? NULL : &pool->connections[i];
}

void
dcf_http_note_socket(DcfHttpPool *pool, pgsocket fd)
{
	DcfHttpConnection *connection = find_or_add(pool, fd);

	/* If the socket before with this number was closed unnoticed. */
	dcf_wait_watch(&pool->watcher, fd, 0);
	if (connection)
		*connection = (DcfHttpConnection){.fd = fd};
}

bool
dcf_http_is_connection(const DcfHttpPool *pool, pgsocket fd)
{
	return find(pool, fd) >= 0;
}

void
dcf_http_note_idle(const DcfTransfer *transfer)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	DcfHttpConnection *connection;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &fd) !=
			CURLE_OK ||
		fd == CURL_SOCKET_BAD)
		return;
	connection = find_or_add(transfer->pool, fd);
	if (connection)
		*connection = (DcfHttpConnection){fd, transfer->local_port};
	else
		end_connection(fd);
}

int
dcf_http_close_socket(void *arg, curl_socket_t fd)
{
	DcfHttpPool *pool = arg;
	int i = find(pool, fd);

	if (i >= 0)
		forget(pool, i);
	dcf_wait_watch(&pool->watcher, fd, 0);
	if (pool->probing)
		pool->was_connected = has_peer(fd);
	return close(fd);
}
