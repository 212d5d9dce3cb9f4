/*
 * request_stats.h
 *	  What requests have cost so far, for each database, server, table and user: in
 *	  memory that all backends share, if the library is preloaded; otherwise each
 *	  backend has its own.
 *
 * Shared memory is saved when the server stops, and restored when it starts again,
 * as pg_stat_statements does; after a crash all begins at 0.  If there are too many
 * subjects, the one whose last request is the oldest makes room.
 */
#ifndef DCF_REQUEST_STATS_H
#define DCF_REQUEST_STATS_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "reply/request_log.h"

/* What went wrong; each error counts once. */
typedef enum DcfRequestError
{
	DCF_REQUEST_UNREACHABLE, /* no connection */
	DCF_REQUEST_CREDENTIALS, /* status 401 or 403, or a log-in that failed */
	DCF_REQUEST_REFUSED,	 /* any other status below 500 */
	DCF_REQUEST_SERVICE,	 /* status 5xx */
	DCF_REQUEST_REPLY,		 /* a time-out, or a reply that cannot be read */
	DCF_REQUEST_OTHER,
	DCF_REQUEST_ERRORS /* how many there are */
} DcfRequestError;

typedef struct DcfRequestTotals
{
	DcfRequestSubject subject; /* with the names of the last request */
	TimestampTz since;		   /* when the first one ended */
	TimestampTz last;
	int64 requests; /* sent, whatever became of them */
	int64 copies;	/* read in place of a reply, stale ones included */
	int64 stale;
	int64 records;
	int64 bytes;
	int64 retries;
	int64 refused; /* tries that were answered with 429 */
	int64 cancelled;
	int64 errors[DCF_REQUEST_ERRORS];
	double total; /* in ms, as the others */
	double queued;
	double backed_off;
} DcfRequestTotals;

/* Request shared memory; from _PG_init(). */
extern void dcf_request_stats_init(void);

/* Allocate what dcf_request_stats_add() needs, which then does not raise. */
extern void dcf_request_stats_prepare(void);
extern void dcf_request_stats_add(const DcfRequestFacts *facts);

/* All totals, palloc'd. */
extern DcfRequestTotals *dcf_request_stats_list(int *n);

/* Forget all; returns how many there were. */
extern int dcf_request_stats_reset(void);

#endif /* DCF_REQUEST_STATS_H */
