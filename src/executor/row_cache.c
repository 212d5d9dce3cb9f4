/*
 * row_cache.c
 *	  Rows kept for the length of a statement.  See row_cache.h.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "executor/nodeHash.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "rescan.h"
#include "row_cache.h"

/* Sets of rows that are kept while nobody reads them. */
#define MAX_IDLE 256

/* A statement, or rather a run of its plan. */
typedef struct Statement
{
	MemoryContextCallback release;
	dlist_node node; /* in statements */
	EState *estate;
	List *scans;	 /* of DcfRescanCandidate * */
	int nreaders;	 /* that have not left */
	dlist_head kept; /* of Kept, those last used first */
} Statement;

/* The rows of one set of requests. */
typedef struct Kept
{
	dlist_node node;
	MemoryContext context;
	const DcfRelation *relation;
	const DcfFdwPrivate *priv; /* of who fetches; fetched is for all readers */
	Oid userid;
	DcfBoundValue *values;
	Tuplestorestate *store;
	MemoryContext fetch_context;
	DcfFetch *fetch;				  /* NULL when all rows are in the store */
	const DcfRowCacheReader *fetcher; /* whose requests they are */
	List *pointers;					  /* IntList: of the store, not in use */
	int nreaders;
	Size size; /* in memory, when it was last left */
} Kept;

struct DcfRowCacheReader
{
	Statement *statement;
	const DcfRelation *relation;
	const DcfFdwPrivate *priv; /* with what others need fetched, too */
	const Bitmapset *fetched;  /* what is needed here */
	Oid userid;
	DcfFetchStats *stats;
	TupleTableSlot *slot; /* for rows from the store */
	Kept *kept;			  /* NULL when not started */
	int pointer;		  /* of its store */
};

static dlist_head statements = DLIST_STATIC_INIT(statements);

static Statement *find_statement(EState *estate);
static void forget_statement(void *arg);
static Kept *find_kept(DcfRowCacheReader *reader, const DcfBoundValue *values);
static bool is_same(const Kept *kept, const DcfRowCacheReader *reader,
					const DcfBoundValue *values);
static Kept *create_kept(DcfRowCacheReader *reader,
						 const DcfBoundValue *values);
static int take_pointer(Kept *kept);
static DcfFetchStatus fetch_row(DcfRowCacheReader *reader, bool wait,
								TupleTableSlot *slot);
static void finish_fetch(Kept *kept);
static void make_room(const DcfRowCacheReader *reader);
static void drop_kept(Kept *kept);

DcfRowCacheReader *
dcf_row_cache_join(ForeignScanState *node, const DcfRelation *relation,
				   const DcfFdwPrivate *priv, Oid userid, bool rescanned,
				   DcfFetchStats *stats)
{
	EState *estate = node->ss.ps.state;
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	Statement *statement = find_statement(estate);
	Bitmapset *fetched = bms_copy(priv->fetched);
	bool wanted = dcf_rescan_find(statement->scans, estate->es_plannedstmt,
								  (ForeignScan *) node->ss.ps.plan, &fetched);
	DcfRowCacheReader *reader = NULL;

	if (wanted || rescanned)
	{
		DcfFdwPrivate *wide = palloc(sizeof(DcfFdwPrivate));

		*wide = *priv;
		wide->fetched = fetched;
		reader = palloc0(sizeof(DcfRowCacheReader));
		reader->statement = statement;
		reader->relation = relation;
		reader->priv = wide;
		reader->fetched = priv->fetched;
		reader->userid = userid;
		reader->stats = stats;
		reader->slot = ExecInitExtraTupleSlot(estate,
											  node->ss.ss_ScanTupleSlot
												  ->tts_tupleDescriptor,
											  &TTSOpsMinimalTuple);
		statement->nreaders++;
	}
	MemoryContextSwitchTo(old);
	return reader;
}

/* In the statement's context. */
static Statement *
find_statement(EState *estate)
{
	Statement *statement;
	dlist_iter iter;

	dlist_foreach(iter, &statements)
	{
		statement = dlist_container(Statement, node, iter.cur);
		if (statement->estate == estate)
			return statement;
	}
	statement = palloc0(sizeof(Statement));
	statement->estate = estate;
	statement->scans = dcf_rescan_list(estate->es_plannedstmt);
	dlist_init(&statement->kept);
	statement->release.func = forget_statement;
	statement->release.arg = statement;
	dlist_push_head(&statements, &statement->node);
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &statement->release);
	return statement;
}

/* Under an error, the stores' files are closed by their resource owner. */
static void
forget_statement(void *arg)
{
	dlist_delete(&((Statement *) arg)->node);
}

bool
dcf_row_cache_start(DcfRowCacheReader *reader, const DcfBoundValue *values)
{
	Kept *kept = find_kept(reader, values);
	bool found = kept != NULL;

	if (!found)
	{
		make_room(reader);
		kept = create_kept(reader, values);
	}
	dlist_move_head(&reader->statement->kept, &kept->node);
	reader->kept = kept;
	reader->pointer = take_pointer(kept);
	kept->nreaders++;
	return found;
}

static Kept *
find_kept(DcfRowCacheReader *reader, const DcfBoundValue *values)
{
	dlist_iter iter;

	dlist_foreach(iter, &reader->statement->kept)
	{
		Kept *kept = dlist_container(Kept, node, iter.cur);

		if (is_same(kept, reader, values))
			return kept;
	}
	return NULL;
}

static bool
is_same(const Kept *kept, const DcfRowCacheReader *reader,
		const DcfBoundValue *values)
{
	int n = list_length(reader->priv->bindings);

	if (kept->relation->relid != reader->relation->relid ||
		kept->userid != reader->userid ||
		!dcf_fdw_private_binds_same(kept->priv, reader->priv) ||
		!bms_is_subset(reader->fetched, kept->priv->fetched))
		return false;
	for (int i = 0; i < n; i++)
	{
		const DcfBoundValue *one = &kept->values[i];
		const DcfBoundValue *other = &values[i];
		int16 typlen;
		bool typbyval;

		if (one->type != other->type || one->isnull != other->isnull)
			return false;
		if (!OidIsValid(one->type) || one->isnull)
			continue;
		get_typlenbyval(one->type, &typlen, &typbyval);
		if (!datum_image_eq(one->value, other->value, typbyval, typlen))
			return false;
	}
	return true;
}

static Kept *
create_kept(DcfRowCacheReader *reader, const DcfBoundValue *values)
{
	MemoryContext context =
		AllocSetContextCreate(reader->statement->estate->es_query_cxt,
							  "dataconnect_fdw kept rows",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Kept *kept = palloc0(sizeof(Kept));

	kept->context = context;
	kept->relation = reader->relation;
	kept->priv = reader->priv;
	kept->userid = reader->userid;
	kept->values = dcf_fetch_copy_values(reader->priv, values);
	kept->fetch_context =
		AllocSetContextCreate(context, "dataconnect_fdw fetch",
							  ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(kept->fetch_context);
	kept->fetch = dcf_fetch_create(reader->relation, reader->priv,
								   reader->userid, reader->stats);
	dcf_fetch_start(kept->fetch, kept->values);
	MemoryContextSwitchTo(context);
	kept->fetcher = reader;
	kept->store = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(old);
	dlist_push_head(&reader->statement->kept, &kept->node);
	return kept;
}

/* A place to read from in the store: its beginning. */
static int
take_pointer(Kept *kept)
{
	MemoryContext old = MemoryContextSwitchTo(kept->context);
	int pointer;

	/* The first one of the store stays where it is. */
	if (kept->pointers != NIL)
	{
		pointer = llast_int(kept->pointers);
		kept->pointers = list_delete_last(kept->pointers);
	}
	else
		pointer = tuplestore_alloc_read_pointer(kept->store, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(kept->store, pointer);
	tuplestore_rescan(kept->store);
	MemoryContextSwitchTo(old);
	return pointer;
}

DcfFetchStatus
dcf_row_cache_next(DcfRowCacheReader *reader, bool wait, TupleTableSlot *slot,
				   TupleTableSlot **result)
{
	Kept *kept = reader->kept;
	MemoryContext old;
	bool found;

	tuplestore_select_read_pointer(kept->store, reader->pointer);

	/* While others may write, what is in the store does not stay in place. */
	old = MemoryContextSwitchTo(reader->statement->estate->es_query_cxt);
	found = tuplestore_gettupleslot(kept->store, true, kept->fetch != NULL,
									reader->slot);
	MemoryContextSwitchTo(old);
	*result = found ? reader->slot : slot;
	if (found)
		return DCF_FETCH_ROW;
	return kept->fetch ? fetch_row(reader, wait, slot) : DCF_FETCH_END;
}

/* The reader is at the end of what is there, and stays so. */
static DcfFetchStatus
fetch_row(DcfRowCacheReader *reader, bool wait, TupleTableSlot *slot)
{
	Kept *kept = reader->kept;
	DcfFetchStatus status =
		dcf_fetch_next(kept->fetch, wait, slot->tts_values, slot->tts_isnull);

	if (status == DCF_FETCH_END)
		finish_fetch(kept);
	if (status != DCF_FETCH_ROW)
		return status;
	ExecStoreVirtualTuple(slot);
	tuplestore_puttupleslot(kept->store, slot);
	/* Another reader may go on before this row has been used. */
	ExecMaterializeSlot(slot);
	return DCF_FETCH_ROW;
}

static void
finish_fetch(Kept *kept)
{
	dcf_fetch_stop(kept->fetch);
	kept->fetch = NULL;
	MemoryContextDelete(kept->fetch_context);
}

DcfFetch *
dcf_row_cache_fetch(const DcfRowCacheReader *reader)
{
	return reader->kept ? reader->kept->fetch : NULL;
}

void
dcf_row_cache_add_open(const DcfRowCacheReader *reader, DcfFetchStats *stats)
{
	dlist_iter iter;

	dlist_foreach(iter, &reader->statement->kept)
	{
		const Kept *kept = dlist_container(Kept, node, iter.cur);

		if (kept->fetch && kept->fetcher == reader)
			dcf_fetch_add_open(kept->fetch, stats);
	}
}

void
dcf_row_cache_stop(DcfRowCacheReader *reader)
{
	Kept *kept = reader->kept;
	MemoryContext old;

	if (!kept)
		return;
	ExecClearTuple(reader->slot);
	old = MemoryContextSwitchTo(kept->context);
	kept->pointers = lappend_int(kept->pointers, reader->pointer);
	MemoryContextSwitchTo(old);
	kept->nreaders--;
	kept->size = MemoryContextMemAllocated(kept->context, true);
	reader->kept = NULL;
}

/*
 * Before more rows are kept: requests of the reader's that it has left in the
 * middle end, unless somebody else reads their rows, or the replies have come
 * as a whole; and of the others only so many can stay.
 */
static void
make_room(const DcfRowCacheReader *reader)
{
	Statement *statement = reader->statement;
	dlist_mutable_iter iter;
	Size total = 0;
	int n = 0;

	dlist_foreach_modify(iter, &statement->kept)
	{
		Kept *kept = dlist_container(Kept, node, iter.cur);

		if (kept->nreaders > 0)
			continue;
		total += kept->size;
		n++;
		if ((kept->fetch && kept->fetcher == reader &&
			 dcf_fetch_is_busy(kept->fetch)) ||
			n > MAX_IDLE || total > get_hash_memory_limit())
		{
			total -= kept->size;
			n--;
			drop_kept(kept);
		}
	}
}

static void
drop_kept(Kept *kept)
{
	dlist_delete(&kept->node);
	if (kept->fetch)
		dcf_fetch_stop(kept->fetch);
	tuplestore_end(kept->store);
	MemoryContextDelete(kept->context);
}

void
dcf_row_cache_leave(DcfRowCacheReader *reader)
{
	Statement *statement = reader->statement;
	dlist_mutable_iter iter;

	dcf_row_cache_stop(reader);
	if (--statement->nreaders > 0)
		return;
	dlist_foreach_modify(iter, &statement->kept)
		drop_kept(dlist_container(Kept, node, iter.cur));
}
