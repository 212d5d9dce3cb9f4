/*
 * copy_look.h
 *	  Which replies to a set of requests can be read from copies, as far as is
 *	  known before the query runs: for EXPLAIN and estimates.
 */
#ifndef DCF_COPY_LOOK_H
#define DCF_COPY_LOOK_H

#include "postgres.h"

#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/* No more requests of a set are looked at. */
#define DCF_COPY_LOOK_MAX 1000

typedef struct DcfCopyLook
{
	int requests; /* looked at: the first ones of the set */
	int young;	  /* of these, have a copy that a query would read now */
	int old;	  /* of these, have a copy that is older than max_age */
	int64 age;	  /* ms, of the oldest young copy; if none is young, of the
				   * youngest old one */
} DcfCopyLook;

/*
 * Look for the copies.  values has one entry for each of priv->bindings, none of
 * them unknown; userid is the user whose mapping is used.  Sends nothing, and
 * raises only what dcf_catch_error() rethrows.  False, at no cost, if no copy would
 * be read whatever its age; also if something fails that will fail the query.
 */
extern bool dcf_copy_look(const DcfRelation *relation,
						  const DcfFdwPrivate *priv,
						  const DcfBoundValue *values, Oid userid,
						  DcfCopyLook *look);

#endif /* DCF_COPY_LOOK_H */
