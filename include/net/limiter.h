/*
 * limiter.h
 *	  A limit on the number of requests in flight for each account.
 *
 * An account is a host with credentials.  All servers and user mappings with the
 * same host and credentials share one account, in all databases.  If the library
 * is preloaded, the limit is for all backends of the cluster together.
 * Otherwise, each backend limits only its own requests.  It also does so when
 * the table in shared memory is full, or when the session user has as many busy
 * accounts there as a role may have; the server log says so.
 *
 * A request takes a slot before each try, and releases it when the reply has
 * been received completely.  At most max_concurrency slots can be taken, or
 * fewer if the service refuses that many, in all or for one endpoint
 * (adaptive_limit.h).  Requests that find no slot queue (request_queue.h).  If
 * the service asks for a pause, nobody takes a slot until it ends, or at most
 * for 10 minutes or retry_max_wait, whichever is longer: a wrong date must not
 * stop an account forever.
 *
 * A backend that holds a slot, of any account, does not wait for another one that
 * it needs.  Otherwise two backends could wait for each other, or a query for
 * itself.  Such a request exceeds the limit, but is counted.
 *
 * The setting max_concurrency_share lets the requests of one role (the session user)
 * take only so many of an account's slots, in all of its sessions.  The queue passes
 * over a role that has its share.
 *
 * The key of an account is a hash of all its credentials, with a secret that is
 * new at each start of the cluster.  When credentials change, the old account
 * stays until its place in the table is needed.
 *
 * The first requests all go out at once: a refusal costs milliseconds, and a
 * report that waits needlessly minutes.  Only a 429 causes a pause, because a
 * 503 may concern one report only (seen).  An idle connection holds no slot: the
 * service counts requests.
 */
#ifndef DCF_LIMITER_H
#define DCF_LIMITER_H

#include "postgres.h"

#include "base/shared.h"
#include "base/wait.h"
#include "options/option.h"

typedef struct DcfLimiter DcfLimiter;
typedef struct DcfLimiterSlot DcfLimiterSlot;

/*
 * Request the shared memory, and define dataconnect_fdw.max_concurrency_share; to be
 * called by _PG_init().
 */
extern void dcf_limiter_init(void);

/*
 * A handle of the account of a host with credentials, in the current memory
 * context.  options must outlive it.  serverid and userid (of the mapping;
 * InvalidOid for PUBLIC) are only shown by dataconnect_concurrency.
 */
extern DcfLimiter *dcf_limiter_create(Oid serverid, Oid userid,
									  const DcfServerOptions *options,
									  const DcfUserOptions *user);

/* How much of the wait for a slot is due to a pause after a 429. */
typedef struct DcfLimiterWait
{
	int64 paused;	  /* ms so far, in this wait or the last one … */
	int64 claimed_at; /* … as of this claim; 0: the wait is over */
	int64 send_at;	  /* the pause's end, as of that claim */
} DcfLimiterWait;

/* The ms of pause until now, if it is no longer claimed; does not raise. */
extern int64 dcf_limiter_paused(const DcfLimiterWait *wait, int64 now);

/*
 * A slot for requests to an endpoint's path, not taken yet.  Case does not
 * matter in path.  The slot may be taken again after its release, and is released
 * when cxt is reset, or when the current resource owner is.  Claims note pauses in
 * *wait, which must live as long as the slot.
 */
extern DcfLimiterSlot *dcf_limiter_slot(const DcfLimiter *limiter,
										const char *path, DcfLimiterWait *wait,
										MemoryContext cxt);

/* How much a request is needed. */
typedef enum DcfLimiterClaim
{
	DCF_CLAIM_LOOK,		/* not waited for: take the slot only if it is free */
	DCF_CLAIM_OPTIONAL, /* the same wait has other requests under way */
	DCF_CLAIM_NEEDED	/* nothing goes on without it */
} DcfLimiterClaim;

/*
 * Take the slot if it is free now; true if so, or if it is taken already.
 *
 * Otherwise, except for a look, the slot is queued for.  The caller notes this in
 * its plan, waits until its latch is set or the plan's time comes, and claims
 * again, or else calls dcf_limiter_rest().  A backend may queue for any number of
 * slots.  Needed requests stand before all optional ones; one that changes its
 * kind moves to the end of the other.
 *
 * For a needed request, raises ERRCODE_CONFIGURATION_LIMIT_EXCEEDED after
 * queue_timeout, which begins when it becomes needed and counts only the time of
 * waits, and if the service asked for a pause that lasts longer than retry_max_wait.
 * The place is given up then.
 *
 * A look uses the place that the slot has, but neither makes one nor raises; plan
 * may be NULL.
 */
extern bool dcf_limiter_claim(DcfLimiterSlot *slot, DcfLimiterClaim claim,
							  DcfWaitPlan *plan);

/*
 * The backend no longer waits for the slot: nobody waits behind its place, which
 * stays, until the next claim.  Cheap if there is nothing to do, does not raise.
 */
extern void dcf_limiter_rest(DcfLimiterSlot *slot);

/*
 * Report the result of the request: the service accepted it; refused it with a
 * 429, asking for a pause of pause_ms milliseconds (0 for none), which also
 * releases the slot; or it has ended, which releases the slot.  These are no-ops
 * unless the slot is taken or queued for, and do not raise.
 */
extern void dcf_limiter_accept(DcfLimiterSlot *slot);
extern void dcf_limiter_refuse(DcfLimiterSlot *slot, int64 pause_ms);
extern void dcf_limiter_release(DcfLimiterSlot *slot);

/*
 * Whether the last refusal was of a probe: a request beyond the number that the
 * service is known to accept.  Such a refusal does not count as a failed try.
 */
extern bool dcf_limiter_was_probe(const DcfLimiterSlot *slot);

/* Whether this backend has taken a slot, of any account. */
extern bool dcf_limiter_has_slot(void);

/* A pause that the service asked for, as messages show it. */
typedef struct DcfLimiterPause
{
	char *until;   /* timestamp of its end, in the session's time zone */
	char *command; /* SQL that ends it early */
} DcfLimiterPause;

/* The account's pause, palloc'd; false if there is none. */
extern bool dcf_limiter_show_pause(const DcfLimiter *limiter,
								   DcfLimiterPause *pause);

/*
 * End the pause of the account, and wake those who wait for its end.  False if
 * there was none.
 */
extern bool dcf_limiter_resume(const DcfLimiter *limiter);

/* The state of an account, for dataconnect_concurrency. */
typedef struct DcfLimiterState
{
	DcfSharedKey key;
	Oid databaseid; /* these three are of the last request */
	Oid serverid;
	Oid userid;
	bool shared; /* in shared memory, so of all backends */
	int in_flight;
	int limit;	  /* present limit on in_flight */
	int waiting;  /* length of the queue */
	int64 paused; /* ms from now in which nothing is sent */
} DcfLimiterState;

/* Whether it is the state of the limiter's account. */
extern bool dcf_limiter_has_state(const DcfLimiter *limiter,
								  const DcfLimiterState *state);

/* The states of all accounts in shared memory and of this backend, palloc'd. */
extern DcfLimiterState *dcf_limiter_states(int *n);

#endif /* DCF_LIMITER_H */
