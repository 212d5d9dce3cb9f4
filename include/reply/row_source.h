/*
 * row_source.h
 *	  The interface of everything that returns rows of a foreign table.  Scans,
 *	  ANALYZE and the wrapper's own queries to the service use it.
 *
 * fetch.h implements it with requests.  row_cache.h decorates a source with the rows
 * that the statement has fetched before.  Callers need not know which one they have.
 */
#ifndef DCF_ROW_SOURCE_H
#define DCF_ROW_SOURCE_H

#include "postgres.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "base/statement.h"
#include "base/wait.h"
#include "base/warned.h"
#include "net/limiter.h"
#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

typedef struct DcfRowSource DcfRowSource;

/* What a source has done, over all starts. */
typedef struct DcfRowStats
{
	uint64 requests;	 /* replies opened, including refused ones */
	uint64 halved;		 /* requests halved after a 413 */
	uint64 halved_early; /* requests halved before they were sent, because a
						  * 413 was expected */
	uint64 retries;		 /* tries beyond each request's first */
	uint64 bytes_received;
	uint64 bytes_decoded; /* after decompression */
	uint64 records;
	uint64 outside; /* of them, outside of the asked times; see counts_outside */
	uint64 records_in_thread; /* those of them read by a thread */
	double first_byte_ms;	  /* of the first reply; -1 before it */
	int at_once;			  /* largest number of requests under way */
	uint64 batches;		/* of a batched join's keys that were requested */
	uint64 replays;		/* starts whose rows came from the row cache */
	uint64 cache_hits;	/* replies that were copies young enough */
	uint64 cache_waits; /* replies that were waited for while another session
						 * was fetching them */
	uint64 stale; /* replies that were older copies, since the service could
						 * not answer */
} DcfRowStats;

typedef enum DcfRowStatus
{
	DCF_ROW_READY,
	DCF_ROW_LATER,	   /* no row has arrived; only without wait */
	DCF_ROW_BATCH_END, /* of a batched join: all rows of source->batch have
						* been returned; other batches follow, or the end */
	DCF_ROW_END
} DcfRowStatus;

typedef struct DcfRowSourceRoutine
{
	/*
	 * Make the set of requests for these values, one for each of the
	 * bindings in priv; they are copied.  Sends nothing.  Raises the same
	 * errors as dcf_bind_create().
	 */
	void (*start)(DcfRowSource *source, const DcfBoundValue *values);

	/*
	 * Return the next row, with all columns of the relation.  *slot is an
	 * empty virtual slot, which is filled; or *slot is set to another slot.
	 * The row is valid until the next call, or stop.
	 *
	 * Without wait, returns a row only if it has arrived.
	 *
	 * Must be called in a memory context for one row, which it resets.
	 */
	DcfRowStatus (*next)(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);

	/*
	 * How many of its requests will bring rows by themselves: they have been sent,
	 * or another session's, or they are copies, and have not been read to the end.
	 */
	int (*under_way)(const DcfRowSource *source);

	/* Whether a request waits for leave, or bytes of a reply are to arrive. */
	bool (*is_busy)(const DcfRowSource *source);

	/*
	 * Before and after a wait for its next row, as for an exchange
	 * (exchange.h).  Of the requests that wait for leave to be sent, the first
	 * makes this claim for a slot, and the others an optional one.  Returns
	 * whether there was a first one.
	 */
	bool (*plan)(DcfRowSource *source, DcfLimiterClaim claim,
				 DcfWaitPlan *plan);
	void (*waited)(DcfRowSource *source);

	/*
	 * The rows of a batch that has returned one are no longer needed.  The source
	 * may return them all the same.
	 */
	void (*skip_batch)(DcfRowSource *source, int batch);

	/*
	 * End all requests at once, also unfinished ones.  The source can be
	 * started again.
	 */
	void (*stop)(DcfRowSource *source);

	/* Stop for good. */
	void (*end)(DcfRowSource *source);

	/*
	 * Add the requests under way to *stats.  source->stats counts a request
	 * only when its reply ends.
	 */
	void (*add_open)(const DcfRowSource *source, DcfRowStats *stats);
} DcfRowSourceRoutine;

/* The first member of each kind of source. */
struct DcfRowSource
{
	const DcfRowSourceRoutine *routine;
	const DcfRelation *relation;
	const DcfFdwPrivate *priv; /* priv->fetched: the columns to fill */
	Oid userid;				   /* the user whose user mapping is used */
	DcfStatement *statement;   /* for which its requests count */
	DcfWarned *warned;		   /* columns that the statement was warned of */
	DcfRowStats *stats;
	TimestampTz asked_at; /* when the statement began: until when "age" counts */
	bool counts_outside; /* stats->outside is wanted; set before the start */
	int batch; /* of DCF_ROW_BATCH_END; its number is that of dcf_bind_batch() */
};

/*
 * After DCF_ROW_LATER from all of these: wait until something happens to one of them.
 * Without wait, only let happen what can at once.
 */
extern void dcf_row_source_wait(DcfRowSource *const *sources, int n,
								bool wait);

/*
 * Let somebody else wait for these sources: a descriptor (wait.h) that is readable
 * when one of them may go on, or at once if ready.  Then call dcf_row_source_wait().
 * If that does not happen within 200 ms, their requests lose their turn in a queue.
 */
extern pgsocket dcf_row_source_lend(DcfRowSource *const *sources, int n,
									bool ready);

/* source->stats with the requests under way added. */
extern DcfRowStats dcf_row_source_statistics(const DcfRowSource *source);

#endif /* DCF_ROW_SOURCE_H */
