/*
 * qual_use.c
 *	  Which columns a query uses, and how.  See qual.h.
 *
 * What stands in a query about a parent of the relation, be it a partitioned
 * table or the outside of UNION ALL, is looked at in the relation's own terms.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/optimizer.h"

#include "compat.h"
#include "qual.h"

/* Whose columns are looked for, and those that were found. */
typedef struct Search
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	Bitmapset *found; /* attnums, 0 for the whole row */
} Search;

static void search(Search *uses, const void *node);
static void search_clauses(Search *uses, List *rinfos);
static void search_parents(Search *uses, const void *node);
static void search_equalities(Search *uses);
static void search_laterals(Search *uses);
static bool filter_walker(Node *node, void *context);
static Node *in_own_terms(const Search *uses, const void *node);
static Bitmapset *add_all_columns(Bitmapset *set, const DcfRelation *relation);

Bitmapset *
dcf_qual_compared(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfQuals *quals)
{
	Search uses = {root, baserel, NULL};

	search_clauses(&uses, quals->local);
	search_clauses(&uses, baserel->joininfo);
	search_equalities(&uses);
	search_laterals(&uses);
	search_parents(&uses, root->parse->havingQual);
	(void) filter_walker((Node *) root->processed_tlist, &uses);
	return uses.found;
}

Bitmapset *
dcf_qual_fetched(PlannerInfo *root, RelOptInfo *baserel,
				 const DcfRelation *relation, const DcfQuals *quals)
{
	Search uses = {root, baserel, NULL};

	search_clauses(&uses, quals->local);
	search(&uses, baserel->reltarget->exprs);
	if (bms_is_member(0, uses.found))
		return add_all_columns(bms_del_member(uses.found, 0), relation);
	return uses.found;
}

/* In an expression, or a list of them, about the relation itself. */
static void
search(Search *uses, const void *node)
{
	Bitmapset *offset = NULL;
	int member = -1;

	pull_varattnos((Node *) node, uses->baserel->relid, &offset);
	while ((member = bms_next_member(offset, member)) >= 0)
	{
		int attnum = member + FirstLowInvalidHeapAttributeNumber;

		if (attnum >= 0)
			uses->found = bms_add_member(uses->found, attnum);
	}
}

static void
search_clauses(Search *uses, List *rinfos)
{
	ListCell *lc;

	foreach(lc, rinfos)
		search(uses, lfirst_node(RestrictInfo, lc)->clause);
}

/* In an expression of the query, which may be about parents. */
static void
search_parents(Search *uses, const void *node)
{
	search(uses, in_own_terms(uses, node));
}

/*
 * In equalities that the planner has yet to make clauses of.  Where a constant
 * is among the equals they are clauses already.
 */
static void
search_equalities(Search *uses)
{
	ListCell *class_cell;
	ListCell *member_cell;

	foreach(class_cell, uses->root->eq_classes)
	{
		EquivalenceClass *class = lfirst_node(EquivalenceClass, class_cell);

		if (class->ec_merged || class->ec_has_const ||
			list_length(class->ec_members) < 2)
			continue;
		foreach(member_cell, class->ec_members)
		{
			EquivalenceMember *member =
				lfirst_node(EquivalenceMember, member_cell);

			if (!member->em_is_child)
				search_parents(uses, member->em_expr);
		}
	}
}

/*
 * In subqueries beside the relation: those that are more than expressions, and
 * so filter, group or limit.
 */
static void
search_laterals(Search *uses)
{
	PlannerInfo *root = uses->root;

	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];

		if (rel && root->simple_rte_array[i]->rtekind == RTE_SUBQUERY)
			search_parents(uses, rel->lateral_vars);
	}
}

/* In FILTER clauses of aggregates and window functions. */
static bool
filter_walker(Node *node, void *context)
{
	Search *uses = context;

	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		search_parents(uses, ((Aggref *) node)->aggfilter);
	else if (IsA(node, WindowFunc))
		search_parents(uses, ((WindowFunc *) node)->aggfilter);
	return expression_tree_walker(node, filter_walker, context);
}

/* An expression of the query, about the relation in place of its parents. */
static Node *
in_own_terms(const Search *uses, const void *node)
{
	RelOptInfo *baserel = uses->baserel;

	if (node == NULL || baserel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		return (Node *) node;
	return dcf_compat_adjust_to_child(uses->root, (Node *) node, baserel);
}

static Bitmapset *
add_all_columns(Bitmapset *set, const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			set = bms_add_member(set, i + 1);
	return set;
}
