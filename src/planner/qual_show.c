/*
 * qual_show.c
 *	  A comparison as SQL.  See qual.h.
 *
 * ruleutils.c writes expressions of a plan, or of a stored query.  A
 * comparison may refer to several nested queries.  So their range tables are
 * concatenated, and the comparison's Vars are renumbered, as if all belonged
 * to one query.
 */
#include "postgres.h"

#include "commands/explain.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/ruleutils.h"

#include "base/compat.h"
#include "planner/qual.h"

/* Show at most this many bytes of a comparison. */
#define SHOWN_LENGTH 200

/* The range tables to concatenate. */
typedef struct Merge
{
	List *rtables;	   /* of the nested queries, from the innermost outwards */
	PlannerInfo *root; /* of the outermost of them */
	/* depth of the current node in subqueries of the clause */
	int sublevels;
	bool failed; /* the comparison cannot be shown */
} Merge;

static int count_named(const List *rtable);
static Node *merge(Node *node, void *context);
static Node *merge_param(Merge *context, Param *param);
static Var *move_var(Merge *context, const Var *var, int level);

char *
dcf_qual_show(const DcfComparison *comparison)
{
	Merge context = {.rtables = list_copy(comparison->rtables),
					 .root = comparison->root};
	PlannedStmt *stmt = makeNode(PlannedStmt);
	Bitmapset *used = NULL;
	List *names;
	Node *clause;
	char *text;

	if (comparison->clause == NULL)
		return NULL;
	for (PlannerInfo *root = comparison->root->parent_root; root;
		 root = root->parent_root)
		context.rtables = lappend(context.rtables, root->parse->rtable);
	clause = merge(comparison->clause, &context);
	if (context.failed)
		return NULL;
	for (int i = 0; i < list_length(context.rtables); i++)
		stmt->rtable = list_concat(stmt->rtable, list_nth(context.rtables, i));
	used = bms_add_range(NULL, 1, list_length(stmt->rtable));
	names = select_rtable_names_for_explain(stmt->rtable, used);
	text =
		deparse_expression(clause, deparse_context_for_plan_tree(stmt, names),
						   count_named(stmt->rtable) > 1, false);
	if (strlen(text) > SHOWN_LENGTH)
		text = psprintf("%.*s...",
						pg_mbcliplen(text, strlen(text), SHOWN_LENGTH), text);
	return text;
}

/*
 * The number of range table entries with columns.  With only one, columns need
 * no qualifying name.
 */
static int
count_named(const List *rtable)
{
	int count = 0;
	ListCell *lc;

	foreach(lc, rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind != RTE_RESULT && dcf_compat_group_exprs(rte) == NIL)
			count++;
	}
	return count;
}

/* Mutator: renumber Vars, and replace Params by the Vars they stand for. */
static Node *
merge(Node *node, void *context)
{
	Merge *state = context;

	if (node == NULL)
		return NULL;
	switch (nodeTag(node))
	{
		case T_Var:
		{
			int level = (int) ((Var *) node)->varlevelsup - state->sublevels;

			return level < 0 ? copyObject(node) :
							   (Node *) move_var(state, (Var *) node, level);
		}
		case T_Param:
			return merge_param(state, (Param *) node);
		case T_PlaceHolderVar:
			return merge((Node *) ((PlaceHolderVar *) node)->phexpr, state);
		case T_SubPlan:
		case T_AlternativeSubPlan:
			state->failed = true;
			return node;
		case T_Query:
		{
			Query *query;

			state->sublevels++;
			query = query_tree_mutator((Query *) node, merge, state, 0);
			state->sublevels--;
			return (Node *) query;
		}
		default:
			return expression_tree_mutator(node, merge, context);
	}
}

/* A Param that an outer query passes to a subquery is one of its columns. */
static Node *
merge_param(Merge *context, Param *param)
{
	int level = list_length(context->rtables);
	int above = 0;
	ListCell *lc;

	if (param->paramkind != PARAM_EXEC)
		return copyObject((Node *) param);
	for (PlannerInfo *root = context->root; root->parent_root;
		 root = root->parent_root)
		above++;

	/*
	 * The last range tables are those of the queries around root's, so level
	 * becomes the index of the first of them.
	 */
	level -= above;
	for (PlannerInfo *root = context->root->parent_root; root;
		 root = root->parent_root, level++)
		foreach(lc, root->plan_params)
		{
			const PlannerParamItem *item = lfirst_node(PlannerParamItem, lc);

			if (item->paramId == param->paramid && IsA(item->item, Var))
				return (Node *) move_var(context, (Var *) item->item, level);
		}
	context->failed = true;
	return (Node *) param;
}

/* Renumber a Var from the level-th range table to the concatenated one. */
static Var *
move_var(Merge *context, const Var *var, int level)
{
	Var *moved = copyObject((Var *) var);
	const RangeTblEntry *rte;

	if (level >= list_length(context->rtables) || IS_SPECIAL_VARNO(var->varno))
	{
		context->failed = true;
		return moved;
	}
	rte = list_nth(list_nth(context->rtables, level), var->varno - 1);

	/* The columns of a join refer to others by numbers that no longer hold. */
	if (rte->rtekind != RTE_RELATION && rte->rtekind != RTE_SUBQUERY &&
		rte->rtekind != RTE_FUNCTION && rte->rtekind != RTE_VALUES &&
		rte->rtekind != RTE_CTE)
		context->failed = true;

	/* In the concatenated list, those of the inner queries stand before it. */
	for (int i = 0; i < level; i++)
		moved->varno += list_length(list_nth(context->rtables, i));

	/* ruleutils.c would prefer this number, which is no longer right. */
	moved->varnosyn = 0;
	moved->varlevelsup = context->sublevels;
	return moved;
}
