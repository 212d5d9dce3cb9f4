/*
 * http_private.h
 *	  Types and functions that the files http*.c share.
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

/* Idle connections that http_idle.c can watch. */
#define DCF_HTTP_MAX_IDLE 32

/* A connection whose last reply was received completely. */
typedef struct DcfHttpIdle
{
	pgsocket fd;
	int port; /* the local one; tells whether fd was closed and reused */
} DcfHttpIdle;

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
	DcfHttpIdle idle[DCF_HTTP_MAX_IDLE]; /* some may be in use again */
	int nidle;
};

/*
 * Most bytes that the heads and the trailer of a reply may have together.
 * libcurl keeps them in memory, before 8.3 without a limit.
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

/* The phases of a transfer that have a time-out each. */
typedef enum DcfHttpPhase
{
	DCF_PHASE_CONNECT,
	DCF_PHASE_FIRST_BYTE,
	DCF_PHASE_IDLE,
	DCF_PHASE_TOTAL
} DcfHttpPhase;

/* Why a transfer failed after it was connected. */
typedef enum DcfHttpProblem
{
	DCF_HTTP_NO_PROBLEM = 0,
	DCF_HTTP_TIMED_OUT,	 /* in phase, after waited ms */
	DCF_HTTP_CUT,		 /* the reply is incomplete */
	DCF_HTTP_BAD_CODING, /* unknown or invalid compression */
	DCF_HTTP_TOO_LONG	 /* the buffer may not grow further */
} DcfHttpProblem;

/* Bytes at base[start .. end), with room up to base[size]. */
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
	DcfHttpPool *pool; /* NULL after release: only the struct is left */
	dlist_node node;   /* in the pool's transfers */
	CURL *easy;
	bool added;			   /* to the multi handle */
	bool has_fd;		   /* counted by AcquireExternalFD() */
	bool lacks_descriptor; /* socket() failed for lack of descriptors */
	struct curl_slist *headers;
	char *proxy;				   /* or NULL */
	DcfHttpJar *jar;			   /* until the transfer ends; or NULL */
	bool confidential;			   /* wipe the buffers */
	char message[CURL_ERROR_SIZE]; /* libcurl's, in English */

	/* Copied from the DcfHttpRequest; times in milliseconds. */
	int connect_timeout;
	int first_byte_timeout;
	int idle_timeout;
	int total_timeout;
	int64 deadline;
	size_t max_buffer;

	DcfHttpEndFn on_end; /* NULL after the call */
	void *on_end_arg;
	void (*on_connect)(void *arg); /* likewise */
	void *on_connect_arg;

	/* Written by callbacks. */
	DcfHttpHead head;
	char coding_name[32];
	DcfHttpCoding coding;
	bool head_done;
	size_t head_bytes;
	bool chunked;			  /* Transfer-Encoding is "chunked" */
	bool odd_transfer_coding; /* it is another, or there are several */
	char length[24];		  /* Content-Length */
	bool odd_length;		  /* it is no number, or several differ */
	int64 first_byte_at;	  /* of the body */
	uint64 received;
	size_t wanted; /* paused for want of room for so many
								 * bytes; 0: not paused */

	/*
	 * A plain body is received into buffer, a compressed one into raw, and
	 * decompressed into buffer.  The caller sees buffer[start .. shown).  With a
	 * thread, buffer may be one of the thread's pieces, and own_buffer keeps the
	 * transfer's own memory.
	 */
	DcfHttpBuffer buffer;
	DcfHttpBuffer raw;
	size_t shown;
	DcfInflate *inflate;
	DcfInflateThread *thread; /* uses inflate from then on; or NULL */
	bool no_thread;			  /* it could not be started */
	DcfHttpBuffer own_buffer;
	DcfInflateThreadReader reader; /* for the thread; read is NULL for none */
	const void *rows;			   /* read from the buffer, or NULL */
	uint64 decoded;

	int64 begun_at;
	int64 connected_at;		/* 0: not yet */
	bool neglected;			/* see dcf_http_was_neglected() */
	uint64 received_before; /* received, after the last wait */
	int64 silence;			/* ms spent waiting since bytes last came */
	bool done;				/* libcurl has finished: see result */
	CURLcode result;
	const char *failure_message; /* after DCF_HTTP_UNREACHABLE: libcurl's */
	bool name_unknown;		/* likewise: the host or proxy does not exist */
	DcfHttpProblem problem; /* once set, it stays */
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
 * Block all signals around whatever may start a thread (libcurl resolves names
 * in threads), and restore the mask.  Threads inherit the mask, and PostgreSQL's
 * signal handlers must run in the main thread only.
 */
extern void dcf_http_enter_curl(sigset_t *saved);
extern void dcf_http_leave_curl(const sigset_t *saved);

/* Call the transfer's on_end, unless that was done. */
static inline void
dcf_http_call_on_end(DcfHttpTransfer *transfer)
{
	DcfHttpEndFn on_end = transfer->on_end;

	transfer->on_end = NULL;
	if (on_end)
		on_end(transfer->on_end_arg, &transfer->head);
}

/* Raise ERRCODE_FDW_OUT_OF_MEMORY or ERRCODE_FDW_ERROR unless code is OK. */
extern void dcf_http_check(CURLcode code);
extern void dcf_http_check_multi(CURLMcode code);

/*
 * Wait at most timeout milliseconds (-1: no limit), and let libcurl work on the
 * sockets that are ready, of any pool.  Sets done and result of the transfers
 * that ended.
 */
extern void dcf_http_work(int64 timeout, DcfWaitReason reason);

/* Set the transfer's problem; reason is static or as long-lived; false. */
extern bool dcf_http_fail(DcfHttpTransfer *transfer, DcfHttpProblem problem,
						  const char *reason);

/* Continue a transfer that paused for want of room. */
extern void dcf_http_resume(DcfHttpTransfer *transfer);

/*
 * Make room for more bytes in the buffer, all of which the caller has seen.
 * False, with the problem set, if it would grow beyond max_buffer.
 */
extern bool dcf_http_make_room(DcfHttpTransfer *transfer);

/*
 * Decompress from raw into the buffer as far as there is room.  False, with the
 * problem set, if the data are invalid.
 */
extern bool dcf_http_decode(DcfHttpTransfer *transfer);

/* Let the caller see all of the buffer.  False if that is no more than before. */
extern bool dcf_http_show_arrived(DcfHttpTransfer *transfer);

/* After decompression: whether the compressed stream ended properly. */
extern bool dcf_http_decoding_ended(const DcfHttpTransfer *transfer);

/*
 * Give a transfer that begins a jar of its own, which is only for the URL's
 * scheme, host and port: the one most recently used, or a new one.
 */
extern void dcf_http_take_jar(DcfHttpTransfer *transfer, const char *url);

/*
 * Take back the jar, if there is one, of a transfer that has ended or is aborted.
 * If the service has answered, the next transfer may use the jar.  Otherwise it
 * is destroyed: while the service is still busy with the request, it would let
 * other requests of the same session wait.
 */
extern void dcf_http_return_jar(DcfHttpTransfer *transfer);

/*
 * The cookies of all jars that are not in use, as lines in Netscape's format
 * (char *), valid until a jar changes.
 */
extern List *dcf_http_list_jars(DcfHttpPool *pool);

/* Wipe and free all jars, at the end of the pool. */
extern void dcf_http_wipe_jars(DcfHttpPool *pool);

/* Register the pool's cookies as secrets that no message may show. */
extern void dcf_http_hide_cookies(DcfHttpPool *pool);

/* Remember the connection of a transfer that has ended: it may be reused. */
extern void dcf_http_note_idle(DcfHttpPool *pool, CURL *easy);

/* libcurl's callback for one line of a head or trailer; arg is the transfer. */
extern size_t dcf_http_on_header(char *line, size_t one, size_t len,
								 void *arg);

/*
 * Before a transfer begins: shut down the idle connections on which something
 * arrived in the meantime.
 */
extern void dcf_http_end_unclean(DcfHttpPool *pool);

/* libcurl's callback for closing a socket; arg is the pool. */
extern int dcf_http_close_socket(void *arg, curl_socket_t fd);

/*
 * If libcurl could not resolve a name, set name_unknown if the name does not
 * exist.  Waits up to 2 s, interruptibly.
 */
extern void dcf_http_check_name(DcfHttpTransfer *transfer);

/* libcurl's message about a failure, safe to show, in the transfer's context. */
extern const char *dcf_http_message(const DcfHttpTransfer *transfer);

/* Raise that a phase took longer than ms milliseconds. */
pg_noreturn extern void dcf_http_raise_timeout(DcfHttpPhase phase, int ms);
/* Raise the transfer's problem, which must be set. */
pg_noreturn extern void
dcf_http_raise_problem(const DcfHttpTransfer *transfer);

#endif /* DCF_HTTP_PRIVATE_H */
