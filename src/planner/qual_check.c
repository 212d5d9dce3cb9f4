/*
 * qual_check.c
 *	  Whether a query gives enough values to make a request.  See qual.h.
 */
#include "postgres.h"

#include "qual_walk.h"

static Bitmapset *bound_columns(const DcfQuals *quals, bool with_value);
static bool is_unsent(PlannerInfo *root, RelOptInfo *baserel,
					  const DcfRelation *relation, const DcfColumn *column,
					  const DcfQualUses *uses, const Bitmapset *joined,
					  const DcfQuals *quals, DcfComparison **comparison);
static DcfComparison *local_comparison(PlannerInfo *root, Node *clause);
static DcfComparison *find_unusable_clause(PlannerInfo *root,
										   RelOptInfo *baserel,
										   const DcfRelation *relation,
										   const DcfQuals *quals,
										   DcfDeferredError *deferred);
static Node *find_local_clause(PlannerInfo *root, RelOptInfo *baserel,
							   const DcfQuals *quals, AttrNumber attnum);

DcfDeferredError *
dcf_qual_check(PlannerInfo *root, RelOptInfo *baserel,
			   const DcfRelation *relation, const DcfQualUses *uses,
			   const Bitmapset *joined, const DcfQuals *quals,
			   DcfComparison **comparison, List **conditional)
{
	Bitmapset *bound = bound_columns(quals, false);
	Bitmapset *settled = dcf_qual_always_bound(quals);
	DcfDeferredError *deferred =
		dcf_deferred_error_missing(relation, bound_columns(quals, true));

	*comparison = NULL;
	*conditional = NIL;
	if (deferred)
		*comparison =
			find_unusable_clause(root, baserel, relation, quals, deferred);

	/* One error is enough, and missing required columns come first. */
	for (int i = 0; i < relation->natts && !deferred; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		DcfComparison *found = NULL;

		if (!dcf_column_is_sent(column) ||
			bms_is_member(column->attnum, settled) ||
			!is_unsent(root, baserel, relation, column, uses, joined, quals,
					   &found))
			continue;
		if (bms_is_member(column->attnum, bound))
		{
			DcfQualUnsent *unsent = palloc(sizeof(DcfQualUnsent));

			unsent->attnum = column->attnum;
			unsent->comparison = found;
			*conditional = lappend(*conditional, unsent);
			continue;
		}
		*comparison = found;
		deferred = palloc0(sizeof(DcfDeferredError));
		deferred->unsent = column->attnum;
	}
	return deferred;
}

Bitmapset *
dcf_qual_always_bound(const DcfQuals *quals)
{
	Bitmapset *settled = NULL;
	ListCell *lc;

	foreach(lc, quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (!binding->unless)
			settled = bms_add_member(settled, binding->attnum);
	}
	return settled;
}

/*
 * Columns with a binding; with_value: not counting IS NULL, which sends
 * nothing and so gives a required column no value.
 */
static Bitmapset *
bound_columns(const DcfQuals *quals, bool with_value)
{
	Bitmapset *bound = NULL;
	ListCell *lc;

	foreach(lc, quals->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->op != DCF_BIND_NULL || !with_value)
			bound = bms_add_member(bound, binding->attnum);
	}
	return bound;
}

/*
 * Whether a column without a value is compared, so that the missing value
 * would change the result.
 */
static bool
is_unsent(PlannerInfo *root, RelOptInfo *baserel, const DcfRelation *relation,
		  const DcfColumn *column, const DcfQualUses *uses,
		  const Bitmapset *joined, const DcfQuals *quals,
		  DcfComparison **comparison)
{
	bool is_parameter = column->kind == DCF_COLUMN_PARAMETER;
	Node *clause = is_parameter ?
		find_local_clause(root, baserel, quals, column->attnum) :
		NULL;

	/*
	 * PostgreSQL would compare the NULL, or the default, that the column
	 * shows.
	 */
	if (clause)
	{
		*comparison = local_comparison(root, clause);
		return true;
	}
	*comparison = uses->comparisons[column->attnum - 1];
	if (is_parameter && bms_is_member(column->attnum, uses->compared))
		return true;
	if (bms_is_member(column->attnum, uses->above))
		return is_parameter || column->is_preset;

	/* Without a preset, all rows come and the join compares them. */
	return bms_is_member(column->attnum, joined) && column->is_preset;
}

/* A clause of the relation's own query as a comparison. */
static DcfComparison *
local_comparison(PlannerInfo *root, Node *clause)
{
	DcfComparison *comparison = palloc0(sizeof(DcfComparison));

	comparison->clause = clause;
	comparison->rtables = list_make1(root->parse->rtable);
	comparison->root = root;
	return comparison;
}

/*
 * A clause on a missing window from which no period follows, or NULL.  Notes
 * the window in deferred->unsent.
 */
static DcfComparison *
find_unusable_clause(PlannerInfo *root, RelOptInfo *baserel,
					 const DcfRelation *relation, const DcfQuals *quals,
					 DcfDeferredError *deferred)
{
	int attnum = -1;

	while ((attnum = bms_next_member(deferred->missing, attnum)) >= 0)
	{
		const DcfColumn *column = &relation->columns[attnum - 1];
		const Expr *clause = column->kind == DCF_COLUMN_WINDOW ?
			dcf_qual_unusable_clause(baserel, quals, column) :
			NULL;

		if (clause)
		{
			deferred->unsent = attnum;
			return local_comparison(root, (Node *) clause);
		}
	}
	return NULL;
}

/*
 * A clause on a column that only PostgreSQL checks, or NULL.  A clause that
 * also gave a binding does not count, nor does one that the planner added for
 * min() or max().
 */
static Node *
find_local_clause(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfQuals *quals, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, quals->local)
	{
		Node *clause = (Node *) lfirst_node(RestrictInfo, lc)->clause;

		if (dcf_qual_has_column(clause, baserel->relid, attnum) &&
			!dcf_qual_is_minmax(root, clause) &&
			!list_member_ptr(quals->sent, lfirst(lc)))
			return clause;
	}
	return NULL;
}
