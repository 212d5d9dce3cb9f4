/*
 * limit_plan.h
 *	  What sets of requests would ask for, to compare it with the limits on statements
 *	  (limits.h) before anything is sent.
 */
#ifndef DCF_LIMIT_PLAN_H
#define DCF_LIMIT_PLAN_H

#include "postgres.h"

#include "base/statement.h"
#include "reply/limits.h"
#include "request/bind.h"
#include "request/fdw_private.h"
#include "request/relation.h"

/* All zero is an empty plan. */
typedef struct DcfLimitPlan
{
	List *parts; /* private */
} DcfLimitPlan;

/*
 * Add a set of requests, of which none has been taken, in the current memory context.
 * values and userid are those it was made with.  Not for a set of a fixed request.
 */
extern void dcf_limit_plan_add(DcfLimitPlan *plan, const DcfRelation *relation,
							   const DcfFdwPrivate *priv,
							   const DcfBoundValue *values, Oid userid,
							   const DcfRequestSet *set);

/*
 * Whether the plan exceeds a limit, given what the statement has used; NULL: nothing.
 * Sets *excess, and *hint, palloc'd or NULL, to what to narrow; hint may be NULL.
 *
 * Requests whose replies can be read from copies are not counted.  Of records only
 * those are expected of which something is known: the service's count, earlier
 * replies, ANALYZE, or the option rows.  How many requests and records a scan needs that
 * may end early is not known, so only its days are compared.
 */
extern bool dcf_limit_plan_exceeds(const DcfLimitPlan *plan,
								   const DcfStatement *statement,
								   DcfLimitExcess *excess, char **hint);

#endif /* DCF_LIMIT_PLAN_H */
