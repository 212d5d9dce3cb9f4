/*
 * http_private.h
 *	  Pools and libcurl's handles, which the files http*.c and transfer*.c share.
 */
#ifndef DCF_HTTP_PRIVATE_H
#define DCF_HTTP_PRIVATE_H

#include "postgres.h"

#include <curl/curl.h>

#include "lib/ilist.h"

#include "base/resource.h"
#include "base/signal_mask.h"
#include "base/wait.h"
#include "net/http.h"
#include "net/transfer.h"
#include "http_setting.h"

#if LIBCURL_VERSION_NUM < DCF_HTTP_LIBCURL_FLOOR
#error "libcurl 7.88 or newer is needed"
#endif

/* Connections that http_idle.c can watch. */
#define DCF_HTTP_MAX_IDLE 32

/* A connection. */
typedef struct DcfHttpConnection
{
	pgsocket fd;
	int port; /* the local one, once a reply was received completely; else 0 */
} DcfHttpConnection;

/* Cookies, for one transfer at a time; see http_jar.c. */
typedef struct DcfHttpJar DcfHttpJar;

struct DcfHttpPool
{
	MemoryContext context;
	MemoryContextCallback release;
	CURLM *multi;
	CURLSH *share;	 /* TLS sessions */
	dlist_head jars; /* not in use; most recently used first */
	int njars;
	int max_jars;
	DcfWatcher watcher; /* libcurl's sockets, and when it wants to be called */
	dlist_head transfers;
	int ntransfers;
	int nrecords; /* those of them that are recorded */
	DcfHttpConnection connections[DCF_HTTP_MAX_IDLE];
	int nconnections;
	bool probing;		/* note the next field */
	bool was_connected; /* a socket that was closed had a peer */
};

/* The phases of a transfer that have a time-out each. */
typedef enum DcfHttpPhase
{
	DCF_PHASE_CONNECT,
	DCF_PHASE_FIRST_BYTE,
	DCF_PHASE_IDLE,
	DCF_PHASE_TOTAL
} DcfHttpPhase;

/* Raise ERRCODE_FDW_OUT_OF_MEMORY or ERRCODE_FDW_ERROR unless code is OK. */
extern void dcf_http_check(CURLcode code);
extern void dcf_http_check_multi(CURLMcode code);

/*
 * Give a transfer that begins a jar of its own, which is only for the URL's
 * scheme, host and port: the one most recently used, or a new one.
 */
extern void dcf_http_take_jar(DcfTransfer *transfer, const char *url);

/* Whether the transfer has a jar with cookies, of which libcurl may send some. */
extern bool dcf_http_has_cookies(const DcfTransfer *transfer);

/*
 * Let a transfer send the cookies of another one's jar, which that one keeps.  For the
 * same scheme, host and port, and while the other one is open; else as above.
 */
extern void dcf_http_share_jar(DcfTransfer *transfer, const char *url,
							   const DcfTransfer *other);

/*
 * Take back the jar, if there is one, of a transfer that has ended or is aborted.
 * If the service has answered, the next transfer may use the jar.  Otherwise it
 * is destroyed: while the service is still busy with the request, it would let
 * other requests of the same session wait.
 */
extern void dcf_http_return_jar(DcfTransfer *transfer);

/*
 * The cookies of all jars that are not in use, as lines in Netscape's format
 * (char *), valid until a jar changes.
 */
extern List *dcf_http_list_jars(DcfHttpPool *pool);

/* Wipe and free all jars, at the end of the pool. */
extern void dcf_http_wipe_jars(DcfHttpPool *pool);

/* Register the pool's cookies as secrets that no message may show. */
extern void dcf_http_hide_cookies(DcfHttpPool *pool);

/* libcurl has opened a socket for a connection. */
extern void dcf_http_note_socket(DcfHttpPool *pool, pgsocket fd);

/* Whether the socket is that of a connection that is remembered. */
extern bool dcf_http_is_connection(const DcfHttpPool *pool, pgsocket fd);

/* Remember the connection of a transfer that has ended: it may be reused. */
extern void dcf_http_note_idle(const DcfTransfer *transfer);

/*
 * Before a transfer begins: shut down the idle connections on which something
 * arrived in the meantime.  True if there is another one, which libcurl may use.
 */
extern bool dcf_http_end_unclean(DcfHttpPool *pool);

/* libcurl's callback for closing a socket; arg is the pool. */
extern int dcf_http_close_socket(void *arg, curl_socket_t fd);

/*
 * Add a transfer's handle to the pool, and let libcurl begin: it sends the request at
 * once if it has a connection.
 */
extern void dcf_http_start(DcfTransfer *transfer);

/*
 * After a transfer has ended without a head: if libcurl could not resolve a name,
 * find out whether the name exists, and set name_unknown if it does not.  False
 * while that is under way, at most 2 s; never waits.
 */
extern bool dcf_http_check_name(DcfTransfer *transfer);

/* While it is: take part in the next wait. */
extern void dcf_http_plan_lookup(const DcfTransfer *transfer,
								 DcfWaitPlan *plan);

/* End the lookup, if there is one. */
extern void dcf_http_end_lookup(DcfTransfer *transfer);

/* Raise that a phase took longer than ms milliseconds. */
pg_noreturn extern void dcf_http_raise_timeout(DcfHttpPhase phase, int ms);

#endif /* DCF_HTTP_PRIVATE_H */
