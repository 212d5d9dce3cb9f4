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

/* The uses of a WITH query, and what they want of one column of it. */
typedef struct Uses
{
	PlannerInfo *root; /* of the WITH query */
	const char *ctename;
	AttrNumber resno; /* the column */
	Var *column;	  /* what it is in the WITH query */
	int depth;		  /* of the query looked at, below the one with WITH */
	Index rtindex;	  /* of the use looked at, there */
	bool nullable;	  /* an outer join may put NULLs in its place */
	bool found;		  /* a clause has the column */
	List *arms;		  /* of Expr *, what each use wants */
	bool all;		  /* each so far wants something */
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
 * Where each use of a WITH query has clauses on nothing but a column, it is
 * enough to ask for the rows of any of these; each use takes its own of them.
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

	if (cte->cterecursive)
		return NIL;
	visit_query(&uses, root->parent_root->parse);
	if (!uses.all || uses.arms == NIL)
		return NIL;
	if (list_length(uses.arms) == 1)
		return make_ands_implicit(linitial(uses.arms));
	return list_make1(make_orclause(uses.arms));
}

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
	(void) query_tree_walker(query, visit_inner, uses, 0);
}

static void
add_arm(Uses *uses, Expr *arm)
{
	if (is_orclause(arm))
		uses->arms = list_concat_unique(uses->arms, ((BoolExpr *) arm)->args);
	else
		uses->arms = list_append_unique(uses->arms, arm);
}

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
 * The clauses that rows of the use must pass, of those on the column alone.
 * That of an outer join is none for the side that it keeps all rows of.
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
		uses->nullable |= join->jointype == JOIN_FULL ||
			(join->jointype == JOIN_LEFT && right) ||
			(join->jointype == JOIN_RIGHT && left);
	}
	return found;
}

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

/* Whether there is something else than the column that has no value yet. */
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

static bool
is_about_column(Uses *uses, Node *clause)
{
	uses->found = false;
	return !contains_other(clause, uses) && uses->found &&
		!contain_volatile_functions(clause) &&
		!(uses->nullable && contain_nonstrict_functions(clause));
}

static Node *
replace_columns(Node *node, void *context)
{
	if (node != NULL && IsA(node, Var))
		return copyObject((Node *) ((Uses *) context)->column);
	return expression_tree_mutator(node, replace_columns, context);
}
