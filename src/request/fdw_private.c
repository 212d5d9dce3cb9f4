/*
 * fdw_private.c
 *	  The planner's decisions as lists that a plan can hold.  See
 *	  fdw_private.h.
 *
 * fdw_exprs contains the value of each binding, followed by its condition if
 * it has one, and then the clauses that EXPLAIN shows.  The planner adjusts
 * Vars and Params only in fdw_exprs, so all expressions must be there.
 */
#include "postgres.h"

#include "nodes/nodes.h"
#include "nodes/primnodes.h"
#include "nodes/value.h"

#include "request/fdw_private.h"

/* Positions in fdw_private. */
enum
{
	PRIVATE_ATTNUMS,	/* IntList, one entry for each binding */
	PRIVATE_OPS,		/* IntList, likewise */
	PRIVATE_UNLESS,		/* IntList, likewise: whether it has a condition */
	PRIVATE_GROUPS,		/* IntList, likewise */
	PRIVATE_PROGRAMS,	/* List of IntLists, likewise */
	PRIVATE_FAN_OUT,	/* IntList of attnums */
	PRIVATE_FETCHED,	/* IntList of attnums */
	PRIVATE_SOURCE,		/* Integer */
	PRIVATE_ROWS,		/* Float */
	PRIVATE_DAYS,		/* Float */
	PRIVATE_ALL_ROWS,	/* Integer, 0 or 1 */
	PRIVATE_DEFERRED,	/* List, NIL if the scan can run */
	PRIVATE_CONDITIONAL /* List of such lists */
};

/* Positions in PRIVATE_DEFERRED, and in each list of PRIVATE_CONDITIONAL. */
enum
{
	DEFERRED_MISSING,	/* IntList of attnums */
	DEFERRED_UNSENT,	/* Integer */
	DEFERRED_CLAUSE,	/* String, empty for none */
	DEFERRED_UNREADABLE /* Integer */
};

/*
 * A plan consists of nodes, and a Bitmapset is one only from PostgreSQL 16 on.
 */
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

/*
 * NIL for no error.  A String cannot be NULL, so an empty one stands for no
 * clause.
 */
static List *
write_deferred(const DcfDeferredError *deferred)
{
	if (!deferred)
		return NIL;
	return list_make4(list_from_bitmapset(deferred->missing),
					  makeInteger(deferred->unsent),
					  makeString(deferred->clause ? deferred->clause : ""),
					  makeInteger(deferred->unreadable));
}

static DcfDeferredError *
read_deferred(const List *list)
{
	DcfDeferredError *deferred;
	char *clause;

	if (list == NIL)
		return NULL;
	deferred = palloc0(sizeof(DcfDeferredError));
	deferred->missing = bitmapset_from_list(list_nth(list, DEFERRED_MISSING));
	deferred->unsent = intVal(list_nth(list, DEFERRED_UNSENT));
	clause = strVal(list_nth(list, DEFERRED_CLAUSE));
	deferred->clause = clause[0] != '\0' ? clause : NULL;
	deferred->unreadable = intVal(list_nth(list, DEFERRED_UNREADABLE));
	return deferred;
}

void
dcf_fdw_private_write(const DcfFdwPrivate *priv, List **fdw_private,
					  List **fdw_exprs)
{
	List *attnums = NIL;
	List *ops = NIL;
	List *unless = NIL;
	List *groups = NIL;
	List *programs = NIL;
	List *exprs = NIL;
	List *conditional = NIL;
	ListCell *lc;

	/*
	 * Where an expression stands in fdw_exprs is not stored:
	 * dcf_fdw_private_read() consumes them in the same order.
	 */
	foreach(lc, priv->bindings)
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
	*fdw_exprs = list_concat(exprs, priv->clauses);

	/* The order is that of the PRIVATE_ constants. */
	*fdw_private = list_make5(attnums, ops, unless, groups, programs);
	*fdw_private = lappend(*fdw_private, list_from_bitmapset(priv->fan_out));
	*fdw_private = lappend(*fdw_private, list_from_bitmapset(priv->fetched));
	*fdw_private = lappend(*fdw_private, makeInteger(priv->source));
	*fdw_private =
		lappend(*fdw_private,
				makeFloat(psprintf("%.0f", priv->rows_per_request)));
	*fdw_private =
		lappend(*fdw_private, makeFloat(psprintf("%f", priv->days)));
	*fdw_private = lappend(*fdw_private, makeInteger(priv->all_rows));
	*fdw_private = lappend(*fdw_private, write_deferred(priv->deferred));
	foreach(lc, priv->conditional_errors)
		conditional = lappend(conditional, write_deferred(lfirst(lc)));
	*fdw_private = lappend(*fdw_private, conditional);
}

DcfFdwPrivate *
dcf_fdw_private_read(const ForeignScan *scan)
{
	DcfFdwPrivate *priv = palloc0(sizeof(DcfFdwPrivate));
	List *private = scan->fdw_private;
	ListCell *lc;
	ListCell *lc_attnum;
	ListCell *lc_op;
	ListCell *lc_unless;
	int nexprs = 0;
	int i = 0;

	forthree(lc_attnum, list_nth(private, PRIVATE_ATTNUMS), lc_op,
			 list_nth(private, PRIVATE_OPS), lc_unless,
			 list_nth(private, PRIVATE_UNLESS))
	{
		DcfBinding *binding = palloc0(sizeof(DcfBinding));

		binding->attnum = lfirst_int(lc_attnum);
		binding->op = lfirst_int(lc_op);
		binding->group = list_nth_int(list_nth(private, PRIVATE_GROUPS), i);
		binding->program = list_nth(list_nth(private, PRIVATE_PROGRAMS), i);
		i++;
		if (binding->op != DCF_BIND_NULL)
			binding->value = list_nth(scan->fdw_exprs, nexprs++);
		if (lfirst_int(lc_unless))
			binding->unless = list_nth(scan->fdw_exprs, nexprs++);
		priv->bindings = lappend(priv->bindings, binding);
	}

	/* What the bindings have not consumed are the clauses for EXPLAIN. */
	priv->clauses = list_copy_tail(scan->fdw_exprs, nexprs);
	priv->fan_out = bitmapset_from_list(list_nth(private, PRIVATE_FAN_OUT));
	priv->fetched = bitmapset_from_list(list_nth(private, PRIVATE_FETCHED));
	priv->source = intVal(list_nth(private, PRIVATE_SOURCE));
	priv->rows_per_request = floatVal(list_nth(private, PRIVATE_ROWS));
	priv->all_rows = intVal(list_nth(private, PRIVATE_ALL_ROWS)) != 0;
	priv->days = floatVal(list_nth(private, PRIVATE_DAYS));
	priv->deferred = read_deferred(list_nth(private, PRIVATE_DEFERRED));
	foreach(lc, list_nth(private, PRIVATE_CONDITIONAL))
		priv->conditional_errors =
			lappend(priv->conditional_errors, read_deferred(lfirst(lc)));
	return priv;
}

AttrNumber
dcf_fdw_private_keys(const DcfFdwPrivate *priv)
{
	ListCell *lc;

	foreach(lc, priv->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->op == DCF_BIND_KEYS)
			return binding->attnum;
	}
	return 0;
}

Bitmapset *
dcf_fdw_private_fetched(const ForeignScan *scan)
{
	return bitmapset_from_list(list_nth(scan->fdw_private, PRIVATE_FETCHED));
}

bool
dcf_fdw_private_binds_same(const DcfFdwPrivate *one,
						   const DcfFdwPrivate *other)
{
	ListCell *lc_one;
	ListCell *lc_other;

	if (list_length(one->bindings) != list_length(other->bindings) ||
		!bms_equal(one->fan_out, other->fan_out))
		return false;
	forboth(lc_one, one->bindings, lc_other, other->bindings)
	{
		const DcfBinding *first = lfirst(lc_one);
		const DcfBinding *second = lfirst(lc_other);

		/*
		 * Conditions may differ like values, but not in whether there is one.
		 */
		if (first->attnum != second->attnum || first->op != second->op ||
			(first->unless == NULL) != (second->unless == NULL) ||
			first->group != second->group ||
			!equal(first->program, second->program))
			return false;
	}
	return true;
}

/* A constant, or the record of constants that is a program's input. */
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
dcf_fdw_private_may_be_same(const ForeignScan *one, const ForeignScan *other)
{
	DcfFdwPrivate *first = dcf_fdw_private_read(one);
	DcfFdwPrivate *second = dcf_fdw_private_read(other);
	ListCell *lc_one;
	ListCell *lc_other;

	if (!dcf_fdw_private_binds_same(first, second))
		return false;
	forboth(lc_one, first->bindings, lc_other, second->bindings)
	{
		const Expr *value = ((DcfBinding *) lfirst(lc_one))->value;
		const Expr *another = ((DcfBinding *) lfirst(lc_other))->value;

		/* Values that only execution knows may turn out to be equal. */
		if (value && is_constant(value) && is_constant(another) &&
			!equal(value, another))
			return false;
	}
	return true;
}
