/*
 * rescan.c
 *	  Scans that will probably be read again.  See rescan.h.
 *
 * The executor sets EXEC_FLAG_REWIND where a node may be rescanned without a
 * changed parameter.  It does not set it for a scan below a node whose other parts
 * depend on a changed parameter, nor where a parameter changes to a value that it
 * had before.  So the whole plan is searched.
 *
 * Caching all rows would be slower: copying a million rows costs more than reading
 * them, and most scans are read once.
 */
#include "postgres.h"

#include "parser/parsetree.h"

#include "base/compat.h"
#include "request/fdw_private.h"
#include "rescan.h"

static void walk(const Plan *plan, bool repeated, List **scans);

static void
walk_list(const List *plans, bool repeated, List **scans)
{
	ListCell *lc;

	foreach(lc, plans)
		walk(lfirst(lc), repeated, scans);
}

/* Note a foreign scan, unless it is not of a base relation. */
static void
add_scan(const ForeignScan *scan, bool repeated, List **scans)
{
	DcfRescanCandidate *found = palloc(sizeof(DcfRescanCandidate));

	/* A join that another wrapper pushed down. */
	if (scan->scan.scanrelid == 0)
		return;
	found->scan = scan;
	found->repeated = repeated;
	*scans = lappend(*scans, found);
}

/*
 * Collect the foreign scans of a plan.  repeated: the plan may be read more than
 * once, with rows fetched again each time.
 */
static void
walk(const Plan *plan, bool repeated, List **scans)
{
	bool inner;

	if (plan == NULL)
		return;
	switch (nodeTag(plan))
	{
		case T_Material:
		case T_Sort:
		case T_Hash:
			/* These keep their rows until a parameter changes. */
			repeated &= !bms_is_empty(plan->extParam);
			break;
		case T_Memoize:
			repeated = false;
			break;
		default:
			break;
	}

	/*
	 * A nested loop reads its inner side for each outer row, and a recursive
	 * union its recursive term in each round.
	 */
	inner = repeated || IsA(plan, NestLoop) || IsA(plan, RecursiveUnion);
	walk(plan->lefttree, repeated, scans);
	walk(plan->righttree, inner, scans);

	switch (nodeTag(plan))
	{
		case T_ForeignScan:
			add_scan((const ForeignScan *) plan, repeated, scans);
			break;
		case T_Append:
			walk_list(((const Append *) plan)->appendplans, repeated, scans);
			break;
		case T_MergeAppend:
			walk_list(((const MergeAppend *) plan)->mergeplans, repeated,
					  scans);
			break;
		case T_SubqueryScan:
			walk(((const SubqueryScan *) plan)->subplan, repeated, scans);
			break;
		case T_CustomScan:
			/* A batched join rescans with other keys each time. */
			walk_list(((const CustomScan *) plan)->custom_plans, repeated,
					  scans);
			break;
		default:
			break;
	}
}

List *
dcf_rescan_list(const PlannedStmt *statement)
{
	List *scans = NIL;
	ListCell *lc;

	walk(statement->planTree, false, &scans);
	foreach(lc, statement->subplans)
	{
		const Plan *plan = lfirst(lc);
		int id = foreach_current_index(lc) + 1;

		/* A subquery that depends on nothing outside and is not hashed. */
		bool repeated = bms_is_member(id, statement->rewindPlanIDs);

		/* A subquery with parameters, if only those of another subquery. */
		if (plan)
			walk(plan, repeated || !bms_is_empty(plan->extParam), &scans);
	}
	return scans;
}

/* Whether two scans may send the same requests: same table, user and clauses. */
static bool
may_send_same(const PlannedStmt *statement, const ForeignScan *one,
			  const ForeignScan *other)
{
	RangeTblEntry *first = rt_fetch(one->scan.scanrelid, statement->rtable);
	RangeTblEntry *second = rt_fetch(other->scan.scanrelid, statement->rtable);

	return first->relid == second->relid &&
		dcf_compat_check_as_user(one, first) ==
		dcf_compat_check_as_user(other, second) &&
		dcf_fdw_private_may_be_same(one, other);
}

bool
dcf_rescan_find(const List *scans, const PlannedStmt *statement,
				const ForeignScan *scan, Bitmapset **fetched)
{
	bool wanted = false;
	ListCell *lc;

	foreach(lc, scans)
	{
		const DcfRescanCandidate *other = lfirst(lc);

		if (other->scan == scan)
			wanted |= other->repeated;
		else if (may_send_same(statement, scan, other->scan))
		{
			wanted = true;
			*fetched =
				bms_join(*fetched, dcf_fdw_private_fetched(other->scan));
		}
	}
	return wanted;
}
