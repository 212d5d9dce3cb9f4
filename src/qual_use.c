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

/* Where columns are looked for, and those that were found. */
typedef struct Search
{
	RelOptInfo *baserel;
	Bitmapset *found; /* attnums, 0 for the whole row */
} Search;

static Bitmapset *columns_of(RelOptInfo *baserel, Node *node);
static Bitmapset *columns_of_clauses(RelOptInfo *baserel, List *rinfos);
static Bitmapset *columns_of_equalities(PlannerInfo *root,
										RelOptInfo *baserel);
static Bitmapset *columns_of_laterals(PlannerInfo *root, RelOptInfo *baserel);
static Bitmapset *columns_of_filters(RelOptInfo *baserel, Node *node);
static Node *in_own_terms(PlannerInfo *root, RelOptInfo *baserel,
						  const void *node);
static bool filter_walker(Node *node, void *context);
static Bitmapset *add_all_columns(Bitmapset *set, const DcfRelation *relation);

Bitmapset *
dcf_qual_compared(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfQuals *quals)
{
	Bitmapset *result = columns_of_clauses(baserel, quals->local);
	Node *having = in_own_terms(root, baserel, root->parse->havingQual);
	Node *tlist = in_own_terms(root, baserel, root->processed_tlist);

	result = bms_join(result, columns_of_clauses(baserel, baserel->joininfo));
	result = bms_join(result, columns_of_equalities(root, baserel));
	result = bms_join(result, columns_of_laterals(root, baserel));
	result = bms_join(result, columns_of(baserel, having));
	return bms_join(result, columns_of_filters(baserel, tlist));
}

Bitmapset *
dcf_qual_fetched(RelOptInfo *baserel, const DcfRelation *relation,
				 const DcfQuals *quals)
{
	Bitmapset *fetched = columns_of_clauses(baserel, quals->local);

	fetched =
		bms_join(fetched,
				 columns_of(baserel, (Node *) baserel->reltarget->exprs));

	/* Bit 0 is the whole row. */
	if (bms_is_member(0, fetched))
		fetched = add_all_columns(bms_del_member(fetched, 0), relation);
	return fetched;
}

/* The attnums of this relation in an expression, 0 for the whole row. */
static Bitmapset *
columns_of(RelOptInfo *baserel, Node *node)
{
	Bitmapset *offset = NULL;
	Bitmapset *result = NULL;
	int member = -1;

	pull_varattnos(node, baserel->relid, &offset);
	while ((member = bms_next_member(offset, member)) >= 0)
		if (member + FirstLowInvalidHeapAttributeNumber >= 0)
			result =
				bms_add_member(result,
							   member + FirstLowInvalidHeapAttributeNumber);
	return result;
}

static Bitmapset *
columns_of_clauses(RelOptInfo *baserel, List *rinfos)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, rinfos)
		result = bms_join(result,
						  columns_of(baserel,
									 (Node *) lfirst_node(RestrictInfo, lc)
										 ->clause));
	return result;
}

/*
 * The columns in equalities that the planner has yet to make clauses of.  Where
 * a constant is among the equals they are clauses already.
 */
static Bitmapset *
columns_of_equalities(PlannerInfo *root, RelOptInfo *baserel)
{
	Bitmapset *result = NULL;
	ListCell *class_cell;

	foreach(class_cell, root->eq_classes)
	{
		EquivalenceClass *class = lfirst_node(EquivalenceClass, class_cell);
		ListCell *member_cell;

		if (class->ec_merged || class->ec_has_const ||
			list_length(class->ec_members) < 2)
			continue;
		foreach(member_cell, class->ec_members)
		{
			EquivalenceMember *member =
				lfirst_node(EquivalenceMember, member_cell);

			if (!member->em_is_child)
				result = bms_join(result,
								  columns_of(baserel,
											 in_own_terms(root, baserel,
														  member->em_expr)));
		}
	}
	return result;
}

/*
 * The columns that subqueries beside the relation refer to: those that are more
 * than expressions, and so filter, group or limit.
 */
static Bitmapset *
columns_of_laterals(PlannerInfo *root, RelOptInfo *baserel)
{
	Bitmapset *result = NULL;

	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RelOptInfo *rel = root->simple_rel_array[i];

		if (rel && root->simple_rte_array[i]->rtekind == RTE_SUBQUERY)
			result = bms_join(result,
							  columns_of(baserel,
										 in_own_terms(root, baserel,
													  rel->lateral_vars)));
	}
	return result;
}

/* The columns in FILTER clauses of aggregates and window functions. */
static Bitmapset *
columns_of_filters(RelOptInfo *baserel, Node *node)
{
	Search search = {.baserel = baserel};

	(void) filter_walker(node, &search);
	return search.found;
}

static bool
filter_walker(Node *node, void *context)
{
	Search *search = context;
	Expr *filter = NULL;

	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		filter = ((Aggref *) node)->aggfilter;
	else if (IsA(node, WindowFunc))
		filter = ((WindowFunc *) node)->aggfilter;
	if (filter)
		search->found = bms_join(search->found,
								 columns_of(search->baserel, (Node *) filter));
	return expression_tree_walker(node, filter_walker, context);
}

/* An expression of the query, about the relation in place of its parents. */
static Node *
in_own_terms(PlannerInfo *root, RelOptInfo *baserel, const void *node)
{
	if (node == NULL || baserel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		return (Node *) node;
	return dcf_compat_adjust_to_child(root, (Node *) node, baserel);
}

static Bitmapset *
add_all_columns(Bitmapset *set, const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			set = bms_add_member(set, i + 1);
	return set;
}
