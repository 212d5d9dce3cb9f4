/*
 * modify.h
 *	  The executor's callbacks for INSERT, UPDATE and COPY FROM: one request for each
 *	  row.  Only tables over endpoints that write allow them (request/writing.h).
 *
 * A row that the service has taken stays there, whatever becomes of the statement.
 * An error says which row failed, whether the service has taken it, and how many it
 * took before.
 */
#ifndef DCF_MODIFY_H
#define DCF_MODIFY_H

#include "postgres.h"
#include "nodes/execnodes.h"

#include "base/compat.h"

/* IsForeignRelUpdatable.  Raises nothing for tables that are only read. */
extern int dcf_modify_is_updatable(Relation rel);

/* BeginForeignModify, and BeginForeignInsert for rows that COPY or a partitioned table
 * sends here.  They send nothing. */
extern void dcf_modify_begin(ModifyTableState *mtstate, ResultRelInfo *info,
							 List *fdw_private, int subplan_index, int eflags);
extern void dcf_modify_begin_insert(ModifyTableState *mtstate,
									ResultRelInfo *info);

/*
 * ExecForeignInsert and ExecForeignUpdate.  The slot that is returned shows what the
 * service answered.
 */
extern TupleTableSlot *dcf_modify_insert(EState *estate, ResultRelInfo *info,
										 TupleTableSlot *slot,
										 TupleTableSlot *plan_slot);
extern TupleTableSlot *dcf_modify_update(EState *estate, ResultRelInfo *info,
										 TupleTableSlot *slot,
										 TupleTableSlot *plan_slot);

/* EndForeignModify and EndForeignInsert; not called after an error. */
extern void dcf_modify_end(EState *estate, ResultRelInfo *info);

/* ExplainForeignModify. */
extern void dcf_modify_explain(ModifyTableState *mtstate, ResultRelInfo *info,
							   List *fdw_private, int subplan_index,
							   ExplainState *es);

#endif /* DCF_MODIFY_H */
