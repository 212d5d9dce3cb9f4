/*
 * row_source.c
 *	  What works the same for each row source.  See row_source.h.
 */
#include "postgres.h"

#include "reply/reply.h"
#include "reply/row_source.h"

/*
 * How long, in ms, a wait that does not notice the latch may last, and how much later
 * than that the backend may come back without losing its turn in a queue.
 */
#define LENT_MS		 100
#define LENT_LATE_MS 100

/* Take part in the plan with all sources, of which the first one makes the claim. */
static void
plan_all(DcfRowSource *const *sources, int n, DcfLimiterClaim claim,
		 DcfWaitPlan *plan)
{
	for (int i = 0; i < n; i++)
		if (sources[i]->routine->plan(sources[i], claim, plan) &&
			claim == DCF_CLAIM_NEEDED)
			claim = DCF_CLAIM_OPTIONAL;
}

/*
 * How much a request that is not under way is needed.  One that is under way will
 * bring rows, so then no other one is.
 */
static DcfLimiterClaim
choose_claim(DcfRowSource *const *sources, int n)
{
	for (int i = 0; i < n; i++)
		if (sources[i]->routine->under_way(sources[i]) > 0)
			return DCF_CLAIM_OPTIONAL;
	return DCF_CLAIM_NEEDED;
}

/* After a wait, own or lent.  A second call in a row does nothing. */
static void
end_wait(DcfRowSource *const *sources, int n)
{
	for (int i = 0; i < n; i++)
		sources[i]->routine->waited(sources[i]);
}

/*
 * Sources that share cached rows also share the requests that fetch them, which take
 * part in a plan once.
 */
void
dcf_row_source_wait(DcfRowSource *const *sources, int n, bool wait)
{
	DcfWaitPlan plan;
	ErrorContextCallback callback;

	end_wait(sources, n);
	dcf_wait_plan_begin(&plan);
	plan.ready = !wait;
	plan_all(sources, n, wait ? choose_claim(sources, n) : DCF_CLAIM_LOOK,
			 &plan);
	dcf_reply_watch_wait(&callback);
	dcf_wait(&plan);
	dcf_reply_unwatch_wait(&callback);
	end_wait(sources, n);
}

/*
 * Nobody tells when the other wait ends, or whether another one follows, so a request
 * keeps its turn in the queue of the limiter only for a time.
 */
pgsocket
dcf_row_source_lend(DcfRowSource *const *sources, int n, bool ready)
{
	int64 now = dcf_wait_now();
	DcfWaitPlan plan;

	end_wait(sources, n);
	dcf_wait_plan_begin(&plan);
	plan.ready = ready;
	plan.attended_until = now + LENT_MS + LENT_LATE_MS;
	plan_all(sources, n, ready ? DCF_CLAIM_LOOK : choose_claim(sources, n),
			 &plan);
	dcf_wait_plan_note(&plan, now + LENT_MS, DCF_WAIT_QUEUE);
	return dcf_wait_lend(&plan);
}

DcfRowStats
dcf_row_source_statistics(const DcfRowSource *source)
{
	DcfRowStats stats = *source->stats;

	source->routine->add_open(source, &stats);
	return stats;
}
