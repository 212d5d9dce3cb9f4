/*
 * qual_private.h
 *	  What the files about clauses share.  See qual.h.
 */
#ifndef DCF_QUAL_PRIVATE_H
#define DCF_QUAL_PRIVATE_H

#include "planner/qual.h"

/* What clauses are looked at for. */
typedef struct DcfQualTarget
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	Relids outer; /* whose columns have values when the scan starts */
} DcfQualTarget;

/* The one binding that a clause gives by itself, or NULL. */
extern DcfBinding *dcf_qual_bind(const DcfQualTarget *target, Expr *clause);

/*
 * The rest of a clause that applies only under a condition, and in *unless the
 * condition that makes it say nothing; the clause itself, and NULL, if there is
 * none.
 */
extern Expr *dcf_qual_extract_condition(const DcfQualTarget *target,
										Expr *clause, Expr **unless);

/* "value IS NULL". */
extern Expr *dcf_qual_is_null(Expr *value);

/* The sent column that an operand is, or NULL. */
extern const DcfColumn *dcf_qual_match_column(const DcfQualTarget *target,
											  Node *node);

/* Whether what a column is compared with has a value when the scan starts. */
extern bool dcf_qual_is_known(const DcfQualTarget *target,
							  const DcfColumn *column, Node *value);

/*
 * What else a clause implies, in bindings that admit a superset of its rows:
 * PostgreSQL has to check it.  Periods of window columns, one binding for each
 * column; values of other columns, from alternatives in all of which they have
 * one.  Of several columns in the alternatives these go along with each other,
 * in bindings of the group given.  Beside a period, with which they would multiply,
 * only columns that cannot do without a value.
 */
extern List *dcf_qual_periods(const DcfQualTarget *target, Expr *clause);
extern List *dcf_qual_alternatives(const DcfQualTarget *target, Expr *clause,
								   int group, bool has_period);

#endif /* DCF_QUAL_PRIVATE_H */
