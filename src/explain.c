/*
 * explain.c
 *	  EXPLAIN.  See explain.h.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/ruleutils.h"

#include "bind.h"
#include "compat.h"
#include "explain.h"
#include "request.h"
#include "scan.h"

static List *deparse_context(ForeignScanState *node, ExplainState *es);
static void explain_request(ForeignScanState *node, List *context,
							ExplainState *es);
static void explain_filter(const DcfScan *scan, List *context,
						   ExplainState *es);
static void explain_estimate(const DcfScan *scan, ExplainState *es);
static void explain_run(const DcfScan *scan, ExplainState *es);
static bool is_batched(const DcfScan *scan);
static bool any_unknown(const DcfSpec *spec, const DcfBoundValue *values);

void
dcf_explain_scan(ForeignScanState *node, ExplainState *es)
{
	const DcfScan *scan = node->fdw_state;
	List *context = deparse_context(node, es);

	explain_request(node, context, es);
	explain_filter(scan, context, es);
	explain_estimate(scan, es);
	if (es->analyze)
		explain_run(scan, es);
}

/*
 * For expressions of the node.  EXPLAIN does not tell us the nodes above, but
 * the topmost one has the query's InitPlans, after which parameters are named.
 */
static List *
deparse_context(ForeignScanState *node, ExplainState *es)
{
	Plan *top = es->pstmt->planTree;
	List *ancestors = top != node->ss.ps.plan ? list_make1(top) : NIL;

	return set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan,
									ancestors);
}

static void
explain_request(ForeignScanState *node, List *context, ExplainState *es)
{
	const DcfScan *scan = node->fdw_state;
	const DcfRelation *relation = dcf_scan_relation(scan);
	const DcfSpec *spec = dcf_scan_spec(scan);
	DcfBoundValue *values = dcf_scan_values(node, context);
	DcfRequestSet *set = dcf_bind_create(relation, spec, values, true);
	DcfRequest *request = dcf_bind_template(set);
	double count = dcf_bind_count(set);

	if (request)
		ExplainPropertyText("Request",
							dcf_request_show(request, relation->server->url),
							es);
	if (count != 1 && !any_unknown(spec, values))
		ExplainPropertyFloat("Requests Planned", NULL, count, 0, es);
}

static void
explain_filter(const DcfScan *scan, List *context, ExplainState *es)
{
	Node *clauses = (Node *) make_ands_explicit(dcf_scan_spec(scan)->clauses);

	if (dcf_scan_spec(scan)->clauses != NIL)
		ExplainPropertyText("Service Filter",
							deparse_expression(clauses, context,
											   es->verbose || is_batched(scan),
											   false),
							es);
}

static void
explain_estimate(const DcfScan *scan, ExplainState *es)
{
	static const char *const sources[] = {[DCF_ESTIMATE_REMOTE] =
											  "bridge delta count",
										  [DCF_ESTIMATE_OPTION] =
											  "option rows",
										  [DCF_ESTIMATE_STATISTICS] =
											  "ANALYZE statistics",
										  [DCF_ESTIMATE_DEFAULT] = "default"};
	const DcfSpec *spec = dcf_scan_spec(scan);
	const DcfServerOptions *server = dcf_scan_relation(scan)->server;

	if (es->costs)
		ExplainPropertyText("Estimate Source", sources[spec->source], es);
	if (spec->rows_per_request > server->max_rows)
		ExplainPropertyText(
			"Warning",
			psprintf(
				"a request is expected to ask for %.0f records, more than the service's limit of %d; it is likely to be refused (HTTP 413)",
				spec->rows_per_request, server->max_rows),
			es);
}

static void
explain_run(const DcfScan *scan, ExplainState *es)
{
	DcfFetchStats stats = dcf_scan_stats(scan);

	ExplainPropertyUInteger("Requests", NULL, stats.requests, es);
	if (dcf_scan_relation(scan)->split || is_batched(scan))
		ExplainPropertyUInteger("Requests Halved", NULL, stats.halved, es);
	if (stats.at_once > 1)
		ExplainPropertyInteger("Requests at Once", NULL, stats.at_once, es);
	ExplainPropertyUInteger("Retries", NULL, stats.retries, es);
	ExplainPropertyUInteger("Records", NULL, stats.records, es);
	ExplainPropertyUInteger("Bytes Received", NULL, stats.bytes_received, es);
	ExplainPropertyUInteger("Bytes Decoded", NULL, stats.bytes_decoded, es);
	if (es->timing && stats.first_byte_ms >= 0)
		ExplainPropertyFloat("Time to First Byte", "ms", stats.first_byte_ms,
							 0, es);
}

/* Then the other side of the join is named as well. */
static bool
is_batched(const DcfScan *scan)
{
	return dcf_spec_keys(dcf_scan_spec(scan)) > 0;
}

static bool
any_unknown(const DcfSpec *spec, const DcfBoundValue *values)
{
	for (int i = 0; i < list_length(spec->bindings); i++)
		if (values[i].unknown)
			return true;
	return false;
}
