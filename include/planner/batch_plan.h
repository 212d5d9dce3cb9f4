/*
 * batch_plan.h
 *	  Batched joins: a plan node that joins any relation with a foreign table
 *	  whose requests ask for many values of the join's key at once.
 *
 * The foreign scan has a binding DCF_BIND_KEYS, whose expression is for
 * EXPLAIN alone.  The values come by dcf_scan_set_keys() before each rescan,
 * and then go through bind.c as those of = ANY do.  Other columns of the outer
 * side cannot parameterise the scan, as they differ within a batch; relations
 * outside of the join can.
 */
#ifndef DCF_BATCH_PLAN_H
#define DCF_BATCH_PLAN_H

/* Have the planner consider them; from _PG_init(). */
extern void dcf_batch_init(void);

#endif /* DCF_BATCH_PLAN_H */
