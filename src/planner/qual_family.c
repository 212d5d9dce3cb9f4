/*
 * qual_family.c
 *	  What is the same for all partitions of a table.  See qual_family.h.
 *
 * The planner handles the partitions of one table one after another, so only
 * the results for the last table are kept.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parsetree.h"
#include "utils/memutils.h"

#include "qual_family.h"

/* A partitioned table, or another inheritance parent, in one query. */
typedef struct Family
{
	MemoryContextCallback release;
	const PlannerInfo *root;
	Index relid;		  /* of the topmost parent */
	int natts;			  /* number of its columns */
	DcfFamilyWalk *walks; /* by its attnum - 1 */
	Bitmapset *equated;	  /* its columns (attnums) in equivalence classes */
} Family;

static Family *latest = NULL;

/* Called when the memory of the planned query is reset. */
static void
forget(void *arg)
{
	if (latest == arg)
		latest = NULL;
}

/* The columns (attnums) of a relation that are in equivalence classes. */
static Bitmapset *
find_equated(PlannerInfo *root, RelOptInfo *rel)
{
	Bitmapset *offset = NULL;
	Bitmapset *equated = NULL;
	int i = -1;

	while ((i = bms_next_member(rel->eclass_indexes, i)) >= 0)
	{
		const EquivalenceClass *ec =
			list_nth_node(EquivalenceClass, root->eq_classes, i);
		ListCell *lc;

		foreach(lc, ec->ec_members)
		{
			const EquivalenceMember *em = lfirst(lc);

			if (bms_equal(em->em_relids, rel->relids))
				pull_varattnos((Node *) em->em_expr, rel->relid, &offset);
		}
	}

	/* Drop system columns and whole rows, and undo the offset. */
	for (i = -1; (i = bms_next_member(offset, i)) >= 0;)
		if (i + FirstLowInvalidHeapAttributeNumber > 0)
			equated = bms_add_member(equated,
									 i + FirstLowInvalidHeapAttributeNumber);
	return equated;
}

/* A family in the memory of the planned query. */
static Family *
make_family(PlannerInfo *root, Index relid)
{
	MemoryContext old = MemoryContextSwitchTo(root->planner_cxt);
	RelOptInfo *parent = find_base_rel(root, relid);
	Family *family = palloc0(sizeof(Family));

	family->root = root;
	family->relid = relid;
	family->natts = parent->max_attr;
	family->walks = palloc0(sizeof(DcfFamilyWalk) * Max(parent->max_attr, 1));
	family->equated = find_equated(root, parent);
	family->release.func = forget;
	family->release.arg = family;
	MemoryContextRegisterResetCallback(root->planner_cxt, &family->release);
	MemoryContextSwitchTo(old);
	return family;
}

/*
 * The family of a partition; NULL if the relation is none. *attnum becomes the
 * topmost parent's number for the column.
 */
static Family *
find_family(PlannerInfo *root, const RelOptInfo *baserel, AttrNumber *attnum)
{
	Index relid = baserel->relid;

	if (baserel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		return NULL;
	while (root->append_rel_array[relid])
	{
		const AppendRelInfo *appinfo = root->append_rel_array[relid];

		/* The arms of a UNION ALL have columns that are none of the parent's. */
		if (planner_rt_fetch(appinfo->parent_relid, root)->rtekind !=
				RTE_RELATION ||
			*attnum > appinfo->num_child_cols)
			return NULL;
		*attnum = appinfo->parent_colnos[*attnum - 1];
		relid = appinfo->parent_relid;
		if (*attnum <= 0)
			return NULL;
	}
	if (!latest || latest->root != root || latest->relid != relid)
		latest = make_family(root, relid);
	return *attnum <= latest->natts ? latest : NULL;
}

DcfFamilyWalk *
dcf_family_walk(PlannerInfo *root, const RelOptInfo *baserel,
				AttrNumber attnum)
{
	Family *family = find_family(root, baserel, &attnum);

	return family ? &family->walks[attnum - 1] : NULL;
}

/*
 * Whether a column may be in an equivalence class.  Assumed for the arms of a
 * UNION ALL.
 */
static bool
is_equated(PlannerInfo *root, RelOptInfo *baserel, const Bitmapset *own,
		   AttrNumber attnum)
{
	Family *family;

	if (baserel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		return bms_is_member(attnum, own);
	family = find_family(root, baserel, &attnum);
	return !family || bms_is_member(attnum, family->equated);
}

Bitmapset *
dcf_family_equated(PlannerInfo *root, RelOptInfo *baserel,
				   const DcfRelation *relation)
{
	Bitmapset *own = NULL;
	Bitmapset *equated = NULL;

	if (!baserel->has_eclass_joins)
		return NULL;
	if (baserel->reloptkind != RELOPT_OTHER_MEMBER_REL)
		own = find_equated(root, baserel);
	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_sent(&relation->columns[i]) &&
			is_equated(root, baserel, own, i + 1))
			equated = bms_add_member(equated, i + 1);
	return equated;
}
