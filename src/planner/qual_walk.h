/*
 * qual_walk.h
 *	  Walking through a query in search of what it does with some columns, and
 *	  what follows from that.  See qual.h.
 */
#ifndef DCF_QUAL_WALK_H
#define DCF_QUAL_WALK_H

#include "postgres.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

#include "planner/qual.h"

/*
 * A walk through a query and all that is in it.  Some columns are followed: of
 * relations in range tables, and of WITH queries and subqueries that are not
 * yet known to return them.  depth counts queries from the one that the walk
 * began with, 0.
 */
typedef struct DcfQualWalk
{
	PlannerInfo *root; /* of the query that the walk began with */
	int depth;
	List *queries;		  /* of Query *, from the innermost outwards */
	List *relations;	  /* of DcfQualFollowed *, with an rtindex */
	List *ctes;			  /* of DcfQualFollowed *, with a name */
	List *sublinks;		  /* of DcfQualFollowed *, with a sublink */
	Oid rowtype;		  /* of the table whose column the walk is about, */
	AttrNumber attnum;	  /* and the number of that; InvalidOid: not known */
	Node *planner_clause; /* a clause that is not the query's own, or NULL */
	RelOptInfo *baserel;  /* whose clauses are in ignored, or NULL */
	List *ignored;		  /* of Node *, clauses that are not looked at */
	Node *clause;		  /* that the walk is in, if its result decides
						* something */
	bool carried;		  /* a followed column is part of the expression */
	bool unsure; /* the result depended on rowtype, so on which child is walked */
	DcfComparison *comparison; /* the first one found, or NULL */
} DcfQualWalk;

/* Columns that are followed, of one thing. */
typedef struct DcfQualFollowed
{
	int depth;
	Index rtindex;
	const char *ctename;
	const SubLink *sublink;
	Bitmapset *columns; /* numbers from 1 */
} DcfQualFollowed;

extern void dcf_qual_walk_init(DcfQualWalk *walk, PlannerInfo *root);

/* Follow columns of a relation, and of its parents as they have them. */
extern void dcf_qual_walk_follow(DcfQualWalk *walk, Index rtindex,
								 Bitmapset *columns);
extern void dcf_qual_walk_follow_cte(DcfQualWalk *walk, const char *name,
									 Bitmapset *columns);
extern void dcf_qual_walk_follow_sublink(DcfQualWalk *walk,
										 const SubLink *sublink,
										 Bitmapset *columns);

/*
 * Walk through the query that root plans, be it parsed or half planned.
 * Returns those of its output columns that have something of what is followed.
 */
extern Bitmapset *dcf_qual_walk_query(DcfQualWalk *walk);

/* Whether an expression is just a column that is followed at this depth. */
extern bool dcf_qual_walk_is_followed(const DcfQualWalk *walk,
									  const Node *node);

/* Whether a node, apart from columns, has its value only while the query runs. */
extern bool dcf_qual_walk_is_run_time(const Node *node);

/*
 * Whether the query is one of PostgreSQL's own making for min() or max(), with
 * a clause that excludes NULLs; *planner_clause is set to that.
 */
extern bool dcf_qual_walk_is_minmax(const PlannerInfo *root,
									Node **planner_clause);

/*
 * Whether a clause is of PostgreSQL's own making, so that it is not the query
 * that compares: that the argument of min() or max() is not NULL.
 */
extern bool dcf_qual_is_minmax(const PlannerInfo *root, const Node *clause);

/*
 * The column of a clause "c = c", or of what PostgreSQL has made of that; else
 * NULL.
 */
extern const Node *dcf_qual_tautology(PlannerInfo *root,
									  const RelOptInfo *baserel,
									  const Node *clause);

/* Whether it has a column of a relation, or the relation's whole row. */
extern bool dcf_qual_has_column(Node *clause, Index relid, AttrNumber attnum);

/*
 * Clauses on a column, which the WITH query that root plans returns as its
 * resno-th, that follow from all uses of the WITH query; NIL where one of them
 * wants all rows.
 */
extern List *dcf_qual_implied_by_cte(PlannerInfo *root,
									 const CommonTableExpr *cte, Var *column,
									 AttrNumber resno);

#endif /* DCF_QUAL_WALK_H */
