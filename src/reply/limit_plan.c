/*
 * limit_plan.c
 *	  What sets of requests would ask for.  See limit_plan.h.
 */
#include "postgres.h"

#include "reply/copy_look.h"
#include "reply/limit_plan.h"
#include "reply/reply_stats.h"

/* One set of requests. */
typedef struct Part
{
	const DcfRelation *relation;
	const DcfFdwPrivate *priv;
	const DcfBoundValue *values;
	Oid userid;
	const DcfRequestSet *set;
} Part;

typedef double (*Measure)(const Part *part);

void
dcf_limit_plan_add(DcfLimitPlan *plan, const DcfRelation *relation,
				   const DcfFdwPrivate *priv, const DcfBoundValue *values,
				   Oid userid, const DcfRequestSet *set)
{
	Part *part = palloc(sizeof(Part));

	*part = (Part){relation, priv, values, userid, set};
	plan->parts = lappend(plan->parts, part);
}

/* Measure: requests, whether copies can be read instead or not. */
static double
count_requests(const Part *part)
{
	return part->priv->all_rows ? dcf_bind_count(part->set) : 0;
}

/* Measure: requests that copies will not save. */
static double
count_without_copies(const Part *part)
{
	double requests = count_requests(part);
	DcfCopyLook look;

	return requests > 0 &&
			dcf_copy_look(part->relation, part->priv, part->values,
						  part->userid, &look) ?
		requests - look.young :
		requests;
}

/*
 * Measure: the records of all requests, or 0 if nothing is known of them.  Earlier
 * replies to wider requests say too much; the planner has estimated what the other
 * columns leave.
 */
static double
count_records(const Part *part)
{
	const DcfFdwPrivate *priv = part->priv;
	DcfRequestSize size;
	DcfReplyStats stats = {.records = -1};
	double records = priv->rows_per_request;

	if (!priv->all_rows || !dcf_bind_next_size(part->set, &size))
		return 0;
	if (priv->source == DCF_ESTIMATE_DEFAULT)
		records = 0;
	if (priv->source != DCF_ESTIMATE_REMOTE)
		dcf_reply_stats_find(part->relation, &size, &stats);
	if (stats.records >= 0 && stats.missing == 0 && !stats.at_least)
		records = stats.records;
	return records * dcf_bind_count(part->set);
}

/* Measure: the longest period of a request. */
static double
count_days(const Part *part)
{
	return dcf_bind_days(part->set);
}

/* Of all parts the sum, or the maximum; *most is the part that has the most. */
static double
measure(const DcfLimitPlan *plan, Measure function, bool sum,
		const Part **most)
{
	double total = 0;
	double largest = -1;
	ListCell *lc;

	foreach(lc, plan->parts)
	{
		double one = function(lfirst(lc));

		total = sum ? total + one : Max(total, one);
		if (one <= largest)
			continue;
		largest = one;
		*most = lfirst(lc);
	}
	return total;
}

/* Compare one kind; *most is the part to narrow. */
static bool
exceeds(const DcfLimitPlan *plan, DcfLimitKind kind, Measure function,
		int64 before, DcfLimitExcess *excess, const Part **most)
{
	double allowed = dcf_limits_get(kind);

	if (allowed < 0)
		return false;
	*excess = (DcfLimitExcess){.kind = kind,
							   .planned = true,
							   .before = (double) before};
	excess->more = measure(plan, function, kind != DCF_LIMIT_DAYS, most);
	/* What has been used already is not this plan's. */
	return excess->more > 0 && excess->more + excess->before > allowed;
}

bool
dcf_limit_plan_exceeds(const DcfLimitPlan *plan, const DcfStatement *statement,
					   DcfLimitExcess *excess, char **hint)
{
	DcfStatementUse use = {0};
	const Part *most = NULL;
	bool found;

	if (statement)
		use = dcf_statement_use(statement);
	found = exceeds(plan, DCF_LIMIT_DAYS, count_days, 0, excess, &most) ||
		/* The copies are looked for only if that may help. */
		(exceeds(plan, DCF_LIMIT_REQUESTS, count_requests, use.requests,
				 excess, &most) &&
		 exceeds(plan, DCF_LIMIT_REQUESTS, count_without_copies, use.requests,
				 excess, &most)) ||
		exceeds(plan, DCF_LIMIT_RECORDS, count_records, use.records, excess,
				&most);
	if (found && hint)
		*hint = excess->kind == DCF_LIMIT_REQUESTS ?
			dcf_bind_fewer_hint(most->set) :
			dcf_bind_less_hint(most->set);
	return found;
}
