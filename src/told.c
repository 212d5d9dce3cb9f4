/*
 * told.c
 *	  Warnings once a statement.  See told.h.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/memutils.h"

#include "told.h"

struct DcfTold
{
	MemoryContext context;
	Bitmapset *columns;

	/* Of a statement's. */
	MemoryContextCallback release;
	dlist_node node;
	const EState *estate;
	Oid relid;
};

static dlist_head statements = DLIST_STATIC_INIT(statements);

DcfTold *
dcf_told_create(void)
{
	DcfTold *told = palloc0(sizeof(DcfTold));

	told->context = CurrentMemoryContext;
	return told;
}

static void
forget(void *arg)
{
	dlist_delete(&((DcfTold *) arg)->node);
}

DcfTold *
dcf_told_join(EState *estate, Oid relid)
{
	DcfTold *told;
	MemoryContext old;
	dlist_iter iter;

	dlist_foreach(iter, &statements)
	{
		told = dlist_container(DcfTold, node, iter.cur);
		if (told->estate == estate && told->relid == relid)
			return told;
	}
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	told = dcf_told_create();
	MemoryContextSwitchTo(old);
	told->estate = estate;
	told->relid = relid;
	told->release.func = forget;
	told->release.arg = told;
	dlist_push_head(&statements, &told->node);
	MemoryContextRegisterResetCallback(told->context, &told->release);
	return told;
}

bool
dcf_told_has(const DcfTold *told, AttrNumber attnum)
{
	return bms_is_member(attnum, told->columns);
}

void
dcf_told_add(DcfTold *told, AttrNumber attnum)
{
	MemoryContext old = MemoryContextSwitchTo(told->context);

	told->columns = bms_add_member(told->columns, attnum);
	MemoryContextSwitchTo(old);
}
