/*
 * row_cache.c
 *	  The row cache of a statement.  See row_cache.h.
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

#include "reply/fetch.h"
#include "rescan.h"
#include "row_cache.h"

/* At most so many sets of rows stay in the cache while no scan reads them. */
#define MAX_IDLE 256

/* The cache of one execution of a plan. */
typedef struct Statement
{
	MemoryContextCallback release;
	dlist_node node; /* in statements */
	EState *estate;
	List *scans;	   /* of DcfRescanCandidate * */
	int nreaders;	   /* readers that have not ended */
	dlist_head cached; /* of CachedRows, most recently used first */
} Statement;

/*
 * The rows of one set of requests.  While "fetch" is set, the store has only the
 * rows fetched so far; a reader that reaches their end fetches the next one.
 */
typedef struct CachedRows
{
	dlist_node node;
	MemoryContext context;
	const struct Reader *fetcher; /* the reader that made the requests */
	DcfBoundValue *values;
	Tuplestorestate *store;
	MemoryContext fetch_context;
	DcfRowSource *fetch; /* NULL when all rows are in the store */
	List *pointers;		 /* IntList: read pointers that no reader uses */
	int nreaders;
	Size size; /* bytes in memory when a reader last stopped */
} CachedRows;

/*
 * The row source of one scan.  base.priv->fetched also has the columns that
 * other scans with the same requests need.
 */
typedef struct Reader
{
	DcfRowSource base; /* has to be first */
	Statement *statement;
	const Bitmapset *fetched; /* the columns that this scan needs */
	TupleTableSlot *slot;	  /* for rows from the store */
	CachedRows *cached;		  /* NULL when not started */
	int pointer;			  /* the store's read pointer */
} Reader;

/* All statements of this backend whose plans are running. */
static dlist_head statements = DLIST_STATIC_INIT(statements);

static void start(DcfRowSource *source, const DcfBoundValue *values);
static DcfRowStatus next(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);
static int under_way(const DcfRowSource *source);
static bool plan(DcfRowSource *source, DcfLimiterClaim claim,
				 DcfWaitPlan *plan);
static void waited(DcfRowSource *source);
static bool is_busy(const DcfRowSource *source);
static void skip_batch(DcfRowSource *source, int batch);
static void stop(DcfRowSource *source);
static void end(DcfRowSource *source);
static void add_open(const DcfRowSource *source, DcfRowStats *stats);
static Reader *create_reader(ForeignScanState *node,
							 const DcfRowSource *source, Statement *statement,
							 Bitmapset *fetched);
static Statement *find_statement(EState *estate);
static void forget_statement(void *arg);
static CachedRows *find_cached(Reader *reader, const DcfBoundValue *values);
static bool is_same(const CachedRows *cached, const Reader *reader,
					const DcfBoundValue *values);
static CachedRows *create_cached(Reader *reader, const DcfBoundValue *values);
static int take_pointer(CachedRows *cached);
static DcfRowStatus fetch_row(Reader *reader, bool wait,
							  TupleTableSlot **slot);
static void finish_fetch(CachedRows *cached);
static void make_room(const Reader *reader);
static void drop_cached(CachedRows *cached);

static const DcfRowSourceRoutine routine = {.start = start,
											.next = next,
											.under_way = under_way,
											.is_busy = is_busy,
											.plan = plan,
											.waited = waited,
											.skip_batch = skip_batch,
											.stop = stop,
											.end = end,
											.add_open = add_open};

DcfRowSource *
dcf_row_cache_join(ForeignScanState *node, DcfRowSource *source,
				   bool rescanned)
{
	EState *estate = node->ss.ps.state;
	MemoryContext old;
	Statement *statement;
	Bitmapset *fetched;
	bool wanted;

	if (source->routine == &routine)
		return source;
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	statement = find_statement(estate);
	fetched = bms_copy(source->priv->fetched);
	wanted = dcf_rescan_find(statement->scans, estate->es_plannedstmt,
							 (ForeignScan *) node->ss.ps.plan, &fetched);
	if (wanted || rescanned)
		source = &create_reader(node, source, statement, fetched)->base;
	MemoryContextSwitchTo(old);
	return source;
}

/*
 * A reader that takes the place of "source", in the current memory context.
 * It fetches all columns in "fetched", so that one fetch serves each scan
 * with the same requests.  The plan's own DcfFdwPrivate stays as it is.
 */
static Reader *
create_reader(ForeignScanState *node, const DcfRowSource *source,
			  Statement *statement, Bitmapset *fetched)
{
	Reader *reader = palloc0(sizeof(Reader));
	DcfFdwPrivate *wide = palloc(sizeof(DcfFdwPrivate));

	*wide = *source->priv;
	wide->fetched = fetched;
	reader->base = *source;
	reader->base.routine = &routine;
	reader->base.priv = wide;
	reader->statement = statement;
	reader->fetched = source->priv->fetched;
	reader->slot =
		ExecInitExtraTupleSlot(node->ss.ps.state,
							   node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
							   &TTSOpsMinimalTuple);
	statement->nreaders++;
	return reader;
}

/*
 * The statement whose plan runs in estate, made if need be in the current
 * memory context, which must be the statement's.  An EState has no field for
 * extensions, so its address finds the entry.  The callback removes the entry
 * before another EState can have this address.
 */
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
	dlist_init(&statement->cached);
	statement->release.func = forget_statement;
	statement->release.arg = statement;
	dlist_push_head(&statements, &statement->node);
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &statement->release);
	return statement;
}

/*
 * Memory-context reset callback.  After an error the stores' files are closed by
 * their resource owner.
 */
static void
forget_statement(void *arg)
{
	dlist_delete(&((Statement *) arg)->node);
}

/* Reads cached rows if there are some for the same values; else fetches. */
static void
start(DcfRowSource *source, const DcfBoundValue *values)
{
	Reader *reader = (Reader *) source;
	CachedRows *cached = find_cached(reader, values);

	if (cached)
		source->stats->replays++;
	else
	{
		make_room(reader);
		cached = create_cached(reader, values);
	}
	dlist_move_head(&reader->statement->cached, &cached->node);
	reader->cached = cached;
	reader->pointer = take_pointer(cached);
	cached->nreaders++;
}

/* The rows of the requests that the reader would send, or NULL. */
static CachedRows *
find_cached(Reader *reader, const DcfBoundValue *values)
{
	dlist_iter iter;

	dlist_foreach(iter, &reader->statement->cached)
	{
		CachedRows *cached = dlist_container(CachedRows, node, iter.cur);

		if (is_same(cached, reader, values))
			return cached;
	}
	return NULL;
}

/*
 * Whether the cached rows are those that the reader would fetch with these
 * values: the same table, user and requests, with all columns that it needs.
 */
static bool
is_same(const CachedRows *cached, const Reader *reader,
		const DcfBoundValue *values)
{
	const DcfRowSource *one_source = &cached->fetcher->base;
	const DcfRowSource *other_source = &reader->base;
	int n = list_length(other_source->priv->bindings);

	if (one_source->relation->relid != other_source->relation->relid ||
		one_source->userid != other_source->userid ||
		!dcf_fdw_private_binds_same(one_source->priv, other_source->priv) ||
		!bms_is_subset(reader->fetched, one_source->priv->fetched))
		return false;
	for (int i = 0; i < n; i++)
	{
		const DcfBoundValue *one = &cached->values[i];
		const DcfBoundValue *other = &values[i];
		int16 typlen;
		bool typbyval;

		if (one->type != other->type || one->isnull != other->isnull)
			return false;
		/* No type, no value: the binding was skipped, or is IS NULL. */
		if (!OidIsValid(one->type) || one->isnull)
			continue;
		get_typlenbyval(one->type, &typlen, &typbyval);
		/* Equal values such as 7.0 and 7.00 may be sent differently. */
		if (!datum_image_eq(one->value, other->value, typbyval, typlen))
			return false;
	}
	return true;
}

/*
 * A new set of rows, none of which has been fetched.  The requests have a
 * context of their own, which finish_fetch() deletes while the rows stay.
 */
static CachedRows *
create_cached(Reader *reader, const DcfBoundValue *values)
{
	const DcfRowSource *source = &reader->base;
	MemoryContext context =
		AllocSetContextCreate(reader->statement->estate->es_query_cxt,
							  "dataconnect_fdw cached rows",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	CachedRows *cached = palloc0(sizeof(CachedRows));

	cached->context = context;
	cached->fetcher = reader;
	cached->values = dcf_bind_copy_values(source->priv, values);
	cached->fetch_context =
		AllocSetContextCreate(context, "dataconnect_fdw fetch",
							  ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(cached->fetch_context);
	cached->fetch =
		dcf_fetch_create(source->relation, source->priv, source->userid,
						 source->warned, source->stats);
	/* A cursor may begin its requests in a later statement. */
	cached->fetch->asked_at = source->asked_at;
	cached->fetch->statement = source->statement;
	cached->fetch->routine->start(cached->fetch, cached->values);
	MemoryContextSwitchTo(context);
	cached->store = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(old);
	/* Only now, because making the requests may raise an error. */
	dlist_push_head(&reader->statement->cached, &cached->node);
	return cached;
}

/*
 * A read pointer at the start of the store.  A tuplestore cannot free a
 * pointer, so those of readers that have stopped are used again.
 */
static int
take_pointer(CachedRows *cached)
{
	MemoryContext old = MemoryContextSwitchTo(cached->context);
	int pointer;

	/* Pointer 0, which each store has, is used by no reader. */
	if (cached->pointers != NIL)
	{
		pointer = llast_int(cached->pointers);
		cached->pointers = list_delete_last(cached->pointers);
	}
	else
		pointer =
			tuplestore_alloc_read_pointer(cached->store, EXEC_FLAG_REWIND);
	tuplestore_select_read_pointer(cached->store, pointer);
	tuplestore_rescan(cached->store);
	MemoryContextSwitchTo(old);
	return pointer;
}

/*
 * The next row: from the store while it has one that this reader has not read,
 * then from the requests.
 */
static DcfRowStatus
next(DcfRowSource *source, bool wait, TupleTableSlot **slot)
{
	Reader *reader = (Reader *) source;
	CachedRows *cached = reader->cached;
	MemoryContext old;
	bool found;

	tuplestore_select_read_pointer(cached->store, reader->pointer);

	/*
	 * While rows are still added, the store may move them: then the slot gets
	 * a copy.  The slot frees its copy, so the copy must not be in the
	 * context for one row, which is reset first.
	 */
	old = MemoryContextSwitchTo(reader->statement->estate->es_query_cxt);
	found = tuplestore_gettupleslot(cached->store, true, cached->fetch != NULL,
									reader->slot);
	MemoryContextSwitchTo(old);
	if (found)
	{
		*slot = reader->slot;
		return DCF_ROW_READY;
	}
	return cached->fetch ? fetch_row(reader, wait, slot) : DCF_ROW_END;
}

/*
 * Fetch a row, add it to the store and return it.  tuplestore_puttupleslot() keeps
 * this reader's pointer, which is active, at the end: only others will see the row
 * in the store.  Others do not learn of a batch's end.
 */
static DcfRowStatus
fetch_row(Reader *reader, bool wait, TupleTableSlot **slot)
{
	CachedRows *cached = reader->cached;
	DcfRowStatus status =
		cached->fetch->routine->next(cached->fetch, wait, slot);

	reader->base.batch = cached->fetch->batch;
	if (status == DCF_ROW_END)
		finish_fetch(cached);
	if (status != DCF_ROW_READY)
		return status;
	tuplestore_puttupleslot(cached->store, *slot);
	/* The row must survive another reader's fetch. */
	ExecMaterializeSlot(*slot);
	return DCF_ROW_READY;
}

/*
 * All rows are in the store.  Ends the requests, so that their connections
 * and buffers are free while readers go on.
 */
static void
finish_fetch(CachedRows *cached)
{
	cached->fetch->routine->end(cached->fetch);
	cached->fetch = NULL;
	MemoryContextDelete(cached->fetch_context);
}

/* The source that fetches the rows; NULL if all have been fetched. */
static DcfRowSource *
fetch_of(const DcfRowSource *source)
{
	const CachedRows *cached = ((const Reader *) source)->cached;

	return cached ? cached->fetch : NULL;
}

static int
under_way(const DcfRowSource *source)
{
	const DcfRowSource *fetch = fetch_of(source);

	return fetch ? fetch->routine->under_way(fetch) : 0;
}

static bool
is_busy(const DcfRowSource *source)
{
	const DcfRowSource *fetch = fetch_of(source);

	return fetch && fetch->routine->is_busy(fetch);
}

static bool
plan(DcfRowSource *source, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	DcfRowSource *fetch = fetch_of(source);

	return fetch && fetch->routine->plan(fetch, claim, plan);
}

static void
waited(DcfRowSource *source)
{
	DcfRowSource *fetch = fetch_of(source);

	if (fetch)
		fetch->routine->waited(fetch);
}

/* Other readers may need the rows. */
static void
skip_batch(DcfRowSource *source, int batch)
{
}

/* Count only the replies to this reader's own requests. */
static void
add_open(const DcfRowSource *source, DcfRowStats *stats)
{
	const Reader *reader = (const Reader *) source;
	dlist_iter iter;

	dlist_foreach(iter, &reader->statement->cached)
	{
		const CachedRows *cached = dlist_container(CachedRows, node, iter.cur);

		if (cached->fetch && cached->fetcher == reader)
			cached->fetch->routine->add_open(cached->fetch, stats);
	}
}

/* The rows stay cached until make_room() drops them. */
static void
stop(DcfRowSource *source)
{
	Reader *reader = (Reader *) source;
	CachedRows *cached = reader->cached;
	MemoryContext old;

	if (!cached)
		return;
	/* The slot may point into the store. */
	ExecClearTuple(reader->slot);
	old = MemoryContextSwitchTo(cached->context);
	cached->pointers = lappend_int(cached->pointers, reader->pointer);
	MemoryContextSwitchTo(old);
	cached->nreaders--;
	/* A later reader may add rows; its own stop measures again. */
	cached->size = MemoryContextMemAllocated(cached->context, true);
	reader->cached = NULL;
}

/*
 * Make room for another set of rows, by dropping sets that no scan reads:
 * those whose requests this reader started and left before their replies had
 * arrived, because they hold slots of the limiter; and the least recently
 * used ones beyond MAX_IDLE or the memory limit, which come last in the list.
 */
static void
make_room(const Reader *reader)
{
	Statement *statement = reader->statement;
	dlist_mutable_iter iter;
	Size total = 0;
	int n = 0;

	dlist_foreach_modify(iter, &statement->cached)
	{
		CachedRows *cached = dlist_container(CachedRows, node, iter.cur);

		if (cached->nreaders > 0)
			continue;
		total += cached->size;
		n++;
		if ((cached->fetch && cached->fetcher == reader &&
			 cached->fetch->routine->is_busy(cached->fetch)) ||
			n > MAX_IDLE || total > get_hash_memory_limit())
		{
			total -= cached->size;
			n--;
			drop_cached(cached);
		}
	}
}

/*
 * Drop a set of rows.  Ending its requests counts what they have received;
 * ending the store closes its file at once.
 */
static void
drop_cached(CachedRows *cached)
{
	dlist_delete(&cached->node);
	if (cached->fetch)
		cached->fetch->routine->end(cached->fetch);
	tuplestore_end(cached->store);
	MemoryContextDelete(cached->context);
}

/* The statement's last reader drops all rows. */
static void
end(DcfRowSource *source)
{
	Statement *statement = ((Reader *) source)->statement;
	dlist_mutable_iter iter;

	stop(source);
	if (--statement->nreaders > 0)
		return;
	dlist_foreach_modify(iter, &statement->cached)
		drop_cached(dlist_container(CachedRows, node, iter.cur));
}
