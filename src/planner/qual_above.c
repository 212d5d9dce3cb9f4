/*
 * qual_above.c
 *	  What the queries around a relation's own do with its columns.  See
 *	  qual_walk.h.
 *
 * A query that is planned apart knows nothing of the one around it, which is
 * found by the planner's chain of roots.  That has it still as it was parsed: a
 * subquery of an expression until the whole expression is done, a WITH query as
 * long as any of the others is not, one in FROM always.
 *
 * Which of the subqueries of a query is being planned is recognised by its
 * range table and target list.  An EXISTS that is to be hashed returns what it
 * compares, under no names.
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

/* Where in the query around it a query may stand. */
typedef struct Places
{
	const PlannerInfo *root;
	bool is_minmax;
	List *relations; /* IntList of rtindexes */
	List *ctes;		 /* of CommonTableExpr * */
	List *sublinks;	 /* of SubLink * */
} Places;

/* Whose uses are looked for. */
typedef struct Search
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	const DcfColumn *column;
	const DcfQuals *quals; /* what its clauses give under conditions */
	DcfQualUses *uses;	   /* what is found */
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

/* From the relation's own query outwards. */
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
 * Walk through the relation's own query.  Of partitions the first one's walk is
 * all of theirs, but where clauses on its own columns are left out.
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
		walk->comparison = shared->comparison;
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
	if (shared && !walk->unsure)
	{
		shared->known = true;
		shared->columns = columns;
		shared->comparison = walk->comparison;
	}
	return columns;
}

/* The clauses that give the column a value, but for a condition. */
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
 * False where nothing follows, or what does gives no value to send.  Not settled:
 * a condition may leave it without, and then the query around compares it; but
 * "NULL IN (SELECT ...)" does not: it is NULL if there is any row.
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
 * Whether a query may be the one that is being planned.  Planning adds to the
 * range table, and leaves the target list's names alone; but of EXISTS, which
 * is made to return what it compares, and of min() and max().
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

/* As EXISTS does when it is planned: what it compares, or nothing. */
static bool
returns_unnamed(const Query *query)
{
	return query->targetList == NIL ||
		linitial_node(TargetEntry, query->targetList)->resname == NULL;
}

/* is_whole: no subquery has been merged, so that columns are as written. */
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
 * Walk through the query around root's, in which columns of that one are
 * followed.  Where it cannot be found, anything may be done with them.
 */
static Bitmapset *
walk_above(const DcfQualWalk *own, const Places *places, Bitmapset *columns,
		   DcfComparison **comparison)
{
	DcfQualWalk walk;
	ListCell *lc;

	/* A path for min() or max() stands for the query, whatever it returns. */
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
 * Clauses on the column that follow from the query around, if the query
 * returns the column as it is, once, and has the same rows of it whether they
 * are restricted before or after; else NIL.
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

/* Of the sublink's comparisons the one with its output column, or NULL. */
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

/* Whether there is something that cannot be given to the query by parameters. */
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

		/* Not a column that stands for an expression. */
		kind = rt_fetch(var->varno, above->rtable)->rtekind;
		return kind != RTE_RELATION && kind != RTE_SUBQUERY &&
			kind != RTE_FUNCTION && kind != RTE_VALUES && kind != RTE_CTE;
	}
	return dcf_qual_walk_is_run_time(node) ||
		expression_tree_walker(node, contains_unpassable, context);
}

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

/* What a query groups by in place of its columns of their own. */
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
 * An expression of the query around, with parameters for its columns; NULL if
 * that cannot be.
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
 * "v IN (SELECT c ...)", where it is not a join, is made to ask for v's value: v
 * becomes a parameter of the subquery, which is then not hashed but run for
 * each.  Of a NULL everything is asked for, and compared with it: the result is
 * NULL then, if there is a row.
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
