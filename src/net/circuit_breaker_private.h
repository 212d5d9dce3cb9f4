/*
 * circuit_breaker_private.h
 *	  The table of unreachable hosts (circuit_breaker_table.c), and what is said of
 *	  an outage (circuit_breaker_outage.c).
 *
 * The table has only hosts that a try has failed to reach; a reply removes them.
 * Its listeners are the backends in which a request waits for its next try.
 */
#ifndef DCF_CIRCUIT_BREAKER_PRIVATE_H
#define DCF_CIRCUIT_BREAKER_PRIVATE_H

#include "postgres.h"

#include "lib/ilist.h"

#include "base/compat.h"
#include "base/listeners.h"
#include "base/resource.h"
#include "base/shared.h"
#include "core/circuit.h"
#include "net/circuit_breaker.h"

/* Hosts in the table; a new one replaces the one that failed longest ago. */
#define DCF_UNREACHABLE_HOSTS 64

/* Bytes of libcurl's message that are kept. */
#define DCF_OUTAGE_MESSAGE 160

typedef struct DcfUnreachableHost
{
	DcfSharedKey key;
	DcfSharedKey server; /* key of the server's option url */
	bool used;
	int64 failed_at;   /* the last time, by dcf_wait_now() */
	TimestampTz since; /* time of the first failure */
	DcfCircuit circuit;
	int prober;						  /* PID of the backend that probes */
	DcfHttpFailure failure;			  /* the last one */
	char message[DCF_OUTAGE_MESSAGE]; /* libcurl's, ASCII */
} DcfUnreachableHost;

typedef struct DcfUnreachableTable
{
	DcfUnreachableHost hosts[DCF_UNREACHABLE_HOSTS];
	DcfListeners listeners; /* the last field, as its size is not fixed */
} DcfUnreachableTable;

/* A wait for the next try. */
typedef struct DcfCircuitWait
{
	int64 since;
	int64 until;
	uint64 retries; /* of the host, when the wait began */
} DcfCircuitWait;

struct DcfCircuitBreaker
{
	DcfResource resource;
	const DcfServerOptions *options;
	DcfSharedKey key;
	bool is_token;		/* the host is that of option token_url */
	int64 first_failed; /* time of its first failed try; 0: none */
	uint64 probe;		/* number of its probe in flight, or 0 */
	uint64 retry;		/* number of its retry in flight, or 0 */
	bool waiting;		/* for its next try */
	DcfCircuitWait wait;
	dlist_node node; /* in holding, while one of these three is set */
};

/* Lock the table.  Raise nothing until dcf_circuit_breaker_unlock(). */
extern DcfUnreachableTable *dcf_circuit_breaker_lock(void);
extern void dcf_circuit_breaker_unlock(void);

/* The host's entry; NULL if no try has failed since its last reply. */
extern DcfUnreachableHost *dcf_circuit_breaker_find(DcfUnreachableTable *table,
													const DcfSharedKey *key);

/*
 * Make an entry in an unused place, or in that of the host that failed longest
 * ago.  The caller sets what is known of the failure.
 */
extern DcfUnreachableHost *dcf_circuit_breaker_add(DcfUnreachableTable *table,
												   const DcfSharedKey *key);

/*
 * Have the latch set at any news of any host, until it is called with false as
 * often as it was with true.  The table is locked here, and for the next function.
 */
extern void dcf_circuit_breaker_listen(DcfUnreachableTable *table,
									   bool listen);

/* Set the latches of all who listen, after any change of a circuit. */
extern void dcf_circuit_breaker_wake(const DcfUnreachableTable *table);

/* The key of the host of a URL, as reached by a server. */
extern DcfSharedKey dcf_circuit_breaker_key(const char *url,
											const DcfServerOptions *options);

/* What a blocked request reports. */
typedef struct DcfOutage
{
	DcfHttpFailure failure;
	TimestampTz since;
	int64 wait; /* milliseconds until the next try */
	bool probing;
	char message[DCF_OUTAGE_MESSAGE];
} DcfOutage;

/* Fill *outage with the state of a host.  The lock is held. */
extern void dcf_circuit_breaker_copy_outage(const DcfUnreachableHost *host,
											int64 now, DcfOutage *outage);

/* Raise the error that every request gets during an outage. */
pg_noreturn extern void
dcf_circuit_breaker_raise_outage(const DcfOutage *outage);

#endif /* DCF_CIRCUIT_BREAKER_PRIVATE_H */
