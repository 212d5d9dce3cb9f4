/*
 * analyze.c
 *	  ANALYZE.  See analyze.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/sampling.h"

#include "base/compat.h"
#include "executor/analyze.h"
#include "reply/fetch.h"
#include "reply/reply_stats.h"
#include "request/fdw_private.h"
#include "request/relation.h"
#include "request/request.h"
#include "request/writing.h"

/* Assumed width of a row in bytes, if nothing is known. */
#define UNKNOWN_ROW_LENGTH 100

/* A partition's bounds.  The request does not contain them, so rows are checked. */
typedef struct Bounds
{
	EState *estate;
	ExprState *check; /* NULL: not a partition */
} Bounds;

/* A random sample of at most targrows rows of those seen so far. */
typedef struct Sample
{
	HeapTuple *rows;
	int targrows;
	int nrows;
	double seen;	/* rows within the partition's bounds */
	double outside; /* rows outside of them */
	double to_skip; /* rows to skip before the next replacement; -1: to be
					 * drawn */
	ReservoirStateData reservoir;
} Sample;

static int acquire_from_reply(Relation rel, int elevel, HeapTuple *rows,
							  int targrows, double *totalrows,
							  double *totaldeadrows);
static int acquire_without_rows(Relation rel, int elevel, HeapTuple *rows,
								int targrows, double *totalrows,
								double *totaldeadrows);
static DcfRequest *create_request(const DcfRelation *relation);
static void read_rows(DcfRowSource *source, const Bounds *bounds,
					  Sample *sample);
static void prepare_bounds(Relation rel, Bounds *bounds);
static bool within_bounds(const Bounds *bounds, TupleTableSlot *slot);
static void release_bounds(Bounds *bounds);
static void add_row(Sample *sample, TupleTableSlot *slot);

bool
dcf_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
				  BlockNumber *totalpages)
{
	const DcfRelation *relation = dcf_relation_load(rel);
	double records = Max(rel->rd_rel->reltuples, DCF_ROWS_DEFAULT);
	double bytes = UNKNOWN_ROW_LENGTH;
	bool known;

	if (dcf_writing_is(relation))
	{
		ereport(WARNING,
				(errmsg("foreign table \"%s\" cannot be read",
						relation->relname),
				 errdetail("Each request to %s writes.",
						   relation->table->endpoint)));
		return false;
	}
	known = dcf_reply_stats_widest(relation, &records, &bytes);

	if (!relation->table->analyze_params && !known)
	{
		ereport(WARNING,
				(errmsg("no row count is known for foreign table \"%s\"",
						relation->relname),
				 errdetail("ANALYZE sends no request by default, and no "
						   "statistics of earlier replies are available."),
				 errhint("Set the table's option \"analyze_params\" to the "
						 "parameters of a request to sample.")));
		return false;
	}
	*func = relation->table->analyze_params ? acquire_from_reply :
											  acquire_without_rows;

	/*
	 * ANALYZE of a partitioned table divides the sample by pages, and would
	 * take no row of a table that has 0 pages.
	 */
	*totalpages = (BlockNumber) Min(records * Max(bytes, 1) / BLCKSZ + 1,
									MaxBlockNumber);
	return true;
}

/*
 * An AcquireSampleRowsFunc that only estimates the number of rows.  As it
 * returns no row, ANALYZE updates pg_class and leaves the statistics of the
 * columns as they are.
 */
static int
acquire_without_rows(Relation rel, int elevel, HeapTuple *rows, int targrows,
					 double *totalrows, double *totaldeadrows)
{
	double bytes;

	*totaldeadrows = 0;
	/* Another backend may have discarded the statistics meanwhile. */
	if (!dcf_reply_stats_widest(dcf_relation_load(rel), totalrows, &bytes))
		*totalrows = Max(rel->rd_rel->reltuples, 0);
	ereport(
		elevel,
		(errmsg("\"%s\": estimated %.0f rows from earlier replies; no sample",
				RelationGetRelationName(rel), *totalrows)));
	return 0;
}

/* An AcquireSampleRowsFunc that samples the reply to one request. */
static int
acquire_from_reply(Relation rel, int elevel, HeapTuple *rows, int targrows,
				   double *totalrows, double *totaldeadrows)
{
	const DcfRelation *relation = dcf_relation_load(rel);

	/* ANALYZE runs with the privileges of the table's owner. */
	DcfRowSource *source = dcf_fetch_create_fixed(
		relation, create_request(relation),
		"Narrow the request with the table's option \"analyze_params\".",
		rel->rd_rel->relowner);
	Sample sample = {.rows = rows, .targrows = targrows, .to_skip = -1};
	Bounds bounds;

	source->routine->start(source, NULL);
	reservoir_init_selection_state(&sample.reservoir, targrows);
	prepare_bounds(rel, &bounds);
	read_rows(source, &bounds, &sample);
	release_bounds(&bounds);
	source->routine->end(source);

	/*
	 * Rows outside of the bounds do not count.  The partition that has them
	 * may get the same reply, and the partitioned table would count them
	 * twice.
	 */
	*totalrows = sample.seen;
	*totaldeadrows = 0;
	ereport(elevel,
			(errmsg("\"%s\": reply contains %.0f rows; %d rows in sample",
					relation->relname, sample.seen + sample.outside,
					sample.nrows),
			 sample.outside > 0 ?
				 errdetail("%.0f rows are outside of the partition's bounds.",
						   sample.outside) :
				 0));
	return sample.nrows;
}

/*
 * The request that a scan without clauses would send, with the parameters of
 * "analyze_params".  These override the columns' defaults.
 */
static DcfRequest *
create_request(const DcfRelation *relation)
{
	const char *query = dcf_option_utf8(relation->table->analyze_params);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);
	DcfRequest *fixed = palloc0(sizeof(DcfRequest));

	/* The second one only shows which parameters the option sets. */
	dcf_request_set_query(request, query);
	dcf_request_set_query(fixed, query);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		const char *param;

		if (!dcf_column_is_sent(column) || !column->options->default_value)
			continue;
		param = dcf_option_utf8(column->options->param);
		if (!dcf_request_fixed(fixed, param))
			dcf_column_send(request, column,
							dcf_option_utf8(column->options->default_value));
	}
	return request;
}

/*
 * Read the whole reply into the sample.  next() resets the memory context
 * that it is called in, so it gets a context for one row; add_row() copies
 * into the caller's.
 */
static void
read_rows(DcfRowSource *source, const Bounds *bounds, Sample *sample)
{
	TupleTableSlot *own =
		MakeSingleTupleTableSlot(source->relation->tupdesc, &TTSOpsVirtual);
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw sample",
							  ALLOCSET_DEFAULT_SIZES);

	for (;;)
	{
		TupleTableSlot *slot = ExecClearTuple(own);
		MemoryContext old = MemoryContextSwitchTo(row);
		DcfRowStatus status;

		CHECK_FOR_INTERRUPTS();
		status = source->routine->next(source, true, &slot);
		MemoryContextSwitchTo(old);
		if (status == DCF_ROW_END)
			break;
		if (within_bounds(bounds, slot))
			add_row(sample, slot);
		else
			sample->outside++;
	}
	MemoryContextDelete(row);
	ExecDropSingleTupleTableSlot(own);
}

/*
 * Compile the partition's bounds, if the table is a partition.  The bounds
 * include those of all ancestors, by the column numbers of this table.
 */
static void
prepare_bounds(Relation rel, Bounds *bounds)
{
	List *qual = RelationGetPartitionQual(rel);

	memset(bounds, 0, sizeof(Bounds));
	if (qual == NIL)
		return;
	bounds->estate = CreateExecutorState();
	bounds->check = ExecPrepareCheck(qual, bounds->estate);
}

/* Whether a row belongs to the partition; always, if the table is none. */
static bool
within_bounds(const Bounds *bounds, TupleTableSlot *slot)
{
	ExprContext *econtext;

	if (!bounds->check)
		return true;
	econtext = GetPerTupleExprContext(bounds->estate);
	econtext->ecxt_scantuple = slot;
	ResetExprContext(econtext);
	/* NULL counts as true, as in ExecPartitionCheck(). */
	return ExecCheck(bounds->check, econtext);
}

/* Free what prepare_bounds() has made. */
static void
release_bounds(Bounds *bounds)
{
	if (bounds->check)
		FreeExecutorState(bounds->estate);
}

/*
 * Add a row to the sample, or skip it, by Vitter's algorithm as in
 * acquire_sample_rows(): once the sample is full, a row that is not skipped
 * replaces a random one.
 */
static void
add_row(Sample *sample, TupleTableSlot *slot)
{
	int place = sample->nrows;

	if (sample->nrows < sample->targrows)
		sample->nrows++;
	else
	{
		if (sample->to_skip < 0)
			sample->to_skip =
				reservoir_get_next_S(&sample->reservoir, sample->seen,
									 sample->targrows);
		place = -1;
		if (sample->to_skip <= 0)
		{
			place = (int) (sample->targrows *
						   sampler_random_fract(&sample->reservoir.randstate));
			heap_freetuple(sample->rows[place]);
		}
		sample->to_skip -= 1;
	}
	/* reservoir_get_next_S() expects the number without this row. */
	sample->seen++;
	if (place >= 0)
		sample->rows[place] = ExecCopySlotHeapTuple(slot);
}
