/*
 * limiter_private.h
 *	  The table of accounts (limiter_table.c), and what messages say of a pause
 *	  (limiter_pause.c).
 */
#ifndef DCF_LIMITER_PRIVATE_H
#define DCF_LIMITER_PRIVATE_H

#include "postgres.h"

#include "base/compat.h"
#include "core/adaptive_limit.h"
#include "core/request_queue.h"
#include "net/limiter.h"

/*
 * Paths of an account that have a limit of their own.  A new path replaces the
 * one idle for longest; if all are busy, its requests have no such limit.
 */
#define DCF_LIMITER_PATHS 8

typedef struct DcfLimiterPath
{
	DcfSharedKey key;
	bool used;
	DcfAdaptiveLimit limit;
	int waiting;   /* in the account's queue */
	int64 used_at; /* when a slot was last requested */
} DcfLimiterPath;

typedef struct DcfLimiterAccount
{
	DcfSharedKey key;
	bool used;
	DcfAdaptiveLimit limit; /* of all its requests */
	DcfLimiterPath paths[DCF_LIMITER_PATHS];
	DcfRequestQueue queue;
	int64 held_at;		/* when the last pause began, of whatever kind */
	int64 send_at;		/* nothing is sent before this time */
	int64 paused_until; /* end of the pause that the service asked for */
	int refusals;		/* in a row, with nothing else in flight */
	int64 used_at;		/* when a slot was last requested */
	Oid roleid;			/* the session user who created it */
	Oid databaseid;		/* of the last request, as the next ones */
	Oid serverid;
	Oid userid;
	int max;
} DcfLimiterAccount;

typedef struct DcfLimiterTable DcfLimiterTable;

struct DcfLimiter
{
	DcfSharedKey key;
	Oid serverid;
	Oid userid;
	const DcfServerOptions *options;
};

/* Request the shared memory. */
extern void dcf_limiter_table_init(void);

/*
 * Lock and unlock a table, which must be locked for any access.  It is an LWLock
 * in shared memory: hold it shortly, and raise nothing meanwhile.
 */
extern void dcf_limiter_lock(DcfLimiterTable *table);
extern void dcf_limiter_unlock(DcfLimiterTable *table);

/*
 * Find or create the account, and lock its table.  The pointer stays valid as
 * long as the account has a request in flight or in the queue.  NULL, without a
 * lock, if there is no room for it, which is logged.
 */
extern DcfLimiterAccount *dcf_limiter_lock_account(const DcfLimiter *limiter,
												   int64 now,
												   DcfLimiterTable **table);

/* The key of a path; upper and lower case are the same. */
extern DcfSharedKey dcf_limiter_path_key(const char *text);

/*
 * Find or create the path in an account, whose table is locked.  NULL if all
 * paths are busy with others.
 */
extern DcfLimiterPath *dcf_limiter_find_path(DcfLimiterAccount *account,
											 const DcfSharedKey *key,
											 int64 now);

/*
 * The limit on the account's requests in flight for a user whose own limit is
 * max.  Does not exceed the sum of the limits of its paths.
 */
extern int dcf_limiter_limit(const DcfLimiterAccount *account, int max);

/*
 * Allocate a place in the queue from the table, which is locked; its fields are
 * undefined.  NULL if none is left, for an optional request before that.
 */
extern DcfRequestPlace *dcf_limiter_new_place(DcfLimiterTable *table,
											  bool needed);
extern void dcf_limiter_free_place(DcfLimiterTable *table,
								   DcfRequestPlace *place);

/*
 * Call visit(account, arg) for the account in each table that has it, with the
 * table locked.
 */
typedef void (*DcfLimiterVisit)(DcfLimiterAccount *account, void *arg);
extern void dcf_limiter_visit(const DcfLimiter *limiter, DcfLimiterVisit visit,
							  void *arg);

/*
 * Wake those who may go first; after any event that may make room or end a pause.
 * Their latches are valid, because a backend leaves the queue, under the lock,
 * before it exits.
 */
extern void dcf_limiter_wake(const DcfLimiterAccount *account);

/* At each claim of a slot of the account: note how long it has paused since the last. */
extern void dcf_limiter_note_pause(DcfLimiterWait *wait,
								   const DcfLimiterAccount *account,
								   int64 now);

/* The time in ms milliseconds, rounded up to seconds, as a timestamp. */
extern char *dcf_limiter_show_time(int64 ms);

/* Raise that the service's pause, of ms more, exceeds retry_max_wait. */
pg_noreturn extern void dcf_limiter_raise_paused(const DcfLimiter *limiter,
												 int64 ms);

#endif /* DCF_LIMITER_PRIVATE_H */
