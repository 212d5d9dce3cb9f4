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

/* Bytes of a row nothing is known of. */
#define UNKNOWN_ROW_LENGTH 100

/* The bounds of a partition, to check rows by: the service knows nothing of them. */
typedef struct Bounds
{
	EState *estate;
	ExprState *check; /* NULL: the table is no partition */
} Bounds;

/* A sample on its way: targrows rows of those that came. */
typedef struct Sample
{
	HeapTuple *rows;
	int targrows;
	int nrows;
	double seen;	/* rows of the table */
	double outside; /* rows outside of the partition's bounds */
	double to_skip; /* before the next row that replaces one; -1: not drawn */
	ReservoirStateData reservoir;
} Sample;

static int acquire_reply(Relation rel, int elevel, HeapTuple *rows,
						 int targrows, double *totalrows,
						 double *totaldeadrows);
static int acquire_learned(Relation rel, int elevel, HeapTuple *rows,
						   int targrows, double *totalrows,
						   double *totaldeadrows);
static DcfRequest *make_request(const DcfRelation *relation);
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
	bool known = dcf_reply_stats_widest(relation, &records, &bytes);

	if (!relation->table->analyze_params && !known)
	{
		ereport(WARNING,
				(errmsg("nothing is known of foreign table \"%s\"",
						relation->relname),
				 errdetail("ANALYZE asks the service for nothing by itself, "
						   "and no reply has taught anything yet."),
				 errhint("Set the table's option \"analyze_params\" to the "
						 "parameters of a request to sample.")));
		return false;
	}
	*func = relation->table->analyze_params ? acquire_reply : acquire_learned;

	/* By its pages a table has its share of a partitioned table's sample. */
	*totalpages = (BlockNumber) Min(records * Max(bytes, 1) / BLCKSZ + 1,
									MaxBlockNumber);
	return true;
}

/* No rows, but how many there are. */
static int
acquire_learned(Relation rel, int elevel, HeapTuple *rows, int targrows,
				double *totalrows, double *totaldeadrows)
{
	double bytes;

	*totaldeadrows = 0;
	if (!dcf_reply_stats_widest(dcf_relation_load(rel), totalrows, &bytes))
		*totalrows = Max(rel->rd_rel->reltuples, 0);
	ereport(elevel,
			(errmsg("\"%s\": %.0f rows, as earlier replies had; no sample",
					RelationGetRelationName(rel), *totalrows)));
	return 0;
}

static int
acquire_reply(Relation rel, int elevel, HeapTuple *rows, int targrows,
			  double *totalrows, double *totaldeadrows)
{
	const DcfRelation *relation = dcf_relation_load(rel);
	DcfRowSource *source = dcf_fetch_create_fixed(
		relation, make_request(relation),
		"Ask for less by the table's option \"analyze_params\".",
		rel->rd_rel->relowner);
	Sample sample = {.rows = rows, .targrows = targrows, .to_skip = -1};
	Bounds bounds;

	source->routine->start(source, NULL);
	reservoir_init_selection_state(&sample.reservoir, targrows);
	prepare_bounds(rel, &bounds);
	read_rows(source, &bounds, &sample);
	release_bounds(&bounds);
	source->routine->end(source);

	*totalrows = sample.seen;
	*totaldeadrows = 0;
	ereport(elevel,
			(errmsg("\"%s\": the reply has %.0f rows; %d rows in sample",
					relation->relname, sample.seen + sample.outside,
					sample.nrows),
			 sample.outside > 0 ?
				 errdetail("%.0f rows lie outside of the partition's bounds.",
						   sample.outside) :
				 0));
	return sample.nrows;
}

/*
 * What a scan would send of itself, and the option's parameters, which win over
 * the columns' defaults.
 */
static DcfRequest *
make_request(const DcfRelation *relation)
{
	const char *query = dcf_option_utf8(relation->table->analyze_params);
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);
	DcfRequest *given = palloc0(sizeof(DcfRequest));

	dcf_request_set_query(request, query);
	dcf_request_set_query(given, query);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		const char *param;

		if (!dcf_column_is_sent(column) || !column->options->default_value)
			continue;
		param = dcf_option_utf8(column->options->param);
		if (!dcf_request_fixed(given, param))
			dcf_column_send(request, column,
							dcf_option_utf8(column->options->default_value));
	}
	return request;
}

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

static bool
within_bounds(const Bounds *bounds, TupleTableSlot *slot)
{
	ExprContext *econtext;

	if (!bounds->check)
		return true;
	econtext = GetPerTupleExprContext(bounds->estate);
	econtext->ecxt_scantuple = slot;
	ResetExprContext(econtext);
	return ExecCheck(bounds->check, econtext);
}

static void
release_bounds(Bounds *bounds)
{
	if (bounds->check)
		FreeExecutorState(bounds->estate);
}

/* Vitter's reservoir, as PostgreSQL's own ANALYZE has it. */
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
	sample->seen++;
	if (place >= 0)
		sample->rows[place] = ExecCopySlotHeapTuple(slot);
}
