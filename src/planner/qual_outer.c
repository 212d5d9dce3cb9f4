/*
 * qual_outer.c
 *	  The relations whose join could give values to send.  See qual.h.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

#include "planner/qual.h"
#include "qual_family.h"

/* Search for outer relations. */
typedef struct Search
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	AttrNumber attnum; /* the column that equalities are generated for */
	Bitmapset *joined; /* columns (attnums) that would get a value */
	List *sets;		   /* of Relids */
} Search;

static void search_clauses(Search *search, List *rinfos);
static void add_set(Search *search, Relids outer);
static bool is_wanted_column(PlannerInfo *root, RelOptInfo *rel,
							 EquivalenceClass *ec, EquivalenceMember *em,
							 void *arg);

List *
dcf_qual_outer_sets(PlannerInfo *root, RelOptInfo *baserel,
					const DcfRelation *relation, Bitmapset **joined)
{
	Search search = {root, baserel, relation, 0, NULL, NIL};
	Bitmapset *equated = dcf_family_equated(root, baserel, relation);
	Relids all = NULL;
	int attnum = -1;
	ListCell *lc;

	/*
	 * joininfo has only clauses that are in no equivalence class.  Those of a
	 * class are generated on demand, for one column at a time.
	 */
	search_clauses(&search, baserel->joininfo);
	while ((attnum = bms_next_member(equated, attnum)) >= 0)
	{
		search.attnum = attnum;
		search_clauses(&search,
					   generate_implied_equalities_for_column(
						   root, baserel, is_wanted_column, &search,
						   baserel->lateral_referencers));
	}

	/* A path parameterised by all of them sends the most values. */
	foreach(lc, search.sets)
		all = bms_union(all, lfirst(lc));
	if (all)
		add_set(&search, all);
	*joined = search.joined;
	return search.sets;
}

List *
dcf_qual_implied(PlannerInfo *root, RelOptInfo *baserel,
				 const DcfRelation *relation, const DcfQuals *quals,
				 Relids outer)
{
	Search search = {root, baserel, relation, 0, NULL, NIL};
	Bitmapset *equated;
	List *implied = NIL;
	int attnum = -1;
	ListCell *lc;

	if (bms_is_empty(outer))
		return NIL;
	equated = bms_del_members(dcf_family_equated(root, baserel, relation),
							  dcf_qual_always_bound(quals));
	while ((attnum = bms_next_member(equated, attnum)) >= 0)
	{
		const DcfColumn *column = &relation->columns[attnum - 1];

		/* Only these need a value; see dcf_qual_check(). */
		if ((column->kind != DCF_COLUMN_PARAMETER &&
			 !column->options->required && !column->is_preset))
			continue;
		search.attnum = column->attnum;
		foreach(lc,
				generate_implied_equalities_for_column(
					root, baserel, is_wanted_column, &search,
					baserel->lateral_referencers))
		{
			RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
			Relids others = bms_copy(rinfo->clause_relids);

			others = bms_del_member(others, baserel->relid);

			/*
			 * Equalities with any relation are generated; outer supplies only
			 * some.
			 */
			if (bms_is_subset(others, outer) &&
				join_clause_is_movable_to(rinfo, baserel))
				implied = lappend(implied, rinfo);
		}
	}
	return implied;
}

/* Add the outer relations of each join clause that could give a value. */
static void
search_clauses(Search *search, List *rinfos)
{
	RelOptInfo *baserel = search->baserel;
	ListCell *lc;

	foreach(lc, rinfos)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		DcfQuals *quals;
		Relids outer;
		ListCell *lc_binding;

		if (!join_clause_is_movable_to(rinfo, baserel))
			continue;

		/*
		 * Every path of the relation is parameterised by its lateral
		 * references.
		 */
		outer = bms_union(rinfo->clause_relids, baserel->lateral_relids);
		outer = bms_del_member(outer, baserel->relid);

		/*
		 * Classified alone, the clause shows what it would bind if outer came
		 * first.
		 */
		quals = dcf_qual_classify(search->root, baserel, search->relation,
								  list_make1(rinfo), outer, NIL, NIL);
		foreach(lc_binding, quals->bindings)
		{
			DcfBinding *binding = lfirst(lc_binding);

			search->joined = bms_add_member(search->joined, binding->attnum);
			add_set(search, outer);
		}
	}
}

/* Add a set of relations, unless it is there. */
static void
add_set(Search *search, Relids outer)
{
	ListCell *lc;

	foreach(lc, search->sets)
		if (bms_equal(lfirst(lc), outer))
			return;
	search->sets = lappend(search->sets, outer);
}

/*
 * Callback: whether a member of an equivalence class is the column.  The
 * planner calls it for each member; arg is the Search.
 */
static bool
is_wanted_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
				 EquivalenceMember *em, void *arg)
{
	const Search *search = arg;
	Node *node = (Node *) em->em_expr;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;

	/* A period may follow from an expression over a window column. */
	if (search->relation->columns[search->attnum - 1].kind ==
		DCF_COLUMN_WINDOW)
	{
		Bitmapset *attnums = NULL;

		pull_varattnos(node, rel->relid, &attnums);
		return bms_is_member(search->attnum -
								 FirstLowInvalidHeapAttributeNumber,
							 attnums);
	}
	return IsA(node, Var) && (Index) ((Var *) node)->varno == rel->relid &&
		((Var *) node)->varattno == search->attnum;
}
