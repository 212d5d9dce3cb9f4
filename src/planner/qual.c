/*
 * qual.c
 *	  Clauses become bindings.  See qual.h.
 */
#include "postgres.h"

#include "optimizer/restrictinfo.h"

#include "qual_private.h"
#include "qual_walk.h"

typedef DcfQualTarget Target;

static bool classify_clause(DcfQuals *quals, const Target *target,
							RestrictInfo *rinfo);
static void bind_implied(DcfQuals *quals, const Target *target,
						 RestrictInfo *rinfo);
static bool is_any_value(const Target *target, Node *clause);
static void add_periods(DcfQuals *quals, const Target *target,
						RestrictInfo *rinfo);

DcfQuals *
dcf_qual_classify(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfRelation *relation, List *clauses, Relids outer,
				  List *bounds, List *implied)
{
	const Target target = {root, baserel, relation, outer};
	DcfQuals *quals = palloc0(sizeof(DcfQuals));
	ListCell *lc;

	foreach(lc, clauses)
		classify_clause(quals, &target, lfirst_node(RestrictInfo, lc));
	foreach(lc, bounds)
	{
		RestrictInfo *rinfo = make_simple_restrictinfo(root, lfirst(lc));

		/* A bound is no clause of the path, so the plan finds it here. */
		if (classify_clause(quals, &target, rinfo))
			quals->bounds = lappend(quals->bounds, rinfo);
	}
	foreach(lc, implied)
		bind_implied(quals, &target, lfirst_node(RestrictInfo, lc));
	return quals;
}

/*
 * Bind a clause that another query checks.  Unlike for the query's own
 * clauses, a NULL does not mean that no row matches: then the request is not
 * restricted, and the other query compares the rows with the NULL.
 */
static void
bind_implied(DcfQuals *quals, const Target *target, RestrictInfo *rinfo)
{
	DcfBinding *binding = dcf_qual_bind(target, rinfo->clause);

	if (!binding)
	{
		add_periods(quals, target, rinfo);
		return;
	}
	if (binding->op == DCF_BIND_NOT_DISTINCT)
	{
		binding->op = DCF_BIND_EQUAL;
		binding->unless = dcf_qual_is_null(binding->value);
	}
	quals->bindings = lappend(quals->bindings, binding);
	quals->sent = lappend(quals->sent, rinfo);
}

/* Bind a clause.  Returns whether PostgreSQL has to check it. */
static bool
classify_clause(DcfQuals *quals, const Target *target, RestrictInfo *rinfo)
{
	DcfBinding *binding = dcf_qual_bind(target, rinfo->clause);

	if (binding)
	{
		quals->bindings = lappend(quals->bindings, binding);
		quals->sent = lappend(quals->sent, rinfo);

		/*
		 * Each row shows what was sent, so the clause holds for all of them.
		 */
		if (target->relation->columns[binding->attnum - 1].kind ==
			DCF_COLUMN_PARAMETER)
			return false;
	}
	else if (is_any_value(target, (Node *) rinfo->clause))
		return false;
	else
		add_periods(quals, target, rinfo);
	quals->local = lappend(quals->local, rinfo);
	return true;
}

/*
 * Whether it is "c = c" for a parameter column, which always holds.  For a
 * strict operator the planner has turned it into "c IS NOT NULL".
 */
static bool
is_any_value(const Target *target, Node *clause)
{
	const DcfColumn *column = NULL;

	if (IsA(clause, OpExpr))
		column =
			dcf_qual_match_column(target, linitial(((OpExpr *) clause)->args));
	else if (IsA(clause, NullTest))
		column =
			dcf_qual_match_column(target, (Node *) ((NullTest *) clause)->arg);
	return column && column->kind == DCF_COLUMN_PARAMETER &&
		dcf_qual_tautology(target->root, target->baserel, clause) != NULL;
}

/*
 * Add bindings for what a clause implies.  Arms of an OR that do not depend on
 * the relation's rows become their condition, as in bind_or_clause().
 */
static void
add_periods(DcfQuals *quals, const Target *target, RestrictInfo *rinfo)
{
	int group = list_length(quals->bindings) + 1;
	Expr *unless;
	Expr *clause = dcf_qual_extract_condition(target, rinfo->clause, &unless);
	List *bindings = dcf_qual_periods(target, clause);
	ListCell *lc;

	bindings = list_concat(bindings,
						   dcf_qual_alternatives(target, clause, group,
												 bindings != NIL));

	/*
	 * The condition was accepted for no particular column, but a window with a
	 * preset accepts no outer column; see dcf_qual_is_known().
	 */
	foreach(lc, bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (unless &&
			!dcf_qual_is_known(target,
							   &target->relation->columns[binding->attnum - 1],
							   (Node *) unless))
			continue;
		binding->unless = unless;
		quals->bindings = lappend(quals->bindings, binding);
		quals->sent = lappend(quals->sent, rinfo);
	}
}
