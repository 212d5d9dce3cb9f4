/*
 * fdw_private.h
 *	  What the planner tells the scan: where the values of the request come
 *	  from.
 *
 * A binding ties a column to an expression that will have its value when the
 * scan starts.  A spec is written into ForeignScan.fdw_private and fdw_exprs,
 * and read back by the scan and by EXPLAIN.
 */
#ifndef DCF_FDW_PRIVATE_H
#define DCF_FDW_PRIVATE_H

#include "postgres.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

#include "request/deferred_error.h"

typedef enum DcfBindingOp
{
	DCF_BIND_EQUAL, /* column = value */

	/* column IS NOT DISTINCT FROM value: with a NULL, as DCF_BIND_NULL */
	DCF_BIND_NOT_DISTINCT,
	DCF_BIND_ANY, /* column = ANY (value) */

	/*
	 * column = the batch's keys, which a batched join passes to the scan;
	 * value is the outer side's expression, for EXPLAIN
	 */
	DCF_BIND_KEYS,
	DCF_BIND_NULL,	 /* column IS NULL: no value */
	DCF_BIND_FROM,	 /* column >= value */
	DCF_BIND_AFTER,	 /* column > value */
	DCF_BIND_TO,	 /* column <= value */
	DCF_BIND_BEFORE, /* column < value */

	/*
	 * column lies in the periods that the binding's program computes from the
	 * record value; see period.h
	 */
	DCF_BIND_PERIODS
} DcfBindingOp;

typedef struct DcfBinding
{
	AttrNumber attnum;
	DcfBindingOp op;
	Expr *value; /* NULL for DCF_BIND_NULL */

	/*
	 * or NULL.  Where this boolean is true, the binding does not hold, and the
	 * query wants any value
	 */
	Expr *unless;
	List *program; /* IntList, of DCF_BIND_PERIODS */

	/*
	 * of DCF_BIND_ANY: bindings with the same number, from 1, are arrays whose
	 * n-th elements belong together; 0: no group
	 */
	int group;
} DcfBinding;

/* Estimate of the records in a reply, without any other source. */
#define DCF_ROWS_DEFAULT 1000

/* Where the row estimate came from, best first. */
typedef enum DcfEstimateSource
{
	DCF_ESTIMATE_REMOTE,	 /* the service's count of a bridge table */
	DCF_ESTIMATE_LEARNED,	 /* earlier replies */
	DCF_ESTIMATE_STATISTICS, /* ANALYZE */
	DCF_ESTIMATE_OPTION,	 /* the table's option rows */
	DCF_ESTIMATE_DEFAULT
} DcfEstimateSource;

typedef struct DcfFdwPrivate
{
	List *bindings; /* of DcfBinding * */

	/*
	 * columns (attnums) with option list that nevertheless need a request for
	 * each value, because the query reads which value a row belongs to
	 */
	Bitmapset *fan_out;
	Bitmapset *fetched; /* columns (attnums) whose value the plan needs */
	List *clauses;		/* what the service filters, for EXPLAIN */
	DcfEstimateSource source;

	/*
	 * estimate of the records in a reply, before max_rows, for the window that
	 * is sent: with open ends as they are sent
	 */
	double rows_per_request;
	double days;   /* of the window of the estimate; 0: none, or not known */
	bool all_rows; /* the query probably reads all rows */
	DcfDeferredError *deferred; /* why the scan cannot run, or NULL */

	/*
	 * of DcfDeferredError *: each is raised if conditions (DcfBinding.unless)
	 * leave its column without a value
	 */
	List *conditional_errors;
} DcfFdwPrivate;

/* The column (attnum) that a batched join passes keys for, or 0. */
extern AttrNumber dcf_fdw_private_keys(const DcfFdwPrivate *priv);

/* Write into the two lists of a ForeignScan. */
extern void dcf_fdw_private_write(const DcfFdwPrivate *priv,
								  List **fdw_private, List **fdw_exprs);

/* Read them back, in the current memory context. */
extern DcfFdwPrivate *dcf_fdw_private_read(const ForeignScan *scan);

/* Read only the columns (attnums) that the scan needs. */
extern Bitmapset *dcf_fdw_private_fetched(const ForeignScan *scan);

/*
 * Whether two scans of one table bind the same columns in the same way.  Their
 * values may differ.
 */
extern bool dcf_fdw_private_binds_same(const DcfFdwPrivate *one,
									   const DcfFdwPrivate *other);

/*
 * Whether two scans of one table may send the same requests: they bind the
 * same, and no constants differ.
 */
extern bool dcf_fdw_private_may_be_same(const ForeignScan *one,
										const ForeignScan *other);

#endif /* DCF_FDW_PRIVATE_H */
