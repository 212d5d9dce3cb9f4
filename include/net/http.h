/*
 * http.h
 *	  HTTP transfers over libcurl's multi interface.
 *
 * A pool holds the connections, cookies and TLS sessions of one server and user
 * mapping.  A transfer sends one request and receives its reply.  A pool may
 * have several open transfers; a transfer that nobody reads pauses when its
 * buffer is full.  Only net/http*.c include curl.h.
 *
 * Each open transfer has a cookie jar of its own, because the service may
 * answer requests with the same cookies one after another (seen).  When a
 * transfer ends, the next one gets its jar, unless the transfer was aborted.
 *
 * Every wait is on the process latch and the sockets together, has a wait event
 * of its own, and ends within a second of an interrupt.  libcurl's callbacks
 * only copy into a buffer that already exists, or pause the transfer.
 *
 * Only http and https are used, with TLS 1.2 or newer, without following
 * redirects, and with no proxy but the one given.  Unless a function says
 * otherwise, it raises ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION for failures
 * of DNS, connecting and TLS, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a
 * time-out (naming the phase), a reply cut short, a reply that is not HTTP, and
 * invalid compressed data.
 */
#ifndef DCF_HTTP_H
#define DCF_HTTP_H

#include "postgres.h"

#include "base/compat.h"

typedef struct DcfHttpPool DcfHttpPool;
typedef struct DcfHttpTransfer DcfHttpTransfer;
struct DcfInflateThreadReader; /* inflate_thread.h */

typedef struct DcfHttpHead DcfHttpHead;

/*
 * Called once per transfer, when the network has nothing more to bring: the
 * reply is complete (its bytes may still be unread), the transfer has failed, or
 * it was aborted.  head has the headers received so far.  Must not raise.
 */
typedef void (*DcfHttpEndFn)(void *arg, const DcfHttpHead *head);

/*
 * What to send, and how.  dcf_http_begin() copies the strings.  Times are in
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
	bool compression;		   /* ask for gzip or deflate */
	int connect_timeout;	   /* DNS, TCP and TLS together */
	int first_byte_timeout;	   /* from connected to the first byte of the
									 * body (or the end of a reply without) */
	int idle_timeout;		   /* between two reads that bring bytes, while
								 * somebody waits for them */
	int64 deadline;			   /* of the whole query's request, by
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

/* The headers that callers use, cut to the room here; "" if missing. */
struct DcfHttpHead
{
	int status;
	char content_type[128];
	char retry_after[64];
	char rate_reset_seconds[32];
	char rate_reset[64];
	char location[256];
};

typedef struct DcfHttpStats
{
	uint64 bytes_received; /* of the body, still compressed */
	uint64 bytes_decoded;  /* after decompression */
	double first_byte_ms;  /* from the start to the body's first byte; -1
								 * before */
} DcfHttpStats;

/* Result of waiting for a reply to begin. */
typedef enum DcfHttpStart
{
	DCF_HTTP_BODY,		 /* the head and the first byte of the body came */
	DCF_HTTP_EMPTY,		 /* head is there, and the reply has no body
								 * (of another status than 200: none that
								 * could be read) */
	DCF_HTTP_UNREACHABLE /* no connection, or it broke before the head
								 * was complete: see dcf_http_failure() */
} DcfHttpStart;

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
 * Start a transfer and return at once.  It lives in a child context of cxt, and
 * is aborted when cxt is reset, when the current resource owner is released, or
 * by dcf_http_close().
 */
extern DcfHttpTransfer *dcf_http_begin(DcfHttpPool *pool,
									   const DcfHttpRequest *request,
									   MemoryContext cxt);

/*
 * Wait for the reply's head and the first byte of its decoded body, or the end
 * of a reply without a body.  A failure before the head is returned as
 * DCF_HTTP_UNREACHABLE; time-outs and all later failures are raised.
 */
extern DcfHttpStart dcf_http_await(DcfHttpTransfer *transfer);

/*
 * Whether the next dcf_http_await() or dcf_http_fill() will return without
 * waiting for the network: more bytes have arrived, or the reply has ended or
 * failed.
 */
extern bool dcf_http_is_ready(const DcfHttpTransfer *transfer);

/* Whether libcurl has finished the transfer; bytes may still be unread. */
extern bool dcf_http_is_done(const DcfHttpTransfer *transfer);

/*
 * Wait until something happens to one of the transfers, none of which is ready.
 * Afterwards one may be ready, or none.  Without wait, only do what can be done
 * at once.  The transfers may belong to several pools.  Their time-outs apply;
 * a transfer that fails or times out becomes ready, and raises when it is read.
 */
extern void dcf_http_wait_any(DcfHttpTransfer **transfers, int n, bool wait);

/*
 * After DCF_HTTP_UNREACHABLE: whether connecting may have failed only because
 * for more than half a second nobody waited for a transfer of this pool.
 */
extern bool dcf_http_was_neglected(const DcfHttpTransfer *transfer);

extern const DcfHttpHead *dcf_http_head(const DcfHttpTransfer *transfer);

/*
 * After DCF_HTTP_UNREACHABLE: the reason, and libcurl's message, safe to show,
 * which lives as long as the transfer.  The first raises
 * ERRCODE_INSUFFICIENT_RESOURCES if no file descriptors are left.
 */
extern DcfHttpFailure dcf_http_failure(const DcfHttpTransfer *transfer);
extern const char *dcf_http_failure_message(const DcfHttpTransfer *transfer);

/* After DCF_HTTP_UNREACHABLE: raise the failure, naming the number of tries. */
pg_noreturn extern void dcf_http_raise_failure(const DcfHttpTransfer *transfer,
											   int tries);

/* Raise the error of any failure but DCF_FAILURE_LASTING, with this detail. */
pg_noreturn extern void dcf_http_raise_unreachable(DcfHttpFailure failure,
												   const char *detail);

/*
 * After the head: whether the reply says where its body ends, by compression,
 * by chunks, or by one valid Content-Length.  Otherwise the body ends where the
 * connection is closed, so a body that was cut may look complete.
 */
extern bool dcf_http_marks_end(const DcfHttpTransfer *transfer);

/*
 * The decoded bytes that are not consumed yet, contiguous; *len may be 0.  Valid
 * until the next call that waits for this transfer (dcf_http_fill() and others).
 */
extern const char *dcf_http_buffer(const DcfHttpTransfer *transfer,
								   size_t *len);

/* Drop the first n bytes of the buffer, which must have as many. */
extern void dcf_http_consume(DcfHttpTransfer *transfer, size_t n);

/*
 * If the body becomes long enough to be decompressed in a thread, let that
 * thread read it, too.  It begins with the bytes that are not consumed then.
 * Copies *reader (inflate_thread.h), whose arg must outlive the transfer.
 */
extern void
dcf_http_read_in_thread(DcfHttpTransfer *transfer,
						const struct DcfInflateThreadReader *reader);

/*
 * What the thread has read from the present buffer, or NULL if it has not read
 * it or the rows were forgotten.  As long as the thread goes on reading, these
 * rows cover the whole buffer.
 */
extern const void *dcf_http_rows(const DcfHttpTransfer *transfer);
extern void dcf_http_forget_rows(DcfHttpTransfer *transfer);

/*
 * Wait for more bytes behind those in the buffer.  Returns false at the end of
 * a complete reply: its declared length or last chunk has come, and its
 * compressed stream has ended with the right check sum.  Raises for anything
 * less.  Raises ERRCODE_PROGRAM_LIMIT_EXCEEDED, naming max_record_size, if the
 * buffer would have to grow beyond max_buffer.
 */
extern bool dcf_http_fill(DcfHttpTransfer *transfer);

/*
 * Wait until the buffer holds max bytes or the reply has ended or failed, but
 * not much longer than idle_timeout.  Raises nothing for a failure: this is for
 * bodies that are only shown in a message.
 */
extern void dcf_http_gather(DcfHttpTransfer *transfer, size_t max);

/* Counts and times up to now. */
extern void dcf_http_stats(const DcfHttpTransfer *transfer,
						   DcfHttpStats *stats);

/*
 * Free the transfer.  The connection is kept for the next transfer if the reply
 * was received completely, and closed otherwise.
 */
extern void dcf_http_close(DcfHttpTransfer *transfer);

/*
 * Sleep for ms milliseconds, interruptibly.  If the deadline (by dcf_wait_now(),
 * 0 for none) comes first, raise the time-out of total_timeout milliseconds.
 */
extern void dcf_http_sleep(int64 ms, int64 deadline, int total_timeout);

/* Raise that a request took longer than total_timeout milliseconds. */
pg_noreturn extern void dcf_http_raise_total(int total_timeout);

/* Define the settings (GUCs) of this module. */
extern void dcf_http_define_settings(void);

/* The libraries in use, with their versions, palloc'd. */
extern char *dcf_http_version(void);

#endif /* DCF_HTTP_H */
