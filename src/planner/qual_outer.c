/*
 * qual_outer.c
 *	  By what other relations a join could give values to send.  See qual.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

#include "planner/qual.h"

typedef struct Search
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	AttrNumber attnum; /* of the column that equalities are wanted for */
	Bitmapset *joined; /* columns that would get a value */
	List *sets;		   /* of Relids, found so far */
} Search;

static void search_clauses(Search *uses, List *rinfos);
static void add_set(Search *uses, Relids outer);
static bool is_wanted_column(PlannerInfo *root, RelOptInfo *rel,
							 EquivalenceClass *ec, EquivalenceMember *em,
							 void *arg);

List *
dcf_qual_outer_sets(PlannerInfo *root, RelOptInfo *baserel,
					const DcfRelation *relation, Bitmapset **joined)
{
	Search uses = {root, baserel, relation, 0, NULL, NIL};
	Relids all = NULL;
	ListCell *lc;

	search_clauses(&uses, baserel->joininfo);
	for (int i = 0; i < relation->natts && baserel->has_eclass_joins; i++)
	{
		if (!dcf_column_is_sent(&relation->columns[i]))
			continue;
		uses.attnum = relation->columns[i].attnum;
		search_clauses(&uses,
					   generate_implied_equalities_for_column(
						   root, baserel, is_wanted_column, &uses,
						   baserel->lateral_referencers));
	}

	foreach(lc, uses.sets)
		all = bms_union(all, lfirst(lc));
	if (all)
		add_set(&uses, all);
	*joined = uses.joined;
	return uses.sets;
}

List *
dcf_qual_implied(PlannerInfo *root, RelOptInfo *baserel,
				 const DcfRelation *relation, const DcfQuals *quals,
				 Relids outer)
{
	Search uses = {root, baserel, relation, 0, NULL, NIL};
	Bitmapset *bound = NULL;
	List *implied = NIL;
	ListCell *lc;

	if (bms_is_empty(outer) || !baserel->has_eclass_joins)
		return NIL;
	bound = dcf_qual_settled(quals);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (!dcf_column_is_sent(column) ||
			bms_is_member(column->attnum, bound) ||
			(column->kind != DCF_COLUMN_PARAMETER &&
			 !column->options->required &&
			 !dcf_column_is_preset(relation, column)))
			continue;
		uses.attnum = column->attnum;
		foreach(lc,
				generate_implied_equalities_for_column(
					root, baserel, is_wanted_column, &uses,
					baserel->lateral_referencers))
		{
			RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
			Relids others = bms_copy(rinfo->clause_relids);

			others = bms_del_member(others, baserel->relid);
			if (bms_is_subset(others, outer) &&
				join_clause_is_movable_to(rinfo, baserel))
				implied = lappend(implied, rinfo);
		}
	}
	return implied;
}

/* Note by whom clauses would be values, if they could be. */
static void
search_clauses(Search *uses, List *rinfos)
{
	RelOptInfo *baserel = uses->baserel;
	ListCell *lc;

	foreach(lc, rinfos)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		DcfQuals *quals;
		Relids outer;
		ListCell *lc_binding;

		if (!join_clause_is_movable_to(rinfo, baserel))
			continue;
		outer = bms_union(rinfo->clause_relids, baserel->lateral_relids);
		outer = bms_del_member(outer, baserel->relid);
		quals = dcf_qual_classify(uses->root, baserel, uses->relation,
								  list_make1(rinfo), outer, NIL, NIL);
		foreach(lc_binding, quals->bindings)
		{
			DcfBinding *binding = lfirst(lc_binding);

			uses->joined = bms_add_member(uses->joined, binding->attnum);
			add_set(uses, outer);
		}
	}
}

static void
add_set(Search *uses, Relids outer)
{
	ListCell *lc;

	foreach(lc, uses->sets)
		if (bms_equal(lfirst(lc), outer))
			return;
	uses->sets = lappend(uses->sets, outer);
}

static bool
is_wanted_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
				 EquivalenceMember *em, void *arg)
{
	const Search *uses = arg;
	Node *node = (Node *) em->em_expr;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;

	/* Of what is over a window a period may follow. */
	if (uses->relation->columns[uses->attnum - 1].kind == DCF_COLUMN_WINDOW)
	{
		Bitmapset *attnums = NULL;

		pull_varattnos(node, rel->relid, &attnums);
		return bms_is_member(uses->attnum - FirstLowInvalidHeapAttributeNumber,
							 attnums);
	}
	return IsA(node, Var) && (Index) ((Var *) node)->varno == rel->relid &&
		((Var *) node)->varattno == uses->attnum;
}
