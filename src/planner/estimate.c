/*
 * estimate.c
 *	  Rows and costs.  See estimate.h.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "discovery/bridge.h"
#include "estimate_copy.h"
#include "planner/estimate.h"
#include "reply/reply_stats.h"
#include "request/fdw_private.h"
#include "request/period.h"
#include "request/period_set.h"
#include "request/request_size.h"
#include "request/window_open.h"

/*
 * Costs in the planner's unit, the cost of a sequential page read, assumed to
 * be a hundredth of a millisecond.  A request costs the time to its first byte
 * as learned from earlier replies, but at least COST_PER_REQUEST, so that a
 * fast service does not get a thousand requests.  A byte of a reply has to be
 * received, decompressed and parsed.
 */
#define COST_PER_MS		 100.0
#define COST_PER_REQUEST 1000.0
#define COST_PER_BYTE	 0.0001

/* Assumed bytes of a field in a reply: key, value, quotes and separators. */
#define BYTES_PER_FIELD 30

/* Assumed length of an array that is not known yet. */
#define UNKNOWN_ARRAY_LENGTH 10

/* The inputs of an estimate, and intermediate results. */
typedef struct Estimation
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	const DcfQuals *quals;
	Bitmapset *fan_out; /* as in DcfFdwPrivate */
	Bitmapset *single;	/* columns restricted to one value by = */
	/* the clause that supplies a batched join's keys, or NULL */
	const RestrictInfo *key;
	DcfRequestSize reqsize;
	double windows; /* each of them needs a request */
	DcfReplyStats learned;
	DcfEstimate *estimate;
} Estimation;

static Bitmapset *find_single_columns(const DcfQuals *quals);
static const RestrictInfo *find_key(const DcfQuals *quals);
static bool fans_out(const Estimation *e, const DcfBinding *binding);
static double count_requests(const Estimation *e);
static Expr *known_value(const Estimation *e, const DcfBinding *binding);
static bool is_skipped(const Estimation *e, const DcfBinding *binding);
static double array_length(Expr *array);
static void find_request_size(Estimation *e);
static void add_column_size(Estimation *e, const DcfColumn *column);
static void add_window_size(Estimation *e, const DcfColumn *column);
static bool find_average_window(Estimation *e, const DcfColumn *column,
								DcfWindow *window);
static bool narrow_window(const Estimation *e, const DcfBinding *binding,
						  DcfWindow *window, DcfPeriods *periods);
static double remote_rows(const Estimation *e);
static bool use_learned(const Estimation *e, double remote);
static double statistics_rows(const Estimation *e);
static double reply_rows(Estimation *e);
static double filtered_part(const Estimation *e);
static List *without_origins(const Estimation *e, List *clauses);
static bool is_filter(const Estimation *e, const RestrictInfo *rinfo);
static Selectivity selectivity(const Estimation *e, List *clauses);
static double bytes_per_record(const Estimation *e);

void
dcf_estimate(PlannerInfo *root, RelOptInfo *baserel,
			 const DcfRelation *relation, const DcfQuals *quals,
			 Bitmapset *fan_out, DcfEstimate *estimate)
{
	Estimation e = {.root = root,
					.baserel = baserel,
					.relation = relation,
					.quals = quals,
					.fan_out = fan_out,
					.single = find_single_columns(quals),
					.key = find_key(quals),
					.windows = 1,
					.estimate = estimate};
	double max_rows = relation->server->max_rows;
	double received;
	double cost_per_request;
	double sent; /* requests whose replies are not copies */
	QualCost qual_cost;

	/*
	 * In this order: the size selects what replies have taught, and counts the
	 * windows, which multiply the requests.  Rows depend on all of these.
	 */
	find_request_size(&e);
	dcf_reply_stats_find(relation, &e.reqsize, &e.learned);
	estimate->days = Max(e.reqsize.days, 0);
	estimate->requests = count_requests(&e);
	estimate->rows = reply_rows(&e);

	/*
	 * More rows than a reply may have need several requests, or are an error.
	 */
	received = estimate->requests * estimate->rows_per_request;
	if (relation->split)
		estimate->requests *=
			Max(ceil(estimate->rows_per_request / max_rows), 1);
	else
		received = Min(received, estimate->requests * max_rows);
	estimate->rows = clamp_row_est(Min(estimate->rows, received));

	cost_per_request =
		Max(COST_PER_REQUEST, e.learned.first_byte_ms * COST_PER_MS);
	cost_qual_eval(&qual_cost, quals->local, root);

	sent = estimate->requests *
		(1 - dcf_estimate_copied(root, baserel, relation, quals, fan_out));

	/* The first request is part of the startup cost. */
	estimate->startup_cost = Min(sent, 1) * cost_per_request +
		qual_cost.startup + baserel->reltarget->cost.startup;
	estimate->total_cost = estimate->startup_cost +
		Max(sent - 1, 0) * cost_per_request +
		received *
			(bytes_per_record(&e) * COST_PER_BYTE + cpu_tuple_cost +
			 qual_cost.per_tuple) +
		estimate->rows * baserel->reltarget->cost.per_tuple;
}

/*
 * Columns restricted to one value.  A batched join's key column counts as one,
 * because each batch is one request.
 */
static Bitmapset *
find_single_columns(const DcfQuals *quals)
{
	Bitmapset *single = NULL;
	ListCell *lc;

	foreach(lc, quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (binding->op != DCF_BIND_ANY)
			single = bms_add_member(single, binding->attnum);
	}
	return single;
}

/* The clause that supplies a batched join's keys, or NULL. */
static const RestrictInfo *
find_key(const DcfQuals *quals)
{
	ListCell *lc_binding;
	ListCell *lc_clause;

	forboth(lc_binding, quals->bindings, lc_clause, quals->sent)
		if (((const DcfBinding *) lfirst(lc_binding))->op == DCF_BIND_KEYS)
			return lfirst_node(RestrictInfo, lc_clause);
	return NULL;
}

/* Whether a binding needs a request for each of its values. */
static bool
fans_out(const Estimation *e, const DcfBinding *binding)
{
	const DcfColumn *column = &e->relation->columns[binding->attnum - 1];

	return !bms_is_member(binding->attnum, e->single) &&
		column->kind != DCF_COLUMN_WINDOW &&
		(!column->options->list || bms_is_member(binding->attnum, e->fan_out));
}

/*
 * Estimate the requests: columns that fan out multiply, except those of a
 * group.
 */
static double
count_requests(const Estimation *e)
{
	Bitmapset *counted = NULL;
	double requests = e->windows;
	List *groups = NIL;
	ListCell *lc;

	foreach(lc, e->quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);
		double length;

		if (!fans_out(e, binding) || is_skipped(e, binding) ||
			bms_is_member(binding->attnum, counted))
			continue;
		counted = bms_add_member(counted, binding->attnum);

		/* The arrays of a group have one length, so one of them counts. */
		if (binding->group > 0 && list_member_int(groups, binding->group))
			continue;
		groups = lappend_int(groups, binding->group);
		length = array_length(known_value(e, binding));
		if (length < 0)
			length = UNKNOWN_ARRAY_LENGTH;
		requests *= Max(length, 1);
	}
	return requests;
}

/*
 * A binding's value, simplified as far as is possible at plan time: stable
 * functions and known parameters become a Const.  NULL for IS NULL.
 */
static Expr *
known_value(const Estimation *e, const DcfBinding *binding)
{
	if (!binding->value)
		return NULL;
	return (Expr *) estimate_expression_value(e->root,
											  (Node *) binding->value);
}

/*
 * Whether a binding's condition is known to be true, so that it does not hold.
 */
static bool
is_skipped(const Estimation *e, const DcfBinding *binding)
{
	const Const *condition;

	if (!binding->unless)
		return false;
	condition =
		(const Const *) estimate_expression_value(e->root,
												  (Node *) binding->unless);
	return IsA(condition, Const) && !condition->constisnull &&
		DatumGetBool(condition->constvalue);
}

/* The length of an array, or -1 if it is not known. */
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
	return -1;
}

/* Compute how much one request will ask for. */
static void
find_request_size(Estimation *e)
{
	dcf_request_size_init(&e->reqsize);
	for (int i = 0; i < e->relation->natts; i++)
	{
		const DcfColumn *column = &e->relation->columns[i];

		if (column->kind == DCF_COLUMN_WINDOW)
			add_window_size(e, column);
		else if (dcf_column_is_sent(column))
			add_column_size(e, column);
	}
}

/* Add a column with values. */
static void
add_column_size(Estimation *e, const DcfColumn *column)
{
	const DcfBinding *last = NULL;
	Expr *value;
	ListCell *lc;

	/* A comparison by = restricts most. */
	foreach(lc, e->quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (binding->attnum == column->attnum && !is_skipped(e, binding) &&
			(!last || binding->op != DCF_BIND_ANY))
			last = binding;
	}
	if (!last || last->op == DCF_BIND_NULL)
		return;

	/* All batches are assumed to be equally long. */
	if (last->op == DCF_BIND_KEYS)
	{
		dcf_request_size_values(&e->reqsize, e->relation, column,
								ceil(e->estimate->keys /
									 e->estimate->batches));
		return;
	}
	value = known_value(e, last);
	if (last->op == DCF_BIND_EQUAL || last->op == DCF_BIND_NOT_DISTINCT)
	{
		const Const *constant = IsA(value, Const) ? (Const *) value : NULL;

		dcf_request_size_value(&e->reqsize, e->relation, column,
							   constant && !constant->constisnull ?
								   &constant->constvalue :
								   NULL,
							   constant ? getBaseType(constant->consttype) :
										  InvalidOid);
	}
	else if (fans_out(e, last) || array_length(value) == 1)
		dcf_request_size_value(&e->reqsize, e->relation, column, NULL,
							   InvalidOid);
	else
		dcf_request_size_values(&e->reqsize, e->relation, column,
								array_length(value));
}

/* Add a window column. */
static void
add_window_size(Estimation *e, const DcfColumn *column)
{
	DcfWindow window;
	bool lower = false;
	bool upper = false;
	bool known;
	ListCell *lc;

	foreach(lc, e->quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);
		bool from;
		bool to;

		if (binding->attnum != column->attnum || is_skipped(e, binding))
			continue;
		dcf_period_ends(binding, &from, &to);
		lower |= from;
		upper |= to;
	}
	if (!lower && !upper)
		return;
	known = find_average_window(e, column, &window);
	dcf_request_size_window(&e->reqsize, e->relation, column, lower, upper,
							known ? &window : NULL);
}

/*
 * Count the windows that are requested separately, and set *window to one of
 * their average length.  False if the values are not known.
 */
static bool
find_average_window(Estimation *e, const DcfColumn *column, DcfWindow *window)
{
	DcfPeriods periods = dcf_period_all();
	DcfWindow *windows;
	double days = 0;
	double sent;
	double exact;
	ListCell *lc;

	dcf_window_init(window, column->basetype, column->basetypmod,
					column->timezone, e->relation->table->window_round_day);
	if (column->options->required)
		dcf_window_open_count(window, e->relation->table->open_from,
							  e->relation->table->open_to);
	foreach(lc, e->quals->bindings)
	{
		const DcfBinding *binding = lfirst(lc);

		if (binding->attnum == column->attnum && !is_skipped(e, binding) &&
			!narrow_window(e, binding, window, &periods))
			return false;
	}

	/* The same function makes the windows of the scan. */
	windows = dcf_period_windows(window,
								 column->options->param_from &&
									 column->options->param_to,
								 &periods);
	if (periods.count == 0)
		return true;
	e->windows *= periods.count;
	*window = windows[0];
	if (periods.count == 1 || !window->has_lower)
		return true;
	for (int i = 0; i < periods.count; i++)
	{
		dcf_window_days(&windows[i], &sent, &exact);
		days += exact / periods.count;
	}

	/* A size is that of one request, so one window stands for all. */
	window->has_upper = window->upper_exclusive = true;
	window->upper = window->lower + (int64) (days * USECS_PER_DAY);
	return true;
}

/*
 * Apply a binding to a window or its periods; false if its value is not known.
 */
static bool
narrow_window(const Estimation *e, const DcfBinding *binding,
			  DcfWindow *window, DcfPeriods *periods)
{
	const Const *constant = (const Const *) known_value(e, binding);

	if (!IsA(constant, Const) || constant->constisnull)
		return false;
	if (binding->op == DCF_BIND_PERIODS)
		*periods =
			dcf_period_intersect(*periods,
								 dcf_period_run(binding->program,
												dcf_period_values(
													constant->constvalue)));
	else if (binding->op == DCF_BIND_ANY)
		*periods = dcf_period_intersect(*periods,
										dcf_period_any(window->type ==
															   TIMESTAMPTZOID ?
														   DCF_PERIOD_INSTANT :
														   DCF_PERIOD_LOCAL,
													   constant->constvalue,
													   constant->consttype));
	else
		dcf_window_narrow(window, binding->op, constant->constvalue,
						  getBaseType(constant->consttype));
	return true;
}

/* The service's own count, with remote_estimate; else -1. */
static double
remote_rows(const Estimation *e)
{
	Oid userid = e->baserel->userid;

	if (!e->relation->server->remote_estimate)
		return -1;

	/* userid is set if the table is read through a view, with its owner. */
	return dcf_remote_count(e->relation,
							OidIsValid(userid) ? userid : GetUserId());
}

/*
 * Whether to prefer what replies have taught.  The service counts all rows of
 * a table, so replies to requests that were restricted alike know better.
 * at_least: the replies were to requests that asked for less, so they are only
 * a lower bound.
 */
static bool
use_learned(const Estimation *e, double remote)
{
	double known = e->learned.records;

	if (known < 0)
		return false;
	if (remote >= 0)
		return e->reqsize.given != 0 && e->learned.missing == 0 &&
			known < remote;
	if (!e->learned.at_least)
		return true;
	if (e->estimate->tuples > 0)
		return known >= statistics_rows(e);
	return known >= e->relation->table->rows;
}

/*
 * Records in a reply by ANALYZE.  With analyze_params it has sampled rows
 * before the service filters them; otherwise it has seen a reply as it comes.
 */
static double
statistics_rows(const Estimation *e)
{
	if (!e->relation->table->analyze_params)
		return e->estimate->tuples;
	return clamp_row_est(e->estimate->tuples * selectivity(e, e->quals->sent) /
						 e->estimate->requests);
}

/*
 * Estimate the rows that the scan returns.  Sets the estimate's source and the
 * records in a reply.
 */
static double
reply_rows(Estimation *e)
{
	DcfEstimate *estimate = e->estimate;
	const DcfQuals *quals = e->quals;
	double remote = remote_rows(e);
	double rows;
	double wanted = 1;
	double sent_factor = 1;

	if (use_learned(e, remote))
	{
		estimate->source = DCF_ESTIMATE_LEARNED;
		rows = e->learned.records;

		/*
		 * What was learned is for the window as it is rounded.  The query may
		 * want less of it; open ends may ask for more.
		 */
		wanted = e->reqsize.wanted;
		if (e->reqsize.days > 0)
			sent_factor = e->reqsize.days_sent / e->reqsize.days;
	}
	else if (remote >= 0)
	{
		estimate->source = DCF_ESTIMATE_REMOTE;
		rows = remote;
	}
	else if (estimate->tuples > 0 && !e->relation->table->analyze_params)
	{
		estimate->source = DCF_ESTIMATE_STATISTICS;
		rows = estimate->tuples;
	}
	else if (estimate->tuples > 0)
	{
		estimate->source = DCF_ESTIMATE_STATISTICS;

		/*
		 * The sample is of unfiltered rows, so each clause reduces it, whether
		 * the service or PostgreSQL checks it.
		 */
		estimate->rows_per_request = estimate->rows_sent = statistics_rows(e);
		return estimate->tuples *
			selectivity(e, list_union_ptr(quals->local, quals->sent));
	}
	else if (e->relation->table->rows >= 0)
	{
		estimate->source = DCF_ESTIMATE_OPTION;
		rows = e->relation->table->rows;
	}
	else
	{
		estimate->source = DCF_ESTIMATE_DEFAULT;
		rows = DCF_ROWS_DEFAULT;
	}

	/*
	 * These sources count records of a reply, so clauses that were sent are
	 * already applied.
	 */
	estimate->rows_per_request = clamp_row_est(rows * filtered_part(e));
	estimate->rows_sent = estimate->rows_per_request * sent_factor;
	rows = estimate->rows_per_request;
	if (!e->relation->split)
		rows = Min(rows, e->relation->server->max_rows);
	return estimate->requests * rows * wanted *
		selectivity(e, list_difference_ptr(quals->local, quals->sent));
}

/*
 * The fraction of the counted records that the service will return, given
 * clauses that it applies but that did not apply when the records were
 * counted.
 */
static double
filtered_part(const Estimation *e)
{
	List *clauses = NIL;
	double requests = 1;
	ListCell *lc;

	foreach(lc, e->quals->sent)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		const DcfBinding *binding =
			list_nth(e->quals->bindings, foreach_current_index(lc));

		if (!is_filter(e, rinfo) ||
			e->relation->columns[binding->attnum - 1].kind ==
				DCF_COLUMN_PARAMETER)
			continue;

		/*
		 * Other sources are taken to describe replies under the query's own
		 * clauses, but not under those of a join.
		 */
		if (e->estimate->source != DCF_ESTIMATE_LEARNED)
		{
			if (bms_membership(rinfo->clause_relids) == BMS_MULTIPLE)
				clauses = lappend(clauses, rinfo);
			continue;
		}

		/*
		 * Replies to requests that restricted the column alike need no
		 * reduction.
		 */
		if (!(e->learned.missing &
			  dcf_request_size_bits(dcf_request_size_place(
				  e->relation, &e->relation->columns[binding->attnum - 1]))))
			continue;
		clauses = lappend(clauses, rinfo);

		/* The clause admits all values; each request asks for one. */
		if (fans_out(e, binding))
			requests = e->estimate->requests;
	}
	return Min(selectivity(e, clauses) / requests, 1);
}

/*
 * Whether a clause that was sent is about a column of the reply.  Clauses on
 * parameter columns that are fully sent are not in local.
 */
static bool
is_filter(const Estimation *e, const RestrictInfo *rinfo)
{
	return list_member_ptr(e->quals->local, rinfo);
}

/*
 * The selectivity of clauses.  The clause that supplies a batched join's keys
 * holds for any of many keys; but all batches together return at most all
 * rows.
 */
static Selectivity
selectivity(const Estimation *e, List *clauses)
{
	/* A clause may have several bindings. */
	Selectivity one = clauselist_selectivity(
		e->root, without_origins(e, list_concat_unique_ptr(NIL, clauses)),
		e->baserel->relid, JOIN_INNER, NULL);

	if (!list_member_ptr(clauses, e->key))
		return one;
	return Min(e->estimate->keys * one, 1) / e->estimate->batches;
}

/*
 * The clauses but those about nothing but origin columns of the table: they hold
 * for all rows of a reply or for none, and statistics know only of replies of the
 * past.
 */
static List *
without_origins(const Estimation *e, List *clauses)
{
	List *others = NIL;
	ListCell *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Bitmapset *offset = NULL;
		int member = -1;
		bool only_origins = true;

		pull_varattnos((Node *) rinfo->clause, e->baserel->relid, &offset);
		while ((member = bms_next_member(offset, member)) >= 0)
		{
			int attnum = member + FirstLowInvalidHeapAttributeNumber;

			only_origins &= attnum > 0 &&
				e->relation->columns[attnum - 1].kind == DCF_COLUMN_ORIGIN;
		}
		if (!only_origins || bms_is_empty(offset))
			others = lappend(others, rinfo);
	}
	return others;
}

/* The size of a record, as learned or assumed. */
static double
bytes_per_record(const Estimation *e)
{
	int nread = 0;

	if (e->learned.bytes >= 0)
		return e->learned.bytes;
	for (int i = 0; i < e->relation->natts; i++)
		if (dcf_column_is_read(&e->relation->columns[i]))
			nread++;
	return nread * BYTES_PER_FIELD;
}
