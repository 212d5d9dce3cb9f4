/*
 * qual_above.c
 *	  What the queries around a relation's own do with its columns.  See
 *	  qual_walk.h.
 *
 * A subquery that is planned separately knows nothing of the query around it.
 * That query is found by the planner's chain of roots (parent_root).  It still
 * has the subquery as it was parsed: one in an expression until the whole
 * expression is planned, a WITH query as long as any of the others is not, one
 * in FROM always.
 *
 * Which of the parsed subqueries is being planned is recognised by its range
 * table and target list.  An EXISTS that is planned for hashing returns the
 * columns it compares, without names.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/paramassign.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "qual_family.h"
#include "qual_walk.h"

/* Where the query that root plans may stand in the query around it. */
typedef struct Places
{
	const PlannerInfo *root;
	bool is_minmax;
	List *relations; /* IntList of rtindexes */
	List *ctes;		 /* of CommonTableExpr * */
	List *sublinks;	 /* of SubLink * */
} Places;

/* The column whose uses are searched. */
typedef struct Search
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	const DcfColumn *column;
	const DcfQuals *quals; /* of the column's clauses */
	DcfQualUses *uses;	   /* the result */
} Search;

static void look_for_uses(Search *search);
static Bitmapset *walk_own(const Search *search, DcfQualWalk *walk);
static List *conditional_clauses(const Search *search);
static bool add_implied(Search *search, const Places *places,
						const DcfQualWalk *own, Bitmapset *columns,
						bool *settled);
static void find_places(Places *places, const PlannerInfo *root);
static bool find_sublinks(Node *node, void *context);
static bool may_be_planned(const Places *places, const Query *query,
						   bool is_exists);
static bool returns_unnamed(const Query *query);
static bool may_be_same_entry(const TargetEntry *one, const TargetEntry *other,
							  bool is_whole);
static Bitmapset *walk_above(const DcfQualWalk *own, const Places *places,
							 Bitmapset *columns, DcfComparison **comparison);
static List *implied_clauses(PlannerInfo *root, const Places *places,
							 const DcfQualWalk *own, Var *column,
							 Bitmapset *columns);
static bool passes_restrictions(const Query *query, const TargetEntry *entry);
static bool contains_unpassable(Node *node, void *context);
static Node *flatten_groups(Node *node, void *context);
static Node *replace_columns(Node *node, void *context);
static Node *pass_as_param(PlannerInfo *root, Node *expr);
static List *implied_by_sublink(PlannerInfo *root, const SubLink *sublink,
								Var *column, AttrNumber resno);

DcfQualUses *
dcf_qual_uses(PlannerInfo *root, RelOptInfo *baserel,
			  const DcfRelation *relation, const Bitmapset *attnums,
			  const DcfQuals *quals)
{
	DcfQualUses *uses = palloc0(sizeof(DcfQualUses));
	int attnum = -1;

	uses->comparisons =
		palloc0(sizeof(DcfComparison *) * Max(relation->natts, 1));
	while ((attnum = bms_next_member(attnums, attnum)) >= 0)
	{
		Search search = {root,	   baserel,
						 relation, &relation->columns[attnum - 1],
						 quals,	   uses};

		look_for_uses(&search);
	}
	return uses;
}

/*
 * Search the relation's own query, then outwards as long as the query returns
 * the column.
 */
static void
look_for_uses(Search *search)
{
	DcfQualUses *uses = search->uses;
	PlannerInfo *root = search->root;
	AttrNumber attnum = search->column->attnum;
	DcfComparison *comparison;
	Bitmapset *columns;
	DcfQualWalk walk;
	Places places;
	bool settled;

	columns = walk_own(search, &walk);
	if (walk.comparison)
		uses->compared = bms_add_member(uses->compared, attnum);
	uses->comparisons[attnum - 1] = walk.comparison;

	while (root->parent_root && !bms_is_empty(columns))
	{
		find_places(&places, root);
		if (root == search->root &&
			add_implied(search, &places, &walk, columns, &settled) && settled)
			return;
		columns = walk_above(&walk, &places, columns, &comparison);
		if (comparison)
			uses->above = bms_add_member(uses->above, attnum);
		if (!uses->comparisons[attnum - 1])
			uses->comparisons[attnum - 1] = comparison;
		root = root->parent_root;
	}
}

/*
 * Walk through the relation's own query.  The result for the first partition
 * serves for all, unless the walk skips clauses on the partition's own
 * columns.
 */
static Bitmapset *
walk_own(const Search *search, DcfQualWalk *walk)
{
	PlannerInfo *root = search->root;
	AttrNumber attnum = search->column->attnum;
	DcfFamilyWalk *shared;
	Bitmapset *columns;

	dcf_qual_walk_init(walk, root);
	walk->attnum = attnum;
	walk->ignored = conditional_clauses(search);
	shared = walk->ignored == NIL ?
		dcf_family_walk(root, search->baserel, attnum) :
		NULL;
	if (shared && shared->known)
	{
		walk->comparison = shared->comparison;
		walk->relations = list_copy(shared->relations);
	}
	if (shared && shared->known &&
		(!root->parent_root || bms_is_empty(shared->columns)))
		return shared->columns;

	walk->rowtype = get_rel_type_id(search->relation->relid);
	dcf_qual_walk_follow(walk, search->baserel->relid,
						 bms_make_singleton(attnum));
	if (shared && shared->known)
		return shared->columns;
	(void) dcf_qual_walk_is_minmax(root, &walk->planner_clause);
	walk->baserel = search->baserel;
	columns = dcf_qual_walk_query(walk);
	if (shared && !walk->depends_on_rowtype)
	{
		shared->known = true;
		shared->columns = columns;
		shared->relations = list_copy(walk->relations);
		shared->comparison = walk->comparison;
	}
	return columns;
}

/*
 * The clauses that give the column a value, but only under a condition.
 * Columns with an unconditional binding are not searched at all.
 */
static List *
conditional_clauses(const Search *search)
{
	List *clauses = NIL;
	ListCell *lc_binding;
	ListCell *lc_clause;

	forboth(lc_binding, search->quals->bindings, lc_clause,
			search->quals->sent)
		if (((DcfBinding *) lfirst(lc_binding))->attnum ==
			search->column->attnum)
			clauses =
				lappend(clauses, lfirst_node(RestrictInfo, lc_clause)->clause);
	return clauses;
}

/*
 * Add the clauses that follow from the query around.  False if none follows,
 * or none gives a value to send. *settled: the query around cannot compare the
 * column without a value.  It can if a condition leaves the column without
 * one; but for "NULL IN (SELECT ...)" that is correct, because the result is
 * NULL if there is any row.
 */
static bool
add_implied(Search *search, const Places *places, const DcfQualWalk *own,
			Bitmapset *columns, bool *settled)
{
	const DcfColumn *column = search->column;
	Form_pg_attribute attribute =
		TupleDescAttr(search->relation->tupdesc, column->attnum - 1);
	Var *var =
		makeVar(search->baserel->relid, column->attnum, attribute->atttypid,
				attribute->atttypmod, attribute->attcollation, 0);
	List *rinfos = NIL;
	DcfQuals *quals;
	ListCell *lc;

	foreach(lc, implied_clauses(search->root, places, own, var, columns))
		rinfos = lappend(rinfos,
						 make_simple_restrictinfo(search->root, lfirst(lc)));
	quals = dcf_qual_classify(search->root, search->baserel, search->relation,
							  NIL, NULL, NIL, rinfos);
	if (quals->bindings == NIL)
		return false;
	search->uses->implied = list_concat(search->uses->implied, rinfos);
	*settled = places->sublinks != NIL ||
		bms_is_member(column->attnum, dcf_qual_always_bound(quals));
	return true;
}

/* Find the places where the query may stand in the one around it. */
static void
find_places(Places *places, const PlannerInfo *root)
{
	Query *above = root->parent_root->parse;
	Node *planner_clause;
	ListCell *lc;

	memset(places, 0, sizeof(*places));
	places->root = root;
	places->is_minmax = dcf_qual_walk_is_minmax(root, &planner_clause);
	foreach(lc, above->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY && rte->subquery &&
			may_be_planned(places, rte->subquery, false))
			places->relations =
				lappend_int(places->relations, foreach_current_index(lc) + 1);
	}
	foreach(lc, above->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);

		if (IsA(cte->ctequery, Query) &&
			may_be_planned(places, (Query *) cte->ctequery, false))
			places->ctes = lappend(places->ctes, cte);
	}
	(void) query_tree_walker(above, find_sublinks, places,
							 QTW_IGNORE_RT_SUBQUERIES |
								 QTW_IGNORE_CTE_SUBQUERIES);
}

/* Walker: find the subqueries in expressions that may be the query. */
static bool
find_sublinks(Node *node, void *context)
{
	Places *places = context;

	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, SubLink))
	{
		SubLink *sublink = (SubLink *) node;

		if (IsA(sublink->subselect, Query) &&
			may_be_planned(places, (Query *) sublink->subselect,
						   sublink->subLinkType == EXISTS_SUBLINK))
			places->sublinks = lappend(places->sublinks, sublink);
	}
	return expression_tree_walker(node, find_sublinks, context);
}

/*
 * Whether a parsed query may be the one being planned.  Planning only appends
 * to the range table, and leaves the names in the target list alone, except
 * for EXISTS, min() and max().
 */
static bool
may_be_planned(const Places *places, const Query *query, bool is_exists)
{
	const Query *planned = places->root->parse;
	ListCell *one;
	ListCell *other;

	if (list_length(query->rtable) > list_length(planned->rtable))
		return false;
	forboth(one, query->rtable, other, planned->rtable)
	{
		const RangeTblEntry *rte = lfirst_node(RangeTblEntry, one);
		const RangeTblEntry *found = lfirst_node(RangeTblEntry, other);

		if (rte->relid != found->relid ||
			strcmp(rte->eref->aliasname, found->eref->aliasname) != 0)
			return false;
	}
	if ((is_exists && returns_unnamed(planned)) || places->is_minmax)
		return true;
	if (list_length(query->targetList) != list_length(planned->targetList))
		return false;
	forboth(one, query->targetList, other, planned->targetList)
		if (!may_be_same_entry(lfirst(one), lfirst(other),
							   list_length(query->rtable) ==
								   list_length(planned->rtable)))
			return false;
	return true;
}

/*
 * Whether it returns columns without names, or none, as a planned EXISTS does.
 */
static bool
returns_unnamed(const Query *query)
{
	return query->targetList == NIL ||
		linitial_node(TargetEntry, query->targetList)->resname == NULL;
}

/*
 * Whether two target list entries may be the same. is_whole: no subquery has
 * been merged into the query, so its columns are still as written.
 */
static bool
may_be_same_entry(const TargetEntry *one, const TargetEntry *other,
				  bool is_whole)
{
	const Var *var = (const Var *) one->expr;
	const Var *found = (const Var *) other->expr;

	if (is_whole && IsA(var, Var) && IsA(found, Var) && var->location >= 0 &&
		found->location >= 0 && var->location != found->location)
		return false;
	return one->resname == NULL || other->resname == NULL ?
		one->resname == other->resname :
		strcmp(one->resname, other->resname) == 0;
}

/*
 * Walk through the query around root's, following the columns that root's
 * returns.  If its place there is unknown, assume that they are compared.
 */
static Bitmapset *
walk_above(const DcfQualWalk *own, const Places *places, Bitmapset *columns,
		   DcfComparison **comparison)
{
	DcfQualWalk walk;
	ListCell *lc;

	/*
	 * The path for min() or max() replaces the whole query and all its
	 * columns.
	 */
	if (places->is_minmax)
		columns = bms_add_range(NULL, 1, MaxTupleAttributeNumber);
	dcf_qual_walk_init(&walk, places->root->parent_root);
	walk.rowtype = own->rowtype;
	walk.attnum = own->attnum;
	foreach(lc, places->relations)
		dcf_qual_walk_follow(&walk, lfirst_int(lc), columns);
	foreach(lc, places->ctes)
		dcf_qual_walk_follow_cte(&walk,
								 ((CommonTableExpr *) lfirst(lc))->ctename,
								 columns);
	foreach(lc, places->sublinks)
		dcf_qual_walk_follow_sublink(&walk, lfirst(lc), columns);
	columns = dcf_qual_walk_query(&walk);
	*comparison = walk.comparison;
	if (places->relations == NIL && places->ctes == NIL &&
		places->sublinks == NIL)
		*comparison = palloc0(sizeof(DcfComparison));
	return columns;
}

/*
 * Clauses on the column that follow from the query around.  NIL unless the
 * query returns the column unchanged and once, and can be restricted to some
 * values of it without changing its other rows.
 */
static List *
implied_clauses(PlannerInfo *root, const Places *places,
				const DcfQualWalk *own, Var *column, Bitmapset *columns)
{
	int nplaces = list_length(places->relations) + list_length(places->ctes) +
		list_length(places->sublinks);
	TargetEntry *entry;
	int resno;

	if (nplaces != 1 || places->is_minmax ||
		!bms_get_singleton_member(columns, &resno))
		return NIL;
	entry = list_nth_node(TargetEntry, root->parse->targetList, resno - 1);
	if (!dcf_qual_walk_is_followed(own, (Node *) entry->expr) ||
		((Var *) entry->expr)->varattno == 0 ||
		!passes_restrictions(root->parse, entry))
		return NIL;
	if (places->sublinks != NIL)
		return implied_by_sublink(root, linitial(places->sublinks), column,
								  resno);
	if (places->ctes != NIL)
		return dcf_qual_implied_by_cte(root, linitial(places->ctes), column,
									   resno);
	return NIL;
}

/*
 * Whether a restriction on an output column can be moved into the query:
 * nothing in it, such as LIMIT or an aggregate, looks at rows with several
 * values of the column.
 */
static bool
passes_restrictions(const Query *query, const TargetEntry *entry)
{
	ListCell *lc;

	if (query->limitCount || query->limitOffset || query->hasDistinctOn ||
		query->hasWindowFuncs || query->hasTargetSRFs ||
		query->setOperations || query->groupingSets != NIL)
		return false;
	if (!query->hasAggs && query->groupClause == NIL && !query->havingQual)
		return true;
	foreach(lc, query->groupClause)
		if (lfirst_node(SortGroupClause, lc)->tleSortGroupRef ==
			entry->ressortgroupref)
			return true;
	return false;
}

/* Find the sublink's comparison with its output column; NULL if none. */
static OpExpr *
find_test(Node *test, AttrNumber resno, Expr **other)
{
	OpExpr *op = (OpExpr *) test;
	ListCell *lc;

	if (test != NULL && is_andclause(test))
	{
		foreach(lc, ((BoolExpr *) test)->args)
		{
			op = find_test(lfirst(lc), resno, other);
			if (op)
				return op;
		}
		return NULL;
	}
	if (test == NULL || !IsA(test, OpExpr) || list_length(op->args) != 2)
		return NULL;
	for (int i = 0; i < 2; i++)
	{
		const Param *param = list_nth(op->args, i);

		if (IsA(param, Param) && param->paramkind == PARAM_SUBLINK &&
			param->paramid == resno)
		{
			*other = list_nth(op->args, 1 - i);
			return op;
		}
	}
	return NULL;
}

/*
 * Whether an expression contains anything that cannot be passed to a subquery
 * as a parameter.
 */
static bool
contains_unpassable(Node *node, void *context)
{
	const Query *above = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var *var = (const Var *) node;
		RTEKind kind;

		if (var->varlevelsup > 0 || var->varattno <= 0)
			return true;

		/* A column of a join or a group stands for an expression. */
		kind = rt_fetch(var->varno, above->rtable)->rtekind;
		return kind != RTE_RELATION && kind != RTE_SUBQUERY &&
			kind != RTE_FUNCTION && kind != RTE_VALUES && kind != RTE_CTE;
	}
	return dcf_qual_walk_is_run_time(node) ||
		expression_tree_walker(node, contains_unpassable, context);
}

/* Mutator: replace columns of the outer query by parameters. */
static Node *
replace_columns(Node *node, void *context)
{
	if (node != NULL && IsA(node, Var))
	{
		Var *outer = copyObject((Var *) node);

		outer->varlevelsup = 1;
		return (Node *) replace_outer_var(context, outer);
	}
	return expression_tree_mutator(node, replace_columns, context);
}

/* Mutator: replace columns of a GROUP RTE by what they stand for. */
static Node *
flatten_groups(Node *node, void *context)
{
	const Query *above = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var) && ((Var *) node)->varlevelsup == 0 &&
		((Var *) node)->varattno > 0 && above->groupingSets == NIL)
	{
		RangeTblEntry *rte = rt_fetch(((Var *) node)->varno, above->rtable);
		List *exprs = dcf_compat_group_exprs(rte);

		if (exprs != NIL)
			return copyObject(list_nth(exprs, ((Var *) node)->varattno - 1));
	}
	return expression_tree_mutator(node, flatten_groups, context);
}

/*
 * An expression of the outer query for use in root's, with parameters for its
 * columns; NULL if it cannot be passed.
 */
static Node *
pass_as_param(PlannerInfo *root, Node *expr)
{
	expr = flatten_groups(expr, root->parent_root->parse);
	if (contains_unpassable(expr, root->parent_root->parse) ||
		contain_volatile_functions(expr))
		return NULL;
	return eval_const_expressions(root, replace_columns(expr, root));
}

/*
 * For "v IN (SELECT c ...)" that is not a join: the clause "c IS NOT DISTINCT
 * FROM v". v becomes a parameter of the subquery, which then is not hashed but
 * runs for each v.  If v is NULL, nothing is restricted, because the result is
 * NULL if there is any row.
 */
static List *
implied_by_sublink(PlannerInfo *root, const SubLink *sublink, Var *column,
				   AttrNumber resno)
{
	DistinctExpr *same = makeNode(DistinctExpr);
	OpExpr *test;
	Expr *other;

	if (sublink->subLinkType != ANY_SUBLINK)
		return NIL;
	test = find_test(sublink->testexpr, resno, &other);
	if (!test || !op_strict(test->opno))
		return NIL;
	other = (Expr *) pass_as_param(root, (Node *) other);
	if (!other)
		return NIL;

	same->opno = test->opno;
	same->opresulttype = test->opresulttype;
	same->inputcollid = test->inputcollid;
	same->args = IsA(linitial(test->args), Param) &&
			((Param *) linitial(test->args))->paramkind == PARAM_SUBLINK ?
		list_make2(column, other) :
		list_make2(other, column);
	same->location = -1;
	return list_make1(make_notclause((Expr *) same));
}
