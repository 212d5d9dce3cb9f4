/*
 * http.h
 *	  What all requests to a service share: connections, requests and failures.
 *
 * A pool holds the connections, cookies and TLS sessions of one server and user
 * mapping.  It may have several transfers (transfer.h) under way.
 *
 * Only http and https are used, with TLS 1.2 or newer, without following
 * redirects, and with no proxy but the one given.
 */
#ifndef DCF_HTTP_H
#define DCF_HTTP_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "base/compat.h"

typedef struct DcfHttpPool DcfHttpPool;

/* The headers that callers use, cut to the room here; "" if missing. */
typedef struct DcfHttpHead
{
	int status;
	char content_type[128];
	char content_coding[32]; /* "" for none, which "identity" is, too */
	bool several_codings;	 /* one upon the other */
	char retry_after[64];
	char rate_reset_seconds[32];
	char rate_reset[64];
	char location[256];
	char date[64]; /* the service's clock */
} DcfHttpHead;

/*
 * Called once per transfer, when the network has nothing more to bring: the
 * reply is complete (its bytes may still be unread), the transfer has failed, or
 * it was aborted.  head has the headers received so far.  Must not raise.
 */
typedef void (*DcfHttpEndFn)(void *arg, const DcfHttpHead *head);

/*
 * What to send, and how.  dcf_transfer_begin() copies the strings.  Times are in
 * milliseconds; 0 means no limit.
 */
typedef struct DcfHttpRequest
{
	const char *url;
	const char *post_body;	   /* NULL for a GET */
	const char *content_type;  /* of post_body */
	const char *authorization; /* value of the header, or NULL; secret */
	bool confidential;		   /* the reply's body is secret, too: wipe it */
	const char *accept;		   /* value of the header; NULL for any type */
	bool cookies;			   /* send those that the URL's host has set,
									 * and keep its new ones */
	const struct DcfTransfer *cookies_of; /* send those of this open transfer
											 * instead, and keep none; or NULL */
	char *head;							  /* where to copy the lines of the
											 * reply's head, as many bytes as
											 * fit, with a NUL; or NULL.  It may
											 * have cookies: wipe it */
	size_t head_size;
	bool compression;		/* ask for gzip or deflate */
	bool fresh;				/* on a new connection: libcurl would send the
								* request again if a kept one is closed */
	bool connect_only;		/* send nothing: see transfer_probe.h */
	int connect_timeout;	/* DNS, TCP and TLS together */
	int first_byte_timeout; /* from connected to the first decoded byte of
									 * the body (or the end of one without) */
	int idle_timeout;		/* between two reads that bring bytes; this and
								* first_byte_timeout count only the time in
								* which somebody waits */
	int64 deadline;			/* of the whole query's request, by
								 * dcf_wait_now(), or 0 */
	int total_timeout;	 /* from which deadline was computed, for messages */
	size_t max_buffer;	 /* most decoded bytes that may be unconsumed */
	const char *ca_file; /* or NULL */
	bool tls_verify;
	const char *proxy;	 /* or NULL */
	DcfHttpEndFn on_end; /* or NULL */
	void *on_end_arg;
	void (*on_connect)(void *arg); /* or NULL: called once there is a
								 * connection, with TLS where wanted; must
								 * raise nothing */
	void *on_connect_arg;
} DcfHttpRequest;

/* Why there is no reply, and whether another try may succeed. */
typedef enum DcfHttpFailure
{
	DCF_FAILURE_CONNECT, /* no connection; another try may succeed */
	DCF_FAILURE_BROKEN,	 /* the connection broke; likewise */
	DCF_FAILURE_TIMEOUT, /* no connection within connect_timeout */
	DCF_FAILURE_LASTING	 /* another try would fail, too */
} DcfHttpFailure;

/*
 * Create a pool that lives as long as cxt.  It keeps up to so many idle
 * connections and unused cookie jars.
 */
extern DcfHttpPool *dcf_http_pool_create(int connections, int jars,
										 MemoryContext cxt);

/*
 * The names of the cookies that the pool keeps, of all hosts, each once (char *),
 * safe to show.
 */
extern List *dcf_http_cookie_names(DcfHttpPool *pool);

/* Raise the error of any failure but DCF_FAILURE_LASTING, with this detail. */
pg_noreturn extern void dcf_http_raise_unreachable(DcfHttpFailure failure,
												   const char *detail);

/* Raise that a request took longer than total_timeout milliseconds. */
pg_noreturn extern void dcf_http_raise_total(int total_timeout);

/* Define the settings (GUCs) of this module. */
extern void dcf_http_define_settings(void);

/* The libraries in use, with their versions, palloc'd. */
extern char *dcf_http_version(void);

/*
 * What is wrong with the libcurl that was found at run time, a static sentence; NULL
 * if nothing is.
 */
extern const char *dcf_http_library_problem(void);

#endif /* DCF_HTTP_H */
