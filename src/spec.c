/*
 * spec.c
 *	  The spec as lists that a plan can hold.  See spec.h.
 *
 * fdw_exprs is the bindings' values, then the clauses that EXPLAIN shows:
 * there the planner keeps their variables and parameters in order.
 */
#include "postgres.h"

#include "nodes/value.h"

#include "spec.h"

/* Positions in fdw_private. */
enum
{
	SPEC_ATTNUMS, /* IntList, one for each binding */
	SPEC_OPS,	  /* IntList, likewise */
	SPEC_SPLIT,	  /* IntList of attnums */
	SPEC_FETCHED, /* IntList of attnums */
	SPEC_SOURCE,  /* Integer */
	SPEC_ROWS,	  /* Float */
	SPEC_DAYS	  /* Float */
};

static List *
list_from_bitmapset(const Bitmapset *set)
{
	List *result = NIL;
	int member = -1;

	while ((member = bms_next_member(set, member)) >= 0)
		result = lappend_int(result, member);
	return result;
}

static Bitmapset *
bitmapset_from_list(const List *list)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, list)
		result = bms_add_member(result, lfirst_int(lc));
	return result;
}

void
dcf_spec_write(const DcfSpec *spec, List **fdw_private, List **fdw_exprs)
{
	List *attnums = NIL;
	List *ops = NIL;
	List *exprs = NIL;
	ListCell *lc;

	foreach(lc, spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		attnums = lappend_int(attnums, binding->attnum);
		ops = lappend_int(ops, binding->op);
		if (binding->value)
			exprs = lappend(exprs, binding->value);
	}
	*fdw_exprs = list_concat(exprs, spec->clauses);

	*fdw_private = list_make4(attnums, ops, list_from_bitmapset(spec->split),
							  list_from_bitmapset(spec->fetched));
	*fdw_private = lappend(*fdw_private, makeInteger(spec->source));
	*fdw_private =
		lappend(*fdw_private,
				makeFloat(psprintf("%.0f", spec->rows_per_request)));
	*fdw_private =
		lappend(*fdw_private, makeFloat(psprintf("%f", spec->days)));
}

DcfSpec *
dcf_spec_read(const ForeignScan *scan)
{
	DcfSpec *spec = palloc0(sizeof(DcfSpec));
	List *private = scan->fdw_private;
	ListCell *lc_attnum;
	ListCell *lc_op;
	int nexprs = 0;

	forboth(lc_attnum, list_nth(private, SPEC_ATTNUMS), lc_op,
			list_nth(private, SPEC_OPS))
	{
		DcfBinding *binding = palloc0(sizeof(DcfBinding));

		binding->attnum = lfirst_int(lc_attnum);
		binding->op = lfirst_int(lc_op);
		if (binding->op != DCF_BIND_NULL)
			binding->value = list_nth(scan->fdw_exprs, nexprs++);
		spec->bindings = lappend(spec->bindings, binding);
	}
	spec->clauses = list_copy_tail(scan->fdw_exprs, nexprs);
	spec->split = bitmapset_from_list(list_nth(private, SPEC_SPLIT));
	spec->fetched = bitmapset_from_list(list_nth(private, SPEC_FETCHED));
	spec->source = intVal(list_nth(private, SPEC_SOURCE));
	spec->rows_per_request = floatVal(list_nth(private, SPEC_ROWS));
	spec->days = floatVal(list_nth(private, SPEC_DAYS));
	return spec;
}
