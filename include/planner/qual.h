/*
 * qual.h
 *	  Which clauses of a query give values for the request.
 *
 * Equality on a filtered column is sent only where equal values are identical,
 * by btree's support function equalimage; numbers are sent although their text
 * forms differ.  The service would not return a row that is equal only to
 * PostgreSQL, and nothing could bring it back.
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
	List *bindings; /* of DcfBinding *, in the order of clauses */
	List *sent;		/* RestrictInfos that gave a binding */
	List *local;	/* RestrictInfos PostgreSQL has to check: all
								 * but those on parameter columns that were
								 * used up by what is sent */
	List *bounds;	/* those of local that are bounds of a partition,
								 * not clauses of the query */
} DcfQuals;

/* A comparison of a column, in a query or one around it. */
typedef struct DcfComparison
{
	Node *clause;  /* NULL where there is none to be shown */
	List *rtables; /* of the query that it stands in, and those around it
						* up to that of root, whose is the last */
	PlannerInfo *root;
} DcfComparison;

/*
 * What a query, as it was written, does with columns of a relation, wherever it
 * does it.
 */
typedef struct DcfQualUses
{
	Bitmapset *compared; /* columns (attnums) that the relation's own query
						  * compares somewhere */
	Bitmapset *above;	 /* and those that a query around it does */
	List *implied;		 /* RestrictInfos on others: what the query around it
						  * wants of them, and checks itself */
	DcfComparison **comparisons; /* by attnum - 1: the first */
} DcfQualUses;

/*
 * Classify the clauses of a path over a base relation: its restrictions, and
 * join clauses where the path is parameterised by the relations in outer.  A
 * clause gives a binding if it compares a sent column, on either side, with an
 * expression that is known before the scan starts: no columns but those of
 * outer, nothing volatile.
 *
 * bounds are the expressions that hold for the rows of a partition.  They are
 * taken as clauses of the query: the service knows nothing of partitions, and
 * would return to one what is another's.
 *
 * implied are clauses that give bindings, and are checked elsewhere.
 */
extern DcfQuals *dcf_qual_classify(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation, List *clauses,
								   Relids outer, List *bounds, List *implied);

/*
 * The sets of relations (Relids) that a path could be parameterised by so that
 * a join gives values to send: one for each join clause that could, and the
 * union of all.  None twice.  *joined is set to the columns (attnums) that would
 * get a value.
 */
extern List *dcf_qual_outer_sets(PlannerInfo *root, RelOptInfo *baserel,
								 const DcfRelation *relation,
								 Bitmapset **joined);

/*
 * Clauses that hold besides those of a path parameterised by outer: equalities
 * of columns that the clauses gave no binding, and that cannot do without.  Of
 * several columns that are equal to something in outer, the planner puts one
 * into a clause.
 */
extern List *dcf_qual_implied(PlannerInfo *root, RelOptInfo *baserel,
							  const DcfRelation *relation,
							  const DcfQuals *quals, Relids outer);

/* What a column lacks: no value, but a comparison. */
typedef struct DcfQualUnsent
{
	AttrNumber attnum;
	DcfComparison *comparison; /* or NULL */
} DcfQualUnsent;

/*
 * Why the request cannot be made of the bindings, or NULL if it can.  Every
 * required column must have one, and so must each parameter column that is
 * compared: its NULL, or its default, would quietly make the result empty.  Of
 * the columns in joined, and those that a query around compares, one for which
 * something else would be sent has to have one as well: what the query returns
 * must not depend on the way it is joined.  The comparison is told by
 * *comparison, where that is what is wrong; see dcf_qual_show().
 *
 * *conditional is set to the columns (DcfQualUnsent *) of which the same is true if
 * conditions leave them without a value, which only a run can tell.
 */
extern DcfDeferredError *
dcf_qual_check(PlannerInfo *root, RelOptInfo *baserel,
			   const DcfRelation *relation, const DcfQualUses *uses,
			   const Bitmapset *joined, const DcfQuals *quals,
			   DcfComparison **comparison, List **conditional);

/* Columns (attnums) that have a binding which no condition can undo. */
extern Bitmapset *dcf_qual_always_bound(const DcfQuals *quals);

/*
 * What the query does with some of the relation's columns besides clauses that
 * give a value under a condition, of which are quals; not to be called before
 * the query's clauses are given to its relations.
 */
extern DcfQualUses *dcf_qual_uses(PlannerInfo *root, RelOptInfo *baserel,
								  const DcfRelation *relation,
								  const Bitmapset *attnums,
								  const DcfQuals *quals);

/* A comparison as SQL, palloc'd; NULL where it cannot be shown. */
extern char *dcf_qual_show(const DcfComparison *comparison);

/*
 * The first of the query's clauses that compare a column, and mention no other
 * relation, without giving a value to send; or NULL.
 */
extern const Expr *dcf_qual_unusable_clause(const RelOptInfo *baserel,
											const DcfQuals *quals,
											const DcfColumn *column);

/* Columns (attnums) whose values the rest of the plan needs. */
extern Bitmapset *dcf_qual_fetched(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation,
								   const DcfQuals *quals);

#endif /* DCF_QUAL_H */
