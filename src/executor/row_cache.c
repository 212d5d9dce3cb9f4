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

#include "net/session.h"
#include "reply/fetch.h"
#include "reply/reply.h"
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
	const struct Reader *fetcher; /* whose requests they are */
	DcfBoundValue *values;
	Tuplestorestate *store;
	MemoryContext fetch_context;
	DcfRowSource *fetch; /* NULL when all rows are in the store */
	List *pointers;		 /* IntList: of the store, not in use */
	int nreaders;
	Size size; /* in memory, when it was last left */
} Kept;

/* What one scan reads of its statement's kept rows. */
typedef struct Reader
{
	DcfRowSource base; /* has to be first; its spec has what others need
						* fetched, too */
	Statement *statement;
	const Bitmapset *fetched; /* what is needed here */
	TupleTableSlot *slot;	  /* for rows from the store */
	Kept *kept;				  /* NULL when not started */
	int pointer;			  /* of its store */
} Reader;

static dlist_head statements = DLIST_STATIC_INIT(statements);

static void start(DcfRowSource *source, const DcfBoundValue *values);
static DcfRowStatus next(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);
static List *list_replies(const DcfRowSource *source);
static void stop(DcfRowSource *source);
static void end(DcfRowSource *source);
static void add_open(const DcfRowSource *source, DcfRowStats *stats);
static Reader *create_reader(ForeignScanState *node,
							 const DcfRowSource *source, Statement *statement,
							 Bitmapset *fetched);
static Statement *find_statement(EState *estate);
static void forget_statement(void *arg);
static Kept *find_kept(Reader *reader, const DcfBoundValue *values);
static bool is_same(const Kept *kept, const Reader *reader,
					const DcfBoundValue *values);
static Kept *create_kept(Reader *reader, const DcfBoundValue *values);
static int take_pointer(Kept *kept);
static DcfRowStatus fetch_row(Kept *kept, bool wait, TupleTableSlot **slot);
static void finish_fetch(Kept *kept);
static bool is_busy(const Kept *kept);
static void make_room(const Reader *reader);
static void drop_kept(Kept *kept);

static const DcfRowSourceRoutine routine = {.start = start,
											.next = next,
											.replies = list_replies,
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

static void
start(DcfRowSource *source, const DcfBoundValue *values)
{
	Reader *reader = (Reader *) source;
	Kept *kept = find_kept(reader, values);

	if (kept)
		source->stats->replays++;
	else
	{
		make_room(reader);
		kept = create_kept(reader, values);
	}
	dlist_move_head(&reader->statement->kept, &kept->node);
	reader->kept = kept;
	reader->pointer = take_pointer(kept);
	kept->nreaders++;
}

static Kept *
find_kept(Reader *reader, const DcfBoundValue *values)
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
is_same(const Kept *kept, const Reader *reader, const DcfBoundValue *values)
{
	const DcfRowSource *one_source = &kept->fetcher->base;
	const DcfRowSource *other_source = &reader->base;
	int n = list_length(other_source->priv->bindings);

	if (one_source->relation->relid != other_source->relation->relid ||
		one_source->userid != other_source->userid ||
		!dcf_fdw_private_binds_same(one_source->priv, other_source->priv) ||
		!bms_is_subset(reader->fetched, one_source->priv->fetched))
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
create_kept(Reader *reader, const DcfBoundValue *values)
{
	const DcfRowSource *source = &reader->base;
	MemoryContext context =
		AllocSetContextCreate(reader->statement->estate->es_query_cxt,
							  "dataconnect_fdw kept rows",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Kept *kept = palloc0(sizeof(Kept));

	kept->context = context;
	kept->fetcher = reader;
	kept->values = dcf_bind_copy_values(source->priv, values);
	kept->fetch_context =
		AllocSetContextCreate(context, "dataconnect_fdw fetch",
							  ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(kept->fetch_context);
	kept->fetch =
		dcf_fetch_create(source->relation, source->priv, source->userid,
						 source->warned, source->stats);
	kept->fetch->routine->start(kept->fetch, kept->values);
	MemoryContextSwitchTo(context);
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

static DcfRowStatus
next(DcfRowSource *source, bool wait, TupleTableSlot **slot)
{
	Reader *reader = (Reader *) source;
	Kept *kept = reader->kept;
	MemoryContext old;
	bool found;

	tuplestore_select_read_pointer(kept->store, reader->pointer);

	/* While others may write, what is in the store does not stay in place. */
	old = MemoryContextSwitchTo(reader->statement->estate->es_query_cxt);
	found = tuplestore_gettupleslot(kept->store, true, kept->fetch != NULL,
									reader->slot);
	MemoryContextSwitchTo(old);
	if (found)
	{
		*slot = reader->slot;
		return DCF_ROW_READY;
	}
	return kept->fetch ? fetch_row(kept, wait, slot) : DCF_ROW_END;
}

/* The reader is at the end of what is there, and stays so. */
static DcfRowStatus
fetch_row(Kept *kept, bool wait, TupleTableSlot **slot)
{
	DcfRowStatus status = kept->fetch->routine->next(kept->fetch, wait, slot);

	if (status == DCF_ROW_END)
		finish_fetch(kept);
	if (status != DCF_ROW_READY)
		return status;
	tuplestore_puttupleslot(kept->store, *slot);
	/* Another reader may go on before this row has been used. */
	ExecMaterializeSlot(*slot);
	return DCF_ROW_READY;
}

static void
finish_fetch(Kept *kept)
{
	kept->fetch->routine->end(kept->fetch);
	kept->fetch = NULL;
	MemoryContextDelete(kept->fetch_context);
}

static List *
list_replies(const DcfRowSource *source)
{
	const Kept *kept = ((const Reader *) source)->kept;

	return kept && kept->fetch ? kept->fetch->routine->replies(kept->fetch) :
								 NIL;
}

static void
add_open(const DcfRowSource *source, DcfRowStats *stats)
{
	const Reader *reader = (const Reader *) source;
	dlist_iter iter;

	dlist_foreach(iter, &reader->statement->kept)
	{
		const Kept *kept = dlist_container(Kept, node, iter.cur);

		if (kept->fetch && kept->fetcher == reader)
			kept->fetch->routine->add_open(kept->fetch, stats);
	}
}

/* The rows stay for the next start, if they can. */
static void
stop(DcfRowSource *source)
{
	Reader *reader = (Reader *) source;
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
make_room(const Reader *reader)
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
		if ((kept->fetch && kept->fetcher == reader && is_busy(kept)) ||
			n > MAX_IDLE || total > get_hash_memory_limit())
		{
			total -= kept->size;
			n--;
			drop_kept(kept);
		}
	}
}

/* Whether more is to come over the network for what is under way. */
static bool
is_busy(const Kept *kept)
{
	List *replies = kept->fetch->routine->replies(kept->fetch);
	bool busy = false;
	ListCell *lc;

	foreach(lc, replies)
		busy |= !dcf_reply_is_done(lfirst(lc));
	list_free(replies);
	return busy;
}

static void
drop_kept(Kept *kept)
{
	dlist_delete(&kept->node);
	if (kept->fetch)
		kept->fetch->routine->end(kept->fetch);
	tuplestore_end(kept->store);
	MemoryContextDelete(kept->context);
}

/* With a statement's last reader all rows go. */
static void
end(DcfRowSource *source)
{
	Statement *statement = ((Reader *) source)->statement;
	dlist_mutable_iter iter;

	stop(source);
	if (--statement->nreaders > 0)
		return;
	dlist_foreach_modify(iter, &statement->kept)
		drop_kept(dlist_container(Kept, node, iter.cur));
}
