/*
 * origin.h
 *	  Origin columns: they show when, or by which request, their row was fetched.
 *
 * Their values are the same in all rows of a reply.
 */
#ifndef DCF_ORIGIN_H
#define DCF_ORIGIN_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "reply/reply.h"
#include "request/relation.h"

/* The origin columns of the rows of one reply at a time. */
typedef struct DcfOrigins DcfOrigins;

/*
 * The origin columns among the fetched ones (attnums), in the current memory
 * context; NULL if there are none.
 */
extern DcfOrigins *dcf_origins_create(const DcfRelation *relation,
									  const Bitmapset *fetched);

/*
 * Compute the values for a reply that has begun; they live in cxt.  A row's age is
 * the time from its reply's beginning until asked_at, but never negative.
 */
extern void dcf_origins_begin(DcfOrigins *origins, const DcfReply *reply,
							  TimestampTz asked_at, MemoryContext cxt);

/* Set the columns of a row; values and isnull are by attnum - 1. */
extern void dcf_origins_fill(const DcfOrigins *origins, Datum *values,
							 bool *isnull);

#endif /* DCF_ORIGIN_H */
