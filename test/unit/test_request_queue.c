/*
 * test_request_queue.c
 *	  The order of requests that wait: in which they stand, who holds up whom, who
 *	  is woken; and a simulation that no request waits for nothing.
 */
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "core/request_queue.h"

#define MAX 4

/* An account with its limits, and places that are woken. */
typedef struct Service
{
	DcfAdaptiveLimit total;
	DcfAdaptiveLimit resources[2];
	DcfRequestQueue queue;
} Service;

static Service service;
static int64_t now;
static char order[100];

static void
begin(void)
{
	memset(&service, 0, sizeof(service));
	now = 1000;
	dcf_adaptive_limit_init(&service.total);
	for (int i = 0; i < 2; i++)
		dcf_adaptive_limit_init(&service.resources[i]);
}

/* A place; its owner is a letter. */
static DcfRequestPlace
make(const char *owner, int resource, bool needed)
{
	return (DcfRequestPlace){.owner = (void *) owner,
							 .resource = &service.resources[resource],
							 .max = MAX,
							 .needed = needed,
							 .attended_until = DCF_REQUEST_WOKEN};
}

static void
join(DcfRequestPlace *place)
{
	dcf_request_queue_join(&service.queue, place, false);
}

static bool
leads(const DcfRequestPlace *place)
{
	return dcf_request_queue_leads(&service.queue, &service.total, place, now);
}

static void
note(void *owner)
{
	size_t len = strlen(order);

	order[len] = *(char *) owner;
	order[len + 1] = '\0';
}

/* The letters of those who are woken. */
static const char *
woken(void)
{
	order[0] = '\0';
	dcf_request_queue_wake(&service.queue, &service.total, now, note);
	return order;
}

/* The letters of the queue. */
static const char *
standing(void)
{
	int n = 0;

	order[0] = '\0';
	for (DcfRequestPlace *place = service.queue.first; place;
		 place = place->next)
	{
		note(place->owner);
		n++;
	}
	CHECK(n == service.queue.length, "its length");
	if (n > 0)
		CHECK(service.queue.last->next == NULL &&
				  service.queue.first->previous == NULL,
			  "its ends");
	return order;
}

static bool
passes(const DcfRequestPlace *place, int resource, bool needed)
{
	return dcf_request_queue_lets_pass(&service.queue, &service.total, place,
									   &service.resources[resource], needed,
									   now);
}

static bool
is_first(const DcfRequestPlace *place)
{
	return dcf_request_queue_is_first(&service.queue, &service.total, place,
									  now);
}

static void
stands_in_order(void)
{
	DcfRequestPlace a, b, c, d, e, f;

	begin();
	a = make("a", 0, false);
	b = make("b", 0, true);
	c = make("c", 0, false);
	d = make("d", 0, true);
	e = make("e", 0, true);
	f = make("f", 0, false);
	CHECK(strcmp(standing(), "") == 0, "empty");
	join(&a);
	join(&b);
	join(&c);
	join(&d);
	CHECK(strcmp(standing(), "bdac") == 0, "needed first: %s", order);
	dcf_request_queue_join(&service.queue, &e, true);
	dcf_request_queue_join(&service.queue, &f, true);
	CHECK(strcmp(standing(), "ebdfac") == 0, "again first: %s", order);
	dcf_request_queue_leave(&service.queue, &e);
	dcf_request_queue_leave(&service.queue, &f);
	dcf_request_queue_leave(&service.queue, &c);
	CHECK(strcmp(standing(), "bda") == 0, "who leaves: %s", order);
	dcf_request_queue_leave(&service.queue, &a);
	dcf_request_queue_leave(&service.queue, &d);
	dcf_request_queue_leave(&service.queue, &b);
	CHECK(strcmp(standing(), "") == 0, "empty again");
	dcf_request_queue_join(&service.queue, &f, true);
	CHECK(strcmp(standing(), "f") == 0, "again, alone");
}

static void
holds_up_others(void)
{
	DcfRequestPlace a, b, c;

	begin();
	a = make("a", 0, false);
	b = make("b", 0, false);
	CHECK(passes(NULL, 0, false), "nobody waits");
	join(&a);
	CHECK(passes(&a, 0, false), "the first passes");
	CHECK(!passes(NULL, 0, false), "nobody passes the first");
	CHECK(!passes(NULL, 1, false), "for any resource");
	CHECK(passes(NULL, 0, true), "except who is needed");
	join(&b);
	CHECK(!passes(&b, 0, false), "the second does not pass");
	CHECK(is_first(&a) && !is_first(&b), "is second");
	c = make("c", 0, true);
	join(&c);
	CHECK(passes(&c, 0, true), "the needed one passes both");
	CHECK(!passes(&a, 0, false), "the optional one waits behind it");
	CHECK(!passes(NULL, 0, true), "and so does another needed one");
	CHECK(is_first(&c) && !is_first(&a), "is no longer first");
	CHECK(strcmp(woken(), "c") == 0, "one is woken: %s", order);
}

static void
passes_over_who_cannot_go(void)
{
	DcfRequestPlace a, b;
	DcfAdaptiveLimitTicket ticket;

	begin();
	a = make("a", 0, true);
	b = make("b", 0, false);
	join(&a);
	join(&b);
	CHECK(!passes(&b, 0, false), "one who waits holds up the next");

	a.attended_until = 0;
	CHECK(passes(&b, 0, false), "at rest it does not");
	CHECK(is_first(&b), "the next is first");
	CHECK(strcmp(woken(), "b") == 0, "who is woken: %s", order);
	a.attended_until = DCF_REQUEST_WOKEN;
	CHECK(!passes(&b, 0, false), "but has kept its place");
	CHECK(strcmp(woken(), "a") == 0, "and is woken: %s", order);

	a.unlimited = true;
	CHECK(passes(&b, 0, false), "beyond the limit it does not, either");
	CHECK(strcmp(woken(), "ab") == 0, "both are woken: %s", order);
	a.attended_until = 0;
	CHECK(strcmp(woken(), "b") == 0, "unless at rest: %s", order);
	a.attended_until = DCF_REQUEST_WOKEN;
	a.unlimited = false;

	dcf_adaptive_limit_send(&service.total, NULL, MAX, 1000, &ticket);
	a.max = 1;
	CHECK(passes(&b, 0, false), "with its maximum under way it does not");
	CHECK(strcmp(woken(), "b") == 0, "nor is it woken: %s", order);
	dcf_adaptive_limit_end(&service.total, NULL, &ticket, 1000);
	CHECK(!passes(&b, 0, false), "below its maximum it does");

	a.resource = NULL;
	CHECK(!passes(&b, 1, false), "so it does without a resource");
}

/* Places of owners that look by themselves. */
static void
passes_over_who_is_late(void)
{
	DcfRequestPlace a, b, c;

	begin();
	a = make("a", 0, true);
	b = make("b", 0, true);
	c = make("c", 0, true);
	a.attended_until = now + 100;
	b.attended_until = now + 200;
	join(&a);
	join(&b);
	join(&c);
	CHECK(strcmp(woken(), "abc") == 0, "all who may go: %s", order);
	CHECK(!passes(&b, 0, true) && !is_first(&b), "the first has its turn");
	CHECK(leads(&b) && leads(&c), "who looks by itself stands for nobody");
	CHECK(dcf_request_queue_next(&service.queue, &a, now) == -1,
		  "the first need not look");
	CHECK(dcf_request_queue_next(&service.queue, &b, now) == now + 100 &&
			  dcf_request_queue_next(&service.queue, &c, now) == now + 100,
		  "those behind look after its time");
	now += 99;
	CHECK(!passes(&c, 0, true), "in its time");
	now += 1;
	CHECK(passes(&b, 0, true) && is_first(&b), "after it");
	CHECK(!passes(&c, 0, true), "the next one has a time, too");
	CHECK(dcf_request_queue_next(&service.queue, &c, now) == now + 100,
		  "which is then");
	CHECK(strcmp(woken(), "bc") == 0, "who is woken then: %s", order);
	a.unlimited = true;
	CHECK(strcmp(woken(), "bc") == 0, "late beyond the limit: %s", order);
	a.unlimited = false;
	a.attended_until = now + 1;
	CHECK(!passes(&b, 0, true), "the place was kept");
	now += 100;
	CHECK(passes(&c, 0, true), "after both");
	CHECK(dcf_request_queue_next(&service.queue, &c, now) == -1,
		  "nobody is left to look after");
	c.attended_until = now + 5;
	a.attended_until = DCF_REQUEST_WOKEN;
	CHECK(strcmp(woken(), "a") == 0, "who is woken stands for all: %s", order);
	CHECK(leads(&a) && !leads(&c), "and leads");
}

static void
passes_over_a_full_resource(void)
{
	DcfRequestPlace a, b;
	DcfAdaptiveLimitTicket ticket;

	begin();
	dcf_adaptive_limit_send(&service.total, &service.resources[0], MAX, 1000,
							&ticket);
	service.resources[0].allowed = 1;
	service.resources[0].probe_at = INT64_MAX;
	a = make("a", 0, true);
	b = make("b", 1, true);
	join(&a);
	join(&b);
	CHECK(passes(&b, 1, true), "who waits for another resource passes");
	CHECK(!passes(NULL, 0, true), "who waits for the same does not");
	CHECK(strcmp(woken(), "ab") == 0, "the first of each is woken: %s", order);
	dcf_adaptive_limit_end(&service.total, &service.resources[0], &ticket,
						   1000);
	CHECK(!passes(&b, 1, true), "once there is room, none does");
}

static bool
has_room(uint32_t group, int max)
{
	return dcf_request_queue_group_has_room(&service.queue, group, max);
}

static void
begin_group(uint32_t group)
{
	CHECK(dcf_request_queue_group_begin(&service.queue, group), "counted");
}

static void
end_group(uint32_t group)
{
	dcf_request_queue_group_end(&service.queue, group);
}

/* A group that has its share holds up nobody, and waits for its own requests. */
static void
passes_over_a_full_group(void)
{
	DcfRequestPlace a, b, c;

	begin();
	a = make("a", 0, true);
	b = make("b", 0, true);
	c = make("c", 0, true);
	a.group = b.group = 7;
	a.group_max = 2;
	b.group_max = 1;
	join(&a);
	join(&b);
	join(&c);
	CHECK(has_room(7, 1) && has_room(0, 0), "nothing is under way");
	begin_group(7);
	CHECK(has_room(7, 2) && !has_room(7, 1) && has_room(8, 1), "one is");
	CHECK(!passes(&b, 0, true) && !passes(&c, 0, true), "the first may go");
	CHECK(strcmp(woken(), "a") == 0, "and is woken: %s", order);
	begin_group(7);
	CHECK(!has_room(7, 2), "the group is full");
	CHECK(passes(&c, 0, true) && is_first(&c), "others pass");
	CHECK(strcmp(woken(), "c") == 0, "and are woken: %s", order);
	end_group(7);
	CHECK(!passes(&c, 0, true), "the place was kept");
	CHECK(strcmp(woken(), "a") == 0, "who is woken again: %s", order);
	end_group(7);
	CHECK(service.queue.ngroups == 0 && has_room(7, 1), "none is left");
	end_group(7);
	CHECK(service.queue.ngroups == 0, "nor goes below");
}

/* More groups than can be counted wait for one to end. */
static void
counts_so_many_groups(void)
{
	begin();
	for (uint32_t i = 1; i <= DCF_REQUEST_GROUPS; i++)
	{
		CHECK(has_room(i, 1), "group %u", i);
		begin_group(i);
	}
	CHECK(!has_room(99, 1) && has_room(0, 1), "there are enough");
	CHECK(!dcf_request_queue_group_begin(&service.queue, 99), "not counted");
	CHECK(has_room(5, 2) && !has_room(5, 1), "the others go on");
	end_group(5);
	CHECK(has_room(99, 1), "one has ended");
	begin_group(99);
	for (uint32_t i = 1; i <= DCF_REQUEST_GROUPS; i++)
		CHECK(dcf_request_queue_group_in_flight(&service.queue, i) == (i != 5),
			  "group %u is still counted", i);
	CHECK(!has_room(5, 1), "the ended one waits");
}

static void
wakes_all_of_many_resources(void)
{
	static DcfAdaptiveLimit limits[40];
	DcfRequestPlace places[80];

	begin();
	for (int i = 0; i < 80; i++)
	{
		places[i] = make("x", 0, false);
		places[i].resource = &limits[i % 40];
		join(&places[i]);
	}
	CHECK(strlen(woken()) >= 40, "the first of each");
}

/* --- A simulation -------------------------------------------------------- */

#define CLIENTS 6
#define STEPS	200000

/* What a client does; it acts only in its own turn, and if it is awake. */
typedef struct Client
{
	DcfRequestPlace place;
	bool queued;
	bool awake;
	bool taken;
	bool lent;	 /* it does not notice that it is woken */
	int64_t due; /* when it looks by itself; -1: never */
	DcfAdaptiveLimitTicket ticket;
} Client;

static Client clients[CLIENTS];

/* A number from 0 to n - 1, the same ones in each run. */
static uint32_t state;

static int
choose(int n)
{
	state = state * 1664525 + 1013904223;
	return (int) ((state >> 16) % (uint32_t) n);
}

static void
wake(void *owner)
{
	((Client *) owner)->awake = true;
}

static void
wake_first(void)
{
	dcf_request_queue_wake(&service.queue, &service.total, now, wake);
}

static void
leave(Client *client)
{
	dcf_request_queue_leave(&service.queue, &client->place);
	client->queued = false;
}

/* Attend to a place, as in a wait or in a lent one, of which some end late. */
static void
attend(Client *client)
{
	client->lent = choose(3) == 0;
	client->place.attended_until =
		client->lent ? now + 1 + choose(20) : DCF_REQUEST_WOKEN;
	client->due = client->lent ?
		now + choose(40) :
		dcf_request_queue_next(&service.queue, &client->place, now);
}

/* Look for room, as the limiter does, for a request of a client who is awake. */
static void
look(Client *client)
{
	DcfRequestPlace *place = &client->place;
	int max = place->max;

	client->awake = false;
	if (dcf_adaptive_limit_has_room(&service.total, place->resource, max, 1) &&
		has_room(place->group, place->group_max) &&
		dcf_request_queue_lets_pass(&service.queue, &service.total,
									client->queued ? place : NULL,
									place->resource, place->needed, now))
	{
		if (client->queued)
			leave(client);
		dcf_adaptive_limit_send(&service.total, place->resource, max, 1,
								&client->ticket);
		client->taken = true;
		if (place->group != 0)
			begin_group(place->group);
		wake_first();
		return;
	}
	if (!client->queued)
	{
		join(place);
		client->queued = true;
	}
	attend(client);
}

/* Attend to the place no longer, for a time or until the next look. */
static void
rest(Client *client)
{
	bool led = leads(&client->place);

	client->place.attended_until = 0;
	if (led)
		wake_first();
}

/* Rest, leave or change the kind: whoever led passes the turn on. */
static void
withdraw(Client *client)
{
	bool led = leads(&client->place);

	switch (choose(3))
	{
		case 0:
			rest(client);
			return;
		case 1:
			leave(client);
			break;
		default:
			leave(client);
			client->place.needed = !client->place.needed;
			join(&client->place);
			client->queued = true;
			/* It looks under the same lock. */
			client->place.attended_until = DCF_REQUEST_WOKEN;
			client->lent = false;
			client->awake = true;
	}
	if (led)
		wake_first();
}

/* Whether the client looks by itself now, be it late. */
static bool
is_due(const Client *client)
{
	return client->due >= 0 && client->due <= now;
}

static void
act(Client *client)
{
	if (client->taken)
	{
		dcf_adaptive_limit_end(&service.total, client->place.resource,
							   &client->ticket, 1);
		end_group(client->place.group);
		client->taken = false;
		wake_first();
	}
	else if (!client->queued)
	{
		int resource = choose(2);

		client->place = make((char *) client, resource, choose(2));
		client->place.max = 1 + choose(3);
		client->place.group = (uint32_t) choose(3);
		client->place.group_max = 1;
		look(client);
	}
	else if (client->place.attended_until == 0 || is_due(client) ||
			 (client->awake && !client->lent && choose(4) > 0))
	{
		/* A wait has ended, and the next one may be of the other kind. */
		rest(client);
		look(client);
	}
	else if (choose(4) == 0)
		withdraw(client);
}

/* Whether a client sleeps although there is room for it. */
static bool
is_forgotten(const Client *client)
{
	const DcfRequestPlace *place = &client->place;

	return client->queued && !client->lent && place->attended_until > now &&
		!client->awake && !is_due(client) &&
		dcf_adaptive_limit_has_room(&service.total, place->resource,
									place->max, 1) &&
		has_room(place->group, place->group_max) &&
		dcf_request_queue_lets_pass(&service.queue, &service.total, place,
									place->resource, place->needed, now);
}

/* Steps from a seed. */
static void
simulate(uint32_t seed)
{
	long taken = 0;
	int forgotten = 0;

	begin();
	memset(clients, 0, sizeof(clients));
	state = seed;
	service.resources[0].allowed = 1;
	service.resources[0].probe_at = INT64_MAX;
	for (int i = 0; i < STEPS; i++)
	{
		act(&clients[choose(CLIENTS)]);
		now += choose(2);
		for (int j = 0; j < CLIENTS; j++)
		{
			taken += clients[j].taken;
			forgotten += is_forgotten(&clients[j]);
		}
	}
	CHECK(forgotten == 0, "seed %u: %d times a client slept beside room", seed,
		  forgotten);
	CHECK(taken > STEPS / 2, "seed %u: requests went: %ld", seed, taken);
}

static void
forgets_nobody(void)
{
	for (uint32_t seed = 1; seed <= 20; seed++)
		simulate(seed);
}

int
main(void)
{
	RUN(stands_in_order);
	RUN(holds_up_others);
	RUN(passes_over_who_cannot_go);
	RUN(passes_over_who_is_late);
	RUN(passes_over_a_full_resource);
	RUN(passes_over_a_full_group);
	RUN(counts_so_many_groups);
	RUN(wakes_all_of_many_resources);
	RUN(forgets_nobody);
	return check_finish();
}
