/*
 * http_private.h
 *	  What the files of http share.
 */
#ifndef DCF_HTTP_PRIVATE_H
#define DCF_HTTP_PRIVATE_H

#include "postgres.h"

#include <signal.h>

#include <curl/curl.h>

#include "lib/ilist.h"

#include "base/resource.h"
#include "base/wait.h"
#include "net/http.h"
#include "net/inflate.h"
#include "net/inflate_thread.h"

#if LIBCURL_VERSION_NUM < 0x074900
#error "libcurl 7.73 or newer is needed"
#endif

/* Connections that are looked after while they wait for a request. */
#define DCF_HTTP_MAX_IDLE 32

/* A connection that has had a whole reply. */
typedef struct DcfHttpIdle
{
	pgsocket fd;
	int port; /* of this side */
} DcfHttpIdle;

/* Cookies that one exchange at a time has; in http_jar.c. */
typedef struct DcfHttpJar DcfHttpJar;

struct DcfHttpPool
{
	MemoryContext context;
	MemoryContextCallback release;
	CURLM *multi;
	CURLSH *share;	 /* TLS sessions */
	dlist_head jars; /* that no exchange has; the one used last is first */
	int njars;
	int max_jars;
	DcfWaitSet *waits;
	int64 worked_at; /* when libcurl was last called */
	int64 timer_at;	 /* when libcurl wants to be called, by
								 * dcf_wait_now(); -1: not */
	dlist_head transfers;
	int ntransfers;
	DcfHttpIdle idle[DCF_HTTP_MAX_IDLE]; /* they may be in use again */
	int nidle;
};

/*
 * The most of all heads and the trailer of a reply, in bytes.  libcurl keeps
 * them, before 8.3 without a limit.
 */
#define DCF_HTTP_MAX_HEAD (128 * 1024)

/* Content-Encoding of a body. */
typedef enum DcfHttpCoding
{
	DCF_HTTP_PLAIN,
	DCF_HTTP_GZIP,
	DCF_HTTP_DEFLATE,
	DCF_HTTP_UNKNOWN
} DcfHttpCoding;

/* The times that have a limit of their own. */
typedef enum DcfHttpPhase
{
	DCF_PHASE_CONNECT,
	DCF_PHASE_FIRST_BYTE,
	DCF_PHASE_IDLE,
	DCF_PHASE_TOTAL
} DcfHttpPhase;

/* What is wrong with a reply whose head was right. */
typedef enum DcfHttpProblem
{
	DCF_HTTP_NO_PROBLEM = 0,
	DCF_HTTP_TIMED_OUT, /* in phase, after waited ms */
	DCF_HTTP_CUT,
	DCF_HTTP_BAD_CODING,
	DCF_HTTP_TOO_LONG
} DcfHttpProblem;

/* Bytes at base[start .. end), with room up to size. */
typedef struct DcfHttpBuffer
{
	char *base;
	size_t start;
	size_t end;
	size_t size;
} DcfHttpBuffer;

struct DcfHttpTransfer
{
	MemoryContext context; /* the transfer's own */
	DcfResource resource;
	DcfHttpPool *pool; /* NULL once it was released: the rest is a shell */
	dlist_node node;   /* in the pool's transfers */
	CURL *easy;
	bool added;			   /* to the multi handle */
	bool has_fd;		   /* counted by AcquireExternalFD() */
	bool lacks_descriptor; /* there was none for a socket */
	struct curl_slist *headers;
	char *proxy;				   /* or NULL */
	DcfHttpJar *jar;			   /* until the exchange ends; or NULL */
	bool confidential;			   /* the buffers hold secrets */
	char message[CURL_ERROR_SIZE]; /* libcurl's, in English */

	/* What of the spec is needed later; times in milliseconds. */
	int connect_timeout;
	int first_byte_timeout;
	int idle_timeout;
	int total_timeout;
	int64 deadline;
	size_t max_buffer;

	DcfHttpEndFn on_end; /* NULL once it was called */
	void *on_end_arg;
	void (*on_connect)(void *arg); /* likewise */
	void *on_connect_arg;

	/* Written by callbacks. */
	DcfHttpHead head;
	char coding_name[32];
	DcfHttpCoding coding;
	bool head_done;
	size_t head_bytes;
	bool chunked;			  /* by the Transfer-Encoding */
	bool odd_transfer_coding; /* which is another, or not the only one */
	char length[24];		  /* the Content-Length */
	bool odd_length;		  /* which is no number, or not the only one */
	int64 first_byte_at;	  /* of the body */
	uint64 received;
	size_t wanted; /* bytes that found no room: paused until there
								 * is; 0: not paused */

	/*
	 * A plain body goes straight into the buffer, another into raw first.
	 * buffer[start .. shown) is what the caller sees.
	 */
	DcfHttpBuffer buffer;
	DcfHttpBuffer raw;
	size_t shown;
	DcfInflate *inflate;
	DcfInflateThread *thread; /* the thread that goes on with it, or NULL */
	bool no_thread;			  /* there can be none */
	DcfHttpBuffer
		own_buffer; /* with a thread: the buffer that is no piece of its */
	DcfInflateThreadReader
		reader;		  /* for the thread; its read is NULL for none */
	const void *rows; /* what it has read of the buffer, or NULL */
	uint64 decoded;

	int64 begun_at;
	int64 connected_at;		/* 0: not yet */
	bool neglected;			/* nobody let libcurl work while it connected */
	uint64 received_before; /* of received, when somebody last waited */
	int64 silence;			/* ms for which somebody has waited in vain since
						 * bytes last came */
	bool done;				/* libcurl is through with it: see result */
	CURLcode result;
	const char *failure_message; /* after DCF_HTTP_UNREACHABLE: libcurl's */
	bool name_unknown;		/* likewise: there is no such host, or proxy */
	DcfHttpProblem problem; /* it stays */
	const char *reason;		/* of problem, or NULL */
	DcfHttpPhase phase;
	int waited;
};

/* The setting dataconnect_fdw.inflate_library, a DcfInflateLibrary. */
extern int dcf_inflate_library;

/* The setting dataconnect_fdw.inflate_in_thread. */
extern bool dcf_inflate_in_thread;

/* The setting dataconnect_fdw.read_in_thread. */
extern bool dcf_read_in_thread;

/*
 * Signals are blocked around everything that may start a thread (libcurl
 * resolves names in one): threads inherit the mask, and PostgreSQL's handlers
 * must run in no other thread than the main one.
 */
extern void dcf_http_enter_curl(sigset_t *saved);
extern void dcf_http_leave_curl(const sigset_t *saved);

/* Nothing more of the exchange is on its way: say so, if nobody has. */
static inline void
dcf_http_call_on_end(DcfHttpTransfer *transfer)
{
	DcfHttpEndFn on_end = transfer->on_end;

	transfer->on_end = NULL;
	if (on_end)
		on_end(transfer->on_end_arg, &transfer->head);
}

/* Raise unless libcurl took a setting. */
extern void dcf_http_check(CURLcode code);
extern void dcf_http_check_multi(CURLMcode code);

/*
 * Wait at most timeout milliseconds (-1: no limit), and let libcurl work on
 * whatever is ready.  Sets done and result of the transfers that ended.
 */
extern void dcf_http_work(DcfHttpPool *pool, int64 timeout,
						  DcfWaitReason reason);

/* The same for the pools of some transfers, all of them at once. */
extern void dcf_http_work_for(DcfHttpTransfer **transfers, int n,
							  int64 timeout, DcfWaitReason reason);

/* Set the transfer's problem, which stays; false. */
extern bool dcf_http_fail(DcfHttpTransfer *transfer, DcfHttpProblem problem,
						  const char *reason);

/* Take up a transfer that paused because there was no room. */
extern void dcf_http_resume(DcfHttpTransfer *transfer);

/*
 * The ways of a body into the buffer.  Make room in it, all of which the caller
 * has seen; decode what has arrived, as far as there is room; let the caller
 * see it.  The first two are false if that cannot be, the last if there is not
 * more than before.
 */
extern bool dcf_http_make_room(DcfHttpTransfer *transfer);
extern bool dcf_http_decode(DcfHttpTransfer *transfer);
extern bool dcf_http_show_arrived(DcfHttpTransfer *transfer);

/* Of a body that is all decoded: whether what was compressed had its end. */
extern bool dcf_http_decoding_ended(const DcfHttpTransfer *transfer);

/*
 * Give an exchange that begins a jar of its own, for requests to the URL's
 * scheme, host and port alone: the one that was used last, or a new one.
 */
extern void dcf_http_take_jar(DcfHttpTransfer *transfer, const char *url);

/*
 * The exchange has ended, or is aborted; nothing is done where it has no jar.
 * Where the service has answered, the next exchange may have the jar.  Else it
 * is thrown away: the service may still be busy with the request, and let
 * others of the same session wait until it has noticed.
 */
extern void dcf_http_return_jar(DcfHttpTransfer *transfer);

/* Lines of Netscape's format: the cookies that no exchange has. */
extern List *dcf_http_list_jars(DcfHttpPool *pool);

/* The pool ends. */
extern void dcf_http_wipe_jars(DcfHttpPool *pool);

/* See to it that no message shows the pool's cookies, as long as it lives. */
extern void dcf_http_hide_cookies(DcfHttpPool *pool);

/* The transfer has ended, and its connection may wait for another. */
extern void dcf_http_note_idle(DcfHttpPool *pool, CURL *easy);

/*
 * Before a transfer begins: end the connections on which something came while
 * they waited.
 */
extern void dcf_http_end_unclean(DcfHttpPool *pool);

/* libcurl's callback to close a socket; arg is the pool. */
extern int dcf_http_close_socket(void *arg, curl_socket_t fd);

/*
 * Where libcurl could not resolve a name: set name_unknown if there is none.
 * Waits for up to 2 s, and raises what a wait does.
 */
extern void dcf_http_check_name(DcfHttpTransfer *transfer);

/* What libcurl says of a failure, made safe, in the transfer's context. */
extern const char *dcf_http_message(const DcfHttpTransfer *transfer);

pg_noreturn extern void dcf_http_raise_timeout(DcfHttpPhase phase, int ms);
pg_noreturn extern void
dcf_http_raise_problem(const DcfHttpTransfer *transfer);

#endif /* DCF_HTTP_PRIVATE_H */
