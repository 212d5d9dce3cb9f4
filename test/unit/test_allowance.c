/*
 * test_allowance.c
 *	  How many requests at once are allowed, beside a service with a limit.
 */
#include <stdlib.h>

#include "allowance.h"
#include "check.h"

/* As many requests as may be, of a service that takes limit at once. */
typedef struct World
{
	DcfAllowance allowance;
	int limit;
	int refused; /* so far */
	int64_t now;
} World;

static void
begin_world(World *world, int limit)
{
	dcf_allowance_init(&world->allowance);
	world->limit = limit;
	world->refused = 0;
	world->now = 1000;
}

/* A second: requests begin, those too many are refused, the others end. */
static void
pass_second(World *world, int max)
{
	DcfAllowance *allowance = &world->allowance;
	int too_many;

	while (allowance->in_flight < dcf_allowance_limit(allowance, max))
		allowance->in_flight++;
	too_many = allowance->in_flight - world->limit;
	for (int i = 0; i < too_many; i++)
	{
		allowance->in_flight--;
		dcf_allowance_refuse(allowance, max, world->now);
		world->refused++;
	}
	for (int i = allowance->in_flight; i > 0; i--)
		dcf_allowance_accept(allowance, max, world->now);
	allowance->in_flight = 0;
	world->now += 1000;
}

/* Of so many seconds, how many requests were refused. */
static int
pass(World *world, int max, int seconds)
{
	int before = world->refused;

	for (int i = 0; i < seconds; i++)
		pass_second(world, max);
	return world->refused - before;
}

static void
learns_at_once(void)
{
	static const int limits[] = {1, 2, 7, 8, 31};

	for (int i = 0; i < (int) (sizeof(limits) / sizeof(limits[0])); i++)
	{
		World world;

		begin_world(&world, limits[i]);
		CHECK(pass(&world, 32, 1) == 32 - limits[i],
			  "those too many, limit %d", limits[i]);
		CHECK(dcf_allowance_limit(&world.allowance, 32) == limits[i],
			  "the limit is known, %d", limits[i]);
		CHECK(pass(&world, 32, 59) == 0, "no more are refused, limit %d",
			  limits[i]);
	}
}

static void
does_not_need_it(void)
{
	World world;

	begin_world(&world, 8);
	CHECK(pass(&world, 8, 3600) == 0, "nothing is refused");
	CHECK(dcf_allowance_limit(&world.allowance, 8) == 8, "so all may go");
}

static void
looks_for_more_ever_less_often(void)
{
	World world;
	int refused;

	begin_world(&world, 8);
	pass(&world, 32, 1);
	CHECK(pass(&world, 32, 61) == 1, "after a minute one more is tried");
	CHECK(dcf_allowance_limit(&world.allowance, 32) == 8, "and not again");
	CHECK(pass(&world, 32, 119) == 0, "for two minutes");
	CHECK(pass(&world, 32, 3) == 1, "then");
	pass(&world, 32, 3600);
	refused = pass(&world, 32, 3600);
	CHECK(refused >= 3 && refused <= 4, "in the end %d times an hour",
		  refused);
}

static void
finds_more(void)
{
	World world;

	begin_world(&world, 2);
	pass(&world, 32, 1);
	world.limit = 8;
	CHECK(pass(&world, 32, 60 + 5 * 5 + 4) == 0,
		  "nothing is refused on the way");
	CHECK(dcf_allowance_limit(&world.allowance, 32) == 8,
		  "up to the new limit");
	CHECK(pass(&world, 32, 20) == 1, "where one is");
	world.limit = 4;
	CHECK(pass(&world, 32, 1) == 4, "a lower limit shows");
	CHECK(dcf_allowance_limit(&world.allowance, 32) == 4, "at once");
}

/* Refused although little is under way: others are at it. */
static void
gives_way_to_others(void)
{
	DcfAllowance allowance;

	dcf_allowance_init(&allowance);
	dcf_allowance_refuse(&allowance, 8, 0);
	CHECK(dcf_allowance_limit(&allowance, 8) == 4, "half");
	dcf_allowance_refuse(&allowance, 8, 0);
	dcf_allowance_refuse(&allowance, 8, 0);
	dcf_allowance_refuse(&allowance, 8, 0);
	CHECK(dcf_allowance_limit(&allowance, 8) == 1, "but never none");
	for (int i = 2; i <= 8; i++)
	{
		allowance.in_flight = 1;
		dcf_allowance_accept(&allowance, 8, 1);
		CHECK(dcf_allowance_limit(&allowance, 8) == i,
			  "each success is one more: %d", i);
	}
	allowance.in_flight = 5;
	dcf_allowance_refuse(&allowance, 8, 2);
	CHECK(dcf_allowance_limit(&allowance, 8) == 5, "not fewer than do go");
}

/* What goes beyond the limit and is refused teaches nothing. */
static void
goes_beyond(void)
{
	DcfAllowance allowance;

	dcf_allowance_init(&allowance);
	allowance.in_flight = 4;
	dcf_allowance_refuse(&allowance, 5, 0);
	CHECK(dcf_allowance_limit(&allowance, 5) == 4, "four are known");
	allowance.in_flight = 6;
	dcf_allowance_refuse(&allowance, 5, 0);
	CHECK(dcf_allowance_limit(&allowance, 5) == 4,
		  "six in flight change nothing");
}

/* Two who want to have it different ways. */
static void
has_several_users(void)
{
	DcfAllowance allowance;

	dcf_allowance_init(&allowance);
	CHECK(dcf_allowance_limit(&allowance, 3) == 3, "a small one");
	CHECK(dcf_allowance_limit(&allowance, 900) == 900, "a large one");
	allowance.in_flight = 20;
	dcf_allowance_refuse(&allowance, 21, 0);
	CHECK(dcf_allowance_limit(&allowance, 3) == 3, "the small one has enough");
	CHECK(dcf_allowance_limit(&allowance, 900) == 20, "the large one has not");
	allowance.in_flight = 20;
	dcf_allowance_accept(&allowance, 3, DCF_PROBE_FIRST_MS);
	CHECK(dcf_allowance_limit(&allowance, 900) == 20,
		  "who has enough does not look for more");
}

int
main(void)
{
	RUN(learns_at_once);
	RUN(does_not_need_it);
	RUN(looks_for_more_ever_less_often);
	RUN(finds_more);
	RUN(gives_way_to_others);
	RUN(goes_beyond);
	RUN(has_several_users);
	return check_finish();
}
