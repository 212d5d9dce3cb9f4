/*
 * deferred_error.h
 *	  Why a scan cannot run as planned.
 *
 * PostgreSQL makes plans that it never runs: of a subquery a second one,
 * hashed; of a prepared statement one more, to compare costs.  So the planner
 * never raises an error for a missing value.  It writes the error into the
 * plan, whose cost lets any other plan win, and the scan raises it before its
 * first row.
 */
#ifndef DCF_DEFERRED_ERROR_H
#define DCF_DEFERRED_ERROR_H

#include "postgres.h"
#include "nodes/bitmapset.h"

#include "base/compat.h"
#include "request/relation.h"

/* No column can be read, and no row. */
#define DCF_UNREADABLE_TABLE (-1)

typedef struct DcfDeferredError
{
	Bitmapset *missing; /* required columns (attnums) without a value */

	/*
	 * a column that the query compares although no value follows for it; 0 if
	 * only required columns lack one.  With missing: a missing window column.
	 */
	AttrNumber unsent;

	/* the comparison as SQL, or NULL if it cannot be shown */
	char *clause;

	/*
	 * a column of a table that is written, which the query reads, or
	 * DCF_UNREADABLE_TABLE; 0 if the error is another one
	 */
	int unreadable;
} DcfDeferredError;

/*
 * Raise ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED.  The message names all
 * required columns without a value, and shows a clause that would run; or it
 * names the comparison that gives no value.  What is unreadable raises
 * ERRCODE_FEATURE_NOT_SUPPORTED.
 */
pg_noreturn extern void
dcf_deferred_error_raise(const DcfRelation *relation,
						 const DcfDeferredError *deferred);

/* The same in a few words, for EXPLAIN; palloc'd. */
extern char *dcf_deferred_error_show(const DcfRelation *relation,
									 const DcfDeferredError *deferred);

/*
 * An error if a required column is not among bound (attnums), palloc'd; else
 * NULL.
 */
extern DcfDeferredError *
dcf_deferred_error_missing(const DcfRelation *relation,
						   const Bitmapset *bound);

#endif /* DCF_DEFERRED_ERROR_H */
