/*
 * service.h
 *	  A simulation of a service that refuses requests, and of sessions that send
 *	  them.
 *
 * Each session sends one request after the other.  They wait in one queue, like
 * backends, until the adaptive limit has room; or, if all_knowing, until the
 * service would accept the request.  The tests compare how much work the two
 * get done in the same time.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/adaptive_limit.h"
#include "core/backoff.h"

#define MAX_SESSIONS  64
#define MAX_RESOURCES 8
#define MAX_OTHERS	  16

/* The defaults of the options with these names. */
#define MAX_RETRIES	   5
#define RETRY_MAX_WAIT 60000

/* Times are in milliseconds, rates in units of 1/10,000. */
typedef struct World
{
	const char *name;

	/* The service. */
	int n; /* its limit; the highest one if n_least is set */
	int n_least;
	int64_t n_lasts;	   /* how long a limit lasts; 0: for ever */
	bool by_resource;	   /* counts each resource apart */
	bool one_must_end;	   /* after a refusal, accepts none until one ends */
	int refused_at_random; /* rate */
	int64_t retry_after;
	int others;			 /* other clients, each with one request at a time */
	int64_t others_rest; /* mean pause between their requests */

	/* The sessions. */
	int sessions;
	int max; /* max_concurrency */
	int resources;
	int64_t shortest; /* duration of the shortest request */
	int64_t longest;
	int64_t rest;  /* mean pause between the requests of a session */
	int64_t lasts; /* duration of the simulation */
	bool all_knowing;
} World;

typedef struct Outcome
{
	double busy; /* total duration of the sessions' accepted requests */
	int64_t sent;
	int64_t refused;  /* requests refused because of the limit */
	int64_t chance;	  /* requests refused at random */
	int64_t failures; /* requests that failed after too many refusals */
} Outcome;

typedef enum State
{
	RESTING, /* until the time at */
	QUEUED,
	SENT,	 /* arrives at the time at */
	RUNNING, /* ends at the time at */
	REPLIED, /* the reply arrives at the time at */
	REFUSED, /* the refusal arrives at the time at */
} State;

typedef struct Session
{
	State state;
	int64_t at;
	int resource;
	int64_t duration;
	int64_t queued_at; /* orders the queue */
	bool asks;		   /* has a request without an answer */
	int refusals;	   /* of this request, those that count */
	bool accepted;
	DcfAdaptiveLimitTicket ticket;
} Session;

typedef struct Other
{
	bool running;
	int resource;
	int64_t at; /* time of its next step */
} Other;

typedef struct Simulation
{
	const World *world;
	uint64_t random;   /* for what happens to requests */
	uint64_t random_n; /* for what happens without the sessions */
	int64_t now;
	int64_t order;
	Session sessions[MAX_SESSIONS];
	Other others[MAX_OTHERS];
	int n;
	int64_t n_changes;
	int running[MAX_RESOURCES]; /* requests of all clients */
	bool blocked[MAX_RESOURCES];
	DcfAdaptiveLimit total;
	DcfAdaptiveLimit resources[MAX_RESOURCES];
	int in_flight[MAX_RESOURCES]; /* requests of the sessions */
	int refusals;				  /* in a row, with nothing under way */
	int64_t ask_at;
	int64_t asked_until;
	Outcome outcome;
} Simulation;

static uint64_t
draw(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * UINT64_C(2685821657736338717);
}

/* A random number between least and most. */
static int64_t
draw_from(uint64_t *random, int64_t least, int64_t most)
{
	return least +
		(int64_t) ((draw(random) >> 11) % (uint64_t) (most - least + 1));
}

static int64_t
draw_between(Simulation *sim, int64_t least, int64_t most)
{
	return draw_from(&sim->random, least, most);
}

/* The latency between client and service. */
static int64_t
draw_way(Simulation *sim)
{
	return draw_between(sim, 3, 15);
}

/* Distributed so that each doubling of the duration is equally frequent. */
static int64_t
draw_duration(Simulation *sim)
{
	const World *world = sim->world;
	int64_t shortest = world->shortest;
	int64_t longest = world->longest;
	int doublings = 0;

	while ((shortest << (doublings + 1)) <= longest)
		doublings++;
	shortest <<= draw_between(sim, 0, doublings);
	return draw_between(sim, shortest,
						2 * shortest < longest ? 2 * shortest : longest);
}

static int
place_of(const Simulation *sim, int resource)
{
	return sim->world->by_resource ? resource : 0;
}

/* Whether the service would accept one more request. */
static bool
is_open(const Simulation *sim, int place)
{
	return sim->running[place] < sim->n && !sim->blocked[place];
}

static void
begin_request(Simulation *sim, Session *session)
{
	session->resource = (int) draw_between(sim, 0, sim->world->resources - 1);
	session->duration = draw_duration(sim);
	session->refusals = 0;
	session->asks = true;
}

/* Whether the client may send a request for the resource. */
static bool
has_room(Simulation *sim, int resource)
{
	const World *world = sim->world;
	int place = place_of(sim, resource);

	if (world->all_knowing)
	{
		int others = 0;

		/* Requests that have not arrived yet count, too. */
		for (int i = 0; i < world->others; i++)
			if (sim->others[i].running &&
				place_of(sim, sim->others[i].resource) == place)
				others++;
		return sim->now >= sim->asked_until && !sim->blocked[place] &&
			sim->total.in_flight < world->max &&
			sim->in_flight[place] + others < sim->n;
	}
	return sim->now >= sim->ask_at &&
		dcf_adaptive_limit_has_room(&sim->total, &sim->resources[resource],
									world->max, sim->now);
}

static void
send_requests(Simulation *sim)
{
	const World *world = sim->world;

	for (;;)
	{
		Session *first = NULL;
		bool room[MAX_RESOURCES];

		for (int i = 0; i < world->resources; i++)
			room[i] = has_room(sim, i);
		for (int i = 0; i < world->sessions; i++)
		{
			Session *session = &sim->sessions[i];

			if (session->state == QUEUED &&
				(first == NULL || session->queued_at < first->queued_at) &&
				room[session->resource])
				first = session;
		}
		if (first == NULL)
			return;
		first->state = SENT;
		first->at = sim->now + draw_way(sim);
		first->accepted = false;
		sim->in_flight[place_of(sim, first->resource)]++;
		sim->outcome.sent++;
		dcf_adaptive_limit_send(&sim->total, &sim->resources[first->resource],
								world->max, sim->now, &first->ticket);
	}
}

/* A request arrives at the service. */
static void
arrive(Simulation *sim, Session *session)
{
	const World *world = sim->world;
	int place = place_of(sim, session->resource);
	bool chance = draw_between(sim, 0, 9999) < world->refused_at_random;

	if (is_open(sim, place) && !chance)
	{
		sim->running[place]++;
		session->state = RUNNING;
		session->at = sim->now + session->duration;
		return;
	}
	if (is_open(sim, place))
		sim->outcome.chance++;
	else
		sim->outcome.refused++;
	session->state = REFUSED;
	session->at = sim->now + draw_way(sim);
	sim->blocked[place] = world->one_must_end && sim->running[place] > 0;
}

static void
end_at_service(Simulation *sim, int resource)
{
	int place = place_of(sim, resource);

	sim->running[place]--;
	sim->blocked[place] = false;
}

/* Like limiter.c. */
static void
hear_of_refusal(Simulation *sim, Session *session)
{
	const World *world = sim->world;
	int64_t asked = world->retry_after;
	int64_t wait = 0;

	sim->in_flight[place_of(sim, session->resource)]--;
	if (!dcf_adaptive_limit_refuse(&sim->total,
								   &sim->resources[session->resource],
								   &session->ticket, world->max, asked,
								   sim->now))
		session->refusals++;
	if (asked > 0)
	{
		sim->asked_until = sim->now + asked;
		wait = asked;
	}
	else if (sim->total.in_flight == 0)
		wait = dcf_backoff_refused(++sim->refusals, RETRY_MAX_WAIT,
								   draw(&sim->random));
	if (sim->ask_at < sim->now + wait)
		sim->ask_at = sim->now + wait;

	/* Like exchange.c. */
	session->state = RESTING;
	session->at = sim->now;
	if (session->refusals > MAX_RETRIES)
	{
		sim->outcome.failures++;
		session->asks = false;
	}
	else if (asked == 0 && session->refusals > 0 && !world->all_knowing)
		session->at += dcf_backoff_refused(session->refusals, RETRY_MAX_WAIT,
										   draw(&sim->random));
}

static void
step_session(Simulation *sim, Session *session)
{
	switch (session->state)
	{
		case RESTING:
			if (!session->asks)
				begin_request(sim, session);
			session->state = QUEUED;
			session->queued_at = ++sim->order;
			break;
		case QUEUED:
			break;
		case SENT:
			arrive(sim, session);
			break;
		case RUNNING:
			end_at_service(sim, session->resource);
			session->state = REPLIED;
			session->at = sim->now + draw_way(sim);
			break;
		case REPLIED:
			sim->in_flight[place_of(sim, session->resource)]--;
			sim->refusals = 0;
			sim->outcome.busy += (double) session->duration;
			dcf_adaptive_limit_accept(&sim->total,
									  &sim->resources[session->resource],
									  &session->ticket, sim->now);
			dcf_adaptive_limit_end(&sim->total,
								   &sim->resources[session->resource],
								   &session->ticket, sim->now);
			session->asks = false;
			session->state = RESTING;
			session->at = sim->now;
			if (sim->world->rest > 0)
				session->at += draw_between(sim, 0, 2 * sim->world->rest);
			break;
		case REFUSED:
			hear_of_refusal(sim, session);
			break;
	}
}

static void
step_other(Simulation *sim, Other *other)
{
	int place = place_of(sim, other->resource);

	if (other->running)
	{
		end_at_service(sim, other->resource);
		other->running = false;
	}
	else if (is_open(sim, place))
	{
		sim->running[place]++;
		other->running = true;
		other->at = sim->now + draw_duration(sim);
		return;
	}
	other->resource = (int) draw_between(sim, 0, sim->world->resources - 1);
	other->at = sim->now + draw_between(sim, 1, 2 * sim->world->others_rest);
}

static void
change_n(Simulation *sim)
{
	const World *world = sim->world;

	sim->n = world->n_least == 0 ?
		world->n :
		(int) draw_from(&sim->random_n, world->n_least, world->n);
	sim->n_changes = world->n_lasts == 0 ? INT64_MAX :
										   sim->now +
			draw_from(&sim->random_n, world->n_lasts / 2,
					  world->n_lasts * 3 / 2);
}

/* When a request for the resource may be sent if nothing else happens. */
static int64_t
find_turn(Simulation *sim, int resource)
{
	int64_t at = sim->asked_until;

	if (!sim->world->all_knowing)
	{
		at = dcf_adaptive_limit_next(&sim->total, &sim->resources[resource],
									 sim->world->max, sim->now);
		if (at > 0 && at < sim->ask_at)
			at = sim->ask_at;
	}
	return at > sim->now ? at : INT64_MAX;
}

/* The time of the next event. */
static int64_t
find_next(Simulation *sim)
{
	const World *world = sim->world;
	int64_t next = sim->n_changes;
	int64_t turns[MAX_RESOURCES];

	for (int i = 0; i < world->resources; i++)
		turns[i] = find_turn(sim, i);
	for (int i = 0; i < world->sessions; i++)
	{
		const Session *session = &sim->sessions[i];
		int64_t at = session->at;

		if (session->state == QUEUED)
			at = turns[session->resource];
		next = at < next ? at : next;
	}
	for (int i = 0; i < world->others; i++)
		next = sim->others[i].at < next ? sim->others[i].at : next;
	return next;
}

/* The environment may choose another seed. */
static uint64_t
choose_seed(void)
{
	const char *seed = getenv("SEED");

	return seed ? strtoull(seed, NULL, 10) : 0;
}

static Outcome
simulate(const World *world)
{
	Simulation *sim = calloc(1, sizeof(Simulation));
	Outcome outcome;

	sim->world = world;
	sim->random = UINT64_C(88172645463325252) + 7919 * choose_seed();
	sim->random_n = UINT64_C(362436069362436069);
	sim->now = 1000;
	dcf_adaptive_limit_init(&sim->total);
	for (int i = 0; i < MAX_RESOURCES; i++)
		dcf_adaptive_limit_init(&sim->resources[i]);
	for (int i = 0; i < world->sessions; i++)
		sim->sessions[i].at = sim->now;
	for (int i = 0; i < world->others; i++)
		sim->others[i].at =
			sim->now + draw_between(sim, 1, 2 * world->others_rest);
	change_n(sim);

	while (sim->now < world->lasts)
	{
		for (int i = 0; i < world->sessions; i++)
			if (sim->sessions[i].state != QUEUED &&
				sim->sessions[i].at == sim->now)
				step_session(sim, &sim->sessions[i]);
		for (int i = 0; i < world->others; i++)
			if (sim->others[i].at == sim->now)
				step_other(sim, &sim->others[i]);
		if (sim->n_changes == sim->now)
			change_n(sim);
		send_requests(sim);
		sim->now = find_next(sim);
	}
	outcome = sim->outcome;
	free(sim);
	return outcome;
}

#endif /* SERVICE_H */
