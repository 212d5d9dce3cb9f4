/*
 * qual_walk.c
 *	  Walking through a query to find comparisons.  See qual_walk.h.
 *
 * A comparison turns a column into a boolean or into another value, or decides
 * about rows: clauses, FILTER, operators and functions that return a boolean,
 * CASE, NULLIF, IN and the like.  A column that is only returned, grouped by,
 * sorted by or computed with is "carried" to the result.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "qual_walk.h"

static Bitmapset *visit(DcfQualWalk *walk, Query *query);
static Bitmapset *visit_inner(DcfQualWalk *walk, Node *query);
static void visit_ctes(DcfQualWalk *walk, Query *query);
static void visit_range_table(DcfQualWalk *walk, Query *query);
static Bitmapset *visit_set_operations(DcfQualWalk *walk, Node *node,
									   bool compares);
static Bitmapset *visit_targetlist(DcfQualWalk *walk, List *targetlist);
static void visit_jointree(DcfQualWalk *walk, Node *node);
static bool is_ignored(const DcfQualWalk *walk, Node *clause);
static void visit_clauses(DcfQualWalk *walk, Node *clauses);
static bool visit_expression(Node *node, void *context);
static void visit_under(DcfQualWalk *walk, Node *node, Node *clause);
static bool is_field_of_row(DcfQualWalk *walk, FieldSelect *select);
static void visit_sublink(DcfQualWalk *walk, SubLink *sublink);
static void visit_case(DcfQualWalk *walk, CaseExpr *expr);
static bool makes_boolean(const Node *node);
static bool is_tautology(const Node *node);
static bool find_tautology(Node *node, void *context);
static void note(DcfQualWalk *walk);
static void note_comparison(DcfQualWalk *walk, Node *clause);

static void
add(List **list, DcfQualFollowed followed)
{
	DcfQualFollowed *copy = palloc(sizeof(DcfQualFollowed));

	*copy = followed;
	*list = lappend(*list, copy);
}

void
dcf_qual_walk_init(DcfQualWalk *walk, PlannerInfo *root)
{
	memset(walk, 0, sizeof(*walk));
	walk->root = root;
}

/*
 * The parent's columns that contain one of these child's columns.  For an arm
 * of a UNION ALL, a parent's column may be an expression.  A comparison in it
 * counts as well, because its result depends on the child's column.
 */
static Bitmapset *
parent_columns(const AppendRelInfo *appinfo, Bitmapset *columns)
{
	DcfQualFollowed child = {.rtindex = appinfo->child_relid,
							 .columns = columns};
	DcfQualWalk walk = {.relations = list_make1(&child)};
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, appinfo->translated_vars)
	{
		walk.carried = false;
		(void) visit_expression(lfirst(lc), &walk);
		if (walk.carried || walk.comparison)
			result = bms_add_member(result, foreach_current_index(lc) + 1);
		walk.comparison = NULL;
	}
	return result;
}

void
dcf_qual_walk_follow(DcfQualWalk *walk, Index rtindex, Bitmapset *columns)
{
	while (!bms_is_empty(columns))
	{
		PlannerInfo *root = walk->root;
		AppendRelInfo *appinfo =
			root->append_rel_array ? root->append_rel_array[rtindex] : NULL;

		add(&walk->relations,
			(DcfQualFollowed){.rtindex = rtindex, .columns = columns});
		if (!appinfo)
			break;
		columns = parent_columns(appinfo, columns);
		rtindex = appinfo->parent_relid;
	}
}

void
dcf_qual_walk_follow_cte(DcfQualWalk *walk, const char *name,
						 Bitmapset *columns)
{
	add(&walk->ctes, (DcfQualFollowed){.ctename = name, .columns = columns});
}

void
dcf_qual_walk_follow_sublink(DcfQualWalk *walk, const SubLink *sublink,
							 Bitmapset *columns)
{
	add(&walk->sublinks,
		(DcfQualFollowed){.sublink = sublink, .columns = columns});
}

Bitmapset *
dcf_qual_walk_query(DcfQualWalk *walk)
{
	return visit(walk, walk->root->parse);
}

bool
dcf_qual_walk_is_followed(const DcfQualWalk *walk, const Node *node)
{
	const Var *var = (const Var *) node;
	ListCell *lc;

	if (!IsA(var, Var))
		return false;
	foreach(lc, walk->relations)
	{
		const DcfQualFollowed *one = lfirst(lc);

		/*
		 * depth counts inwards, varlevelsup outwards.  A whole row contains
		 * each column.
		 */
		if (one->depth == walk->depth - (int) var->varlevelsup &&
			one->rtindex == (Index) var->varno &&
			(var->varattno == 0 ||
			 (var->varattno > 0 && bms_is_member(var->varattno, one->columns))))
			return true;
	}
	return false;
}

bool
dcf_qual_walk_is_run_time(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_Param:
			return ((const Param *) node)->paramkind != PARAM_EXTERN;
		case T_SubLink:
		case T_SubPlan:
		case T_AlternativeSubPlan:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_PlaceHolderVar:
			return true;
		default:
			return false;
	}
}

bool
dcf_qual_walk_is_minmax(const PlannerInfo *root, Node **planner_clause)
{
	const TargetEntry *target = root->parse->targetList != NIL ?
		linitial_node(TargetEntry, root->parse->targetList) :
		NULL;
	List *quals = (List *) root->parse->jointree->quals;

	/* See build_minmax_path(): its clause is the first, before all others. */
	if (!target || !target->resname ||
		strcmp(target->resname, "agg_target") != 0 ||
		list_length(root->parse->targetList) != 1 || quals == NIL ||
		!IsA(quals, List) || !IsA(linitial(quals), NullTest))
		return false;
	*planner_clause = linitial(quals);
	return ((NullTest *) *planner_clause)->location == -1 &&
		equal(((NullTest *) *planner_clause)->arg, target->expr);
}

/*
 * Whether a clause may be the planner's: those have no location in the query's
 * text.
 */
static bool
is_planner_clause(const Node *clause)
{
	const NullTest *test = (const NullTest *) clause;

	return IsA(test, NullTest) && test->nulltesttype == IS_NOT_NULL &&
		test->location == -1;
}

bool
dcf_qual_is_minmax(const PlannerInfo *root, const Node *clause)
{
	Node *planner_clause;

	return is_planner_clause(clause) &&
		dcf_qual_walk_is_minmax(root, &planner_clause);
}

const Node *
dcf_qual_tautology(PlannerInfo *root, const RelOptInfo *baserel,
				   const Node *clause)
{
	const Node *column;
	DcfQualWalk walk;

	if (is_tautology(clause))
		return linitial(((const OpExpr *) clause)->args);
	column = (const Node *) ((const NullTest *) clause)->arg;
	if (!is_planner_clause(clause) || !IsA(column, Var) ||
		((const Var *) column)->varattno <= 0)
		return NULL;

	/*
	 * An IS NOT NULL of a view has no location, either.  The clause came from
	 * "c = c" if that still stands in the parsed join tree.
	 */
	dcf_qual_walk_init(&walk, root);
	dcf_qual_walk_follow(&walk, baserel->relid,
						 bms_make_singleton(((const Var *) column)->varattno));
	return find_tautology((Node *) root->parse->jointree, &walk) ? column :
																   NULL;
}

/* Visit a query at the walk's depth.  Returns its columns that carry some. */
static Bitmapset *
visit(DcfQualWalk *walk, Query *query)
{
	Bitmapset *columns;

	walk->queries = lcons(query, walk->queries);

	/*
	 * In this order, because each part may refer to what an earlier one has
	 * made followed.
	 */
	visit_ctes(walk, query);
	visit_range_table(walk, query);
	visit_jointree(walk, (Node *) query->jointree);
	visit_clauses(walk, query->havingQual);
	visit_under(walk, (Node *) query->mergeActionList, NULL);
	visit_under(walk, (Node *) query->returningList, NULL);
	visit_under(walk, query->limitOffset, NULL);
	visit_under(walk, query->limitCount, NULL);
	columns = visit_targetlist(walk, query->targetList);
	if (query->setOperations)
		columns = visit_set_operations(walk, query->setOperations, false);
	walk->queries = list_delete_first(walk->queries);
	return columns;
}

/*
 * Visit a query inside the one that the walk is in.  The expression around it
 * goes on afterwards, so its state is restored.
 */
static Bitmapset *
visit_inner(DcfQualWalk *walk, Node *query)
{
	Node *clause = walk->clause;
	bool carried = walk->carried;
	Bitmapset *columns;

	walk->clause = NULL;
	walk->depth++;
	columns = visit(walk, castNode(Query, query));
	walk->depth--;
	walk->clause = clause;
	walk->carried = carried;
	return columns;
}

/* Visit the WITH queries, and follow what they return. */
static void
visit_ctes(DcfQualWalk *walk, Query *query)
{
	ListCell *lc;

	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst_node(CommonTableExpr, lc);
		Bitmapset *columns = NULL;

		if (IsA(cte->ctequery, Query))
			columns = visit_inner(walk, cte->ctequery);
		if (!bms_is_empty(columns))
			add(&walk->ctes,
				(DcfQualFollowed){.depth = walk->depth,
								  .ctename = cte->ctename,
								  .columns = columns});
	}
}

/* The followed columns of a WITH query that a range table entry uses. */
static Bitmapset *
find_cte(const DcfQualWalk *walk, const RangeTblEntry *rte)
{
	ListCell *lc;

	foreach(lc, walk->ctes)
	{
		const DcfQualFollowed *one = lfirst(lc);

		if (one->depth == walk->depth - (int) rte->ctelevelsup &&
			strcmp(one->ctename, rte->ctename) == 0)
			return one->columns;
	}
	return NULL;
}

/* The positions, from 1, of expressions that carry a followed column. */
static Bitmapset *
find_carried(DcfQualWalk *walk, List *exprs)
{
	Bitmapset *columns = NULL;
	ListCell *lc;

	foreach(lc, exprs)
	{
		walk->carried = false;
		visit_under(walk, lfirst(lc), NULL);
		if (walk->carried)
			columns = bms_add_member(columns, foreach_current_index(lc) + 1);
	}
	return columns;
}

/* The columns of VALUES that carry a followed column in one of the rows. */
static Bitmapset *
visit_values(DcfQualWalk *walk, List *rows)
{
	Bitmapset *columns = NULL;
	ListCell *lc;

	foreach(lc, rows)
		columns = bms_union(columns, find_carried(walk, lfirst(lc)));
	return columns;
}

/* Visit the range table entries, and follow what they carry. */
static void
visit_range_table(DcfQualWalk *walk, Query *query)
{
	ListCell *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		Bitmapset *columns = NULL;

		/*
		 * The entry of a join, or of GROUP BY from PostgreSQL 18 on, stands
		 * for expressions over earlier entries.  What a function returns is
		 * not followed.
		 */
		if (rte->rtekind == RTE_SUBQUERY && rte->subquery)
			columns = visit_inner(walk, (Node *) rte->subquery);
		else if (rte->rtekind == RTE_CTE)
			columns = find_cte(walk, rte);
		else if (rte->rtekind == RTE_VALUES)
			columns = visit_values(walk, rte->values_lists);
		else if (rte->rtekind == RTE_FUNCTION)
			visit_under(walk, (Node *) rte->functions, NULL);
		else if (rte->rtekind == RTE_TABLEFUNC)
			visit_under(walk, (Node *) rte->tablefunc, NULL);
		else if (rte->rtekind == RTE_JOIN)
			columns = find_carried(walk, rte->joinaliasvars);
		else
			columns = find_carried(walk, dcf_compat_group_exprs(rte));
		visit_clauses(walk, (Node *) rte->securityQuals);
		if (!bms_is_empty(columns))
			add(&walk->relations,
				(DcfQualFollowed){.depth = walk->depth,
								  .rtindex = foreach_current_index(lc) + 1,
								  .columns = columns});
	}
}

/*
 * INTERSECT and EXCEPT compare all their columns. compares: one of them is
 * above this node.
 */
static Bitmapset *
visit_set_operations(DcfQualWalk *walk, Node *node, bool compares)
{
	Bitmapset *columns = NULL;
	ListCell *lc;

	if (IsA(node, SetOperationStmt))
	{
		SetOperationStmt *stmt = (SetOperationStmt *) node;

		compares |= stmt->op != SETOP_UNION;
		columns = visit_set_operations(walk, stmt->larg, compares);
		return bms_union(columns,
						 visit_set_operations(walk, stmt->rarg, compares));
	}

	/* A leaf is a subquery, which visit_range_table() has visited. */
	foreach(lc, walk->relations)
	{
		const DcfQualFollowed *one = lfirst(lc);

		if (one->depth == walk->depth &&
			one->rtindex == (Index) castNode(RangeTblRef, node)->rtindex)
			columns = bms_add_members(columns, one->columns);
	}
	if (compares && !bms_is_empty(columns))
		note_comparison(walk, NULL);
	return columns;
}

/* The output columns that carry a followed column. */
static Bitmapset *
visit_targetlist(DcfQualWalk *walk, List *targetlist)
{
	Bitmapset *columns = NULL;
	ListCell *lc;

	foreach(lc, targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		walk->carried = false;
		visit_under(walk, (Node *) entry->expr, NULL);
		if (walk->carried && !entry->resjunk)
			columns = bms_add_member(columns, entry->resno);
	}
	return columns;
}

/* Visit the clauses of WHERE and of joins. */
static void
visit_jointree(DcfQualWalk *walk, Node *node)
{
	ListCell *lc;

	if (node == NULL)
		return;
	if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			visit_jointree(walk, lfirst(lc));
		visit_clauses(walk, ((FromExpr *) node)->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		visit_jointree(walk, ((JoinExpr *) node)->larg);
		visit_jointree(walk, ((JoinExpr *) node)->rarg);
		visit_clauses(walk, ((JoinExpr *) node)->quals);
	}
}

/*
 * The clause may be about a parent of the relation whose clauses are ignored.
 */
static bool
is_ignored(const DcfQualWalk *walk, Node *clause)
{
	if (walk->ignored == NIL || walk->depth > 0)
		return false;
	if (walk->baserel->reloptkind == RELOPT_OTHER_MEMBER_REL)
		clause = dcf_compat_adjust_to_child(walk->root, clause, walk->baserel);
	return list_member(walk->ignored, clause);
}

/*
 * Visit an AND of clauses one by one, because each can be shown by itself.
 * The planner has turned some into lists.
 */
static void
visit_clauses(DcfQualWalk *walk, Node *clauses)
{
	List *list = clauses && IsA(clauses, List) ?
		(List *) clauses :
		make_ands_implicit((Expr *) clauses);
	ListCell *lc;

	foreach(lc, list)
	{
		if (IsA(lfirst(lc), List))
			visit_clauses(walk, lfirst(lc));
		else if (lfirst(lc) != walk->planner_clause &&
				 !is_ignored(walk, lfirst(lc)))
			visit_under(walk, lfirst(lc), lfirst(lc));
	}
}

/* Visit an expression that is, or is part of, a clause (or NULL: is not). */
static void
visit_under(DcfQualWalk *walk, Node *node, Node *clause)
{
	Node *outer = walk->clause;

	walk->clause = clause;
	(void) visit_expression(node, walk);
	walk->clause = outer;
}

/* Walker: note the followed columns, and what is done with them. */
static bool
visit_expression(Node *node, void *context)
{
	DcfQualWalk *walk = context;
	Node *clause = walk->clause ? walk->clause : node;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			if (dcf_qual_walk_is_followed(walk, node))
				note(walk);
			return false;
		case T_FieldSelect:
			if (is_field_of_row(walk, (FieldSelect *) node))
				return false;
			break;
		case T_SubLink:
			visit_sublink(walk, (SubLink *) node);
			return false;
		case T_SubPlan:
			/*
			 * The subquery is planned already; only what it gets from here is
			 * left.
			 */
			visit_under(walk, ((SubPlan *) node)->testexpr, clause);
			visit_under(walk, (Node *) ((SubPlan *) node)->args, clause);
			return false;
		case T_CaseExpr:
			visit_case(walk, (CaseExpr *) node);
			return false;
		case T_Aggref:
		{
			Aggref *agg = (Aggref *) node;

			/* FILTER decides about rows; arguments are only computed with. */
			visit_under(walk, (Node *) agg->aggfilter,
						(Node *) agg->aggfilter);
			(void) visit_expression((Node *) agg->aggdirectargs, walk);
			return visit_expression((Node *) agg->args, walk);
		}
		case T_WindowFunc:
		{
			WindowFunc *func = (WindowFunc *) node;

			visit_under(walk, (Node *) func->aggfilter,
						(Node *) func->aggfilter);
			return visit_expression((Node *) func->args, walk);
		}
		case T_Query:
			(void) visit_inner(walk, node);
			return false;
		default:
			break;
	}

	/* It compares the column with nothing but itself. */
	if (is_tautology(node))
		return false;

	if (!makes_boolean(node))
		return expression_tree_walker(node, visit_expression, walk);
	{
		Node *outer = walk->clause;

		/*
		 * Each followed column below is compared.  The comparison is shown as
		 * the clause around it, or else as this node.
		 */
		walk->clause = clause;
		(void) expression_tree_walker(node, visit_expression, walk);
		walk->clause = outer;
	}
	return false;
}

/*
 * Whether it is a field of a row that is not a followed column; false if that
 * cannot be told.
 */
static bool
is_field_of_row(DcfQualWalk *walk, FieldSelect *select)
{
	Var *var = (Var *) select->arg;
	Var field;

	if (OidIsValid(walk->rowtype) &&
		exprType((Node *) select->arg) == walk->rowtype)
	{
		walk->depends_on_rowtype = true;
		return select->fieldnum != walk->attnum;
	}
	if (!IsA(var, Var) || var->varattno != 0)
	{
		walk->depends_on_rowtype = true;
		return false;
	}
	field = *var;
	field.varattno = select->fieldnum;
	return !dcf_qual_walk_is_followed(walk, (Node *) &field);
}

/* Visit a subquery in an expression. */
static void
visit_sublink(DcfQualWalk *walk, SubLink *sublink)
{
	Node *clause = walk->clause ? walk->clause : (Node *) sublink;
	Bitmapset *columns = NULL;
	bool compares = false;
	ListCell *lc;

	if (IsA(sublink->subselect, Query))
		columns = visit_inner(walk, sublink->subselect);
	foreach(lc, walk->sublinks)
	{
		const DcfQualFollowed *one = lfirst(lc);

		if (one->sublink != sublink)
			continue;
		columns = bms_union(columns, one->columns);

		/* An EXISTS that is planned for hashing returns what it compares. */
		compares = sublink->subLinkType == EXISTS_SUBLINK;
	}

	/*
	 * IN, ALL and row comparisons compare what the subquery returns; a scalar
	 * subquery or an ARRAY passes it on.
	 */
	compares |= sublink->subLinkType == ANY_SUBLINK ||
		sublink->subLinkType == ALL_SUBLINK ||
		sublink->subLinkType == ROWCOMPARE_SUBLINK;
	if (!bms_is_empty(columns) && compares)
		note_comparison(walk, clause);
	else if (!bms_is_empty(columns) && sublink->subLinkType != EXISTS_SUBLINK)
		note(walk);
	visit_under(walk, sublink->testexpr, clause);
}

/* The conditions of a CASE are comparisons; its results are carried. */
static void
visit_case(DcfQualWalk *walk, CaseExpr *expr)
{
	Node *clause = walk->clause ? walk->clause : (Node *) expr;
	ListCell *lc;

	visit_under(walk, (Node *) expr->arg, clause);
	foreach(lc, expr->args)
	{
		CaseWhen *when = lfirst_node(CaseWhen, lc);

		/* IS NULL does not compare: a missing value shows as NULL. */
		if (!IsA(when->expr, NullTest))
			visit_under(walk, (Node *) when->expr,
						walk->clause ? walk->clause : (Node *) when->expr);
		(void) visit_expression((Node *) when->result, walk);
	}
	(void) visit_expression((Node *) expr->defresult, walk);
}

/* Whether a node turns its arguments into a boolean, or decides on a value. */
static bool
makes_boolean(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_ScalarArrayOpExpr:
		case T_DistinctExpr:
		case T_RowCompareExpr:
		case T_NullIfExpr:
		case T_BooleanTest:
		case T_BoolExpr:
			return true;
		case T_OpExpr:
		case T_FuncExpr:
			return exprType(node) == BOOLOID;
		default:
			return false;
	}
}

/*
 * Whether it is "c = c", or "c = coalesce(c)", which the planner makes of "c =
 * coalesce(NULL, c)".
 */
static bool
is_tautology(const Node *node)
{
	const OpExpr *op = (const OpExpr *) node;
	const CoalesceExpr *coalesce;
	Node *other;

	if (!IsA(node, OpExpr) || list_length(op->args) != 2 ||
		!IsA(linitial(op->args), Var) ||
		!op_mergejoinable(op->opno, exprType(linitial(op->args))))
		return false;
	other = lsecond(op->args);
	coalesce = (const CoalesceExpr *) other;
	if (IsA(other, CoalesceExpr) && list_length(coalesce->args) == 1)
		other = linitial(coalesce->args);
	return equal(linitial(op->args), other);
}

/* Walker: whether there is "c = c" for a followed column. */
static bool
find_tautology(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (is_tautology(node) &&
		dcf_qual_walk_is_followed(context, linitial(((OpExpr *) node)->args)))
		return true;
	return expression_tree_walker(node, find_tautology, context);
}

/* Note a followed column: compared, or carried. */
static void
note(DcfQualWalk *walk)
{
	if (walk->clause)
		note_comparison(walk, walk->clause);
	else
		walk->carried = true;
}

/* Note the first comparison, with the range tables to show it. */
static void
note_comparison(DcfQualWalk *walk, Node *clause)
{
	DcfComparison *comparison;
	ListCell *lc;

	if (walk->comparison)
		return;
	comparison = palloc0(sizeof(DcfComparison));
	comparison->clause = clause;
	foreach(lc, walk->queries)
		comparison->rtables =
			lappend(comparison->rtables, ((Query *) lfirst(lc))->rtable);
	comparison->root = walk->root;
	walk->comparison = comparison;
}
