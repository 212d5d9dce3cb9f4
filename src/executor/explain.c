/*
 * explain.c
 *	  EXPLAIN.  See explain.h.
 */
#include "postgres.h"

#include <math.h>

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/ruleutils.h"

#include "base/compat.h"
#include "executor/explain.h"
#include "executor/plan_limit.h"
#include "executor/scan.h"
#include "options/freshness.h"
#include "plan_ancestors.h"
#include "reply/copy_look.h"
#include "request/bind.h"
#include "request/request.h"
#include "request/writing.h"

static List *deparse_context(ForeignScanState *node, ExplainState *es);
static bool has_exec_param(Node *node, void *unused);
static void explain_request(const DcfScan *scan, DcfRequestSet *set,
							bool known, ExplainState *es);
static void explain_limit(ForeignScanState *node, ExplainState *es);
static void explain_copies(const DcfScan *scan, const DcfBoundValue *values,
						   ExplainState *es);
static void explain_sent_clauses(const DcfScan *scan, List *context,
								 ExplainState *es);
static void explain_estimate(const DcfScan *scan, ExplainState *es);
static void explain_max_rows(const DcfScan *scan, bool can_halve,
							 ExplainState *es);
static void explain_statistics(const DcfScan *scan, ExplainState *es);
static bool is_batched(const DcfScan *scan);
static bool any_unknown(const DcfFdwPrivate *priv,
						const DcfBoundValue *values);

void
dcf_explain_scan(ForeignScanState *node, ExplainState *es)
{
	const DcfScan *scan = node->fdw_state;
	const DcfFdwPrivate *priv = dcf_scan_private(scan);
	List *context = deparse_context(node, es);
	DcfBoundValue *values = dcf_scan_values(node, context);
	bool known = !any_unknown(priv, values);
	DcfDeferredError *deferred = dcf_scan_deferred_error(scan, values);
	DcfRequestSet *set;

	if (deferred)
	{
		ExplainPropertyText("Refused",
							dcf_deferred_error_show(dcf_scan_relation(scan),
													deferred),
							es);
		return;
	}
	/* The rows of an UPDATE are not requested. */
	if (dcf_writing_is(dcf_scan_relation(scan)))
		return;
	set = dcf_bind_create(dcf_scan_relation(scan), priv, values, true);

	explain_request(scan, set, known, es);
	/* One that has run was not refused. */
	if (!es->analyze)
		explain_limit(node, es);
	/* Afterwards the statistics say how many copies were read. */
	if (known && !es->analyze)
		explain_copies(scan, values, es);
	explain_sent_clauses(scan, context, es);
	explain_estimate(scan, es);
	if (priv->rows_per_request > dcf_scan_relation(scan)->server->max_rows)
	{
		const DcfBoundRequest *first = dcf_bind_next(set);

		/* Without all values, no request can be judged. */
		explain_max_rows(scan, !known || (first && dcf_bind_can_halve(first)),
						 es);
	}
	if (es->analyze)
		explain_statistics(scan, es);
}

/*
 * A context to deparse the node's expressions in.  A value from a join, an outer query
 * or an InitPlan is a Param, which is shown by the name that an ancestor node gives
 * it.  EXPLAIN does not pass the ancestors to this callback, so they are searched for.
 */
static List *
deparse_context(ForeignScanState *node, ExplainState *es)
{
	const DcfFdwPrivate *priv = dcf_scan_private(node->fdw_state);
	List *ancestors = NIL;
	bool has_params = has_exec_param((Node *) priv->clauses, NULL);
	ListCell *lc;

	foreach(lc, priv->bindings)
		has_params |=
			has_exec_param((Node *) ((DcfBinding *) lfirst(lc))->value, NULL);
	if (has_params)
		ancestors = dcf_plan_ancestors_find(es->pstmt, node->ss.ps.plan);
	return set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan,
									ancestors);
}

/* An expression_tree_walker() callback. */
static bool
has_exec_param(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXEC)
		return true;
	return expression_tree_walker(node, has_exec_param, unused);
}

/*
 * The first request's shape, and how many there will be if that is known.  If
 * no row can match, there is no request, and the number 0 says so.
 */
static void
explain_request(const DcfScan *scan, DcfRequestSet *set, bool known,
				ExplainState *es)
{
	DcfRequest *request = dcf_bind_template(set);
	double count = dcf_bind_count(set);

	if (request)
		ExplainPropertyText(
			"Request",
			dcf_request_show(request, dcf_scan_relation(scan)->server->url),
			es);
	if (count != 1 && known)
		ExplainPropertyFloat("Requests Planned", NULL, count, 0, es);
}

/* The limit of the role by which the query would be refused before it sends anything. */
static void
explain_limit(ForeignScanState *node, ExplainState *es)
{
	char *limit = dcf_plan_limit_show(node);

	if (limit)
		ExplainPropertyText("Exceeds", limit, es);
}

/* What a query with max_age would find if it ran now. */
static void
explain_copies(const DcfScan *scan, const DcfBoundValue *values,
			   ExplainState *es)
{
	DcfCopyLook look;
	char *age;

	if (!dcf_copy_look(dcf_scan_relation(scan), dcf_scan_private(scan), values,
					   dcf_scan_source(scan)->userid, &look) ||
		look.requests == 0)
		return;
	age = psprintf(INT64_FORMAT " s old", look.age / 1000);
	if (look.young > 0 && look.requests > 1)
		age = psprintf("%d of %d requests, up to %s", look.young,
					   look.requests, age);
	else if (look.young == 0)
		age = look.old > 0 ? psprintf("%s, too old", age) : "none";
	ExplainPropertyText("Cache", age, es);
}

/* The clauses whose values are sent, so that the service evaluates them. */
static void
explain_sent_clauses(const DcfScan *scan, List *context, ExplainState *es)
{
	/* Several bindings may come of one clause. */
	List *sent = list_concat_unique(NIL, dcf_scan_private(scan)->clauses);
	Node *clauses = (Node *) make_ands_explicit(sent);

	if (dcf_scan_private(scan)->clauses != NIL)
		ExplainPropertyText("Service Filter",
							deparse_expression(clauses, context,
											   es->verbose || is_batched(scan),
											   false),
							es);
}

/* Where the estimated number of rows comes from. */
static void
explain_estimate(const DcfScan *scan, ExplainState *es)
{
	static const char *const sources[] = {[DCF_ESTIMATE_REMOTE] =
											  "bridge delta count",
										  [DCF_ESTIMATE_LEARNED] = "learned",
										  [DCF_ESTIMATE_STATISTICS] =
											  "ANALYZE statistics",
										  [DCF_ESTIMATE_OPTION] =
											  "option rows",
										  [DCF_ESTIMATE_DEFAULT] = "default"};
	const DcfFdwPrivate *priv = dcf_scan_private(scan);

	if (es->costs)
		ExplainPropertyText("Estimate Source", sources[priv->source], es);
	if (es->costs && priv->source == DCF_ESTIMATE_LEARNED && priv->days > 0)
		ExplainPropertyFloat("Estimated Days", NULL, priv->days,
							 priv->days == floor(priv->days) ? 0 : 1, es);
}

/*
 * Warn of a request that will probably return more records than the service allows.
 * can_halve: the request can be halved if the table has the option "split".
 */
static void
explain_max_rows(const DcfScan *scan, bool can_halve, ExplainState *es)
{
	const DcfRelation *relation = dcf_scan_relation(scan);
	char *fate = "it is likely to be refused (HTTP 413)";

	if (relation->split && can_halve)
		fate = psprintf("it will be halved, by column \"%s\"",
						relation->split->attname);
	ExplainPropertyText(
		"Warning",
		psprintf(
			"a request is expected to return %.0f records, more than the service's limit of %d; %s",
			dcf_scan_private(scan)->rows_per_request,
			relation->server->max_rows, fate),
		es);
}

/*
 * What the scan did, over all rescans so far.  Counts that concern few tables
 * are shown only for these, or if they are not 0.
 */
static void
explain_statistics(const DcfScan *scan, ExplainState *es)
{
	DcfRowStats stats = dcf_row_source_statistics(dcf_scan_source(scan));

	ExplainPropertyUInteger("Requests", NULL, stats.requests, es);
	if (dcf_scan_relation(scan)->split || is_batched(scan))
		ExplainPropertyUInteger("Requests Halved", NULL, stats.halved, es);
	if (dcf_scan_relation(scan)->split)
		ExplainPropertyUInteger("Requests Halved Unsent", NULL,
								stats.halved_early, es);
	if (stats.at_once > 1)
		ExplainPropertyInteger("Requests at Once", NULL, stats.at_once, es);
	if (stats.replays > 0)
		ExplainPropertyUInteger("Replays", NULL, stats.replays, es);
	ExplainPropertyUInteger("Retries", NULL, stats.retries, es);
	if (dcf_freshness_of(dcf_scan_relation(scan)->table).keeps)
		ExplainPropertyUInteger("Cache Hits", NULL, stats.cache_hits, es);
	if (stats.cache_waits > 0)
		ExplainPropertyUInteger("Cache Waits", NULL, stats.cache_waits, es);
	if (stats.stale > 0)
		ExplainPropertyUInteger("Stale Replies", NULL, stats.stale, es);
	ExplainPropertyUInteger("Records", NULL, stats.records, es);
	if (stats.outside > 0)
		ExplainPropertyUInteger("Records Outside", NULL, stats.outside, es);
	if (stats.records_in_thread > 0)
		ExplainPropertyUInteger("Records Read in Thread", NULL,
								stats.records_in_thread, es);
	ExplainPropertyUInteger("Bytes Received", NULL, stats.bytes_received, es);
	ExplainPropertyUInteger("Bytes Decoded", NULL, stats.bytes_decoded, es);
	if (es->timing && stats.first_byte_ms >= 0)
		ExplainPropertyFloat("Time to First Byte", "ms", stats.first_byte_ms,
							 0, es);
}

/* Whether the scan is below a batched join, whose other side is shown then, too. */
static bool
is_batched(const DcfScan *scan)
{
	return dcf_fdw_private_keys(dcf_scan_private(scan)) > 0;
}

static bool
any_unknown(const DcfFdwPrivate *priv, const DcfBoundValue *values)
{
	for (int i = 0; i < list_length(priv->bindings); i++)
		if (values[i].unknown)
			return true;
	return false;
}
