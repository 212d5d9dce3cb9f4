/*
 * qual.h
 *	  Which clauses of a query give values for the request.
 *
 * Equality on a filtered column is sent only if values of the type that are
 * equal are also identical, as btree's support function equalimage tells.
 * Otherwise the service might not return rows that are equal only to
 * PostgreSQL, and nothing could bring them back.  Numbers are the exception:
 * they are sent although equal ones may be written differently.
 */
#ifndef DCF_QUAL_H
#define DCF_QUAL_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "base/compat.h"
#include "request/deferred_error.h"
#include "request/fdw_private.h"
#include "request/relation.h"

typedef struct DcfQuals
{
	List *bindings; /* of DcfBinding *, in the order of their clauses */

	/* RestrictInfos, one for each binding: where it came from */
	List *sent;

	/*
	 * RestrictInfos that PostgreSQL has to check.  Only clauses on parameter
	 * columns that are fully expressed by what is sent are missing
	 */
	List *local;

	/* those of local that are partition bounds, not clauses of the query */
	List *bounds;
} DcfQuals;

/* A comparison of a column, in the query itself or one around it. */
typedef struct DcfComparison
{
	Node *clause; /* NULL if it cannot be shown */

	/*
	 * range tables: of the query that contains it, then of those around that,
	 * up to and including root's
	 */
	List *rtables;
	PlannerInfo *root;
} DcfComparison;

/*
 * What a query, in all its parts, does with columns of a relation, apart from
 * clauses that give values.
 */
typedef struct DcfQualUses
{
	/* columns (attnums) that the relation's own query compares somewhere */
	Bitmapset *compared;

	/* columns (attnums) that a query around it compares */
	Bitmapset *above;

	/*
	 * RestrictInfos on other columns that follow from the query around it,
	 * which checks them itself
	 */
	List *implied;

	/* by attnum - 1: the first comparison, or NULL */
	DcfComparison **comparisons;
} DcfQualUses;

/*
 * Classify the clauses of a path for a base relation: restrictions, and, for a
 * path parameterised by the relations in outer, join clauses.  A clause gives
 * a binding if it compares a sent column with an expression whose value is
 * known before the scan starts: it contains only columns of outer, and nothing
 * volatile.
 *
 * bounds are a partition's bounds as expressions.  They are treated like
 * clauses of the query, because the service does not know of partitions, and
 * would return rows of one to another.
 *
 * implied are clauses that give bindings, but are checked elsewhere.
 */
extern DcfQuals *dcf_qual_classify(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation, List *clauses,
								   Relids outer, List *bounds, List *implied);

/*
 * The sets of relations (Relids) by which a path could be parameterised so
 * that join clauses give values to send: one for each join clause, and their
 * union, without duplicates. *joined receives the columns (attnums) that would
 * get a value.
 */
extern List *dcf_qual_outer_sets(PlannerInfo *root, RelOptInfo *baserel,
								 const DcfRelation *relation,
								 Bitmapset **joined);

/*
 * Equalities from equivalence classes that hold in a path parameterised by
 * outer, for columns that need a value, and for which the path's clauses have
 * none.  The planner puts only one of several columns that equal the same
 * outer column into a clause.
 */
extern List *dcf_qual_implied(PlannerInfo *root, RelOptInfo *baserel,
							  const DcfRelation *relation,
							  const DcfQuals *quals, Relids outer);

/* A column that is compared, but for which conditions may leave no value. */
typedef struct DcfQualUnsent
{
	AttrNumber attnum;
	DcfComparison *comparison; /* or NULL */
} DcfQualUnsent;

/*
 * Why the bindings do not suffice to make the request; NULL if they do.  These
 * need a binding:
 *
 * - every required column;
 * - every parameter column that is compared: its NULL, or its default, would
 *   silently make the result empty;
 * - every column for which something is sent anyway (DcfColumn.is_preset),
 *   if a join or a query around this one compares it: the rows returned must
 *   not depend on how the query is joined.
 *
 * *comparison receives the comparison at fault, for dcf_qual_show(), or NULL.
 * *conditional receives the columns (DcfQualUnsent *) with only bindings under
 * conditions: whether they lack a value is known only at run time.
 */
extern DcfDeferredError *
dcf_qual_check(PlannerInfo *root, RelOptInfo *baserel,
			   const DcfRelation *relation, const DcfQualUses *uses,
			   const Bitmapset *joined, const DcfQuals *quals,
			   DcfComparison **comparison, List **conditional);

/*
 * Columns (attnums) with a binding that holds under no condition, and so
 * always.
 */
extern Bitmapset *dcf_qual_always_bound(const DcfQuals *quals);

/*
 * What the query does with these columns (attnums).  Clauses that give them
 * values under a condition, which quals contains, are ignored.  Only once the
 * planner has distributed the query's clauses to its relations.
 */
extern DcfQualUses *dcf_qual_uses(PlannerInfo *root, RelOptInfo *baserel,
								  const DcfRelation *relation,
								  const Bitmapset *attnums,
								  const DcfQuals *quals);

/* A comparison as SQL, palloc'd; NULL if it cannot be shown. */
extern char *dcf_qual_show(const DcfComparison *comparison);

/*
 * The first clause of the query that compares the column, mentions no other
 * relation and gives no value; or NULL.
 */
extern const Expr *dcf_qual_unusable_clause(const RelOptInfo *baserel,
											const DcfQuals *quals,
											const DcfColumn *column);

/* Columns (attnums) that the rest of the plan needs. */
extern Bitmapset *dcf_qual_fetched(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation,
								   const DcfQuals *quals);

#endif /* DCF_QUAL_H */
