/*
 * qual_use.c
 *	  The columns that a scan has to read.  See qual.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "optimizer/optimizer.h"

#include "qual_walk.h"

static Bitmapset *find_columns(Bitmapset *found, RelOptInfo *baserel,
							   const void *node);
static Bitmapset *add_all_columns(Bitmapset *set, const DcfRelation *relation);

Bitmapset *
dcf_qual_fetched(PlannerInfo *root, RelOptInfo *baserel,
				 const DcfRelation *relation, const DcfQuals *quals)
{
	Bitmapset *found = find_columns(NULL, baserel, baserel->reltarget->exprs);
	ListCell *lc;

	foreach(lc, quals->local)
		found = find_columns(found, baserel,
							 lfirst_node(RestrictInfo, lc)->clause);
	if (bms_is_member(0, found))
		return add_all_columns(bms_del_member(found, 0), relation);
	return found;
}

bool
dcf_qual_has_column(Node *clause, Index relid, AttrNumber attnum)
{
	Bitmapset *offset = NULL;

	pull_varattnos(clause, relid, &offset);
	return bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber,
						 offset) ||
		bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, offset);
}

/*
 * Add the columns in an expression or a list; 0 for the whole row.
 * pull_varattnos() adds an offset, so that system columns fit into a set.
 */
static Bitmapset *
find_columns(Bitmapset *found, RelOptInfo *baserel, const void *node)
{
	Bitmapset *offset = NULL;
	int member = -1;

	pull_varattnos((Node *) node, baserel->relid, &offset);
	while ((member = bms_next_member(offset, member)) >= 0)
	{
		int attnum = member + FirstLowInvalidHeapAttributeNumber;

		/* System columns are not in a reply. */
		if (attnum >= 0)
			found = bms_add_member(found, attnum);
	}
	return found;
}

/* Add the columns of a whole row. */
static Bitmapset *
add_all_columns(Bitmapset *set, const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			set = bms_add_member(set, i + 1);
	return set;
}
