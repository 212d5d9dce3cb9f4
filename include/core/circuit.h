/*
 * circuit.h
 *	  The rules of the circuit breaker, which remembers a host that cannot be
 *	  reached.
 *
 * A try that fails before any reply puts the host in doubt.  While it is in
 * doubt, the requests that wait to retry take turns: one of them tries in each
 * round, and its failure counts as a failed try of all.  When a request has used
 * up its tries, it opens the circuit: all requests are refused at once until a
 * pause is over.  Then one request may probe.  If the probe fails, the next pause
 * is twice as long.  Any answer of the host closes the circuit.
 *
 * A probe may never be reported on, for example that of an idle cursor.  It is
 * given up after DCF_CIRCUIT_PROBE_MS, and so is a retry that others wait for.
 *
 * Pure C, without a clock of its own.  Times are milliseconds.
 */
#ifndef DCF_CIRCUIT_H
#define DCF_CIRCUIT_H

#include <stdbool.h>
#include <stdint.h>

/* The first pause before a probe, and the longest. */
#define DCF_CIRCUIT_FIRST_PAUSE_MS 1000
#define DCF_CIRCUIT_LAST_PAUSE_MS  (30 * 1000)

/* How long a probe or a retry may remain the only one. */
#define DCF_CIRCUIT_PROBE_MS (30 * 1000)

/*
 * If earlier connections were broken off, a probe's connection that has lasted
 * for this time closes the circuit.  Its reply may take minutes to begin.
 */
#define DCF_CIRCUIT_SETTLE_MS 2000

typedef struct DcfCircuit
{
	int failures;  /* failed tries since the last answer; 0: no doubt */
	int64_t since; /* time of the first of them */
	bool broken;   /* the last one had a connection, which was broken off */

	/* While in doubt: retries are numbered from 1. */
	uint64_t retries;	   /* number of the last that began */
	uint64_t failed_retry; /* number of the last that failed */
	int64_t retry_until;   /* the last may be under way until then, or 0 */

	/* While open: probes are numbered from 1. */
	bool open;
	int64_t pause;		 /* length of the last pause */
	int64_t probe_at;	 /* earliest time of the next probe */
	uint64_t probes;	 /* number of the last probe */
	bool probing;		 /* it is under way */
	bool settling;		 /* and has a connection */
	int64_t probe_until; /* until it is given up; or, settling, succeeds */
} DcfCircuit;

/* Whether a request may be sent. */
typedef enum DcfCircuitAdmission
{
	DCF_CIRCUIT_GO,
	DCF_CIRCUIT_PROBE, /* yes, as probe number circuit->probes */
	DCF_CIRCUIT_REFUSED
} DcfCircuitAdmission;

/* What has happened to the host while a request waits to retry. */
typedef enum DcfCircuitNews
{
	DCF_CIRCUIT_NONE,
	DCF_CIRCUIT_OPEN,	  /* the circuit is open: give up */
	DCF_CIRCUIT_ANSWERED, /* the host has answered: retry now */
	DCF_CIRCUIT_TRIED,	  /* another request has retried and failed */
	DCF_CIRCUIT_TRYING	  /* another retries, until circuit->retry_until */
} DcfCircuitNews;

/* Whether a request may be sent now; may make it the probe. */
extern DcfCircuitAdmission dcf_circuit_admit(DcfCircuit *circuit, int64_t now);

/* The least time until a probe may be sent, or 0. */
extern int64_t dcf_circuit_wait(const DcfCircuit *circuit, int64_t now);

/* The host has answered any request, with any status: close the circuit. */
extern void dcf_circuit_close(DcfCircuit *circuit);

/* A probe has established its connection, including TLS. */
extern void dcf_circuit_connect(DcfCircuit *circuit, uint64_t probe,
								int64_t now);

/* A try ends without a result; probe and retry as for dcf_circuit_fail(). */
extern void dcf_circuit_abandon(DcfCircuit *circuit, uint64_t probe,
								uint64_t retry, int64_t now);

/*
 * A try has failed: it could not connect, or its connection was broken off.
 * probe and retry are its numbers, 0 if it was none.
 */
extern void dcf_circuit_fail(DcfCircuit *circuit, bool broken, uint64_t probe,
							 uint64_t retry, int64_t now);

/*
 * A request has used up its tries, the first of which failed at first_failed.
 * This opens the circuit, unless the host has answered another request since, or
 * the only failure was a broken connection.
 */
extern void dcf_circuit_give_up(DcfCircuit *circuit, int64_t first_failed,
								int64_t now);

/*
 * What has happened while a request waits to retry: since is when its wait
 * began, and retries the value of circuit->retries at that time.
 */
extern DcfCircuitNews dcf_circuit_check(const DcfCircuit *circuit,
										int64_t since, uint64_t retries,
										int64_t now);

/* Begin a retry; returns its number. */
extern uint64_t dcf_circuit_retry(DcfCircuit *circuit, int64_t now);

#endif /* DCF_CIRCUIT_H */
