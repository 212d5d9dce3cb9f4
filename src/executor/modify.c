/*
 * modify.c
 *	  INSERT, UPDATE and COPY FROM.  See modify.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "commands/defrem.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/catch_error.h"
#include "executor/modify.h"
#include "reply/limits.h"
#include "reply/order.h"
#include "request/writing.h"
#include "written.h"

/* Of a table that a statement writes; in ResultRelInfo.ri_FdwState. */
typedef struct Modify
{
	const DcfRelation *relation;
	DcfOrders *orders;
	bool update;
	MemoryContext context; /* of the row being written */
	int64 known_rows;	   /* how many there will be, or 0: not known */
	uint64 row;			   /* its number, from 1 */
	uint64 taken;		   /* rows that the service has taken */
} Modify;

/* Whether a table's endpoint writes; reads no other option, which may be wrong. */
static bool
has_endpoint_that_writes(Oid relid)
{
	ListCell *lc;

	foreach(lc, GetForeignTable(relid)->options)
	{
		DefElem *option = lfirst(lc);

		if (strcmp(option->defname, "endpoint") == 0)
			return dcf_request_writes(defGetString(option)) != NULL;
	}
	return false;
}

int
dcf_modify_is_updatable(Relation rel)
{
	int events = 1 << CMD_INSERT;

	if (!has_endpoint_that_writes(RelationGetRelid(rel)))
		return 0;
	if (dcf_writing_id(dcf_relation_load(rel)))
		events |= 1 << CMD_UPDATE;
	return events;
}

/* Two rows may well have the same values, and the service does not compare them. */
static void
check_on_conflict(const ModifyTableState *mtstate, const ResultRelInfo *info)
{
	const ModifyTable *plan = (const ModifyTable *) mtstate->ps.plan;

	if (plan && plan->onConflictAction != ONCONFLICT_NONE)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "INSERT with ON CONFLICT is not supported for foreign table \"%s\"",
				 RelationGetRelationName(info->ri_RelationDesc)),
			 errdetail("The service does not say whether it has a row.")));
}

/* The id cannot be changed, since it names the row to be changed. */
static void
check_updated_columns(const DcfRelation *relation, ResultRelInfo *info,
					  EState *estate)
{
	const DcfColumn *id = dcf_writing_id(relation);

	if (bms_is_member(id->attnum - FirstLowInvalidHeapAttributeNumber,
					  ExecGetUpdatedCols(info, estate)))
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" of foreign table \"%s\" cannot be updated",
					id->attname, relation->relname),
			 errdetail("Its value says which row is changed.")));
}

/*
 * The number of rows that VALUES gives to an INSERT, or 0 if it is not known, or a
 * trigger may leave rows out.
 */
static int64
count_values(const ModifyTableState *mtstate, const ResultRelInfo *info)
{
	const Plan *plan = outerPlan(mtstate->ps.plan);

	if (plan == NULL || !IsA(plan, ValuesScan) || plan->qual != NIL ||
		(info->ri_TrigDesc && info->ri_TrigDesc->trig_insert_before_row))
		return 0;
	return list_length(((const ValuesScan *) plan)->values_lists);
}

/* Begin to write a table, in the context of the query. */
static void
begin(ModifyTableState *mtstate, ResultRelInfo *info, bool update)
{
	EState *estate = mtstate->ps.state;
	Modify *modify = palloc0(sizeof(Modify));

	check_on_conflict(mtstate, info);
	modify->relation = dcf_relation_load(info->ri_RelationDesc);
	modify->update = update;
	if (update)
		check_updated_columns(modify->relation, info, estate);
	modify->orders =
		dcf_orders_create(modify->relation,
						  dcf_compat_result_rel_user(info, estate));
	modify->context = AllocSetContextCreate(CurrentMemoryContext,
											"dataconnect_fdw written row",
											ALLOCSET_SMALL_SIZES);
	info->ri_FdwState = modify;
}

void
dcf_modify_begin(ModifyTableState *mtstate, ResultRelInfo *info,
				 List *fdw_private, int subplan_index, int eflags)
{
	Modify *modify;

	begin(mtstate, info, mtstate->operation == CMD_UPDATE);
	modify = info->ri_FdwState;
	if (!modify->update)
		modify->known_rows = count_values(mtstate, info);
}

void
dcf_modify_begin_insert(ModifyTableState *mtstate, ResultRelInfo *info)
{
	/* An UPDATE of this partition moves rows of another one here. */
	if (info->ri_FdwState)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg(
				 "cannot route tuples into foreign table to be updated \"%s\"",
				 RelationGetRelationName(info->ri_RelationDesc))));
	begin(mtstate, info, false);
}

/*
 * PostgreSQL does not check the constraints of foreign tables, nor the bounds of a
 * partition, unless a row is routed to it.
 */
static void
check_constraints(ResultRelInfo *info, TupleTableSlot *slot, EState *estate)
{
	Relation rel = info->ri_RelationDesc;

	if (rel->rd_att->constr)
		ExecConstraints(info, slot, estate);
	if (rel->rd_rel->relispartition)
		(void) ExecPartitionCheck(info, slot, estate, true);
}

/* What became of the row, and of those before it. */
static char *
show_taken(const Modify *modify, DcfTaken taken)
{
	if (taken == DCF_TAKEN_NO)
		return psprintf(
			"Row " UINT64_FORMAT
			" was not taken by the service; rows taken before it: " UINT64_FORMAT
			".",
			modify->row, modify->taken);
	return psprintf(
		"It is unknown whether the service has taken row " UINT64_FORMAT
		"; rows taken before it: " UINT64_FORMAT ".",
		modify->row, modify->taken);
}

/* Set the error's hint, if rows that are sent again would be there twice. */
static void
warn_of_doubles(const Modify *modify, DcfTaken taken, const char *hint)
{
	/* The same update may be sent again. */
	if (modify->update)
		return;
	/* The hint that there is says to try again. */
	if (taken == DCF_TAKEN_UNKNOWN)
		errhint(
			"Before you send the row again, find out whether the service has it: two requests add two rows.");
	else if (modify->taken > 0)
		errhint(
			"%s%sDo not send the rows before it again: they would be added twice.",
			hint ? hint : "", hint ? " " : "");
}

/*
 * An error context callback, since also FATAL errors are to say it: add to the detail
 * of an error what became of the row.
 */
static void
note_error(void *arg)
{
	const Modify *modify = arg;
	MemoryContext old;
	const ErrorData *error;

	/* The row goes on: this is for a warning, or for another error. */
	if (dcf_catch_error_catches(geterrcode()))
		return;
	old = MemoryContextSwitchTo(modify->context);
	error = CopyErrorData();
	dcf_orders_note_error(modify->orders);
	if (error->elevel >= ERROR)
	{
		DcfTaken taken = dcf_orders_taken(modify->orders);
		const char *shown = show_taken(modify, taken);

		if (taken == DCF_TAKEN_UNKNOWN)
			dcf_written_add(0, 1);
		errdetail_internal("%s%s%s", error->detail ? error->detail : "",
						   error->detail ? " " : "", shown);
		/* The server's log has this instead, if it is there. */
		if (error->detail_log)
			errdetail_log("%s %s", error->detail_log, shown);
		warn_of_doubles(modify, taken, error->hint);
	}
	MemoryContextSwitchTo(old);
}

/* Let the slot show what the service answered; other columns stay. */
static void
show_answer(const Modify *modify, TupleTableSlot *slot, Datum *values,
			bool *isnull)
{
	HeapTuple tuple =
		heap_form_tuple(slot->tts_tupleDescriptor, values, isnull);

	ExecForceStoreHeapTuple(tuple, slot, true);
}

/* Write a row. */
static TupleTableSlot *
write_row(EState *estate, ResultRelInfo *info, TupleTableSlot *slot)
{
	Modify *modify = info->ri_FdwState;
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = note_error,
									 .arg = modify};
	MemoryContext old = MemoryContextSwitchTo(modify->context);
	DcfRequest *request;
	Datum *values;
	bool *isnull;
	bool answered;
	int natts = slot->tts_tupleDescriptor->natts;

	modify->row++;
	error_context_stack = &callback;
	if (modify->row == 1 && modify->known_rows > 0)
		dcf_orders_expect(modify->orders, modify->known_rows);
	check_constraints(info, slot, estate);
	slot_getallattrs(slot);
	values = palloc(sizeof(Datum) * Max(natts, 1));
	isnull = palloc(sizeof(bool) * Max(natts, 1));
	memcpy(values, slot->tts_values, sizeof(Datum) * natts);
	memcpy(isnull, slot->tts_isnull, sizeof(bool) * natts);
	request =
		dcf_writing_request(modify->relation, modify->update, values, isnull);
	answered = dcf_orders_send(modify->orders, request, values, isnull);
	error_context_stack = callback.previous;
	modify->taken++;
	dcf_written_add(1, 0);

	/* Nothing of the slot is in this context, which is reset. */
	MemoryContextSwitchTo(old);
	if (answered)
		show_answer(modify, slot, values, isnull);
	dcf_orders_close(modify->orders);
	MemoryContextReset(modify->context);
	return slot;
}

TupleTableSlot *
dcf_modify_insert(EState *estate, ResultRelInfo *info, TupleTableSlot *slot,
				  TupleTableSlot *plan_slot)
{
	return write_row(estate, info, slot);
}

TupleTableSlot *
dcf_modify_update(EState *estate, ResultRelInfo *info, TupleTableSlot *slot,
				  TupleTableSlot *plan_slot)
{
	return write_row(estate, info, slot);
}

void
dcf_modify_end(EState *estate, ResultRelInfo *info)
{
	Modify *modify = info->ri_FdwState;

	if (modify)
		dcf_orders_end(modify->orders);
}

void
dcf_modify_explain(ModifyTableState *mtstate, ResultRelInfo *info,
				   List *fdw_private, int subplan_index, ExplainState *es)
{
	const Modify *modify = info->ri_FdwState;
	const DcfRelation *relation = modify->relation;
	DcfRequest *request = dcf_writing_template(relation, modify->update);
	DcfLimitExcess excess;

	ExplainPropertyText("Request",
						dcf_request_show(request, relation->server->url), es);
	if (modify->known_rows > 0 &&
		dcf_limits_stop_planned(NULL, modify->known_rows, &excess))
		ExplainPropertyText("Exceeds", dcf_limits_show(&excess), es);
	if (!es->analyze)
		return;
	ExplainPropertyUInteger("Requests", NULL,
							dcf_orders_requests(modify->orders), es);
	ExplainPropertyUInteger("Retries", NULL,
							dcf_orders_retries(modify->orders), es);
}
