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
	DCF_BIND_EQUAL,		   /* column = value */
	DCF_BIND_NOT_DISTINCT, /* column IS NOT DISTINCT FROM value: of NULL as
							* DCF_BIND_NULL */
	DCF_BIND_ANY,		   /* column = ANY (value) */
	DCF_BIND_KEYS,	 /* column = one of the values that value has in rows of
					 * the other side of a batched join, which gives them to
					 * the scan */
	DCF_BIND_NULL,	 /* column IS NULL: no value */
	DCF_BIND_FROM,	 /* column >= value */
	DCF_BIND_AFTER,	 /* column > value */
	DCF_BIND_TO,	 /* column <= value */
	DCF_BIND_BEFORE, /* column < value */
	DCF_BIND_PERIODS /* column in what a program makes of the record value: see
					  * period.h */
} DcfBindingOp;

typedef struct DcfBinding
{
	AttrNumber attnum;
	DcfBindingOp op;
	Expr *value;   /* NULL for DCF_BIND_NULL */
	Expr *unless;  /* or NULL: where this boolean is true, the query says
				   * nothing of the column here */
	List *program; /* IntList, of DCF_BIND_PERIODS */
	int group;	   /* of DCF_BIND_ANY: the elements of the arrays of one
				* group, a number above 0, go along with each other; 0:
				* none */
} DcfBinding;

/* Records in a reply of which nothing is known. */
#define DCF_ROWS_DEFAULT 1000

/* Where the row estimate came from. */
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
	List *bindings;		/* of DcfBinding * */
	Bitmapset *fan_out; /* list columns (attnums) that need a request
								 * for each value, because the query wants to
								 * know which value a row belongs to */
	Bitmapset *fetched; /* attnums whose value is needed */
	List *clauses;		/* what the service filters, for EXPLAIN */
	DcfEstimateSource source;
	double rows_per_request;	/* estimated, not limited by max_rows, as
							 * the service may see it: with open ends as
							 * they are sent */
	double days;				/* of the window that the estimate is for; 0:
							 * none, or not known */
	bool all_rows;				/* the query is likely to read them all */
	DcfDeferredError *deferred; /* why it cannot run, or NULL */
	List *conditional_errors; /* of DcfDeferredError *: the same, of columns that
							  * conditions may leave without a value */
} DcfFdwPrivate;

/* The column (attnum) whose values a batched join gives, or 0. */
extern AttrNumber dcf_fdw_private_keys(const DcfFdwPrivate *priv);

/* Write into the two lists of a ForeignScan, and read back. */
extern void dcf_fdw_private_write(const DcfFdwPrivate *priv,
								  List **fdw_private, List **fdw_exprs);
extern DcfFdwPrivate *dcf_fdw_private_read(const ForeignScan *scan);

/* The columns that a scan needs, alone. */
extern Bitmapset *dcf_fdw_private_fetched(const ForeignScan *scan);

/* Whether two specs of one table bind the same columns in the same way. */
extern bool dcf_fdw_private_binds_same(const DcfFdwPrivate *one,
									   const DcfFdwPrivate *other);

/*
 * Whether two scans of one table may ask the same: they bind the same, and no
 * values are known to differ.
 */
extern bool dcf_fdw_private_may_be_same(const ForeignScan *one,
										const ForeignScan *other);

#endif /* DCF_FDW_PRIVATE_H */
