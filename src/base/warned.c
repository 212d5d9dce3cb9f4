/*
 * warned.c
 *	  Remembering which warnings were given.  See warned.h.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "base/warned.h"

struct DcfWarned
{
	MemoryContext context;
	Bitmapset *columns;
	List *requests; /* of char * */

	/* Only of those that scans of one execution share. */
	MemoryContextCallback release;
	dlist_node node;
	const EState *estate;
	Oid relid;
};

/* Those of the executions that are going on, one for each table. */
static dlist_head statements = DLIST_STATIC_INIT(statements);

DcfWarned *
dcf_warned_create(void)
{
	DcfWarned *warned = palloc0(sizeof(DcfWarned));

	warned->context = CurrentMemoryContext;
	return warned;
}

/* The reset callback of the execution's memory context. */
static void
forget(void *arg)
{
	dlist_delete(&((DcfWarned *) arg)->node);
}

DcfWarned *
dcf_warned_join(EState *estate, Oid relid)
{
	DcfWarned *warned;
	MemoryContext old;
	dlist_iter iter;

	/*
	 * A statement may execute others (functions, triggers), so the list may
	 * have several executions.  It is short.
	 */
	dlist_foreach(iter, &statements)
	{
		warned = dlist_container(DcfWarned, node, iter.cur);
		if (warned->estate == estate && warned->relid == relid)
			return warned;
	}
	/* The execution's context outlives all scans of the statement. */
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	warned = dcf_warned_create();
	MemoryContextSwitchTo(old);
	warned->estate = estate;
	warned->relid = relid;
	warned->release.func = forget;
	warned->release.arg = warned;
	/*
	 * Nothing raises from here on, so a listed entry always has its callback.
	 */
	dlist_push_head(&statements, &warned->node);
	MemoryContextRegisterResetCallback(warned->context, &warned->release);
	return warned;
}

bool
dcf_warned_has(const DcfWarned *warned, AttrNumber attnum)
{
	return bms_is_member(attnum, warned->columns);
}

void
dcf_warned_add(DcfWarned *warned, AttrNumber attnum)
{
	/* bms_add_member() may reallocate the set in the current context. */
	MemoryContext old = MemoryContextSwitchTo(warned->context);

	warned->columns = bms_add_member(warned->columns, attnum);
	MemoryContextSwitchTo(old);
}

bool
dcf_warned_add_request(DcfWarned *warned, const char *request)
{
	MemoryContext old;
	ListCell *lc;

	foreach(lc, warned->requests)
	{
		if (strcmp(lfirst(lc), request) == 0)
			return false;
	}
	old = MemoryContextSwitchTo(warned->context);
	warned->requests = lappend(warned->requests, pstrdup(request));
	MemoryContextSwitchTo(old);
	return true;
}
