/*
 * bind_fit.h
 *	  Whether a column can hold a value that a query compares it with, given
 *	  its type, its modifier (length or precision) and its domain.
 */
#ifndef DCF_BIND_FIT_H
#define DCF_BIND_FIT_H

#include "postgres.h"

#include "request/relation.h"

typedef struct DcfBindFit DcfBindFit;

/*
 * A check for values of one type, in the current memory context; NULL if the
 * column can hold every value of that type. valuetype is the column's base
 * type, or binary coercible to or from it.  End it with dcf_bind_fit_end().
 */
extern DcfBindFit *dcf_bind_fit_create(const DcfColumn *column, Oid valuetype);

/*
 * Replace *value by the column's value that is equal to it, in the current
 * memory context.  False if there is none.  Never raises for a value that does
 * not fit.
 */
extern bool dcf_bind_fit_value(DcfBindFit *fit, Datum *value);

/* Release its executor state.  Its memory stays in the context. */
extern void dcf_bind_fit_end(DcfBindFit *fit);

/* Whether the column's type allows NULL; only a domain can refuse it. */
extern bool dcf_bind_fit_takes_null(const DcfColumn *column);

#endif /* DCF_BIND_FIT_H */
