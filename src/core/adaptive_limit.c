/*
 * adaptive_limit.c
 *	  How many requests at once a service lets through.
 */
#include "core/adaptive_limit.h"

#include <stddef.h>

/* What was let through so long ago, at least, has just been so. */
#define JUST_MS 1000

/* Refusals by chance as a part of the last requests, about so many. */
#define CHANCE_ONE	  65536
#define CHANCE_MEMORY 256

/* If they are more than this, two tests have to fail. */
#define CHANCE_OFTEN (CHANCE_ONE / 100)

/* A doubt that no later request has answered is forgotten. */
#define DOUBT_MS 5000

/* A probe adds at most so many to what is allowed. */
#define MAX_STEP 4

/* What a probe has raised holds after so many successes of as many. */
#define CONFIRMED 12

/*
 * Without any request let through, one is taken to be after this time; but the
 * last one soon, so that a first probe does not wait for the end of a long report.
 */
#define CREDIT_MS	   60000
#define LAST_CREDIT_MS 2000

/* A failure with a wish to be left alone is not repeated for so many times. */
#define ASKED_TIMES 16

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static int
most(int a, int b)
{
	return a > b ? a : b;
}

/* Whether a was sent after b; both are modulo 2^32. */
static bool
is_later(uint32_t a, uint32_t b)
{
	return (int32_t) (a - b) > 0;
}

void
dcf_adaptive_limit_init(DcfAdaptiveLimit *limit)
{
	*limit = (DcfAdaptiveLimit){.allowed = INT_MAX,
								.price = DCF_PROBE_MIN,
								.confirmed = CONFIRMED,
								.step = 1};
}

int
dcf_adaptive_limit_limit(const DcfAdaptiveLimit *limit, int max)
{
	return least(limit->allowed, max);
}

/* Let the time pass that "just" means. */
static void
forget_best(DcfAdaptiveLimit *a, int64_t now)
{
	int64_t passed = now - a->best_since;

	if (passed < JUST_MS)
		return;
	a->best_before = passed < 2 * JUST_MS ? a->best : 0;
	a->best = 0;
	a->best_since = now;
}

static bool
has_just_passed(DcfAdaptiveLimit *a, int level, int64_t now)
{
	forget_best(a, now);
	return level <= most(a->best, a->best_before);
}

/* What the next probe costs, in requests that are let through. */
static void
set_price(DcfAdaptiveLimit *a, int price, int64_t now)
{
	a->price = least(most(price, DCF_PROBE_MIN), DCF_PROBE_MAX);
	a->credit = 0;
	a->credit_since = now;
}

/* The probe was let through; so the next one may follow. */
static void
pass_probe(DcfAdaptiveLimit *a, int64_t now)
{
	a->probing = false;
	if (a->allowed < INT_MAX - a->step)
		a->allowed += a->step;
	a->step = least(2 * a->step, MAX_STEP);
	a->probe_at = now;
	a->confirmed = 0;
	set_price(a, a->price / 4, now);
	a->credit = a->price;
}

/*
 * The while after a refusal with a wish to be left alone for so long.  Where
 * refusals by chance are frequent, one may have made allowed fall.
 */
static int64_t
probe_wait(const DcfAdaptiveLimit *a, int64_t asked)
{
	int64_t wait = DCF_PROBE_WAIT_MS;

	if (asked > wait / ASKED_TIMES)
		return ASKED_TIMES * asked;
	return a->chance > 2 * CHANCE_OFTEN ? wait / 4 : wait;
}

static void
fail_probe(DcfAdaptiveLimit *a, int64_t asked, int64_t now)
{
	a->probing = false;
	a->probe_at = now + probe_wait(a, asked);
	a->step = 1;
	set_price(a, a->price * 2, now);
}

/* A request sent after the doubt was let through. */
static void
pass_test(DcfAdaptiveLimit *a)
{
	a->testing = false;
	a->passed = most(a->passed, a->test_level);
	if (a->passed < a->doubted)
		return;
	a->doubted = 0;
	a->chance += (CHANCE_ONE - a->chance) / CHANCE_MEMORY;
}

/* What time alone has shown. */
static void
settle(DcfAdaptiveLimit *a, int64_t now)
{
	if (a->testing && now - a->test_begun >= DCF_PROBE_PASSED_MS)
		pass_test(a);
	if (a->doubted > 0 && now - a->doubted_at >= DOUBT_MS)
		a->doubted = 0;
	if (a->doubted == 0)
		a->testing = false;
	if (a->probing && now - a->probe_begun >= DCF_PROBE_PASSED_MS)
		pass_probe(a, now);
}

/* When a probe may be sent, if none is under way. */
static int64_t
find_probe(const DcfAdaptiveLimit *a)
{
	int64_t paid = a->credit_since;

	if (a->credit < a->price)
		paid +=
			(int64_t) (a->price - a->credit - 1) * CREDIT_MS + LAST_CREDIT_MS;
	return paid > a->probe_at ? paid : a->probe_at;
}

static bool
has_room(DcfAdaptiveLimit *a, int max, int64_t now)
{
	settle(a, now);
	if (now < a->held_until)
		return false;
	if (a->in_flight < dcf_adaptive_limit_limit(a, max))
		return true;
	return a->in_flight == a->allowed && a->allowed < max && !a->probing &&
		now >= find_probe(a);
}

bool
dcf_adaptive_limit_has_room(DcfAdaptiveLimit *total,
							DcfAdaptiveLimit *resource, int max, int64_t now)
{
	return has_room(total, max, now) &&
		(resource == NULL || has_room(resource, max, now));
}

bool
dcf_adaptive_limit_is_full(DcfAdaptiveLimit *resource, int64_t now)
{
	return !has_room(resource, INT_MAX, now);
}

/* When there may be room; now if there is, 0 if not by time alone. */
static int64_t
next_room(DcfAdaptiveLimit *a, int max, int64_t now)
{
	int64_t next = now;

	if (has_room(a, max, now))
		return now;
	if (a->in_flight >= dcf_adaptive_limit_limit(a, max))
	{
		if (a->in_flight >= max)
			return 0;
		if (a->probing)
			next = a->probe_begun + DCF_PROBE_PASSED_MS;
		else if (a->in_flight > a->allowed)
			return 0;
		else
			next = find_probe(a);
	}
	return next > a->held_until ? next : a->held_until;
}

int64_t
dcf_adaptive_limit_next(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
						int max, int64_t now)
{
	int64_t first = next_room(total, max, now);
	int64_t second = resource ? next_room(resource, max, now) : now;

	if (first == 0 || second == 0)
		return 0;
	return first > second ? first : second;
}

static void
send_one(DcfAdaptiveLimit *a, int max, int64_t now, DcfAdaptiveLimitMark *mark)
{
	bool within;

	settle(a, now);
	within = a->in_flight < dcf_adaptive_limit_limit(a, max);
	mark->probe = !within && has_room(a, max, now);
	mark->beyond = !within && !mark->probe;
	a->in_flight++;
	a->sent++;
	mark->level = a->in_flight;
	mark->sent = a->sent;
	mark->refused = a->refused;
	if (mark->probe)
	{
		a->probing = true;
		a->probe_sent = a->sent;
		a->probe_begun = now;
	}
	if (a->doubted > 0 && !a->testing)
	{
		a->testing = true;
		a->test_sent = a->sent;
		a->test_level = a->in_flight;
		a->test_begun = now;
	}
}

void
dcf_adaptive_limit_send(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
						int max, int64_t now, DcfAdaptiveLimitTicket *ticket)
{
	ticket->sent_at = now;
	send_one(total, max, now, &ticket->total);
	if (resource)
		send_one(resource, max, now, &ticket->resource);
}

static bool
is_probe(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	return mark->probe && a->probing && a->probe_sent == mark->sent;
}

/*
 * How many others were under way when the service looked at the request, as
 * far as can be told: not those that it has refused since then.
 */
static int
count_others(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	uint32_t refused = a->refused - mark->refused;

	if (refused >= (uint32_t) mark->level)
		return 0;
	return mark->level - 1 - (int) refused;
}

static bool
is_test(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	return a->testing && a->test_sent == mark->sent;
}

static void
accept_one(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark,
		   int64_t sent_at, int64_t now)
{
	int level = count_others(a, mark) + 1;

	settle(a, now);
	if (is_test(a, mark))
		pass_test(a);
	if (is_later(mark->sent, a->lowered_sent) || level <= a->allowed)
	{
		forget_best(a, now);
		if (now - sent_at < 2 * JUST_MS)
			a->best = most(a->best, level);
		a->proven = most(a->proven, level);
		if (mark->beyond)
			a->allowed = most(a->allowed, level);
		if (a->confirmed < CONFIRMED && level >= a->allowed)
			a->confirmed++;
	}
	if (is_probe(a, mark))
		pass_probe(a, now);
	a->chance -= a->chance / CHANCE_MEMORY;
	if (a->credit < a->price)
		a->credit++;
}

void
dcf_adaptive_limit_accept(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
						  const DcfAdaptiveLimitTicket *ticket, int64_t now)
{
	accept_one(total, &ticket->total, ticket->sent_at, now);
	if (resource)
		accept_one(resource, &ticket->resource, ticket->sent_at, now);
}

/* As many others as were under way are what the service takes. */
static void
lower(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int others,
	  int64_t asked, int64_t now)
{
	if (is_later(mark->sent, a->lowered_sent))
	{
		a->lowest = most(most(a->best, a->best_before) / 2, 1);
		a->lowered_sent = a->sent;
		set_price(a, a->confirmed < CONFIRMED ? a->price * 4 : DCF_PROBE_MIN,
				  now);
	}
	a->allowed = least(a->allowed, most(others, a->lowest));
	a->best = least(a->best, a->allowed);
	a->best_before = least(a->best_before, a->allowed);
	a->proven = least(a->proven, a->allowed);
	a->doubted = 0;
	a->testing = false;
	a->probing = false;
	a->probe_at = now + probe_wait(a, asked);
	a->confirmed = CONFIRMED;
	a->step = 1;
}

/* Whether the refusal, of one beside so many others, may be by chance. */
static bool
may_be_chance(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark,
			  int others, int max, int64_t now)
{
	if (!is_later(mark->sent, a->lowered_sent) ||
		(a->confirmed < CONFIRMED && others + 1 >= a->allowed &&
		 a->chance <= CHANCE_OFTEN))
		return false;
	/* Beside none of ours it tells nothing of how many we may have. */
	return others == 0 || a->chance > CHANCE_OFTEN ||
		has_just_passed(a, others + 1, now) ||
		(others + 1 <= a->proven &&
		 others < dcf_adaptive_limit_limit(a, max) - 1);
}

/*
 * Whether the refusal, of one beside so many as have been let through, is one
 * more without a success of as many since the first.
 */
static bool
is_confirmed(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int level,
			 int64_t now)
{
	bool counts = a->doubted > 0 && is_test(a, mark);

	/* Refusals come in the order of sending: the test has passed. */
	if (a->testing && is_later(mark->sent, a->test_sent))
	{
		pass_test(a);
		counts = a->doubted > 0;
	}
	if (a->doubted == 0)
	{
		a->doubted = level;
		a->doubted_at = now;
		a->tests_left = a->chance > CHANCE_OFTEN ? 2 : 1;
		a->passed = 0;
		return false;
	}
	return counts && level > a->passed && --a->tests_left <= 0;
}

static void
refuse_one(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int max,
		   int64_t asked, int64_t now)
{
	int others = most(count_others(a, mark), a->in_flight);

	if (is_probe(a, mark))
	{
		fail_probe(a, asked, now);
		return;
	}
	/* That those were too many is no news; the probe came first, perhaps. */
	if (mark->beyond || others >= dcf_adaptive_limit_limit(a, max))
	{
		if (a->probing && !mark->beyond)
			fail_probe(a, asked, now);
		return;
	}

	if (may_be_chance(a, mark, others, max, now) &&
		!is_confirmed(a, mark, others + 1, now))
		return;
	lower(a, mark, others, asked, now);
}

/*
 * Of whose limit a refusal tells.  One that is alone on its resource is not
 * refused for others there; and of as many as have just passed the limit is
 * not there, if it may be elsewhere.  Where nothing else is under way than for
 * the resource, it is blamed alone: the first request for another tells, and
 * need not wait for long reports of this one.
 */
typedef enum Blame
{
	BLAME_BOTH,
	BLAME_TOTAL,
	BLAME_RESOURCE
} Blame;

static Blame
find_blame(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
		   const DcfAdaptiveLimitTicket *ticket, int64_t now)
{
	int others = most(count_others(total, &ticket->total), total->in_flight);
	int beside =
		most(count_others(resource, &ticket->resource), resource->in_flight);
	bool total_probe = is_probe(total, &ticket->total);
	bool resource_probe = is_probe(resource, &ticket->resource);
	bool total_passed;
	bool resource_passed;

	if (beside == 0)
		return BLAME_TOTAL;
	if (total_probe != resource_probe)
		return total_probe ? BLAME_TOTAL : BLAME_RESOURCE;
	if (others == beside)
		return BLAME_RESOURCE;
	total_passed = has_just_passed(total, others + 1, now);
	resource_passed = has_just_passed(resource, beside + 1, now);
	if (total_passed == resource_passed)
		return BLAME_BOTH;
	return resource_passed ? BLAME_TOTAL : BLAME_RESOURCE;
}

/* No longer under way, nor a probe or test. */
static void
leave(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	if (is_probe(a, mark))
		a->probing = false;
	if (is_test(a, mark))
		a->testing = false;
}

bool
dcf_adaptive_limit_refuse(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
						  const DcfAdaptiveLimitTicket *ticket, int max,
						  int64_t asked, int64_t now)
{
	bool probe = is_probe(total, &ticket->total) ||
		(resource && is_probe(resource, &ticket->resource));
	Blame blame = BLAME_TOTAL;

	settle(total, now);
	total->in_flight--;
	if (resource)
	{
		settle(resource, now);
		resource->in_flight--;
		blame = find_blame(total, resource, ticket, now);
	}
	if (blame != BLAME_RESOURCE)
		refuse_one(total, &ticket->total, max, asked, now);
	if (resource && blame != BLAME_TOTAL)
		refuse_one(resource, &ticket->resource, max, asked, now);
	leave(total, &ticket->total);
	total->refused++;
	if (resource)
	{
		leave(resource, &ticket->resource);
		resource->refused++;
	}
	if (total->in_flight > 0)
		total->held_until = now + DCF_ADAPTIVE_LIMIT_HOLD_MS;
	return probe;
}

void
dcf_adaptive_limit_end(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
					   const DcfAdaptiveLimitTicket *ticket, int64_t now)
{
	settle(total, now);
	total->in_flight--;
	total->held_until = 0;
	leave(total, &ticket->total);
	if (resource)
	{
		settle(resource, now);
		resource->in_flight--;
		leave(resource, &ticket->resource);
	}
}
