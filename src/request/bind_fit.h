/*
 * bind_fit.h
 *	  Whether a column can hold a value that a query compares it with: by the
 *	  column's type, its modifier (a length, a precision) and its domain.
 */
#ifndef DCF_BIND_FIT_H
#define DCF_BIND_FIT_H

#include "postgres.h"

#include "request/relation.h"

typedef struct DcfBindFit DcfBindFit;

/*
 * A check of values of one type, in the current memory context; NULL where the
 * column holds every value of that type.  valuetype is the column's base type,
 * or one that is binary coercible from it or to it.
 */
extern DcfBindFit *dcf_bind_fit_create(const DcfColumn *column, Oid valuetype);

/*
 * Make *value the value of the column that is equal to it, in the current
 * memory context.  False if there is none.  What the check itself needs is
 * released at once.
 */
extern bool dcf_bind_fit_value(DcfBindFit *fit, Datum *value);

/* Release what is not memory of the context. */
extern void dcf_bind_fit_end(DcfBindFit *fit);

/* Whether the column's type holds NULL: all do but some domains. */
extern bool dcf_bind_fit_takes_null(const DcfColumn *column);

#endif /* DCF_BIND_FIT_H */
