/*
 * http_kept.c
 *	  Connections kept for the next request.
 *
 * Nothing in a reply says which request it belongs to: whatever is read on a
 * connection after a request is taken for the reply to it, also what the
 * server had sent there before.  libcurl 7 does not look whether a connection
 * that it kept has brought something in the meantime; so it is done here,
 * before each request.
 */
#include "postgres.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_private.h"

/* The port of this side; 0 if there is none. */
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

/* Whether a transfer has the connection: what comes on it is its reply. */
static bool
is_in_use(DcfHttpPool *pool, pgsocket fd)
{
	long port = local_port(fd);
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
	{
		DcfHttpTransfer *transfer =
			dlist_container(DcfHttpTransfer, node, iter.cur);
		long its_port = 0;

		if (transfer->added && !transfer->done &&
			curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT,
							  &its_port) == CURLE_OK &&
			its_port == port)
			return true;
	}
	return false;
}

/*
 * Make libcurl find the connection closed when it next looks for one.  After
 * the shutdown no more comes, so what is there has an end.
 */
static void
end_connection(pgsocket fd)
{
	char sink[1024];

	shutdown(fd, SHUT_RDWR);
	while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		;
}

void
dcf_http_end_unclean(DcfHttpPool *pool)
{
	int i;

	for (i = 0; i < pool->nkept; i++)
	{
		pgsocket fd = pool->kept[i];
		char byte;

		if (!is_in_use(pool, fd) &&
			recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
			end_connection(fd);
	}
}

void
dcf_http_note_kept(DcfHttpPool *pool, CURL *easy)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	int i;

	if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
		fd == CURL_SOCKET_BAD)
		return;
	for (i = 0; i < pool->nkept; i++)
	{
		if (pool->kept[i] == fd)
			return;
	}
	if (pool->nkept < DCF_HTTP_MAX_KEPT)
		pool->kept[pool->nkept++] = fd;
	else
		end_connection(fd);
}

int
dcf_http_close_socket(void *arg, curl_socket_t fd)
{
	DcfHttpPool *pool = arg;
	int i;

	for (i = 0; i < pool->nkept; i++)
	{
		if (pool->kept[i] == fd)
		{
			pool->kept[i] = pool->kept[--pool->nkept];
			break;
		}
	}
	return close(fd);
}
