/*
 * deferred_error.h
 *	  Why a scan cannot run as it was planned.
 *
 * PostgreSQL plans more often than it runs: a subquery a second time to be
 * hashed, a prepared statement once more to compare costs.  So the planner
 * raises nothing: it notes the lack in the plan, whose cost makes any other
 * plan win, and the scan raises it when its first row is asked for.
 */
#ifndef DCF_DEFERRED_ERROR_H
#define DCF_DEFERRED_ERROR_H

#include "postgres.h"
#include "nodes/bitmapset.h"

#include "base/compat.h"
#include "request/relation.h"

typedef struct DcfDeferredError
{
	Bitmapset *missing; /* required columns (attnums) without a value */
	AttrNumber unsent;	/* a column that the query compares, and for which no
						 * value of the query's is sent; 0 where nothing but
						 * required columns are missing */
	char *clause;		/* that comparison, or NULL where it cannot be
						 * shown */
} DcfDeferredError;

/*
 * Raise ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED: naming all required columns
 * without a value and showing a clause that would run, or the comparison.
 */
pg_noreturn extern void
dcf_deferred_error_raise(const DcfRelation *relation,
						 const DcfDeferredError *deferred);

/* A line of EXPLAIN, palloc'd. */
extern char *dcf_deferred_error_show(const DcfRelation *relation,
									 const DcfDeferredError *deferred);

/*
 * The lack if required columns other than those in bound are missing; else
 * NULL.  palloc'd.
 */
extern DcfDeferredError *
dcf_deferred_error_missing(const DcfRelation *relation,
						   const Bitmapset *bound);

#endif /* DCF_DEFERRED_ERROR_H */
