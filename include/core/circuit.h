/*
 * circuit.h
 *	  What is known of a host that cannot be reached: a circuit breaker.
 *
 * A try that fails before any reply puts the host in doubt.  As long as it is,
 * only one of all who wait to try again does so in each round: a try that fails
 * counts for the others, too.  Who has no tries left opens the circuit, and then
 * everybody is refused at once, until a pause is over.  Then one may probe, and
 * no other for as long as that lasts: a probe that fails makes another pause,
 * twice as long.  Any answer of the host ends the outage.
 *
 * A probe that nobody reports on, as that of a cursor which is left alone, is
 * taken for lost after DCF_CIRCUIT_PROBE_MS, and so is a try that others wait
 * for.
 *
 * Pure C: no clock of its own.  Times are milliseconds.
 */
#ifndef DCF_CIRCUIT_H
#define DCF_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

/* The pause before a probe, at first and at most. */
#define DCF_CIRCUIT_FIRST_PAUSE_MS 1000
#define DCF_CIRCUIT_LAST_PAUSE_MS  (30 * 1000)

/* For how long a probe, or a try in a round, has the right to be the only one. */
#define DCF_CIRCUIT_PROBE_MS (30 * 1000)

/*
 * Where connections were made and broken off: one that has lasted as long is
 * good.  Its reply may take minutes to begin.
 */
#define DCF_CIRCUIT_SETTLE_MS 2000

typedef struct DcfCircuit
{
	int failures;  /* tries since the host last answered; 0: no outage */
	int64_t since; /* of the first of these */
	bool broken;   /* connections are made, and broken off */

	/* While in doubt: tries after a wait are numbered. */
	uint64_t retries;	   /* how many began, ever */
	uint64_t failed_retry; /* the last of them that failed */
	int64_t retry_until;   /* the last of them is under way; 0: it is not */

	bool open;
	int64_t pause;
	int64_t ask_at;	 /* no probe before */
	uint64_t probes; /* how many there were, ever */
	bool probing;	 /* the last of them is under way */
	bool settling;	 /* and has a connection */
	int64_t probe_until;
} DcfCircuit;

/* Whether a request may be sent. */
typedef enum DcfCircuitAnswer
{
	DCF_CIRCUIT_GO,
	DCF_CIRCUIT_PROBE, /* yes, and no other one: it is outage->probes */
	DCF_CIRCUIT_REFUSED
} DcfCircuitAnswer;

/* What somebody finds who waits to try again. */
typedef enum DcfCircuitNews
{
	DCF_CIRCUIT_NONE,
	DCF_CIRCUIT_OPEN,	  /* there is no use in trying */
	DCF_CIRCUIT_ANSWERED, /* try now */
	DCF_CIRCUIT_TRIED,	  /* another has tried in vain meanwhile */
	DCF_CIRCUIT_TRYING	  /* another tries, until outage->retry_until */
} DcfCircuitNews;

extern DcfCircuitAnswer dcf_circuit_ask(DcfCircuit *circuit, int64_t now);

/* How long it is, at least, until a probe may be sent; 0: now. */
extern int64_t dcf_circuit_wait(const DcfCircuit *circuit, int64_t now);

/* The host has answered: with whatever, to whomever. */
extern void dcf_circuit_end(DcfCircuit *circuit);

/* A probe has a connection, with TLS where wanted. */
extern void dcf_circuit_connect(DcfCircuit *circuit, uint64_t probe,
								int64_t now);

/* Nothing will be heard of a try: its numbers as below. */
extern void dcf_circuit_abandon(DcfCircuit *circuit, uint64_t probe,
								uint64_t retry, int64_t now);

/*
 * A try has failed: it could not connect, or its connection was broken off.
 * probe and retry are its numbers, or 0.
 */
extern void dcf_circuit_fail(DcfCircuit *circuit, bool broken, uint64_t probe,
							 uint64_t retry, int64_t now);

/*
 * Somebody has no tries left, of which the first failed then.  The circuit
 * stays closed where the host has answered others meanwhile, and after a single
 * broken connection.
 */
extern void dcf_circuit_give_up(DcfCircuit *circuit, int64_t first_failed,
								int64_t now);

/*
 * Look around while waiting to try again: since when, and how many retries
 * there were then.
 */
extern DcfCircuitNews dcf_circuit_look(const DcfCircuit *circuit,
									   int64_t since, uint64_t retries,
									   int64_t now);

/* Begin to try again: the try's number. */
extern uint64_t dcf_circuit_retry(DcfCircuit *circuit, int64_t now);

#endif /* DCF_CIRCUIT_H */
