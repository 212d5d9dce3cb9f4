/*
 * batch_plan.h
 *	  Batched joins, the planner's side: a custom scan that joins any relation
 *	  with a foreign table whose requests can ask for many values of the join
 *	  key at once.
 *
 * The inner plan is a foreign scan with a binding DCF_BIND_KEYS.  The
 * binding's expression only serves EXPLAIN: before each rescan, the custom
 * scan passes a batch of keys with dcf_scan_set_keys(), and bind.c treats them
 * like the values of = ANY.  Other columns of the outer side cannot
 * parameterise the foreign scan, because they differ within a batch.
 * Relations outside the join can.
 */
#ifndef DCF_BATCH_PLAN_H
#define DCF_BATCH_PLAN_H

/* Install the planner hook.  Called once, by _PG_init(). */
extern void dcf_batch_init(void);

#endif /* DCF_BATCH_PLAN_H */
