/*
 * test_adaptive_limit_service.c
 *	  How much work sessions get done with the adaptive limit, compared with
 *	  sessions that always know how many requests the service accepts.
 */
#include "check.h"
#include "service.h"

/* The least that the adaptive limit must achieve. */
#define LEAST_DONE	 0.80
#define MOST_REFUSED 0.02

/*
 * The shortest simulations (ms), without and with random refusals: it takes
 * seconds to find the limit, however short the requests are.
 */
#define LEARNS		  40000
#define LEARNS_CHANCE 75000

/* Durations of requests: all equal, short, longer, minutes, and a mixture. */
typedef struct Kind
{
	int64_t shortest;
	int64_t longest;
} Kind;

static const Kind kinds[] = {{50, 50},
							 {50, 2000},
							 {1000, 20000},
							 {60000, 180000},
							 {50, 120000}};

#define KINDS ((int) (sizeof(kinds) / sizeof(kinds[0])))

/* The time for this many requests, with this many under way at once. */
static void
set_kind(World *world, int kind, int64_t requests, int at_once)
{
	int64_t average = 0;
	int doublings = 0;

	world->shortest = kinds[kind].shortest;
	world->longest = kinds[kind].longest;
	for (int64_t ms = world->shortest; ms <= world->longest; ms *= 2)
	{
		average += ms * 3 / 2;
		doublings++;
	}
	world->lasts = average / doublings * requests / at_once;
	if (world->lasts < LEARNS)
		world->lasts = LEARNS;
}

static void
compare(const World *world, const char *what, double least_done,
		double most_refused)
{
	World other = *world;
	Outcome outcome = simulate(world);
	Outcome best;
	double done;
	double refused = (double) outcome.refused / (double) outcome.sent;

	other.all_knowing = true;
	best = simulate(&other);
	done = outcome.busy / best.busy;
	if (getenv("SHOW_SERVICES"))
		printf("# %-12s n %2d..%2d of %2d, requests %5d..%6d ms, %d resources "
			   "%s%s, chance %.1f %%, %2d sessions: done %5.1f %%, "
			   "refused %5.2f %% of %d\n",
			   what, world->n_least ? world->n_least : world->n, world->n,
			   world->max, (int) world->shortest, (int) world->longest,
			   world->resources,
			   world->by_resource ? "counted each" : "counted together",
			   world->one_must_end ? ", one must end" : "",
			   (double) world->refused_at_random / 100, world->sessions,
			   100 * done, 100 * refused, (int) outcome.sent);
	CHECK(done >= least_done,
		  "%s: done %.1f %%; n %d, max %d, requests of %d to %d ms, "
		  "%d sessions, %d resources, %d of 10000 by chance, retry after %d",
		  what, 100 * done, world->n, world->max, (int) world->shortest,
		  (int) world->longest, world->sessions, world->resources,
		  world->refused_at_random, (int) world->retry_after);
	CHECK(refused < most_refused,
		  "%s: refused %.2f %%; n %d, max %d, requests of %d to %d ms, "
		  "%d resources",
		  what, 100 * refused, world->n, world->max, (int) world->shortest,
		  (int) world->longest, world->resources);
	CHECK(outcome.failures == 0,
		  "%s: %d requests are given up; n %d, requests of %d to %d ms", what,
		  (int) outcome.failures, world->n, (int) world->shortest,
		  (int) world->longest);
}

/* The service always accepts n at once. */
static void
only_limits(void)
{
	static const int numbers[] = {1, 2, 4, 7, 8, 12, 16};

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < (int) (sizeof(numbers) / sizeof(numbers[0])); i++)
			for (int max = 8; max <= 32; max *= 4)
			{
				World world = {.n = numbers[i],
							   .sessions = 32,
							   .max = max,
							   .resources = 1,
							   .one_must_end = i % 2 == 0};

				set_kind(&world, kind, 4000,
						 numbers[i] < max ? numbers[i] : max);
				compare(&world, "limits", LEAST_DONE, MOST_REFUSED);
			}
}

static void
only_limits_resources(void)
{
	static const int numbers[] = {1, 3, 8, 16};

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < (int) (sizeof(numbers) / sizeof(numbers[0])); i++)
			for (int each = 0; each <= 1; each++)
			{
				int at_once = each ? 4 * numbers[i] : numbers[i];
				World world = {.n = numbers[i],
							   .by_resource = each,
							   .sessions = 48,
							   .max = 32,
							   .resources = 4,
							   .one_must_end = i % 2 == 0};

				set_kind(&world, kind, 5000, at_once < 32 ? at_once : 32);
				compare(&world, each ? "by resource" : "by company",
						LEAST_DONE, MOST_REFUSED);
			}
}

/*
 * Some requests are refused at random.  It must be learned that they are random:
 * if two of the first requests in a row are refused, the recovery can take half a
 * minute.
 */
static void
refuses_by_chance(void)
{
	static const int rates[] = {10, 50, 100, 200, 500};
	static const int sessions[] = {1, 8, 32};

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < (int) (sizeof(rates) / sizeof(rates[0])); i++)
			for (int j = 0; j < 3; j++)
			{
				World world = {.n = 100,
							   .refused_at_random = rates[i],
							   .sessions = sessions[j],
							   .max = 8,
							   .resources = 1 + j};

				set_kind(&world, kind, 2000, sessions[j] < 8 ? 1 : 8);
				if (world.lasts < LEARNS_CHANCE)
					world.lasts = LEARNS_CHANCE;
				compare(&world, "chance", LEAST_DONE, 0.0001);
			}
}

/*
 * The service has a limit and also refuses at random, and a client cannot tell
 * which.  With one_must_end, the service also refuses the requests that arrive
 * after a random refusal, and these count as refused because of the limit.
 * Without it, some random refusals lower the adaptive limit, and probes beyond
 * the service's limit are needed to raise it again.
 */
static void
limits_and_refuses_by_chance(void)
{
	static const int rates[] = {10, 50, 100, 200};

	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < (int) (sizeof(rates) / sizeof(rates[0])); i++)
			for (int n = 3; n <= 8; n += 5)
			{
				World world = {.n = n,
							   .one_must_end = i % 2 == 0,
							   .refused_at_random = rates[i],
							   .sessions = 32,
							   .max = 8,
							   .resources = 1};

				set_kind(&world, kind, 2000, n);
				compare(&world, "both", LEAST_DONE, 0.10);
			}
}

/*
 * A change of the service's limit shows only in a refusal or a probe, so the share
 * of refusals falls with the number of requests between two changes.  A lower
 * limit refuses the requests beyond it, up to 15; a higher one takes a probe for
 * each step.  With some 400 requests of 10 s between changes, this is up to 4 %.
 */
static void
changes(void)
{
	for (int kind = 0; kind < 3; kind++)
		for (int each = 0; each <= 1; each++)
		{
			World world = {.n = 16,
						   .n_least = 1,
						   .n_lasts = kind == 0 ? 60000 : 300000,
						   .by_resource = each,
						   .sessions = 32,
						   .max = 16,
						   .resources = each ? 3 : 1,
						   .shortest = kinds[kind].shortest,
						   .longest = kinds[kind].longest};

			world.lasts = (kind == 0 ? 12 : 24) * world.n_lasts;
			compare(&world, "changes", LEAST_DONE, 0.06);
		}
}

/*
 * Other clients use part of the service's limit for a while.  Room may be gone
 * when a request arrives, and only a probe finds room that others have left; the
 * all-knowing sessions see both at once.
 */
static void
others_ask_too(void)
{
	for (int kind = 0; kind < 4; kind++)
		for (int others = 2; others <= 4; others++)
		{
			World world = {.n = 8,
						   .one_must_end = others == 3,
						   .others = others,
						   .sessions = 32,
						   .max = 8,
						   .resources = 1};

			set_kind(&world, kind, 2000, 8);
			world.others_rest = (world.shortest + world.longest) / 2;
			compare(&world, "others", 0.75, 0.15);
		}
}

/* Each refusal has a Retry-After. */
static void
wants_to_be_left_alone(void)
{
	static const int64_t times[] = {1000, 5000, 30000};

	for (int kind = 0; kind < 4; kind++)
		for (int i = 0; i < 3; i++)
		{
			World world = {.n = 5,
						   .retry_after = times[i],
						   .sessions = 32,
						   .max = 16,
						   .resources = 1};

			set_kind(&world, kind, 3000, 5);
			if (world.lasts < 40 * times[i])
				world.lasts = 40 * times[i];
			compare(&world, "retry after", LEAST_DONE, MOST_REFUSED);
		}
}

int
main(void)
{
	RUN(only_limits);
	RUN(only_limits_resources);
	RUN(refuses_by_chance);
	RUN(limits_and_refuses_by_chance);
	RUN(changes);
	RUN(others_ask_too);
	RUN(wants_to_be_left_alone);
	return check_finish();
}
