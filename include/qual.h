/*
 * qual.h
 *	  Which clauses of a query give values for the request.
 */
#ifndef DCF_QUAL_H
#define DCF_QUAL_H

#include "postgres.h"
#include "nodes/pathnodes.h"

#include "compat.h"
#include "relation.h"
#include "spec.h"

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
 */
extern DcfQuals *dcf_qual_classify(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation, List *clauses,
								   Relids outer, List *bounds);

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

/*
 * Whether the request can be made of the bindings: every required column has
 * one, and no parameter column without one is compared, where its NULL would
 * quietly make the result empty.  Of the columns in joined, one for which
 * something else would be sent has to have one as well: what the query returns
 * must not depend on the way it is joined.
 */
extern bool dcf_qual_suffice(PlannerInfo *root, RelOptInfo *baserel,
							 const DcfRelation *relation,
							 const Bitmapset *joined, const DcfQuals *quals);

/*
 * Raise ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED for bindings that do not
 * suffice: naming all required columns without one and showing a clause that
 * would run, or the column that is compared.
 */
pg_noreturn extern void dcf_qual_raise_missing(PlannerInfo *root,
											   RelOptInfo *baserel,
											   const DcfRelation *relation,
											   const Bitmapset *joined,
											   const DcfQuals *quals);

/*
 * Columns (attnums) on which it depends what rows there are, or are counted:
 * by clauses that PostgreSQL checks, joins, subqueries beside the relation,
 * HAVING and FILTER.  Not to be seen from here is what stands outside of a
 * subquery that the query around it cannot be moved into.
 */
extern Bitmapset *dcf_qual_compared(PlannerInfo *root, RelOptInfo *baserel,
									const DcfQuals *quals);

/* Columns (attnums) whose values the rest of the plan needs. */
extern Bitmapset *dcf_qual_fetched(PlannerInfo *root, RelOptInfo *baserel,
								   const DcfRelation *relation,
								   const DcfQuals *quals);

#endif /* DCF_QUAL_H */
