/*
 * transfer_private.h
 *	  A transfer, for the files transfer*.c and the files http*.c that know one.
 */
#ifndef DCF_TRANSFER_PRIVATE_H
#define DCF_TRANSFER_PRIVATE_H

#include "http_private.h"
#include "net/recording.h"
#include "net/transfer.h"
#include "source_private.h"

/*
 * Most bytes that the heads and the trailer of a reply may have together.
 * libcurl keeps them in memory, before 8.3 without a limit.
 */
#define DCF_TRANSFER_MAX_HEAD (128 * 1024)

/* Why a transfer failed after it was connected. */
typedef enum DcfTransferProblem
{
	DCF_TRANSFER_NO_PROBLEM = 0,
	DCF_TRANSFER_TIMED_OUT, /* in phase, after waited ms */
	DCF_TRANSFER_CUT		/* the reply is incomplete */
} DcfTransferProblem;

/* Looking up a name once more; see http_resolve.c. */
typedef struct DcfHttpLookup DcfHttpLookup;

struct DcfTransfer
{
	DcfSource source;	   /* has to be first; done: libcurl has finished, see
					   * result */
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
	char message[CURL_ERROR_SIZE]; /* libcurl's, in English */

	/* Copied from the DcfHttpRequest; times in milliseconds. */
	int connect_timeout;
	int first_byte_timeout;
	int idle_timeout;
	int total_timeout;
	int64 deadline;

	DcfHttpEndFn on_end; /* NULL after the call */
	void *on_end_arg;
	void (*on_connect)(void *arg); /* likewise */
	void *on_connect_arg;

	/* Written by callbacks. */
	DcfHttpHead head;
	bool head_done;
	size_t head_bytes;
	char *head_copy; /* the caller's; or NULL */
	size_t head_copy_size;
	size_t head_copied;
	bool chunked;			  /* Transfer-Encoding is "chunked" */
	bool odd_transfer_coding; /* it is another, or there are several */
	char length[24];		  /* Content-Length */
	bool odd_length;		  /* it is no number, or several differ */
	DcfInbox inbox;
	char tls_version[32]; /* only if the request has connect_only; else "" */

	DcfRecording *recording; /* or NULL */
	uint64 recorded;		 /* of inbox.received */

	int64 begun_at;
	int64 connected_at;	 /* 0: not yet */
	int local_port;		 /* from then on */
	bool has_data;		 /* some of the body has been decoded */
	int64 first_byte_at; /* before: when bytes last came */

	int64 planned_at;	  /* when the wait began; 0: nobody waits */
	uint64 planned;		  /* that wait's number */
	uint64 received_then; /* inbox.received at the end of the last wait */
	DcfHttpPhase phase;	  /* for which silence counts */
	int64 silence;		  /* ms of waiting in the phase, or since bytes came */

	CURLcode result;
	const char *failure_message; /* after DCF_TRANSFER_UNREACHABLE: libcurl's */
	DcfHttpLookup *lookup;		 /* under way; or NULL */
	bool name_checked;			 /* the lookup was begun */
	bool name_unknown;			 /* the host or proxy does not exist */
	DcfTransferProblem problem;	 /* once set, it stays */
	const char *reason;			 /* of DCF_TRANSFER_CUT */
	int waited;					 /* of DCF_TRANSFER_TIMED_OUT */
};

/* Call the transfer's on_end, unless that was done. */
static inline void
dcf_transfer_call_on_end(DcfTransfer *transfer)
{
	DcfHttpEndFn on_end = transfer->on_end;

	transfer->on_end = NULL;
	if (on_end)
		on_end(transfer->on_end_arg, &transfer->head);
}

/* Forget everything that has come of a reply. */
static inline void
dcf_transfer_forget_head(DcfTransfer *transfer)
{
	memset(&transfer->head, 0, sizeof(transfer->head));
	transfer->chunked = false;
	transfer->length[0] = '\0';
	transfer->odd_transfer_coding = false;
	transfer->odd_length = false;
	transfer->head_copied = 0;
}

/* The transfer is incomplete; reason is static or lives as long. */
static inline void
dcf_transfer_cut(DcfTransfer *transfer, const char *reason)
{
	transfer->source.failed = true;
	transfer->problem = DCF_TRANSFER_CUT;
	transfer->reason = reason;
}

/* The transfer as a source. */
extern const DcfSourceRoutine dcf_transfer_source_routine;

/* Raise why it has failed. */
pg_noreturn extern void dcf_transfer_raise(const DcfTransfer *transfer);

/* Raise that the reply was cut short, as reason says in half a sentence. */
pg_noreturn extern void dcf_transfer_raise_cut(const DcfTransfer *transfer,
											   const char *reason);

/* Record what has come since the last call of libcurl. */
extern void dcf_transfer_record(DcfTransfer *transfer);

/* How the transfer has ended, or would if it was given up now. */
extern DcfRecordingEnd dcf_transfer_find_end(const DcfTransfer *transfer);

/* The transfer has ended: finish its recording, if it has one. */
extern void dcf_transfer_finish_recording(DcfTransfer *transfer,
										  DcfRecordingEnd end);

/* libcurl's callback for one line of a head or trailer; arg is the transfer. */
extern size_t dcf_transfer_on_header(char *line, size_t one, size_t len,
									 void *arg);

/* libcurl's message about a failure, safe to show, in the transfer's context. */
extern const char *dcf_transfer_message(const DcfTransfer *transfer);

#endif /* DCF_TRANSFER_PRIVATE_H */
