/*
 * known_rows.c
 *	  The rows that an UPDATE changes.  See known_rows.h.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/memutils.h"

#include "known_rows.h"
#include "request/writing.h"

typedef struct KnownRows
{
	DcfRowSource base;	   /* has to be first */
	MemoryContext context; /* of the set */
	DcfRequestSet *set;	   /* NULL when not started */
	AttrNumber id;
	DcfRowStats stats;
} KnownRows;

/* The requests of the set are not sent; each stands for a value of the id. */
static void
start(DcfRowSource *source, const DcfBoundValue *values)
{
	KnownRows *rows = (KnownRows *) source;
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	rows->set =
		dcf_bind_create(source->relation, source->priv,
						dcf_bind_copy_values(source->priv, values), false);
	MemoryContextSwitchTo(old);
}

static DcfRowStatus
next(DcfRowSource *source, bool wait, TupleTableSlot **slot)
{
	KnownRows *rows = (KnownRows *) source;
	Datum *values = (*slot)->tts_values;
	bool *isnull = (*slot)->tts_isnull;
	DcfBoundRequest *bound;

	MemoryContextReset(CurrentMemoryContext);
	bound = dcf_bind_next(rows->set);
	if (bound == NULL)
		return DCF_ROW_END;
	memset(isnull, true, sizeof(bool) * source->relation->natts);
	values[rows->id - 1] =
		dcf_bind_sent(bound, rows->id, &isnull[rows->id - 1]);
	ExecStoreVirtualTuple(*slot);
	return DCF_ROW_READY;
}

static int
under_way(const DcfRowSource *source)
{
	return 0;
}

static bool
is_busy(const DcfRowSource *source)
{
	return false;
}

static bool
plan(DcfRowSource *source, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	plan->ready = true;
	return false;
}

static void
waited(DcfRowSource *source)
{
}

static void
skip_batch(DcfRowSource *source, int batch)
{
}

/* Also the routine's end(). */
static void
stop(DcfRowSource *source)
{
	KnownRows *rows = (KnownRows *) source;

	MemoryContextReset(rows->context);
	rows->set = NULL;
}

static void
add_open(const DcfRowSource *source, DcfRowStats *stats)
{
}

static const DcfRowSourceRoutine routine = {.start = start,
											.next = next,
											.under_way = under_way,
											.is_busy = is_busy,
											.plan = plan,
											.waited = waited,
											.skip_batch = skip_batch,
											.stop = stop,
											.end = stop,
											.add_open = add_open};

DcfRowSource *
dcf_known_rows_create(const DcfRelation *relation, const DcfFdwPrivate *priv,
					  Oid userid)
{
	KnownRows *rows = palloc0(sizeof(KnownRows));
	const DcfColumn *id = dcf_writing_id(relation);

	rows->base.routine = &routine;
	rows->base.relation = relation;
	rows->base.priv = priv;
	rows->base.userid = userid;
	rows->base.stats = &rows->stats;
	rows->stats.first_byte_ms = -1;
	/* Without an id column no UPDATE begins. */
	rows->id = id ? id->attnum : InvalidAttrNumber;
	rows->context = AllocSetContextCreate(CurrentMemoryContext,
										  "dataconnect_fdw known rows",
										  ALLOCSET_SMALL_SIZES);
	return &rows->base;
}
