/*
 * http.h
 *	  HTTP exchanges over libcurl's multi interface, one wait function.
 *
 * A pool holds the connections, cookies and TLS sessions of one (server, user
 * mapping); a transfer is one exchange in it.  Several transfers of a pool may
 * be open at once; those nobody waits for stand still once their buffer is
 * full.  Only net/http*.c include curl.h.
 *
 * Cookies are in jars.  An exchange that is open has a jar of its own, as the
 * service may answer requests with the same cookies only one after another.
 * One that has ended leaves its jar to the next, unless it was aborted.
 *
 * Every wait is on the process latch and the sockets together, under a wait
 * event of its own, and ends within a second of an interrupt.  libcurl's
 * callbacks only copy into a buffer made beforehand, or pause.
 *
 * http and https only; TLS 1.2 or newer; redirects are not followed; no proxy
 * but the one given.  Raises ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION (DNS,
 * connect, TLS) and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY (time-out, with its
 * phase; reply cut short; not HTTP; bad compression).
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
 * Called once, when nothing more of an exchange is on its way: it is complete
 * (though its bytes may still wait to be read), has failed, or was aborted.
 * head is what came of the reply's.  Must raise nothing.
 */
typedef void (*DcfHttpEndFn)(void *arg, const DcfHttpHead *head);

/*
 * What to send and how.  The strings need to live only for the call.  Times in
 * milliseconds, 0 = no limit.
 */
typedef struct DcfHttpRequest
{
	const char *url;
	const char *post_body;	   /* NULL for a GET */
	const char *content_type;  /* of post_body */
	const char *authorization; /* value of the header, or NULL; a secret */
	bool confidential;		   /* the body of the reply is a secret, too */
	const char *accept;		   /* value of the header, or NULL: anything */
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
	int total_timeout;		   /* what deadline was made of, for messages */
	size_t max_buffer;		   /* most bytes that may stand unconsumed */
	const char *ca_file;	   /* or NULL */
	bool tls_verify;
	const char *proxy;	 /* or NULL */
	DcfHttpEndFn on_end; /* or NULL */
	void *on_end_arg;
	void (*on_connect)(void *arg); /* or NULL: called once there is a
								 * connection, with TLS where wanted; must
								 * raise nothing */
	void *on_connect_arg;
} DcfHttpRequest;

/* Headers the callers care about; "" where the reply has none. */
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
	uint64 bytes_received; /* of bodies, as they came */
	uint64 bytes_decoded;  /* after inflating */
	double first_byte_ms;  /* from the start to the body's first byte; -1
								 * before */
} DcfHttpStats;

/* How a try to get a reply started ended. */
typedef enum DcfHttpStart
{
	DCF_HTTP_BODY,		 /* head is there, and a first byte of the body */
	DCF_HTTP_EMPTY,		 /* head is there, and the reply has no body
								 * (of another status than 200: none that
								 * could be read) */
	DCF_HTTP_UNREACHABLE /* no connection, or it broke before the head
								 * was complete: see dcf_http_failure() */
} DcfHttpStart;

/* Why there is no reply. */
typedef enum DcfHttpFailure
{
	DCF_FAILURE_CONNECT, /* no connection; another try may go better */
	DCF_FAILURE_BROKEN,	 /* it broke; likewise */
	DCF_FAILURE_TIMEOUT, /* no connection within connect_timeout */
	DCF_FAILURE_LASTING	 /* no waiting will change it */
} DcfHttpFailure;

/* Lives as long as cxt.  So many idle connections and cookie jars are kept. */
extern DcfHttpPool *dcf_http_pool_create(int connections, int jars,
										 MemoryContext cxt);

/*
 * Start an exchange; returns at once.  The transfer lives in cxt and is
 * aborted when cxt is reset, or by dcf_http_close().
 */
extern DcfHttpTransfer *dcf_http_begin(DcfHttpPool *pool,
									   const DcfHttpRequest *request,
									   MemoryContext cxt);

/*
 * Wait until the reply's head and the first byte of its decoded body (or its
 * end) are there.  What may be tried again is returned, all else raised.
 */
extern DcfHttpStart dcf_http_await(DcfHttpTransfer *transfer);

/*
 * Whether dcf_http_await() or dcf_http_fill(), whichever is next, need not wait
 * for long: the reply has begun, more bytes of it are there, or it has ended or
 * failed.
 */
extern bool dcf_http_is_ready(const DcfHttpTransfer *transfer);

/* Whether nothing more of it is to come over the network. */
extern bool dcf_http_is_done(const DcfHttpTransfer *transfer);

/*
 * Wait until something happens to one of some transfers, none of which is
 * ready, or only look; perhaps one is then.  They may be of several pools.  All limits hold;
 * what fails, or waits for too long, is ready, and raised when it is read.
 */
extern void dcf_http_wait_any(DcfHttpTransfer **transfers, int n, bool wait);

/*
 * After DCF_HTTP_UNREACHABLE: whether the connection may have failed only
 * because for some time nobody waited for it, or for another of its pool.
 */
extern bool dcf_http_was_neglected(const DcfHttpTransfer *transfer);

extern const DcfHttpHead *dcf_http_head(const DcfHttpTransfer *transfer);

/*
 * After DCF_HTTP_UNREACHABLE: why, and in libcurl's words, made safe.  Raises
 * ERRCODE_INSUFFICIENT_RESOURCES where no file descriptors are left.
 */
extern DcfHttpFailure dcf_http_failure(const DcfHttpTransfer *transfer);
extern const char *dcf_http_failure_message(const DcfHttpTransfer *transfer);

/* After DCF_HTTP_UNREACHABLE: raise what libcurl says, after so many tries. */
pg_noreturn extern void dcf_http_raise_failure(const DcfHttpTransfer *transfer,
											   int tries);

/* Raise the error of such a failure, but a lasting one, with another detail. */
pg_noreturn extern void dcf_http_raise_unreachable(DcfHttpFailure failure,
												   const char *detail);

/*
 * Once there is a head: whether the reply says where its body ends, by
 * compression, by chunks, or by a length: digits alone, and always the same.
 * Else the body may end where the connection is closed, or anywhere, and one
 * that was cut may look whole.
 */
extern bool dcf_http_marks_end(const DcfHttpTransfer *transfer);

/*
 * The decoded bytes not yet consumed, contiguous.  Valid until the next
 * dcf_http_fill().
 */
extern const char *dcf_http_buffer(const DcfHttpTransfer *transfer,
								   size_t *len);

/* Drop the first n bytes of the buffer. */
extern void dcf_http_consume(DcfHttpTransfer *transfer, size_t n);

/*
 * Let a thread read the body, if a long one gets one to decompress it: with all
 * that was shown and not consumed by then.  See inflate_thread.h for the reader, whose
 * arg must outlive the transfer.
 */
extern void
dcf_http_read_in_thread(DcfHttpTransfer *transfer,
						const struct DcfInflateThreadReader *reader);

/*
 * What it has read of the buffer since the last dcf_http_fill(), or NULL; until
 * it is forgotten.  As long as the thread goes on reading, that is all of the
 * buffer.
 */
extern const void *dcf_http_rows(const DcfHttpTransfer *transfer);
extern void dcf_http_forget_rows(DcfHttpTransfer *transfer);

/*
 * Wait for more bytes behind those in the buffer.  False if the reply has
 * ended, and ended well: all of its declared length, every chunk, and its
 * compressed stream to the last byte of the check sum; anything less raises.
 * A buffer that would have to grow beyond max_buffer raises
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED naming max_record_size.
 */
extern bool dcf_http_fill(DcfHttpTransfer *transfer);

/*
 * Wait until the buffer holds max bytes or the reply has ended, well or not:
 * for bodies that are only shown.
 */
extern void dcf_http_gather(DcfHttpTransfer *transfer, size_t max);

/* Counted up to now. */
extern void dcf_http_stats(const DcfHttpTransfer *transfer,
						   DcfHttpStats *stats);

/*
 * End the exchange: if it is complete its connection is kept for the next,
 * else it is closed at once.  The transfer is gone.
 */
extern void dcf_http_close(DcfHttpTransfer *transfer);

/*
 * Sleep, as every wait does: for ms milliseconds or to the deadline (0 =
 * none), which raises the total time-out of total_timeout milliseconds.
 */
extern void dcf_http_sleep(int64 ms, int64 deadline, int total_timeout);

/* Raise the total time-out, of total_timeout milliseconds. */
pg_noreturn extern void dcf_http_raise_total(int total_timeout);

/* Define the settings (GUCs) of this module. */
extern void dcf_http_define_settings(void);

/* For dataconnect_version(): the libraries that serve us, palloc'd. */
extern char *dcf_http_version(void);

#endif /* DCF_HTTP_H */
