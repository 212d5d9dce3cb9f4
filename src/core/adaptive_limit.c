/*
 * adaptive_limit.c
 *	  How many concurrent requests a service accepts.  See adaptive_limit.h.
 */
#include "core/adaptive_limit.h"

#include <stddef.h>

/* An acceptance is recent for one to two times this time. */
#define RECENT_MS 1000

/*
 * The share of random refusals is an exponential average over about
 * CHANCE_MEMORY requests, in units of 1 / CHANCE_ONE.
 */
#define CHANCE_ONE	  65536
#define CHANCE_MEMORY 256

/* Above this share, two tests have to fail before a refusal counts. */
#define CHANCE_OFTEN (CHANCE_ONE / 100)

/* A refusal in doubt is forgotten after this time. */
#define DOUBT_MS 5000

/* The most that one probe adds to the limit. */
#define MAX_STEP 4

/* A level that a probe reached is confirmed after this many acceptances. */
#define CONFIRMED 12

/*
 * If no request is accepted, CREDIT_MS counts like one.  For the last one that a
 * probe needs, LAST_CREDIT_MS suffices, so that a first probe does not wait for
 * the end of a long report.
 */
#define CREDIT_MS	   60000
#define LAST_CREDIT_MS 2000

/* A refused probe is not repeated for this many times its Retry-After. */
#define RETRY_AFTER_TIMES 16

static int
min_int(int a, int b)
{
	return a < b ? a : b;
}

static int
max_int(int a, int b)
{
	return a > b ? a : b;
}

/* Whether request a was sent after request b; numbers are modulo 2^32. */
static bool
is_later(uint32_t a, uint32_t b)
{
	/*
	 * The difference wraps around like the numbers, so its sign is right as
	 * long as they are less than 2^31 apart.
	 */
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
dcf_adaptive_limit_current(const DcfAdaptiveLimit *limit, int max)
{
	return min_int(limit->allowed, max);
}

/* Forget accepted levels that are no longer recent. */
static void
forget_best(DcfAdaptiveLimit *a, int64_t now)
{
	int64_t passed = now - a->best_since;

	if (passed < RECENT_MS)
		return;
	/*
	 * best becomes best_before.  After two periods without a call, even best
	 * is too old.
	 */
	a->best_before = passed < 2 * RECENT_MS ? a->best : 0;
	a->best = 0;
	a->best_since = now;
}

/* Whether this level was recently accepted. */
static bool
was_just_accepted(DcfAdaptiveLimit *a, int level, int64_t now)
{
	forget_best(a, now);
	return level <= max_int(a->best, a->best_before);
}

/* Set the price of the next probe, in accepted requests from now on. */
static void
set_price(DcfAdaptiveLimit *a, int price, int64_t now)
{
	a->price = min_int(max_int(price, DCF_PROBE_MIN), DCF_PROBE_MAX);
	/* What was paid before counts for nothing: the pause starts now. */
	a->credit = 0;
	a->credit_since = now;
}

/* The probe was accepted: raise the limit, and let the next probe follow. */
static void
pass_probe(DcfAdaptiveLimit *a, int64_t now)
{
	a->probing = false;
	if (a->allowed < INT_MAX - a->step)
		a->allowed += a->step;
	a->step = min_int(2 * a->step, MAX_STEP);
	a->probe_at = now;
	/* The new level was accepted once, which may have been luck. */
	a->confirmed = 0;
	set_price(a, a->price / 4, now);
	/* The next probe is already paid for. */
	a->credit = a->price;
}

/*
 * The pause from a refusal to the next probe.  It is short where random refusals
 * are frequent, because one of them may have lowered the limit.
 */
static int64_t
probe_wait(const DcfAdaptiveLimit *a, int64_t retry_after)
{
	int64_t wait = DCF_PROBE_WAIT_MS;

	if (retry_after > wait / RETRY_AFTER_TIMES)
		return RETRY_AFTER_TIMES * retry_after;
	return a->chance > 2 * CHANCE_OFTEN ? wait / 4 : wait;
}

/* The probe was refused: double the price of the next one. */
static void
fail_probe(DcfAdaptiveLimit *a, int64_t retry_after, int64_t now)
{
	a->probing = false;
	a->probe_at = now + probe_wait(a, retry_after);
	/* The limit is near: the next success raises it only by one. */
	a->step = 1;
	set_price(a, a->price * 2, now);
}

/* The test was accepted: at its level, the refusal in doubt was random. */
static void
pass_test(DcfAdaptiveLimit *a)
{
	a->testing = false;
	a->passed = max_int(a->passed, a->test_level);
	/*
	 * The test was sent beside fewer requests than the refused one, and proves
	 * nothing about its level.
	 */
	if (a->passed < a->doubted)
		return;
	a->doubted = 0;
	a->chance += (CHANCE_ONE - a->chance) / CHANCE_MEMORY;
}

/* Draw the conclusions that need only time; called before any other use. */
static void
settle(DcfAdaptiveLimit *a, int64_t now)
{
	/*
	 * A request that the service has held for this long was not refused,
	 * although its reply may take minutes.
	 */
	if (a->testing && now - a->test_begun >= DCF_PROBE_PASSED_MS)
		pass_test(a);
	if (a->doubted > 0 && now - a->doubted_at >= DOUBT_MS)
		a->doubted = 0;
	/*
	 * This follows the two steps that may have cleared the doubt: a test
	 * without a doubt has no purpose.
	 */
	if (a->doubted == 0)
		a->testing = false;
	if (a->probing && now - a->probe_begun >= DCF_PROBE_PASSED_MS)
		pass_probe(a, now);
}

/* The earliest time of the next probe, if none is under way. */
static int64_t
next_probe(const DcfAdaptiveLimit *a)
{
	int64_t paid = a->credit_since;

	/*
	 * Only time passes here: each missing request costs CREDIT_MS, but the
	 * last only LAST_CREDIT_MS.
	 */
	if (a->credit < a->price)
		paid +=
			(int64_t) (a->price - a->credit - 1) * CREDIT_MS + LAST_CREDIT_MS;
	return paid > a->probe_at ? paid : a->probe_at;
}

/* Whether one limit has room for a request, as a probe if need be. */
static bool
has_room(DcfAdaptiveLimit *a, int max, int64_t now)
{
	settle(a, now);
	if (now < a->held_until)
		return false;
	if (a->in_flight < dcf_adaptive_limit_current(a, max))
		return true;
	/* A probe goes exactly one level above the limit. */
	return a->in_flight == a->allowed && a->allowed < max && !a->probing &&
		now >= next_probe(a);
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

/* dcf_adaptive_limit_next() for one limit; now if there is room already. */
static int64_t
next_room(DcfAdaptiveLimit *a, int max, int64_t now)
{
	int64_t next = now;

	if (has_room(a, max, now))
		return now;
	if (a->in_flight >= dcf_adaptive_limit_current(a, max))
	{
		/* Only the end of a request helps against the caller's own limit. */
		if (a->in_flight >= max)
			return 0;
		/*
		 * If nobody reports on the probe, settle() counts it as accepted at
		 * this time.
		 */
		if (a->probing)
			next = a->probe_begun + DCF_PROBE_PASSED_MS;
		/*
		 * More than the limit is under way, so a probe is not allowed either.
		 */
		else if (a->in_flight > a->allowed)
			return 0;
		else
			next = next_probe(a);
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

/* Count a request that is sent, and record in *mark what role it has. */
static void
send_one(DcfAdaptiveLimit *a, int max, int64_t now, DcfAdaptiveLimitMark *mark)
{
	bool within;

	settle(a, now);
	within = a->in_flight < dcf_adaptive_limit_current(a, max);
	/*
	 * The request is one of three: within the limit, the probe, or beyond it.
	 */
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
	/* The first request after a doubtful refusal tests it. */
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

/* Whether the request is the probe that is under way. */
static bool
is_probe(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	return mark->probe && a->probing && a->probe_sent == mark->sent;
}

/*
 * An estimate of how many other requests were under way when the service decided
 * on this one: those when it was sent, less those refused since then.
 */
static int
count_others(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	uint32_t refused = a->refused - mark->refused;

	/*
	 * More refusals than requests at that time: some concerned requests that
	 * were sent later.
	 */
	if (refused >= (uint32_t) mark->level)
		return 0;
	return mark->level - 1 - (int) refused;
}

/* Whether the request is the test that is under way. */
static bool
is_test(const DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	return a->testing && a->test_sent == mark->sent;
}

/*
 * Learn from an accepted request.  Requests that were sent before the limit was
 * lowered, at a higher level, prove nothing any more.
 */
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
		/*
		 * A reply that began late tells what was accepted long ago, not a
		 * moment ago.
		 */
		if (now - sent_at < 2 * RECENT_MS)
			a->best = max_int(a->best, level);
		a->proven = max_int(a->proven, level);
		/*
		 * The request was above the limit and no probe; the limit was too low.
		 */
		if (mark->beyond)
			a->allowed = max_int(a->allowed, level);
		if (a->confirmed < CONFIRMED && level >= a->allowed)
			a->confirmed++;
	}
	if (is_probe(a, mark))
		pass_probe(a, now);
	/*
	 * The average decays with each accepted request, and grows with each
	 * refusal that was random.
	 */
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

/* A refusal counts: lower the limit to the number of others under way. */
static void
lower(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int others,
	  int64_t retry_after, int64_t now)
{
	/*
	 * The first refusal of a request sent since the limit was last lowered
	 * sets the floor.  Refusals of requests that were sent before this moment
	 * belong to the same round trip and stop at that floor.
	 */
	if (is_later(mark->sent, a->lowered_sent))
	{
		a->lowest = max_int(max_int(a->best, a->best_before) / 2, 1);
		a->lowered_sent = a->sent;
		/*
		 * A level that a probe has just reached and that did not last makes
		 * the next probe dearer.
		 */
		set_price(a, a->confirmed < CONFIRMED ? a->price * 4 : DCF_PROBE_MIN,
				  now);
	}
	a->allowed = min_int(a->allowed, max_int(others, a->lowest));
	/* Acceptances above the new limit no longer prove anything. */
	a->best = min_int(a->best, a->allowed);
	a->best_before = min_int(a->best_before, a->allowed);
	a->proven = min_int(a->proven, a->allowed);
	/* The refusal answers every open question: doubt, test and probe end. */
	a->doubted = 0;
	a->testing = false;
	a->probing = false;
	a->probe_at = now + probe_wait(a, retry_after);
	/* No probe has reached this level, so there is nothing to confirm. */
	a->confirmed = CONFIRMED;
	a->step = 1;
}

/* Whether the refusal of a request beside this many others may be random. */
static bool
may_be_chance(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark,
			  int others, int max, int64_t now)
{
	/*
	 * Not for a request that was sent before the limit was lowered, nor at a
	 * level that only a probe has reached so far, unless random refusals are
	 * frequent.
	 */
	if (!is_later(mark->sent, a->lowered_sent) ||
		(a->confirmed < CONFIRMED && others + 1 >= a->allowed &&
		 a->chance <= CHANCE_OFTEN))
		return false;
	/* Without others under way, a refusal cannot mean "too many". */
	return others == 0 || a->chance > CHANCE_OFTEN ||
		was_just_accepted(a, others + 1, now) ||
		(others + 1 <= a->proven &&
		 others < dcf_adaptive_limit_current(a, max) - 1);
}

/*
 * Whether a refusal that may be random counts after all: one at this level is in
 * doubt, the test was refused, too, and the level was not accepted in between.
 * The first refusal is put in doubt.
 */
static bool
is_confirmed(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int level,
			 int64_t now)
{
	bool counts = a->doubted > 0 && is_test(a, mark);

	/* A later request is refused first, so the test was accepted. */
	if (a->testing && is_later(mark->sent, a->test_sent))
	{
		pass_test(a);
		counts = a->doubted > 0;
	}
	/* Where random refusals are frequent, two in a row are no proof. */
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

/* Learn from a refused request. */
static void
refuse_one(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark, int max,
		   int64_t retry_after, int64_t now)
{
	/*
	 * The service decided at some time between the sending and now.  The
	 * larger number lowers the limit less.
	 */
	int others = max_int(count_others(a, mark), a->in_flight);

	if (is_probe(a, mark))
	{
		fail_probe(a, retry_after, now);
		return;
	}
	/*
	 * A refusal above the limit teaches nothing new.  But the request may have
	 * been refused because the probe arrived before it.
	 */
	if (mark->beyond || others >= dcf_adaptive_limit_current(a, max))
	{
		if (a->probing && !mark->beyond)
			fail_probe(a, retry_after, now);
		return;
	}

	if (may_be_chance(a, mark, others, max, now) &&
		!is_confirmed(a, mark, others + 1, now))
		return;
	lower(a, mark, others, retry_after, now);
}

/*
 * The limit that a refusal concerns.
 *
 * A request that is alone on its resource concerns the total.  If only one of
 * the two levels was recently accepted, the refusal concerns the other limit.
 * If all requests under way are for the resource, only the resource is blamed:
 * the first request for another resource will show whether the total is to
 * blame, and must not wait for long reports of this one.
 */
typedef enum Blame
{
	BLAME_BOTH,
	BLAME_TOTAL,
	BLAME_RESOURCE
} Blame;

/* Which limit to blame for a refusal. */
static Blame
find_blame(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
		   const DcfAdaptiveLimitTicket *ticket, int64_t now)
{
	int others =
		max_int(count_others(total, &ticket->total), total->in_flight);
	int beside = max_int(count_others(resource, &ticket->resource),
						 resource->in_flight);
	bool total_probe = is_probe(total, &ticket->total);
	bool resource_probe = is_probe(resource, &ticket->resource);
	bool total_passed;
	bool resource_passed;

	if (beside == 0)
		return BLAME_TOTAL;
	/*
	 * A probe takes a risk with one of the limits, so the refusal concerns
	 * that one.
	 */
	if (total_probe != resource_probe)
		return total_probe ? BLAME_TOTAL : BLAME_RESOURCE;
	if (others == beside)
		return BLAME_RESOURCE;
	total_passed = was_just_accepted(total, others + 1, now);
	resource_passed = was_just_accepted(resource, beside + 1, now);
	if (total_passed == resource_passed)
		return BLAME_BOTH;
	return resource_passed ? BLAME_TOTAL : BLAME_RESOURCE;
}

/* The request is no longer the probe or the test. */
static void
end_role(DcfAdaptiveLimit *a, const DcfAdaptiveLimitMark *mark)
{
	if (is_probe(a, mark))
		a->probing = false;
	if (is_test(a, mark))
		a->testing = false;
}

bool
dcf_adaptive_limit_refuse(DcfAdaptiveLimit *total, DcfAdaptiveLimit *resource,
						  const DcfAdaptiveLimitTicket *ticket, int max,
						  int64_t retry_after, int64_t now)
{
	bool probe = is_probe(total, &ticket->total) ||
		(resource && is_probe(resource, &ticket->resource));
	Blame blame = BLAME_TOTAL;

	/*
	 * Both limits are settled and lose the request first: what follows looks
	 * at the others under way.
	 */
	settle(total, now);
	total->in_flight--;
	if (resource)
	{
		settle(resource, now);
		resource->in_flight--;
		blame = find_blame(total, resource, ticket, now);
	}
	if (blame != BLAME_RESOURCE)
		refuse_one(total, &ticket->total, max, retry_after, now);
	if (resource && blame != BLAME_TOTAL)
		refuse_one(resource, &ticket->resource, max, retry_after, now);
	/*
	 * The roles and the counter change only now: refuse_one() needs the state
	 * in which the request was refused.
	 */
	end_role(total, &ticket->total);
	total->refused++;
	if (resource)
	{
		end_role(resource, &ticket->resource);
		resource->refused++;
	}
	/* Without others under way, nothing would end the hold before its time. */
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
	/* A request has ended, so the service has room again. */
	total->held_until = 0;
	end_role(total, &ticket->total);
	if (resource)
	{
		settle(resource, now);
		resource->in_flight--;
		end_role(resource, &ticket->resource);
	}
}
