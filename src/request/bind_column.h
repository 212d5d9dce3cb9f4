/*
 * bind_column.h
 *	  What a query says about one sent column, gathered from its bindings, and
 *	  what is sent for it.
 *
 * All bindings of a column must hold, so its sets of values are intersected
 * and its windows narrowed.
 */
#ifndef DCF_BIND_COLUMN_H
#define DCF_BIND_COLUMN_H

#include "postgres.h"

#include "bind_batch.h"
#include "request/bind.h"
#include "request/bind_value.h"
#include "request/period.h"
#include "request/window.h"

typedef struct DcfBindColumn
{
	const DcfColumn *column;
	bool has_binding; /* the query says something about it */
	bool empty;		  /* no row can match */

	/* A column with one parameter; valid after dcf_bind_column_finish(). */
	/* the values depend on the session's TimeZone: an error */
	bool by_session;

	/* send nothing, not even what every other request sends */
	bool not_sent;

	/* there are values to send: one in each request, or all in one */
	bool has_values;
	DcfBindValues values;
	char **texts; /* one for each value, in UTF-8; NULL for none */

	/* each value, or each window, needs a request of its own */
	bool fan_out;

	/* of a batched join's keys: each batch needs one; values are theirs */
	bool has_batches;
	DcfBindBatches batches;
	bool grouped; /* a DcfBindGroup says which of its values to combine */
	Datum default_value; /* what rows show if the query gives no value */
	bool has_default_value;

	/* A window. */
	DcfWindow window; /* covers all of windows */
	bool has_window;
	bool has_periods;

	/* one for each of windows, after dcf_bind_column_finish() */
	DcfPeriods periods;
	DcfWindow *windows; /* if fan_out; else NULL or of length 1 */

	/* Placeholders for values that are not known yet, or NULL. */
	const char *shown;
	const char *shown_from;
	const char *shown_to;
} DcfBindColumn;

/* Start with a column that the query says nothing about. */
extern void dcf_bind_column_init(DcfBindColumn *bcol,
								 const DcfRelation *relation,
								 const DcfColumn *column);

/* Add one binding with its value. */
extern void dcf_bind_column_bind(DcfBindColumn *bcol,
								 const DcfRelation *relation,
								 const DcfBinding *binding,
								 const DcfBoundValue *value);

/*
 * After the last binding: decide what to send. with_default: compute the value
 * that a parameter column shows if the query gives none.
 *
 * Raises ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value that cannot be sent,
 * unless the column is filtered and not required: then nothing is sent, and
 * PostgreSQL filters the rows.
 */
extern void dcf_bind_column_finish(DcfBindColumn *bcol,
								   const DcfRelation *relation,
								   const DcfFdwPrivate *priv,
								   bool with_default);

/* With fan_out: the number of values, or of windows. */
extern int dcf_bind_column_count(const DcfBindColumn *bcol);

/*
 * The index of a value that is equal to this one, which is not NULL; -1 if there
 * is none.
 */
extern int dcf_bind_column_find(const DcfBindColumn *bcol, Datum value,
								Oid valuetype);

/* The window at a position; without fan_out, the only one. */
extern const DcfWindow *dcf_bind_column_window(const DcfBindColumn *bcol,
											   int position);

/*
 * With fan_out: whether a row with this value belongs to the request at a
 * position.  The value is the one at that position, or lies in that period or
 * between it and the next.
 */
extern bool dcf_bind_column_has(const DcfBindColumn *bcol, int position,
								Datum value);

#endif /* DCF_BIND_COLUMN_H */
