/*
 * batch_plan.h
 *	  Batched joins: a plan node that joins any relation with a foreign table
 *	  whose requests ask for many values of the join's key at once.
 */
#ifndef DCF_BATCH_PLAN_H
#define DCF_BATCH_PLAN_H

/* Have the planner consider them; from _PG_init(). */
extern void dcf_batch_init(void);

#endif /* DCF_BATCH_PLAN_H */
