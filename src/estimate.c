/*
 * estimate.c
 *	  Rows and costs.  See estimate.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "bridge.h"
#include "estimate.h"

/*
 * Costs in the planner's unit, a sequential page read.  A request is a round
 * trip and the service's own work, seldom less than tens of milliseconds; a
 * byte of a reply has to be received, inflated and read.
 */
#define COST_PER_REQUEST 1000.0
#define COST_PER_BYTE	 0.0001

/* Bytes a field takes in a reply: its key, quotes and separators, a value. */
#define BYTES_PER_FIELD 30

/* Elements of an array that is not known yet. */
#define UNKNOWN_ARRAY_LENGTH 10

static double count_requests(const DcfRelation *relation,
							 const DcfQuals *quals, Bitmapset *split);
static double array_length(Expr *array);
static double remote_rows(PlannerInfo *root, RelOptInfo *baserel,
						  const DcfRelation *relation);
static double reply_rows(PlannerInfo *root, RelOptInfo *baserel,
						 const DcfRelation *relation, const DcfQuals *quals,
						 DcfEstimate *estimate);
static double selectivity(PlannerInfo *root, RelOptInfo *baserel,
						  List *clauses, const DcfEstimate *estimate);
static List *joined_filters(const DcfQuals *quals);
static double bytes_per_record(const DcfRelation *relation);

void
dcf_estimate(PlannerInfo *root, RelOptInfo *baserel,
			 const DcfRelation *relation, const DcfQuals *quals,
			 Bitmapset *split, DcfEstimate *estimate)
{
	double received;
	QualCost qual_cost;

	estimate->requests = count_requests(relation, quals, split);
	estimate->rows = reply_rows(root, baserel, relation, quals, estimate);

	received = estimate->requests *
		Min(estimate->rows_per_request, relation->server->max_rows);
	estimate->rows = clamp_row_est(Min(estimate->rows, received));

	cost_qual_eval(&qual_cost, quals->local, root);
	estimate->startup_cost = COST_PER_REQUEST + qual_cost.startup +
		baserel->reltarget->cost.startup;
	estimate->total_cost = estimate->startup_cost +
		(estimate->requests - 1) * COST_PER_REQUEST +
		received *
			(bytes_per_record(relation) * COST_PER_BYTE + cpu_tuple_cost +
			 qual_cost.per_tuple) +
		estimate->rows * baserel->reltarget->cost.per_tuple;
}

/* Columns that need a request for each value multiply. */
static double
count_requests(const DcfRelation *relation, const DcfQuals *quals,
			   Bitmapset *split)
{
	Bitmapset *single = NULL;
	double requests = 1;
	ListCell *lc;

	/* Of a column that is also bound by =, one value is left. */
	foreach(lc, quals->bindings)
	{
		DcfBinding *binding = lfirst(lc);

		if (binding->op != DCF_BIND_ANY)
			single = bms_add_member(single, binding->attnum);
	}
	foreach(lc, quals->bindings)
	{
		DcfBinding *binding = lfirst(lc);
		const DcfColumn *column = &relation->columns[binding->attnum - 1];

		if (bms_is_member(binding->attnum, single) ||
			column->kind == DCF_COLUMN_WINDOW ||
			(column->options->list && !bms_is_member(binding->attnum, split)))
			continue;
		single = bms_add_member(single, binding->attnum);
		requests *= Max(array_length(binding->value), 1);
	}
	return requests;
}

static double
array_length(Expr *array)
{
	if (IsA(array, Const))
	{
		Const *constant = (Const *) array;
		ArrayType *value;

		if (constant->constisnull)
			return 0;
		value = DatumGetArrayTypeP(constant->constvalue);
		return ArrayGetNItems(ARR_NDIM(value), ARR_DIMS(value));
	}
	if (IsA(array, ArrayExpr) && !((ArrayExpr *) array)->multidims)
		return list_length(((ArrayExpr *) array)->elements);
	return UNKNOWN_ARRAY_LENGTH;
}

/* The service's own count, where the server's options want it; else -1. */
static double
remote_rows(PlannerInfo *root, RelOptInfo *baserel,
			const DcfRelation *relation)
{
	Oid userid = baserel->userid;

	if (!relation->server->remote_estimate)
		return -1;
	return dcf_bridge_rows(relation,
						   OidIsValid(userid) ? userid : GetUserId());
}

/*
 * Rows the scan returns; the rows of a reply are noted in the estimate.
 */
static double
reply_rows(PlannerInfo *root, RelOptInfo *baserel, const DcfRelation *relation,
		   const DcfQuals *quals, DcfEstimate *estimate)
{
	double local;
	double filtered;
	double remote = remote_rows(root, baserel, relation);

	if (remote >= 0)
	{
		estimate->source = DCF_ESTIMATE_REMOTE;
		estimate->rows_per_request = remote;
	}
	else if (relation->table->rows >= 0)
	{
		estimate->source = DCF_ESTIMATE_OPTION;
		estimate->rows_per_request = relation->table->rows;
	}
	else if (estimate->tuples > 0)
	{
		/* The statistics know of all rows; the service filters some. */
		estimate->source = DCF_ESTIMATE_STATISTICS;
		filtered = selectivity(root, baserel, quals->sent, estimate);
		local =
			selectivity(root, baserel,
						list_union_ptr(quals->local, quals->sent), estimate);
		estimate->rows_per_request =
			clamp_row_est(estimate->tuples * filtered / estimate->requests);
		return estimate->tuples * local;
	}
	else
	{
		estimate->source = DCF_ESTIMATE_DEFAULT;
		estimate->rows_per_request = DCF_ROWS_DEFAULT;
	}

	/*
	 * These count a reply's records, so what was sent is accounted for, but for
	 * what a join gives on top of it.
	 */
	estimate->rows_per_request = clamp_row_est(
		estimate->rows_per_request *
		selectivity(root, baserel, joined_filters(quals), estimate));
	local =
		clauselist_selectivity(root,
							   list_difference_ptr(quals->local, quals->sent),
							   baserel->relid, JOIN_INNER, NULL);
	return estimate->requests *
		Min(estimate->rows_per_request, relation->server->max_rows) * local;
}

/*
 * Of clauses, one of which may be a batch's: it holds for any of many values,
 * but all batches together have no more than all rows.
 */
static double
selectivity(PlannerInfo *root, RelOptInfo *baserel, List *clauses,
			const DcfEstimate *estimate)
{
	double one = clauselist_selectivity(root, clauses, baserel->relid,
										JOIN_INNER, NULL);

	return Min(estimate->keys * one, 1) / estimate->batches;
}

/*
 * The clauses by which the service filters rows for the other side of a join:
 * those on columns that the reply has.
 */
static List *
joined_filters(const DcfQuals *quals)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, quals->sent)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (bms_membership(rinfo->clause_relids) == BMS_MULTIPLE &&
			list_member_ptr(quals->local, rinfo))
			result = lappend(result, rinfo);
	}
	return result;
}

static double
bytes_per_record(const DcfRelation *relation)
{
	int nread = 0;

	for (int i = 0; i < relation->natts; i++)
		if (dcf_column_is_read(&relation->columns[i]))
			nread++;
	return nread * BYTES_PER_FIELD;
}
