/*
 * qual_private.h
 *	  What the files about clauses share.  See qual.h.
 */
#ifndef DCF_QUAL_PRIVATE_H
#define DCF_QUAL_PRIVATE_H

#include "planner/qual.h"

/* The relation that clauses are examined for. */
typedef struct DcfQualTarget
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	Relids outer; /* their columns have values when the scan starts */
} DcfQualTarget;

/* The operators of a range, by the number of their btree strategy. */
extern const DcfBindingOp dcf_qual_ops[];

/* The binding that a clause is equivalent to, or NULL. */
extern DcfBinding *dcf_qual_bind(const DcfQualTarget *target, Expr *clause);

/*
 * For "condition OR rest", where the condition does not depend on the
 * relation's rows: return the rest and set *unless to the condition.  For any
 * other clause, return it and set *unless to NULL.
 */
extern Expr *dcf_qual_extract_condition(const DcfQualTarget *target,
										Expr *clause, Expr **unless);

/* The expression "value IS NULL". */
extern Expr *dcf_qual_is_null(Expr *value);

/* The sent column that an operand is, or NULL. */
extern const DcfColumn *dcf_qual_match_column(const DcfQualTarget *target,
											  Node *node);

/*
 * Whether an expression that a column is compared with has its value when the
 * scan starts. column may be NULL: any.
 */
extern bool dcf_qual_is_known(const DcfQualTarget *target,
							  const DcfColumn *column, Node *value);

/*
 * Bindings for what a clause implies without being equivalent to it.  They
 * admit a superset of its rows, so PostgreSQL has to check the clause.
 *
 * dcf_qual_periods(): the periods of window columns, one binding for each.
 *
 * dcf_qual_alternatives(): the values of columns that have one in each arm of
 * an OR.  Several columns form a group with this number, which goes into their
 * bindings. has_period: skip filtered columns that are not required, because
 * their requests would multiply with those for the periods.
 */
extern List *dcf_qual_periods(const DcfQualTarget *target, Expr *clause);
extern List *dcf_qual_alternatives(const DcfQualTarget *target, Expr *clause,
								   int group, bool has_period);

#endif /* DCF_QUAL_PRIVATE_H */
