/*
 * bind.h
 *	  Bindings and the values of their expressions become the requests of a
 *	  scan.
 */
#ifndef DCF_BIND_H
#define DCF_BIND_H

#include "postgres.h"

#include "request/fdw_private.h"
#include "request/relation.h"
#include "request/request.h"
#include "request/request_size.h"

/* The value of one binding's expression. */
typedef struct DcfBoundValue
{
	Datum value;
	bool isnull;
	Oid type;

	/* EXPLAIN only: there is no value yet, and shown stands for it */
	bool unknown;

	/* the binding's condition (unless) is true: no value, no type */
	bool skipped;
	const char *shown;
} DcfBoundValue;

/*
 * A deep copy of the values of priv's bindings, in the current memory context:
 * a Param's Datum is valid only until the Param changes.
 */
extern DcfBoundValue *dcf_bind_copy_values(const DcfFdwPrivate *priv,
										   const DcfBoundValue *values);

typedef struct DcfRequestSet DcfRequestSet;

/*
 * One request of a set with the values that it sends.  Must not outlive the
 * set.
 */
typedef struct DcfBoundRequest DcfBoundRequest;

/*
 * Work out the set of requests, in the current memory context, which must
 * outlive it. values has one entry for each of priv->bindings.  Duplicate
 * values are removed; columns that fan out multiply.
 *
 * for_explain: no rows will be read, so the values that parameter columns show
 * by default are not computed.
 *
 * Raises ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value that cannot be sent,
 * or a default that does not fit its column; ERRCODE_NOT_NULL_VIOLATION for a
 * fetched parameter column without a value whose domain refuses NULL.
 */
extern DcfRequestSet *dcf_bind_create(const DcfRelation *relation,
									  const DcfFdwPrivate *priv,
									  const DcfBoundValue *values,
									  bool for_explain);

/*
 * A set of one request that is sent as it is. request must outlive the set.  A
 * parameter column shows the value that the request sends for it. hint is what
 * dcf_bind_narrow_hint() returns for this set, or NULL.
 */
extern DcfRequestSet *dcf_bind_create_fixed(const DcfRelation *relation,
											DcfRequest *request,
											const char *hint);

/* The number of requests, before any is halved; 0 if no row can match. */
extern double dcf_bind_count(const DcfRequestSet *set);

/*
 * The next request to send, in the current memory context; NULL after the
 * last.  More may follow once a request has been halved.
 */
extern DcfBoundRequest *dcf_bind_next(DcfRequestSet *set);
extern bool dcf_bind_has_next(const DcfRequestSet *set);

/*
 * The number of the request's batch: the keys of a batched join are cut into
 * batches of the table's batch_size, numbered from 0 in their order.  -1 if it
 * has none, because there are no keys or they cannot be sent.
 */
extern int dcf_bind_batch(const DcfBoundRequest *bound);

/*
 * For the batch of a request that has been returned: whether dcf_bind_next()
 * will return more of its requests.
 */
extern bool dcf_bind_has_batch(const DcfRequestSet *set, int number);

/* Have dcf_bind_next() return no more requests of a batch that it has begun. */
extern void dcf_bind_skip_batch(DcfRequestSet *set, int number);

/* The request as it is sent, in the current memory context. */
extern DcfRequest *dcf_bind_request(const DcfBoundRequest *bound);

/*
 * For EXPLAIN: one request that stands for all, with placeholders for values
 * that are unknown or differ; NULL if no row can match.
 */
extern DcfRequest *dcf_bind_template(DcfRequestSet *set);

/* The value that a parameter column shows in the request's rows. */
extern Datum dcf_bind_sent(const DcfBoundRequest *bound, AttrNumber attnum,
						   bool *isnull);

/*
 * Whether the request may return this row of its reply.  If several requests
 * differ in a filtered column, the service's equality may be wider than
 * PostgreSQL's, so that several replies have the row; only the request for the
 * row's own value returns it.  The same holds for the periods of a window,
 * which are sent wider than they are, for the halves of a request, and for the
 * batches of a batched join's keys. values and isnull are those of all columns, by attnum - 1.
 */
extern bool dcf_bind_owns_row(const DcfBoundRequest *bound,
							  const Datum *values, const bool *isnull);

/*
 * The times that a request asks for, by each window whose column is in fetched: palloc'd, NULL
 * if there is none.  Lives no longer than the request.
 */
typedef struct DcfBindAsked DcfBindAsked;

extern DcfBindAsked *dcf_bind_asked(const DcfBoundRequest *bound,
									const Bitmapset *fetched);

/*
 * Whether a row of the reply lies within what was asked; one without a time does not.  asked
 * may be NULL.
 */
extern bool dcf_bind_asked_has(const DcfBindAsked *asked, const Datum *values,
							   const bool *isnull);

/*
 * Whether the request can be sent as two halves, by the column that the
 * table's option "split" names, or by the keys of a batched join.
 */
extern bool dcf_bind_can_halve(const DcfBoundRequest *bound);

/*
 * Have dcf_bind_next() return the halves of a request next.  Only after
 * dcf_bind_can_halve() has returned true for it.
 */
extern void dcf_bind_halve(DcfRequestSet *set, const DcfBoundRequest *bound);

/*
 * How much the request asks for; with whole, the request that was halved to
 * make it.
 */
extern void dcf_bind_request_size(const DcfBoundRequest *bound, bool whole,
								  DcfRequestSize *reqsize);

/*
 * The same for the next request of the set, as a whole, before it is taken.  False if
 * there is none.
 */
extern bool dcf_bind_next_size(const DcfRequestSet *set,
							   DcfRequestSize *reqsize);

/*
 * The days of the longest period that a request of the set asks for, before any is
 * halved.  Periods are windows, also those that the query does not bound, and two
 * consecutive parameter columns of dates or times to which it gives values.  Of
 * several in one request the shortest counts.  0 if there is none.
 */
extern double dcf_bind_days(const DcfRequestSet *set);

/* The hint of a 413: what to narrow, palloc'd; or NULL. */
extern char *dcf_bind_narrow_hint(const DcfRequestSet *set);

/* The same where it would not help to halve the request. */
extern char *dcf_bind_less_hint(const DcfRequestSet *set);

/* How to send fewer requests, palloc'd; NULL if the columns do not say. */
extern char *dcf_bind_fewer_hint(const DcfRequestSet *set);

#endif /* DCF_BIND_H */
