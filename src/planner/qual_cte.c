/*
 * qual_cte.c
 *	  What follows for a WITH query from all its uses.  See qual_walk.h.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"

#include "qual_walk.h"

/* The uses of a WITH query, and what they require of one of its columns. */
typedef struct Uses
{
	PlannerInfo *root; /* plans the WITH query */
	const char *ctename;
	AttrNumber resno; /* number of the output column */
	Var *column;	  /* the column inside the WITH query */
	int depth;		  /* of the current query, below the one with WITH */
	Index rtindex;	  /* the current use in that query */
	bool nullable;	  /* an outer join may replace the use's rows by NULLs */
	bool found;		  /* contains_other() has met the column */
	List *arms;		  /* of Expr *, what each use requires */
	bool all;		  /* each use so far requires something */
} Uses;

static void visit_query(Uses *uses, Query *query);
static void add_arm(Uses *uses, Expr *arm);
static bool visit_inner(Node *node, void *context);
static List *clauses_of_use(Uses *uses, Node *node);
static List *add_clauses(Uses *uses, List *found, Node *quals);
static bool contains_use(const Uses *uses, Node *node);
static bool contains_other(Node *node, void *context);
static bool is_about_column(Uses *uses, Node *clause);
static Node *replace_columns(Node *node, void *context);

/*
 * If each use of a WITH query has clauses on nothing but one column, the rows
 * that satisfy any of them are enough.  Each use still checks its own.
 */
List *
dcf_qual_implied_by_cte(PlannerInfo *root, const CommonTableExpr *cte,
						Var *column, AttrNumber resno)
{
	Uses uses = {.root = root,
				 .ctename = cte->ctename,
				 .resno = resno,
				 .column = column,
				 .all = true};

	/*
	 * A recursive query reads its own earlier rows, whatever its other uses
	 * want.
	 */
	if (cte->cterecursive)
		return NIL;
	visit_query(&uses, root->parent_root->parse);
	if (!uses.all || uses.arms == NIL)
		return NIL;

	/* As single clauses, each may give a binding. */
	if (list_length(uses.arms) == 1)
		return make_ands_implicit(linitial(uses.arms));
	return list_make1(make_orclause(uses.arms));
}

/* Collect the uses in a query, and in the queries inside it. */
static void
visit_query(Uses *uses, Query *query)
{
	ListCell *lc;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		List *clauses;

		if (rte->rtekind != RTE_CTE || (int) rte->ctelevelsup != uses->depth ||
			strcmp(rte->ctename, uses->ctename) != 0)
			continue;
		uses->rtindex = foreach_current_index(lc) + 1;
		uses->nullable = false;
		clauses = clauses_of_use(uses, (Node *) query->jointree);
		if (clauses == NIL)
			uses->all = false;
		else
			add_arm(uses, make_ands_explicit(clauses));
	}

	/* Subqueries, in FROM, in WITH and in expressions, may use it, too. */
	(void) query_tree_walker(query, visit_inner, uses, 0);
}

/*
 * Add what a use requires, unless another requires the same.  An OR is added
 * arm by arm, so that equal arms are found and the result is flat.
 */
static void
add_arm(Uses *uses, Expr *arm)
{
	if (is_orclause(arm))
		uses->arms = list_concat_unique(uses->arms, ((BoolExpr *) arm)->args);
	else
		uses->arms = list_append_unique(uses->arms, arm);
}

/* Walk to the queries inside a query. */
static bool
visit_inner(Node *node, void *context)
{
	Uses *uses = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		uses->depth++;
		visit_query(uses, (Query *) node);
		uses->depth--;
		return false;
	}
	return expression_tree_walker(node, visit_inner, uses);
}

/*
 * The clauses on the column alone that the use's rows must satisfy.  The ON
 * clause of an outer join does not restrict the side whose rows are all kept.
 */
static List *
clauses_of_use(Uses *uses, Node *node)
{
	List *found = NIL;
	ListCell *lc;

	if (IsA(node, FromExpr))
	{
		foreach(lc, ((FromExpr *) node)->fromlist)
			found = list_concat(found, clauses_of_use(uses, lfirst(lc)));
		return add_clauses(uses, found, ((FromExpr *) node)->quals);
	}
	if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;
		bool left = contains_use(uses, join->larg);
		bool right = contains_use(uses, join->rarg);

		if (!left && !right)
			return NIL;
		found = clauses_of_use(uses, left ? join->larg : join->rarg);
		if (join->jointype == JOIN_INNER ||
			(join->jointype == JOIN_LEFT && right) ||
			(join->jointype == JOIN_RIGHT && left))
			found = add_clauses(uses, found, join->quals);

		/*
		 * Only now, because the join's own clauses are checked before it adds
		 * rows of NULLs.  Clauses further up see those.
		 */
		uses->nullable |= join->jointype == JOIN_FULL ||
			(join->jointype == JOIN_LEFT && right) ||
			(join->jointype == JOIN_RIGHT && left);
	}
	return found;
}

/* Whether a part of the join tree contains the current use. */
static bool
contains_use(const Uses *uses, Node *node)
{
	ListCell *lc;

	if (IsA(node, RangeTblRef))
		return (Index) ((RangeTblRef *) node)->rtindex == uses->rtindex;
	if (IsA(node, JoinExpr))
		return contains_use(uses, ((JoinExpr *) node)->larg) ||
			contains_use(uses, ((JoinExpr *) node)->rarg);
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (contains_use(uses, lfirst(lc)))
			return true;
	return false;
}

/*
 * Add the clauses on the column alone, in terms of the WITH query.  The
 * planner may have turned the expression into a list already.
 */
static List *
add_clauses(Uses *uses, List *found, Node *quals)
{
	List *list = quals && IsA(quals, List) ?
		(List *) quals :
		make_ands_implicit((Expr *) quals);
	ListCell *lc;

	foreach(lc, list)
	{
		Node *clause = lfirst(lc);

		if (is_about_column(uses, clause))
			found =
				lappend(found,
						eval_const_expressions(uses->root,
											   replace_columns(clause, uses)));
	}
	return found;
}

/* Whether an expression contains anything unknown other than the column. */
static bool
contains_other(Node *node, void *context)
{
	Uses *uses = context;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		const Var *var = (const Var *) node;

		uses->found = true;
		return var->varlevelsup > 0 || (Index) var->varno != uses->rtindex ||
			var->varattno != uses->resno;
	}
	return dcf_qual_walk_is_run_time(node) ||
		expression_tree_walker(node, contains_other, uses);
}

/*
 * Whether a clause is about the column alone.  If an outer join may produce
 * NULLs, it must be strict, so that it is not true of those.
 */
static bool
is_about_column(Uses *uses, Node *clause)
{
	uses->found = false;
	return !contains_other(clause, uses) && uses->found &&
		!contain_volatile_functions(clause) &&
		!(uses->nullable && contain_nonstrict_functions(clause));
}

/* Replace the use's column by the WITH query's own expression. */
static Node *
replace_columns(Node *node, void *context)
{
	if (node != NULL && IsA(node, Var))
		return copyObject((Node *) ((Uses *) context)->column);
	return expression_tree_mutator(node, replace_columns, context);
}
