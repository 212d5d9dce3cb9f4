/*
 * spec.c
 *	  The spec as lists that a plan can hold.  See spec.h.
 *
 * fdw_exprs is the bindings' values, each followed by the condition that it
 * does not hold under, then the clauses that EXPLAIN shows: there the planner keeps their variables and parameters in order.
 */
#include "postgres.h"

#include "nodes/nodes.h"
#include "nodes/primnodes.h"
#include "nodes/value.h"

#include "spec.h"

/* Positions in fdw_private. */
enum
{
	SPEC_ATTNUMS,  /* IntList, one for each binding */
	SPEC_OPS,	   /* IntList, likewise */
	SPEC_UNLESS,   /* IntList, likewise: whether there is a condition */
	SPEC_GROUPS,   /* IntList, likewise */
	SPEC_PROGRAMS, /* List of IntLists, likewise */
	SPEC_SPLIT,	   /* IntList of attnums */
	SPEC_FETCHED,  /* IntList of attnums */
	SPEC_SOURCE,   /* Integer */
	SPEC_ROWS,	   /* Float */
	SPEC_DAYS,	   /* Float */
	SPEC_ALL_ROWS, /* Integer, 0 or 1 */
	SPEC_LACK,	   /* List, NIL where it can run */
	SPEC_PERHAPS   /* List of such lists */
};

/* Positions in SPEC_LACK, and in those of SPEC_PERHAPS. */
enum
{
	LACK_MISSING, /* IntList of attnums */
	LACK_UNSENT,  /* Integer */
	LACK_CLAUSE	  /* String, empty for none */
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

static List *
write_lack(const DcfLack *lack)
{
	if (!lack)
		return NIL;
	return list_make3(list_from_bitmapset(lack->missing),
					  makeInteger(lack->unsent),
					  makeString(lack->clause ? lack->clause : ""));
}

static DcfLack *
read_lack(const List *list)
{
	DcfLack *lack;
	char *clause;

	if (list == NIL)
		return NULL;
	lack = palloc0(sizeof(DcfLack));
	lack->missing = bitmapset_from_list(list_nth(list, LACK_MISSING));
	lack->unsent = intVal(list_nth(list, LACK_UNSENT));
	clause = strVal(list_nth(list, LACK_CLAUSE));
	lack->clause = clause[0] != '\0' ? clause : NULL;
	return lack;
}

void
dcf_spec_write(const DcfSpec *spec, List **fdw_private, List **fdw_exprs)
{
	List *attnums = NIL;
	List *ops = NIL;
	List *unless = NIL;
	List *groups = NIL;
	List *programs = NIL;
	List *exprs = NIL;
	List *perhaps = NIL;
	ListCell *lc;

	foreach(lc, spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		attnums = lappend_int(attnums, binding->attnum);
		ops = lappend_int(ops, binding->op);
		unless = lappend_int(unless, binding->unless != NULL);
		groups = lappend_int(groups, binding->group);
		programs = lappend(programs, binding->program);
		if (binding->value)
			exprs = lappend(exprs, binding->value);
		if (binding->unless)
			exprs = lappend(exprs, binding->unless);
	}
	*fdw_exprs = list_concat(exprs, spec->clauses);

	*fdw_private = list_make5(attnums, ops, unless, groups, programs);
	*fdw_private = lappend(*fdw_private, list_from_bitmapset(spec->split));
	*fdw_private = lappend(*fdw_private, list_from_bitmapset(spec->fetched));
	*fdw_private = lappend(*fdw_private, makeInteger(spec->source));
	*fdw_private =
		lappend(*fdw_private,
				makeFloat(psprintf("%.0f", spec->rows_per_request)));
	*fdw_private =
		lappend(*fdw_private, makeFloat(psprintf("%f", spec->days)));
	*fdw_private = lappend(*fdw_private, makeInteger(spec->all_rows));
	*fdw_private = lappend(*fdw_private, write_lack(spec->lack));
	foreach(lc, spec->perhaps)
		perhaps = lappend(perhaps, write_lack(lfirst(lc)));
	*fdw_private = lappend(*fdw_private, perhaps);
}

DcfSpec *
dcf_spec_read(const ForeignScan *scan)
{
	DcfSpec *spec = palloc0(sizeof(DcfSpec));
	List *private = scan->fdw_private;
	ListCell *lc;
	ListCell *lc_attnum;
	ListCell *lc_op;
	ListCell *lc_unless;
	int nexprs = 0;
	int i = 0;

	forthree(lc_attnum, list_nth(private, SPEC_ATTNUMS), lc_op,
			 list_nth(private, SPEC_OPS), lc_unless,
			 list_nth(private, SPEC_UNLESS))
	{
		DcfBinding *binding = palloc0(sizeof(DcfBinding));

		binding->attnum = lfirst_int(lc_attnum);
		binding->op = lfirst_int(lc_op);
		binding->group = list_nth_int(list_nth(private, SPEC_GROUPS), i);
		binding->program = list_nth(list_nth(private, SPEC_PROGRAMS), i);
		i++;
		if (binding->op != DCF_BIND_NULL)
			binding->value = list_nth(scan->fdw_exprs, nexprs++);
		if (lfirst_int(lc_unless))
			binding->unless = list_nth(scan->fdw_exprs, nexprs++);
		spec->bindings = lappend(spec->bindings, binding);
	}
	spec->clauses = list_copy_tail(scan->fdw_exprs, nexprs);
	spec->split = bitmapset_from_list(list_nth(private, SPEC_SPLIT));
	spec->fetched = bitmapset_from_list(list_nth(private, SPEC_FETCHED));
	spec->source = intVal(list_nth(private, SPEC_SOURCE));
	spec->rows_per_request = floatVal(list_nth(private, SPEC_ROWS));
	spec->all_rows = intVal(list_nth(private, SPEC_ALL_ROWS)) != 0;
	spec->days = floatVal(list_nth(private, SPEC_DAYS));
	spec->lack = read_lack(list_nth(private, SPEC_LACK));
	foreach(lc, list_nth(private, SPEC_PERHAPS))
		spec->perhaps = lappend(spec->perhaps, read_lack(lfirst(lc)));
	return spec;
}

AttrNumber
dcf_spec_keys(const DcfSpec *spec)
{
	ListCell *lc;

	foreach(lc, spec->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->op == DCF_BIND_KEYS)
			return binding->attnum;
	}
	return 0;
}

Bitmapset *
dcf_spec_fetched(const ForeignScan *scan)
{
	return bitmapset_from_list(list_nth(scan->fdw_private, SPEC_FETCHED));
}

bool
dcf_spec_binds_same(const DcfSpec *one, const DcfSpec *other)
{
	ListCell *lc_one;
	ListCell *lc_other;

	if (list_length(one->bindings) != list_length(other->bindings) ||
		!bms_equal(one->split, other->split))
		return false;
	forboth(lc_one, one->bindings, lc_other, other->bindings)
	{
		const DcfBinding *first = lfirst(lc_one);
		const DcfBinding *second = lfirst(lc_other);

		if (first->attnum != second->attnum || first->op != second->op ||
			(first->unless == NULL) != (second->unless == NULL) ||
			first->group != second->group ||
			!equal(first->program, second->program))
			return false;
	}
	return true;
}

/* Or a record of constants. */
static bool
is_constant(const Expr *value)
{
	ListCell *lc;

	if (!IsA(value, RowExpr))
		return IsA(value, Const);
	foreach(lc, ((const RowExpr *) value)->args)
		if (!IsA(lfirst(lc), Const))
			return false;
	return true;
}

bool
dcf_spec_may_be_same(const ForeignScan *one, const ForeignScan *other)
{
	DcfSpec *first = dcf_spec_read(one);
	DcfSpec *second = dcf_spec_read(other);
	ListCell *lc_one;
	ListCell *lc_other;

	if (!dcf_spec_binds_same(first, second))
		return false;
	forboth(lc_one, first->bindings, lc_other, second->bindings)
	{
		const Expr *value = ((DcfBinding *) lfirst(lc_one))->value;
		const Expr *another = ((DcfBinding *) lfirst(lc_other))->value;

		if (value && is_constant(value) && is_constant(another) &&
			!equal(value, another))
			return false;
	}
	return true;
}
