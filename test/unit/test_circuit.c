/*
 * test_circuit.c
 *	  The circuit breaker: its rules, and a simulation of many requests to a host
 *	  that cannot be reached.
 */
#include <string.h>

#include "check.h"
#include "core/backoff.h"
#include "core/circuit.h"

/* An outage that began, and opened the circuit, at second 1. */
static DcfCircuit
opened(bool broken)
{
	DcfCircuit circuit;

	memset(&circuit, 0, sizeof(circuit));
	dcf_circuit_fail(&circuit, broken, 0, 0, 1000);
	dcf_circuit_fail(&circuit, broken, 0, 0, 1000);
	dcf_circuit_give_up(&circuit, 1000, 1000);
	return circuit;
}

static void
opens_when_tries_are_used_up(void)
{
	DcfCircuit circuit;

	memset(&circuit, 0, sizeof(circuit));
	CHECK(dcf_circuit_admit(&circuit, 0) == DCF_CIRCUIT_GO,
		  "nothing is known");
	dcf_circuit_fail(&circuit, false, 0, 0, 1000);
	CHECK(dcf_circuit_admit(&circuit, 1000) == DCF_CIRCUIT_GO,
		  "a failure is a doubt");
	dcf_circuit_fail(&circuit, false, 0, 0, 2000);
	dcf_circuit_give_up(&circuit, 1000, 2000);
	CHECK(dcf_circuit_admit(&circuit, 2000) == DCF_CIRCUIT_REFUSED,
		  "now it is");
	CHECK(circuit.since == 1000, "since the first failure");
	CHECK(dcf_circuit_wait(&circuit, 2000) == DCF_CIRCUIT_FIRST_PAUSE_MS,
		  "for a pause");
	dcf_circuit_fail(&circuit, false, 0, 0, 2500);
	dcf_circuit_give_up(&circuit, 2500, 2500);
	CHECK(dcf_circuit_wait(&circuit, 2500) == 500,
		  "that others who fail do not make longer");
}

static void
believes_an_answer(void)
{
	DcfCircuit circuit;

	memset(&circuit, 0, sizeof(circuit));
	dcf_circuit_fail(&circuit, false, 0, 0, 1000);
	dcf_circuit_close(&circuit);
	dcf_circuit_fail(&circuit, false, 0, 0, 1200);
	dcf_circuit_give_up(&circuit, 1000, 2000);
	CHECK(dcf_circuit_admit(&circuit, 2000) == DCF_CIRCUIT_GO,
		  "others were answered meanwhile");
	dcf_circuit_give_up(&circuit, 1200, 2000);
	CHECK(dcf_circuit_admit(&circuit, 2000) == DCF_CIRCUIT_REFUSED,
		  "not since");
	dcf_circuit_close(&circuit);
	CHECK(dcf_circuit_admit(&circuit, 2000) == DCF_CIRCUIT_GO, "but now");
}

static void
takes_two_broken_connections(void)
{
	DcfCircuit circuit;

	memset(&circuit, 0, sizeof(circuit));
	dcf_circuit_fail(&circuit, true, 0, 0, 1000);
	dcf_circuit_give_up(&circuit, 1000, 1000);
	CHECK(dcf_circuit_admit(&circuit, 1000) == DCF_CIRCUIT_GO,
		  "one is no outage");
	dcf_circuit_fail(&circuit, true, 0, 0, 1100);
	dcf_circuit_give_up(&circuit, 1100, 1100);
	CHECK(dcf_circuit_admit(&circuit, 1100) == DCF_CIRCUIT_REFUSED, "two are");
}

static void
probes_alone_and_ever_less_often(void)
{
	static const int64_t pauses[] = {1000,	2000,  4000,  8000,
									 16000, 30000, 30000, 30000};
	DcfCircuit circuit = opened(false);
	int64_t now = 1000;

	for (int i = 0; i < (int) (sizeof(pauses) / sizeof(pauses[0])); i++)
	{
		CHECK(dcf_circuit_wait(&circuit, now) == pauses[i], "pause %d", i);
		now += pauses[i];
		CHECK(dcf_circuit_admit(&circuit, now - 1) == DCF_CIRCUIT_REFUSED,
			  "before its end, %d", i);
		CHECK(dcf_circuit_admit(&circuit, now) == DCF_CIRCUIT_PROBE,
			  "at its end, %d", i);
		CHECK(dcf_circuit_admit(&circuit, now) == DCF_CIRCUIT_REFUSED,
			  "others meanwhile, %d", i);
		now += 100;
		dcf_circuit_fail(&circuit, false, circuit.probes, 0, now);
	}
	CHECK(circuit.since == 1000, "all of one outage");
	dcf_circuit_close(&circuit);
	dcf_circuit_fail(&circuit, false, 0, 0, now);
	dcf_circuit_give_up(&circuit, now, now);
	CHECK(dcf_circuit_wait(&circuit, now) == DCF_CIRCUIT_FIRST_PAUSE_MS,
		  "the next one begins anew");
}

static void
ends_with_a_connection(void)
{
	DcfCircuit circuit = opened(false);

	CHECK(dcf_circuit_admit(&circuit, 5000) == DCF_CIRCUIT_PROBE, "a probe");
	dcf_circuit_connect(&circuit, circuit.probes, 5010);
	CHECK(dcf_circuit_admit(&circuit, 5010) == DCF_CIRCUIT_GO,
		  "a connection is enough where there was none");

	circuit = opened(true);
	CHECK(dcf_circuit_admit(&circuit, 5000) == DCF_CIRCUIT_PROBE, "a probe");
	dcf_circuit_connect(&circuit, circuit.probes, 5010);
	CHECK(dcf_circuit_admit(&circuit, 5010) == DCF_CIRCUIT_REFUSED,
		  "not where connections break");
	CHECK(dcf_circuit_admit(&circuit, 5010 + DCF_CIRCUIT_SETTLE_MS) ==
			  DCF_CIRCUIT_GO,
		  "but one that lasts");
	CHECK(circuit.failures == 0, "ends it");

	circuit = opened(true);
	(void) dcf_circuit_admit(&circuit, 5000);
	dcf_circuit_connect(&circuit, circuit.probes, 5010);
	dcf_circuit_fail(&circuit, true, circuit.probes, 0, 5020);
	CHECK(dcf_circuit_admit(&circuit, 5010 + DCF_CIRCUIT_SETTLE_MS - 1) ==
			  DCF_CIRCUIT_REFUSED,
		  "one that breaks does not");
	CHECK(dcf_circuit_wait(&circuit, 5020) == 2 * DCF_CIRCUIT_FIRST_PAUSE_MS,
		  "it makes a pause");
}

static void
survives_a_lost_probe(void)
{
	DcfCircuit circuit = opened(false);
	uint64_t lost;

	CHECK(dcf_circuit_admit(&circuit, 5000) == DCF_CIRCUIT_PROBE, "a probe");
	dcf_circuit_abandon(&circuit, circuit.probes, 0, 5100);
	CHECK(dcf_circuit_admit(&circuit, 5100) == DCF_CIRCUIT_PROBE,
		  "one that is given up makes room at once");
	lost = circuit.probes;
	CHECK(dcf_circuit_admit(&circuit, 5100 + DCF_CIRCUIT_PROBE_MS - 1) ==
			  DCF_CIRCUIT_REFUSED,
		  "one that nobody looks after");
	CHECK(dcf_circuit_admit(&circuit, 5100 + DCF_CIRCUIT_PROBE_MS) ==
			  DCF_CIRCUIT_PROBE,
		  "makes room after a while");

	dcf_circuit_connect(&circuit, lost, 40000);
	dcf_circuit_abandon(&circuit, lost, 0, 40000);
	dcf_circuit_fail(&circuit, false, lost, 0, 40000);
	CHECK(dcf_circuit_admit(&circuit, 40000) == DCF_CIRCUIT_REFUSED,
		  "what becomes of it changes nothing for the next");
	dcf_circuit_fail(&circuit, false, circuit.probes, 0, 40000);
	CHECK(dcf_circuit_wait(&circuit, 40000) == 2 * DCF_CIRCUIT_FIRST_PAUSE_MS,
		  "nor was it a failure");
}

static void
survives_a_lost_retry(void)
{
	DcfCircuit circuit;
	uint64_t retry;

	memset(&circuit, 0, sizeof(circuit));
	dcf_circuit_fail(&circuit, false, 0, 0, 1000);
	retry = dcf_circuit_retry(&circuit, 1500);
	CHECK(dcf_circuit_check(&circuit, 1200, 0, 1600) == DCF_CIRCUIT_TRYING,
		  "somebody tries");
	CHECK(dcf_circuit_check(&circuit, 1200, 0, 1500 + DCF_CIRCUIT_PROBE_MS) ==
			  DCF_CIRCUIT_NONE,
		  "but not for ever");
	dcf_circuit_abandon(&circuit, 0, retry, 1700);
	CHECK(dcf_circuit_check(&circuit, 1200, 0, 1700) == DCF_CIRCUIT_NONE,
		  "nor who gives up");
	retry = dcf_circuit_retry(&circuit, 1800);
	dcf_circuit_fail(&circuit, false, 0, retry, 1900);
	CHECK(dcf_circuit_check(&circuit, 1200, 0, 1900) == DCF_CIRCUIT_TRIED,
		  "a failure counts for those who waited");
	CHECK(dcf_circuit_check(&circuit, 1900, retry, 1900) == DCF_CIRCUIT_NONE,
		  "not for who waits since");
	dcf_circuit_close(&circuit);
	CHECK(dcf_circuit_check(&circuit, 1900, retry, 2000) ==
			  DCF_CIRCUIT_ANSWERED,
		  "an answer is news");
	dcf_circuit_fail(&circuit, false, 0, 0, 2100);
	CHECK(dcf_circuit_check(&circuit, 1900, retry, 2200) ==
			  DCF_CIRCUIT_ANSWERED,
		  "also if another failure follows");
}

/* --- Many requests to a host that comes up at some time, or never ---------- */

#define SESSIONS	20
#define MAX_RETRIES 3

typedef struct Session
{
	bool over; /* has ended, with an error or a connection */
	bool connected;
	int failures;
	int64_t first_failed;
	int64_t since; /* beginning and end of its wait */
	int64_t until;
	uint64_t retries; /* circuit->retries when the wait began */
	uint64_t retry;	  /* number of the retry under way, or 0 */
	int64_t ends;	  /* end of the try under way; 0: none */
} Session;

typedef struct World
{
	DcfCircuit circuit;
	Session sessions[SESSIONS];
	int64_t up_at; /* when the host comes up; -1: never */
	int64_t takes; /* duration of a try to connect */
	int tries;
	uint64_t random;
} World;

static uint64_t
draw(World *world)
{
	world->random = world->random * UINT64_C(6364136223846793005) + 1;
	return world->random >> 20;
}

static void
try_now(World *world, Session *session, int64_t now)
{
	world->tries++;
	session->ends = now + world->takes;
}

static void
begin_wait(World *world, Session *session, int64_t now)
{
	session->since = now;
	session->until =
		now + dcf_backoff_delay(session->failures, 60 * 1000, draw(world));
	session->retries = world->circuit.retries;
}

/* True if that was the last try. */
static bool
count_failure(World *world, Session *session, int64_t now)
{
	session->failures++;
	if (session->failures <= MAX_RETRIES)
		return false;
	dcf_circuit_give_up(&world->circuit, session->first_failed, now);
	session->over = true;
	return true;
}

static void
end_try(World *world, Session *session, int64_t now)
{
	session->ends = 0;
	if (world->up_at >= 0 && now >= world->up_at)
	{
		dcf_circuit_close(&world->circuit);
		session->over = session->connected = true;
		return;
	}
	dcf_circuit_fail(&world->circuit, false, 0, session->retry, now);
	if (session->failures == 0)
		session->first_failed = now;
	if (!count_failure(world, session, now))
		begin_wait(world, session, now);
}

static void
look(World *world, Session *session, int64_t now)
{
	DcfCircuitNews news = dcf_circuit_check(&world->circuit, session->since,
											session->retries, now);

	session->retry = 0;
	if (news == DCF_CIRCUIT_OPEN)
		session->over = true;
	else if (news == DCF_CIRCUIT_ANSWERED)
		try_now(world, session, now);
	else if (now < session->until)
		return;
	else if (news == DCF_CIRCUIT_NONE)
	{
		session->retry = dcf_circuit_retry(&world->circuit, now);
		try_now(world, session, now);
	}
	else if (news == DCF_CIRCUIT_TRIED && !count_failure(world, session, now))
		begin_wait(world, session, now);
}

/* All begin at the same time.  Returns how long the last one takes. */
static int64_t
run(World *world, int64_t up_at, int64_t takes, uint64_t seed)
{
	int64_t now = 0;
	int left = SESSIONS;

	memset(world, 0, sizeof(World));
	world->up_at = up_at;
	world->takes = takes;
	world->random = seed;
	for (int i = 0; i < SESSIONS; i++)
		try_now(world, &world->sessions[i], now);
	while (left > 0 && now < 3600 * 1000)
	{
		left = 0;
		now++;
		for (int i = 0; i < SESSIONS; i++)
		{
			Session *session = &world->sessions[i];

			if (session->over)
				continue;
			left++;
			if (session->ends == 0)
				look(world, session, now);
			else if (session->ends <= now)
				end_try(world, session, now);
		}
	}
	return now;
}

static void
tries_for_all(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		World world;
		int64_t took = run(&world, -1, 1, seed);

		CHECK(world.circuit.open, "the outage is known, seed %d", (int) seed);
		CHECK(world.tries == SESSIONS + MAX_RETRIES,
			  "the first try of each and a retry each round: %d, seed %d",
			  world.tries, (int) seed);
		CHECK(took < 4000, "all end with the first: %d ms, seed %d",
			  (int) took, (int) seed);
	}
}

/* A try takes longer to fail than the wait before the next one. */
static void
fails_slowly(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		World world;
		int64_t took = run(&world, -1, 2000, seed);

		CHECK(world.circuit.open && world.tries == SESSIONS + MAX_RETRIES,
			  "few tries: %d, seed %d", world.tries, (int) seed);
		CHECK(took < 12 * 1000, "all end: %d ms, seed %d", (int) took,
			  (int) seed);
	}
}

static void
rides_through_a_blip(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		World world;
		int connected = 0;
		int64_t took = run(&world, 1500, 1, seed);

		for (int i = 0; i < SESSIONS; i++)
			connected += world.sessions[i].connected;
		CHECK(connected == SESSIONS, "all get through: %d, seed %d", connected,
			  (int) seed);
		CHECK(took < 4000, "with the first: %d ms, seed %d", (int) took,
			  (int) seed);
	}
}

int
main(void)
{
	RUN(opens_when_tries_are_used_up);
	RUN(believes_an_answer);
	RUN(takes_two_broken_connections);
	RUN(probes_alone_and_ever_less_often);
	RUN(ends_with_a_connection);
	RUN(survives_a_lost_probe);
	RUN(survives_a_lost_retry);
	RUN(tries_for_all);
	RUN(fails_slowly);
	RUN(rides_through_a_blip);
	return check_finish();
}
