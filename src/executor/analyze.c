/*
 * analyze.c
 *	  ANALYZE.  See analyze.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/sampling.h"

#include "base/compat.h"
#include "convert/convert.h"
#include "executor/analyze.h"
#include "net/session.h"
#include "net/status.h"
#include "reply/record.h"
#include "reply/reply.h"
#include "reply/reply_stats.h"
#include "request/bind_default.h"
#include "request/fdw_private.h"
#include "request/parameter_hint.h"
#include "request/relation.h"
#include "request/request.h"

/* Bytes of a row nothing is known of. */
#define UNKNOWN_ROW_LENGTH 100

/* The bounds of a partition, to check rows by: the service knows nothing of them. */
typedef struct Bounds
{
	EState *estate;
	ExprState *check; /* NULL: the table is no partition */
	TupleTableSlot *slot;
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
static void fill_parameters(const DcfRelation *relation,
							const DcfRequest *request, Datum *values,
							bool *isnull);
static void read_reply(const DcfRelation *relation, DcfReply *reply,
					   const Bounds *bounds, Datum *values, bool *isnull,
					   Sample *sample);
static void prepare_bounds(Relation rel, Bounds *bounds);
static bool within_bounds(const Bounds *bounds, const Datum *values,
						  const bool *isnull);
static void release_bounds(Bounds *bounds);
static void add_row(Sample *sample, TupleDesc tupdesc, Datum *values,
					bool *isnull);

bool
dcf_analyze_table(Relation rel, AcquireSampleRowsFunc *func,
				  BlockNumber *totalpages)
{
	DcfRelation *relation = dcf_relation_load(rel);
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

/* What a DcfHinter has to know. */
typedef struct Asked
{
	const DcfRelation *relation;
	const DcfRequest *request;
} Asked;

static char *
give_hint(const void *arg, int status)
{
	const Asked *asked = arg;

	if (status == DCF_STATUS_TOO_MUCH)
		return pstrdup(
			"Ask for less by the table's option \"analyze_params\".");
	if (status == DCF_STATUS_BAD_VALUE)
		return dcf_parameter_hint_refused(asked->relation, asked->request);
	return NULL;
}

static int
acquire_reply(Relation rel, int elevel, HeapTuple *rows, int targrows,
			  double *totalrows, double *totaldeadrows)
{
	DcfRelation *relation = dcf_relation_load(rel);
	DcfRequest *request = make_request(relation);
	int natts = Max(relation->natts, 1);
	Datum *values = palloc0(sizeof(Datum) * natts);
	bool *isnull = palloc(sizeof(bool) * natts);
	Sample sample = {.rows = rows, .targrows = targrows, .to_skip = -1};
	Asked asked = {relation, request};
	Bounds bounds;
	DcfSession *session;
	DcfReply *reply;

	memset(isnull, true, sizeof(bool) * natts);
	fill_parameters(relation, request, values, isnull);
	session = dcf_session_get(relation->serverid, rel->rd_rel->relowner,
							  CurrentMemoryContext);
	reply = dcf_reply_begin(session, request, relation->relname,
							&(DcfHinter){give_hint, &asked}, false, NULL,
							CurrentMemoryContext);
	(void) dcf_reply_await(reply);
	reservoir_init_selection_state(&sample.reservoir, targrows);
	prepare_bounds(rel, &bounds);
	read_reply(relation, reply, &bounds, values, isnull, &sample);
	release_bounds(&bounds);
	dcf_reply_close(reply);

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

/*
 * Parameter columns have the value that is sent, where it is one: a list is
 * none, and a default such as "*" need be none of the column's type.
 */
static void
fill_parameters(const DcfRelation *relation, const DcfRequest *request,
				Datum *values, bool *isnull)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		DcfConverter *converter;
		const char *value;

		if (column->kind != DCF_COLUMN_PARAMETER)
			continue;
		value = dcf_request_fixed(request,
								  dcf_option_utf8(column->options->param));
		if (!value || dcf_bind_default_is_null(column, value) ||
			(column->options->list && strchr(value, ',')))
			continue;
		converter = dcf_convert_create(relation->relname,
									   TupleDescAttr(relation->tupdesc, i),
									   column->timezone,
									   relation->table->null_strings);
		values[i] =
			dcf_convert_text(converter,
							 pg_any_to_server(value, strlen(value), PG_UTF8));
		isnull[i] = false;
	}
}

static void
read_reply(const DcfRelation *relation, DcfReply *reply, const Bounds *bounds,
		   Datum *values, bool *isnull, Sample *sample)
{
	Bitmapset *all =
		relation->natts > 0 ? bms_add_range(NULL, 1, relation->natts) : NULL;
	DcfRecordReader *reader = dcf_record_create(relation, all);
	MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw sample",
							  ALLOCSET_DEFAULT_SIZES);

	dcf_record_attach(reader, reply);
	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(row);
		bool found;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(row);
		found =
			dcf_record_next(reader, true, values, isnull) == DCF_RECORD_ROW;
		MemoryContextSwitchTo(old);
		if (!found)
			break;
		if (within_bounds(bounds, values, isnull))
			add_row(sample, relation->tupdesc, values, isnull);
		else
			sample->outside++;
	}
	MemoryContextDelete(row);
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
	bounds->slot =
		MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
}

static bool
within_bounds(const Bounds *bounds, const Datum *values, const bool *isnull)
{
	TupleTableSlot *slot = bounds->slot;
	ExprContext *econtext;
	int natts;

	if (!bounds->check)
		return true;
	natts = slot->tts_tupleDescriptor->natts;
	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, isnull, sizeof(bool) * natts);
	ExecStoreVirtualTuple(slot);
	econtext = GetPerTupleExprContext(bounds->estate);
	econtext->ecxt_scantuple = slot;
	ResetExprContext(econtext);
	return ExecCheck(bounds->check, econtext);
}

static void
release_bounds(Bounds *bounds)
{
	if (!bounds->check)
		return;
	ExecDropSingleTupleTableSlot(bounds->slot);
	FreeExecutorState(bounds->estate);
}

/* Vitter's reservoir, as PostgreSQL's own ANALYZE has it. */
static void
add_row(Sample *sample, TupleDesc tupdesc, Datum *values, bool *isnull)
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
		sample->rows[place] = heap_form_tuple(tupdesc, values, isnull);
}
