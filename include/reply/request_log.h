/*
 * request_log.h
 *	  The last requests and how they ended: a ring in memory that all backends
 *	  share, if the library is preloaded; otherwise each backend has its own.
 *
 * The setting track_requests says how many.  0 turns off all that is kept of
 * requests: this list, request_stats.h and progress.h.
 */
#ifndef DCF_REQUEST_LOG_H
#define DCF_REQUEST_LOG_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "reply/request_subject.h"

/* Longer requests are cut. */
#define DCF_REQUEST_LOG_TEXT 1024

typedef enum DcfRequestEnd
{
	DCF_REQUEST_COMPLETE,  /* the reply was read to its end */
	DCF_REQUEST_EARLY,	   /* the query needed no more of it */
	DCF_REQUEST_HALVED,	   /* 413: two smaller ones follow */
	DCF_REQUEST_FAILED,	   /* by itself */
	DCF_REQUEST_CANCELLED, /* by a cancel, a time-out or a shutdown */
	DCF_REQUEST_ABORTED	   /* because something else failed */
} DcfRequestEnd;

/* A request that has ended.  Times in ms; -1: not known. */
typedef struct DcfRequestFacts
{
	DcfRequestSubject subject;
	int pid;
	uint64 queryid; /* 0: not known */
	TimestampTz began;
	DcfRequestEnd end;
	int status;	  /* of the last try, or 0 */
	int sqlstate; /* or 0 */
	int tries;	  /* 0: nothing was sent */
	int refused;  /* tries that were answered with 429 */
	bool waited;  /* for another session that fetched the reply */
	bool is_copy;
	bool is_stale;
	double queued;
	double backed_off;
	double first_byte;
	double total;
	uint64 bytes; /* received */
	uint64 records;
	char request[DCF_REQUEST_LOG_TEXT]; /* as EXPLAIN shows it */
} DcfRequestFacts;

/* Define the setting track_requests, and request shared memory; from _PG_init(). */
extern void dcf_request_log_init(void);

/*
 * Whether anything is to be kept of requests.  If so, there is memory for the list
 * from now on, so that dcf_request_log_add() does not raise.
 */
extern bool dcf_request_log_is_on(void);

/* Add a request in place of the oldest one.  Does not raise. */
extern void dcf_request_log_add(const DcfRequestFacts *facts);

/* All requests, the oldest first; palloc'd. */
extern DcfRequestFacts *dcf_request_log_list(int *n);

/* The name of an end, for views and the log. */
extern const char *dcf_request_end_name(DcfRequestEnd end);

#endif /* DCF_REQUEST_LOG_H */
