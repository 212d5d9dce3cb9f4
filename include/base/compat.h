/*
 * compat.h
 *	  The differences between PostgreSQL 15 and 19.  Each wrapper has the newest
 *	  release's signature, where older ones can have it, too.
 *
 * A comment that starts with a number names the release that made the change.
 *
 * Most modules get this header, if only by way of others.  src/base/compat_setting.h
 * has what needs utils/guc_tables.h.
 */
#ifndef DCF_COMPAT_H
#define DCF_COMPAT_H

#include "postgres.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "common/base64.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/pathnode.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/wait_event.h"
#include "utils/varlena.h"

/* 16: the varlena macros moved from postgres.h to a header of their own. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 16: contexts for soft errors. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif

/* 18: the binary side of base64 is uint8 *; before, char *. */
#if PG_VERSION_NUM >= 180000
#define dcf_compat_b64_encode pg_b64_encode
#define dcf_compat_b64_decode pg_b64_decode
#else
static inline int
dcf_compat_b64_encode(const uint8 *src, int len, char *dst, int dstlen)
{
	return pg_b64_encode((const char *) src, len, dst, dstlen);
}

static inline int
dcf_compat_b64_decode(const char *src, int len, uint8 *dst, int dstlen)
{
	return pg_b64_decode(src, len, (char *) dst, dstlen);
}
#endif

/* 18: pg_noreturn, before a declaration; before, an attribute macro. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 19: pg_fallthrough, a statement, as its compiler flags accept no comment. */
#if PG_VERSION_NUM < 190000
#if __has_attribute(fallthrough)
#define pg_fallthrough __attribute__((fallthrough))
#else
#define pg_fallthrough
#endif
#endif

/*
 * A wait event set without a resource owner; FreeWaitEventSet() frees it.
 * 17: the argument is a resource owner; before, a memory context.
 */
#if PG_VERSION_NUM >= 170000
#define dcf_compat_create_wait_event_set(n) CreateWaitEventSet(NULL, n)
#else
#define dcf_compat_create_wait_event_set(n) \
	CreateWaitEventSet(TopMemoryContext, n)
#endif

/* 17: wait events have names; before, all extensions share one. */
#if PG_VERSION_NUM >= 170000
#define dcf_compat_wait_event(name) WaitEventExtensionNew(name)
#else
#define dcf_compat_wait_event(name) PG_WAIT_EXTENSION
#endif

/* 18: the headers that EXPLAIN callbacks need. */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#else
#include "commands/explain.h"
#endif

/*
 * A path over a foreign base relation, without order, outer path and private
 * data.  last_resort is 0, or a cost to add to a path that the planner should
 * choose only if there is no other, whatever the enable_ settings say.
 *
 * 18: a path has a number of disabled nodes, which outweighs costs; but an
 * Append over a single path loses it, so the cost is added as well.
 * 17: a path over a join has the clauses that the join relation took over.
 */
#define DCF_LAST_RESORT_NODES 1000
#define DCF_LAST_RESORT_COST  1e15

static inline ForeignPath *
dcf_compat_foreignscan_path(PlannerInfo *root, RelOptInfo *rel, double rows,
							Cost last_resort, Cost startup, Cost total,
							Relids outer)
{
	return create_foreignscan_path(root, rel, NULL, rows,
#if PG_VERSION_NUM >= 180000
								   last_resort > 0 ? DCF_LAST_RESORT_NODES : 0,
#endif
								   startup + last_resort, total + last_resort,
								   NIL, outer, NULL,
#if PG_VERSION_NUM >= 170000
								   NIL,
#endif
								   NIL);
}

/*
 * The distinct rows of the outer side of a join of type JOIN_UNIQUE_OUTER, or
 * NULL.  19: they are that side's paths; before, a path to make.
 */
static inline Path *
dcf_compat_unique_outer_path(PlannerInfo *root, RelOptInfo *rel,
							 SpecialJoinInfo *sjinfo)
{
#if PG_VERSION_NUM >= 190000
	(void) root;
	(void) sjinfo;
	return rel->cheapest_total_path;
#else
	return (Path *) create_unique_path(root, rel, rel->cheapest_total_path,
									   sjinfo);
#endif
}

/* 18: a node's number of disabled nodes includes those below it. */
#if PG_VERSION_NUM >= 180000
#define dcf_compat_sum_disabled(path, one, other) \
	((path)->disabled_nodes = (one)->disabled_nodes + (other)->disabled_nodes)
#else
#define dcf_compat_sum_disabled(path, one, other) ((void) 0)
#endif

/* 16: outer joins have relids of their own. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_needs_own_join(sjinfo, relids) \
	((sjinfo)->ojrelid != 0 && bms_is_member((sjinfo)->ojrelid, relids))
#else
#define dcf_compat_needs_own_join(sjinfo, relids) false
#endif

/*
 * Translate an expression over the topmost parent to one over a child.
 * 16: takes the relations; before, their relids.
 */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_adjust_to_child(root, node, child) \
	adjust_appendrel_attrs_multilevel(root, node, child, (child)->top_parent)
#else
#define dcf_compat_adjust_to_child(root, node, child)              \
	adjust_appendrel_attrs_multilevel(root, node, (child)->relids, \
									  (child)->top_parent_relids)
#endif

/*
 * The expressions that the columns of a range table entry stand for.
 * 18: the grouping expressions of a query are a range table entry (RTE_GROUP).
 */
static inline List *
dcf_compat_group_exprs(const RangeTblEntry *rte)
{
#if PG_VERSION_NUM >= 180000
	return rte->rtekind == RTE_GROUP ? rte->groupexprs : NIL;
#else
	(void) rte;
	return NIL;
#endif
}

/* 16: object_aclcheck() serves all kinds of objects. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_server_aclcheck(serverid, roleid, mode) \
	object_aclcheck(ForeignServerRelationId, serverid, roleid, mode)
#else
#define dcf_compat_server_aclcheck(serverid, roleid, mode) \
	pg_foreign_server_aclcheck(serverid, roleid, mode)
#endif

/* 16: object_ownercheck() serves all kinds of objects. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_owns_table(relid, roleid) \
	object_ownercheck(RelationRelationId, relid, roleid)
#else
#define dcf_compat_owns_table(relid, roleid) pg_class_ownercheck(relid, roleid)
#endif

/* 17: the privilege MAINTAIN lets other roles than the owner run ANALYZE. */
#if PG_VERSION_NUM >= 170000
#define dcf_compat_may_maintain(relid, roleid)               \
	(object_ownercheck(RelationRelationId, relid, roleid) || \
	 pg_class_aclcheck(relid, roleid, ACL_MAINTAIN) == ACLCHECK_OK)
#elif PG_VERSION_NUM >= 160000
#define dcf_compat_may_maintain(relid, roleid) \
	object_ownercheck(RelationRelationId, relid, roleid)
#else
#define dcf_compat_may_maintain(relid, roleid) \
	pg_class_ownercheck(relid, roleid)
#endif

/* 16: takes a context for soft errors; before, a boolean. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_parse_type(text, type, typmod) \
	((void) parseTypeString(text, type, typmod, NULL))
#else
#define dcf_compat_parse_type(text, type, typmod) \
	parseTypeString(text, type, typmod, false)
#endif

/* 17: a MERGE keeps its join conditions in mergeJoinConditions. */
#if PG_VERSION_NUM >= 170000
#define dcf_compat_merge_join_conditions(plan) ((plan)->mergeJoinConditions)
#else
#define dcf_compat_merge_join_conditions(plan) NIL
#endif

/*
 * The directories that are searched for extensions, separated by colons; each
 * has a subdirectory "extension".  "$system" stands for PostgreSQL's own.
 * 18: the setting extension_control_path; before, only "$system".
 */
#if PG_VERSION_NUM >= 180000
#define dcf_compat_extension_path() \
	GetConfigOption("extension_control_path", false, false)
#else
#define dcf_compat_extension_path() "$system"
#endif

/*
 * Conversions of times.  A value out of the range becomes infinite, and sets
 * *overflow, which must be 0 before.  19: they take a context for soft errors.
 */
#if PG_VERSION_NUM >= 190000
#define DCF_COMPAT_CONVERT_TIME(name, from)                              \
	static inline Timestamp dcf_compat_##name(from value, int *overflow) \
	{                                                                    \
		ErrorSaveContext context = {.type = T_ErrorSaveContext};         \
		Timestamp result = name##_safe(value, (Node *) &context);        \
                                                                         \
		if (context.error_occurred)                                      \
			*overflow = 1;                                               \
		return result;                                                   \
	}
#else
#define DCF_COMPAT_CONVERT_TIME(name, from)                              \
	static inline Timestamp dcf_compat_##name(from value, int *overflow) \
	{                                                                    \
		return name##_opt_overflow(value, overflow);                     \
	}
#endif
DCF_COMPAT_CONVERT_TIME(date2timestamp, DateADT)
DCF_COMPAT_CONVERT_TIME(date2timestamptz, DateADT)
DCF_COMPAT_CONVERT_TIME(timestamp2timestamptz, Timestamp)

/* 19: also tells whether a constraint is volatile. */
#if PG_VERSION_NUM >= 190000
#define dcf_compat_domain_has_constraints(type) \
	DomainHasConstraints(type, NULL)
#else
#define dcf_compat_domain_has_constraints(type) DomainHasConstraints(type)
#endif

/* The setting for this process.  19: each kind of process has its own. */
#if PG_VERSION_NUM >= 190000
#define dcf_compat_log_min_messages (log_min_messages[MyBackendType])
#else
#define dcf_compat_log_min_messages log_min_messages
#endif

/* 19: whoever makes a descriptor calls this once all its columns are there. */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(desc) ((void) (desc))
#endif

/* 19: what EXPLAIN ANALYZE measures of a node has a name of its own. */
#if PG_VERSION_NUM < 190000
typedef Instrumentation NodeInstrumentation;
#endif

/* 17: intervals may be infinite. */
#if PG_VERSION_NUM >= 170000
#define dcf_compat_interval_is_finite(interval) \
	(!INTERVAL_NOT_FINITE(interval))
#else
#define dcf_compat_interval_is_finite(interval) ((void) (interval), true)
#endif

/* 16: takes a context for soft errors. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty, NULL)
#else
#define dcf_compat_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty)
#endif

/* The role whose user mapping a scan uses.  16: a field of the plan node. */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_check_as_user(scan, rte) ((scan)->checkAsUser)
#else
#define dcf_compat_check_as_user(scan, rte) ((rte)->checkAsUser)
#endif

/*
 * The role whose user mapping is used to write a table, which may be one that rows
 * are routed to.  16: a function says it.
 */
#if PG_VERSION_NUM >= 160000
#define dcf_compat_result_rel_user(info, estate) \
	ExecGetResultRelCheckAsUser(info, estate)
#else
static inline Oid
dcf_compat_result_rel_user(const ResultRelInfo *info, EState *estate)
{
	const ResultRelInfo *named =
		info->ri_RangeTableIndex == 0 ? info->ri_RootResultRelInfo : info;
	Oid userid = exec_rt_fetch(named->ri_RangeTableIndex, estate)->checkAsUser;

	return OidIsValid(userid) ? userid : GetUserId();
}
#endif

/*
 * 16: ClosestMatchState; this is a copy for 15.
 * Portions Copyright (c) 1996-2023, PostgreSQL Global Development Group
 * Portions Copyright (c) 1994, Regents of the University of California
 */
#if PG_VERSION_NUM < 160000
typedef struct ClosestMatchState
{
	const char *source;
	int min_d;
	int max_d;
	const char *match;
} ClosestMatchState;

static inline void
initClosestMatch(ClosestMatchState *state, const char *source, int max_d)
{
	state->source = source;
	state->min_d = -1;
	state->max_d = max_d;
	state->match = NULL;
}

static inline void
updateClosestMatch(ClosestMatchState *state, const char *candidate)
{
	int len = (int) strlen(state->source);
	int distance = varstr_levenshtein_less_equal(state->source, len, candidate,
												 (int) strlen(candidate), 1, 1,
												 1, state->max_d, true);

	if (distance <= state->max_d && distance <= len / 2 &&
		(state->min_d < 0 || distance < state->min_d))
	{
		state->min_d = distance;
		state->match = candidate;
	}
}

static inline const char *
getClosestMatch(ClosestMatchState *state)
{
	return state->match;
}
#endif

#endif /* DCF_COMPAT_H */
