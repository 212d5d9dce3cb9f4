/*
 * limiter.h
 *	  How many requests are under way at once for each account of a service.
 *
 * An account is a host with credentials: all servers and user mappings that
 * have the same share what is allowed, in all databases.  Where the library is
 * preloaded, all backends of the cluster are counted together; else each
 * counts its own, as it does while more accounts are busy than there is room
 * for in shared memory, or than a session user may have there: nobody fills it
 * alone.  The log tells.
 *
 * A request takes a slot before each try, and gives it back when nothing more
 * of the exchange is on its way.  At most max_concurrency slots are taken, or
 * fewer where the service refuses that many, of all requests or of those for
 * one resource (adaptive_limit.h).  Who finds none waits in a queue, first come,
 * first served, among those who want a resource for which there is room.  Where
 * the service asks to be left alone for a while, nobody takes one until then;
 * but for no longer than 10 minutes, or retry_max_wait: a wrong date must not
 * shut out for good.
 *
 * Nobody waits for a slot while holding one, of whatever account: that could be
 * the one that another waits for, or that the waiting query needs for itself.
 * Such a request goes beyond the limit, and is counted.
 *
 * The key of an account hashes all of its credentials, with a secret that is
 * new at each start of the cluster.  Old credentials stay an account until its
 * place is needed.
 *
 * The first burst goes out whole: a refusal costs milliseconds, a report that
 * waits without need minutes.  Only a 429 makes a pause, as a 503 may concern
 * one report.  Slots are not kept for idle connections: the service counts
 * requests.
 */
#ifndef DCF_LIMITER_H
#define DCF_LIMITER_H

#include "postgres.h"

#include "base/shared.h"
#include "options/option.h"

typedef struct DcfLimiter DcfLimiter;
typedef struct DcfLimiterSlot DcfLimiterSlot;

/* To be called by _PG_init. */
extern void dcf_limiter_init(void);

/*
 * The governor of an account, in the current memory context; the options must
 * outlive it.  serverid and userid (the mapping's, InvalidOid for public) are
 * for show.
 */
extern DcfLimiter *dcf_limiter_create(Oid serverid, Oid userid,
									  const DcfServerOptions *options,
									  const DcfUserOptions *user);

/*
 * A slot for requests of a path, in whatever case, not yet taken.  It is given
 * back when cxt is reset, and may be taken again and again.
 */
extern DcfLimiterSlot *dcf_limiter_slot(const DcfLimiter *limiter,
										const char *path, MemoryContext cxt);

/*
 * Take the slot, waiting for it if need be; no more is done if it is taken
 * already.  False if deadline (by dcf_wait_now(), 0: none) has passed before.
 * Raises ERRCODE_CONFIGURATION_LIMIT_EXCEEDED after queue_timeout, and where
 * the service asked to be left alone, and nothing is sent for longer than
 * retry_max_wait.
 */
extern bool dcf_limiter_take(DcfLimiterSlot *slot, int64 deadline);

/* Take the slot if that can be done within the limit at once. */
extern bool dcf_limiter_try_take(DcfLimiterSlot *slot);

/*
 * What became of the request: it was let through; it was refused, with the
 * wish to be left alone for asked milliseconds (0: none), which gives the slot
 * back; it has ended.  Of a slot that is not taken they do nothing.  They raise
 * nothing.
 */
extern void dcf_limiter_accept(DcfLimiterSlot *slot);
extern void dcf_limiter_refuse(DcfLimiterSlot *slot, int64 asked);
extern void dcf_limiter_release(DcfLimiterSlot *slot);

/*
 * Whether the last refusal was of a probe: of a request more than was known to
 * be let through, which had no fair chance.
 */
extern bool dcf_limiter_was_probe(const DcfLimiterSlot *slot);

/* A pause that the service asked for, as messages show it; palloc'd. */
typedef struct DcfLimiterPause
{
	char *until;   /* when the next request is sent at the earliest */
	char *command; /* the SQL that ends it before */
} DcfLimiterPause;

/* False if there is none. */
extern bool dcf_limiter_show_pause(const DcfLimiter *limiter,
								   DcfLimiterPause *pause);

/*
 * Forget that requests of the account have to wait until a time.  Who waits
 * looks again.  False if there was no such time.
 */
extern bool dcf_limiter_resume(const DcfLimiter *limiter);

/* How an account is doing, for show. */
typedef struct DcfLimiterState
{
	DcfSharedKey key;
	Oid databaseid; /* of whoever asked last */
	Oid serverid;
	Oid userid;
	bool shared; /* by all backends */
	int in_flight;
	int limit;	  /* of in_flight */
	int waiting;  /* in the queue */
	int64 paused; /* nothing is sent for so many milliseconds from now */
} DcfLimiterState;

/* Whether it is the state of the governor's account. */
extern bool dcf_limiter_has_state(const DcfLimiter *limiter,
								  const DcfLimiterState *state);

/* All accounts that this backend knows of, palloc'd. */
extern DcfLimiterState *dcf_limiter_states(int *n);

#endif /* DCF_LIMITER_H */
