/*
 * bind.h
 *	  From a spec and the values of its expressions to the requests to send.
 */
#ifndef DCF_BIND_H
#define DCF_BIND_H

#include "postgres.h"

#include "request/fdw_private.h"
#include "request/relation.h"
#include "request/request.h"
#include "request/request_size.h"

/*
 * The value of one binding's expression.  unknown: it cannot be told yet (a
 * plan that is only explained); shown then stands for it.  skipped: the
 * condition that the binding does not hold under is true; there is no value and
 * no type.
 */
typedef struct DcfBoundValue
{
	Datum value;
	bool isnull;
	Oid type;
	bool unknown;
	bool skipped;
	const char *shown;
} DcfBoundValue;

/*
 * A deep copy of the values of the spec's bindings, in the current memory
 * context: a parameter's value is valid only until the plan sets it again.
 */
extern DcfBoundValue *dcf_bind_copy_values(const DcfFdwPrivate *priv,
										   const DcfBoundValue *values);

typedef struct DcfRequestSet DcfRequestSet;

/*
 * One request of a set: what it asks for, and what its rows have of that.  It
 * must not outlive the set.
 */
typedef struct DcfBoundRequest DcfBoundRequest;

/*
 * Work out the requests, in the current memory context, where everything
 * stays.  values goes along with spec->bindings.  Duplicates are removed;
 * several lists multiply.  Raises ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a
 * value that cannot be sent.  for_explain: a template will be asked for, and no
 * values that are sent; so those of defaults are not worked out.
 */
extern DcfRequestSet *dcf_bind_create(const DcfRelation *relation,
									  const DcfFdwPrivate *priv,
									  const DcfBoundValue *values,
									  bool for_explain);

/*
 * A set of one request, as it is, which must outlive the set.  In its rows a
 * parameter column has the value that goes with the request.  hint is what
 * dcf_bind_narrow_hint() gives for it, or NULL.
 */
extern DcfRequestSet *dcf_bind_create_fixed(const DcfRelation *relation,
											DcfRequest *request,
											const char *hint);

/* How many requests there are in all: 0 where no row can match. */
extern double dcf_bind_count(const DcfRequestSet *set);

/*
 * The next request to send, or NULL after the last, in the current memory
 * context.  More may follow after a last one that has to be halved.
 */
extern DcfBoundRequest *dcf_bind_next(DcfRequestSet *set);
extern bool dcf_bind_has_next(const DcfRequestSet *set);

/* As it is sent, in the current memory context. */
extern DcfRequest *dcf_bind_request(const DcfBoundRequest *bound);

/* One request that stands for all, for EXPLAIN; NULL where there is none. */
extern DcfRequest *dcf_bind_template(DcfRequestSet *set);

/* The value that was sent for a parameter column. */
extern Datum dcf_bind_sent(const DcfBoundRequest *bound, AttrNumber attnum,
						   bool *isnull);

/*
 * Whether a row belongs to the request.  Where several requests differ in a
 * filtered column, the service's idea of equality may be wider than
 * PostgreSQL's and a row may come more than once; it belongs to the request for
 * its own value.  So it does to one of several periods of a window, which are
 * sent wider than they are, and to the half of a request that was halved.
 */
extern bool dcf_bind_owns_row(const DcfBoundRequest *bound,
							  const Datum *values, const bool *isnull);

/*
 * Whether the request could be asked for in two halves, by the table's option
 * "split"; and that it be: they are the next to be returned.
 */
extern bool dcf_bind_can_halve(const DcfBoundRequest *bound);
extern void dcf_bind_halve(DcfRequestSet *set, const DcfBoundRequest *bound);

/*
 * How much the request asks for; or the whole of what was halved to make it.
 */
extern void dcf_bind_request_size(const DcfBoundRequest *bound, bool whole,
								  DcfRequestSize *reqsize);

/* The hint for 413: what to narrow, palloc'd; or NULL. */
extern char *dcf_bind_narrow_hint(const DcfRequestSet *set);

#endif /* DCF_BIND_H */
