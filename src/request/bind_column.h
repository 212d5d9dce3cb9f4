/*
 * bind_column.h
 *	  What a query says about one sent column, gathered for bind.c: from the
 *	  values of its bindings to what is sent for it.
 *
 * The values of a column are gathered from all its bindings, which must all
 * hold: sets of values are intersected, windows narrowed.
 */
#ifndef DCF_BIND_COLUMN_H
#define DCF_BIND_COLUMN_H

#include "postgres.h"

#include "request/bind.h"
#include "request/bind_value.h"
#include "request/period.h"
#include "request/window.h"

typedef struct DcfBindColumn
{
	const DcfColumn *column;
	bool has_binding; /* the query says something about it */
	bool empty;		  /* and no row can match */

	/* Of a column with one parameter, from dcf_bind_column_finish() on. */
	bool by_session; /* values that the session's TimeZone decides on */
	bool not_sent;	 /* also not what goes with every request */
	bool has_values; /* texts are sent, one or all of them */
	DcfBindValues values;
	char **texts;		 /* one for each of values, UTF-8; NULL where
								 * there is none */
	bool fan_out;		 /* a request for each value, or each window */
	bool grouped;		 /* whose values go along with other columns' */
	Datum default_value; /* where the default is sent and its value is
								 * asked for */
	bool has_default_value;

	/* Of a window. */
	DcfWindow window; /* around all of the windows */
	bool has_window;
	bool has_periods;
	DcfPeriods periods; /* these go along with windows, from
								 * dcf_bind_column_finish() on */
	DcfWindow *windows; /* of several periods, where fan_out */

	/* Placeholders for what is not known yet, or NULL. */
	const char *shown;
	const char *shown_from;
	const char *shown_to;
} DcfBindColumn;

/* A bcol of which nothing is known. */
extern void dcf_bind_column_init(DcfBindColumn *bcol,
								 const DcfRelation *relation,
								 const DcfColumn *column);

/* Take in one binding with its value. */
extern void dcf_bind_column_bind(DcfBindColumn *bcol,
								 const DcfBinding *binding,
								 const DcfBoundValue *value);

/*
 * All bindings are in: settle what to send, and how.  Raises
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value that cannot be sent, unless
 * the column is filtered and can do without.  The value of a default is worked
 * out only with with_default.
 */
extern void dcf_bind_column_finish(DcfBindColumn *bcol,
								   const DcfRelation *relation,
								   const DcfFdwPrivate *priv,
								   bool with_default);

/* How many values or windows there are, and a window by the bcol's position. */
extern int dcf_bind_column_count(const DcfBindColumn *bcol);
extern const DcfWindow *dcf_bind_column_window(const DcfBindColumn *bcol,
											   int position);

/*
 * Whether a value is the one that the position tells, or lies in that period or
 * after it, but before the next, where fan_out.
 */
extern bool dcf_bind_column_has(const DcfBindColumn *bcol, int position,
								Datum value);

#endif /* DCF_BIND_COLUMN_H */
