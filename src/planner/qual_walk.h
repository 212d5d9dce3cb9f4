/*
 * qual_walk.h
 *	  Finding what a query does with some columns, and what follows from that.
 *	  See qual.h.
 */
#ifndef DCF_QUAL_WALK_H
#define DCF_QUAL_WALK_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"

/*
 * A walk through a query and everything in it.  The followed columns are
 * columns of range table entries, and of WITH queries and subqueries for which
 * the range table entry is not known yet. depth counts nested queries from
 * that of root, which is 0.
 */
typedef struct DcfQualWalk
{
	PlannerInfo *root; /* of the outermost query of the walk */
	int depth;
	List *queries;	 /* of Query *, from the innermost outwards */
	List *relations; /* of DcfQualFollowed *, with an rtindex */
	List *ctes;		 /* of DcfQualFollowed *, with a name */
	List *sublinks;	 /* of DcfQualFollowed *, with a sublink */

	/*
	 * row type of the table that the walk is about, or InvalidOid if unknown
	 */
	Oid rowtype;
	AttrNumber attnum; /* the column that the walk is about */

	/* a clause that the planner added for min() or max(), or NULL */
	Node *planner_clause;

	/* the relation of the clauses in ignored, or NULL */
	RelOptInfo *baserel;
	List *ignored; /* of Node *, clauses to skip */

	/*
	 * the innermost expression around the current node whose result decides
	 * something; NULL if there is none
	 */
	Node *clause;
	bool carried; /* the expression contains a followed column */

	/* the result depended on rowtype, so it holds for no other child table */
	bool depends_on_rowtype;
	DcfComparison *comparison; /* the first one found, or NULL */
} DcfQualWalk;

/* Followed columns of a range table entry, WITH query or subquery. */
typedef struct DcfQualFollowed
{
	int depth;
	Index rtindex;
	const char *ctename;
	const SubLink *sublink;
	Bitmapset *columns; /* numbers from 1 */
} DcfQualFollowed;

/* Start a walk from the query that root plans. */
extern void dcf_qual_walk_init(DcfQualWalk *walk, PlannerInfo *root);

/*
 * Follow columns of a relation, and of its inheritance parents the columns
 * that they become there.
 */
extern void dcf_qual_walk_follow(DcfQualWalk *walk, Index rtindex,
								 Bitmapset *columns);

/* Follow output columns of a WITH query of root's. */
extern void dcf_qual_walk_follow_cte(DcfQualWalk *walk, const char *name,
									 Bitmapset *columns);

/* Follow output columns of a subquery in an expression. */
extern void dcf_qual_walk_follow_sublink(DcfQualWalk *walk,
										 const SubLink *sublink,
										 Bitmapset *columns);

/*
 * Walk through root's query, whether only parsed or partly planned.  Returns
 * the numbers of its output columns that contain a followed column.
 */
extern Bitmapset *dcf_qual_walk_query(DcfQualWalk *walk);

/* Whether an expression is a followed column at the current depth. */
extern bool dcf_qual_walk_is_followed(const DcfQualWalk *walk,
									  const Node *node);

/*
 * Whether a node, other than a column, has a value only while the query runs.
 */
extern bool dcf_qual_walk_is_run_time(const Node *node);

/*
 * Whether root plans a query that PostgreSQL has made for a min() or max(),
 * which has a clause to exclude NULLs. *planner_clause receives that clause.
 */
extern bool dcf_qual_walk_is_minmax(const PlannerInfo *root,
									Node **planner_clause);

/*
 * Whether a clause was added by PostgreSQL to exclude NULLs from min() or
 * max(), so that it is not a comparison of the query's.
 */
extern bool dcf_qual_is_minmax(const PlannerInfo *root, const Node *clause);

/*
 * The column of a clause "c = c", or of what PostgreSQL has simplified it to;
 * else NULL.
 */
extern const Node *dcf_qual_tautology(PlannerInfo *root,
									  const RelOptInfo *baserel,
									  const Node *clause);

/* Whether a clause contains a column of a relation, or its whole row. */
extern bool dcf_qual_has_column(Node *clause, Index relid, AttrNumber attnum);

/*
 * Clauses on a column that follow from all uses of a WITH query together. root
 * plans the WITH query, and column is its output column resno.  NIL if some
 * use needs all rows.
 */
extern List *dcf_qual_implied_by_cte(PlannerInfo *root,
									 const CommonTableExpr *cte, Var *column,
									 AttrNumber resno);

#endif /* DCF_QUAL_WALK_H */
