/*
 * qual_alternative.c
 *	  Alternatives that each give columns a value.  See qual_private.h.
 *
 * PostgreSQL turns "(a, b) IN ((1, 2), (3, 4))" into "a = 1 AND b = 2 OR a = 3
 * AND b = 4".  A column with a value in each arm has one of these values, and
 * the nth value of one column belongs to the nth of another.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "utils/lsyscache.h"

#include "qual_private.h"

static List *equalities(const DcfQualTarget *target, Expr *alternative);
static const DcfBinding *find_binding(List *bindings, AttrNumber attnum);
static DcfBinding *bind_column(List *alternatives, AttrNumber attnum);

List *
dcf_qual_alternatives(const DcfQualTarget *target, Expr *clause, int group,
					  bool has_period)
{
	List *arms;
	List *alternatives = NIL; /* of List of DcfBinding *, never NIL */
	List *bindings = NIL;
	ListCell *lc;

	if (!is_orclause(clause) && !is_andclause(clause))
		return NIL;

	/*
	 * An AND is left if it was the only arm beside a condition.  It counts as
	 * an OR of one arm.
	 */
	arms =
		is_orclause(clause) ? ((BoolExpr *) clause)->args : list_make1(clause);
	foreach(lc, arms)
	{
		List *one = equalities(target, lfirst(lc));

		if (one == NIL)
			return NIL;
		alternatives = lappend(alternatives, one);
	}

	/* A column with a value in each arm has one in the first. */
	foreach(lc, linitial(alternatives))
	{
		const DcfBinding *first = lfirst(lc);
		const DcfColumn *column =
			&target->relation->columns[first->attnum - 1];
		DcfBinding *binding;

		if (find_binding(bindings, first->attnum) ||
			(has_period && column->kind == DCF_COLUMN_FILTERED &&
			 !column->options->required))
			continue;
		binding = bind_column(alternatives, first->attnum);
		if (binding)
			bindings = lappend(bindings, binding);
	}
	if (list_length(bindings) > 1)
		foreach(lc, bindings)
			((DcfBinding *) lfirst(lc))->group = group;
	return bindings;
}

/* Bindings for the columns, except windows, that an arm gives one value. */
static List *
equalities(const DcfQualTarget *target, Expr *alternative)
{
	List *clauses = is_andclause(alternative) ?
		((BoolExpr *) alternative)->args :
		list_make1(alternative);
	List *found = NIL;
	ListCell *lc;

	foreach(lc, clauses)
	{
		DcfBinding *binding = dcf_qual_bind(target, lfirst(lc));

		if (binding && binding->op == DCF_BIND_EQUAL && !binding->unless &&
			target->relation->columns[binding->attnum - 1].kind !=
				DCF_COLUMN_WINDOW)
			found = lappend(found, binding);
	}
	return found;
}

/* The binding of a column, or NULL. */
static const DcfBinding *
find_binding(List *bindings, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (binding->attnum == attnum)
			return binding;
	}
	return NULL;
}

/*
 * Bind a column to any of the values that the arms give it.  NULL if not all
 * give one, or their types differ.
 */
static DcfBinding *
bind_column(List *alternatives, AttrNumber attnum)
{
	ArrayExpr *array = makeNode(ArrayExpr);
	DcfBinding *binding;
	ListCell *lc;

	foreach(lc, alternatives)
	{
		const DcfBinding *one = find_binding(lfirst(lc), attnum);
		Oid type;

		if (!one)
			return NULL;
		type = exprType((Node *) one->value);
		if (array->elements == NIL)
		{
			array->element_typeid = type;
			array->array_collid = exprCollation((Node *) one->value);
		}
		else if (type != array->element_typeid)
			return NULL;
		array->elements = lappend(array->elements, one->value);
	}
	array->array_typeid = get_array_type(array->element_typeid);
	array->location = -1;
	if (!OidIsValid(array->array_typeid))
		return NULL;
	binding = palloc0(sizeof(DcfBinding));
	binding->attnum = attnum;
	binding->op = DCF_BIND_ANY;
	binding->value = (Expr *) array;
	return binding;
}
