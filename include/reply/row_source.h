/*
 * row_source.h
 *	  Where rows come from: one interface for scans, ANALYZE and the wrapper's
 *	  own questions to the service.
 *
 * fetch.h implements it by requests; row_cache.h puts the rows that a statement keeps
 * in front of another source.  A caller does not need to know which one it has.
 */
#ifndef DCF_ROW_SOURCE_H
#define DCF_ROW_SOURCE_H

#include "postgres.h"
#include "executor/tuptable.h"
#include "nodes/pg_list.h"

#include "base/warned.h"
#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

typedef struct DcfRowSource DcfRowSource;

/* Counted over all starts. */
typedef struct DcfRowStats
{
	uint64 requests;	 /* replies opened, refused ones among them */
	uint64 halved;		 /* those that were refused, and asked in halves */
	uint64 halved_early; /* not sent, but asked in halves at once, because they
						  * were expected to be refused */
	uint64 retries;		 /* tries beyond the first */
	uint64 bytes_received;
	uint64 bytes_decoded;
	uint64 records;
	uint64 records_ahead; /* of them, read in the thread that decompresses */
	double first_byte_ms; /* of the first reply; -1 before it */
	int at_once;		  /* the most requests under way at a time */
	uint64 replays;		  /* how often rows came from those kept */
} DcfRowStats;

typedef enum DcfRowStatus
{
	DCF_ROW_READY,
	DCF_ROW_LATER, /* there is none yet, and nobody waited */
	DCF_ROW_END
} DcfRowStatus;

typedef struct DcfRowSourceRoutine
{
	/*
	 * Begin with the requests that follow from the values of the spec's
	 * bindings, which are copied.  Sends nothing.  Raises what
	 * dcf_bind_create() does.
	 */
	void (*start)(DcfRowSource *source, const DcfBoundValue *values);

	/*
	 * The next row, with all columns of the relation: in *slot, which is virtual
	 * and empty, or in another slot that *slot is set to.  Without wait, only a
	 * row that is there; but a log-in is waited for, and a request that is sent
	 * again.  The current memory context is reset.  The row is valid until
	 * the next call, or stop.
	 */
	DcfRowStatus (*next)(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);

	/*
	 * The replies that are under way: list of DcfReply *, in the current memory
	 * context.  Two sources with one of them in common have all in common.
	 */
	List *(*replies)(const DcfRowSource *source);

	/* End all requests, at once.  The source can be started again. */
	void (*stop)(DcfRowSource *source);

	/* Stop, for good. */
	void (*end)(DcfRowSource *source);

	/* Add what is under way: source->stats has it from a reply's end on. */
	void (*add_open)(const DcfRowSource *source, DcfRowStats *stats);
} DcfRowSourceRoutine;

/* The first member of each kind of source. */
struct DcfRowSource
{
	const DcfRowSourceRoutine *routine;
	const DcfRelation *relation;
	const DcfFdwPrivate *priv; /* spec->fetched says which columns are filled */
	Oid userid;				   /* whose user mapping is used */
	DcfWarned *warned;		   /* columns that are missing and were told of */
	DcfRowStats *stats;
};

/*
 * After DCF_ROW_LATER: wait until something happens to a reply of one of these,
 * or only look.  False if no reply is under way.
 */
extern bool dcf_row_source_wait_any(DcfRowSource *const *sources, int n,
									bool wait);

/* What was counted so far. */
extern DcfRowStats dcf_row_source_statistics(const DcfRowSource *source);

#endif /* DCF_ROW_SOURCE_H */
