/*
 * limiter_private.h
 *	  The accounts, as limiter_table.c keeps them and limiter.c uses them.
 */
#ifndef DCF_LIMITER_PRIVATE_H
#define DCF_LIMITER_PRIVATE_H

#include "postgres.h"
#include "lib/ilist.h"
#include "storage/latch.h"

#include "core/adaptive_limit.h"
#include "net/limiter.h"

/*
 * What requests are for.  One that is idle is forgotten for others; where all
 * are busy, a request has none.
 */
#define DCF_LIMITER_PATHS 8

typedef struct DcfLimiterPath
{
	DcfSharedKey key;
	bool used;
	DcfAdaptiveLimit limit;
	int waiting;   /* in the account's queue */
	int64 used_at; /* when a slot was last asked for */
} DcfLimiterPath;

typedef struct DcfLimiterAccount
{
	DcfSharedKey key;
	bool used;
	DcfAdaptiveLimit limit; /* of all its requests */
	DcfLimiterPath paths[DCF_LIMITER_PATHS];
	dlist_head queue;	/* of DcfLimiterWaiter */
	int waiting;		/* its length */
	int64 send_at;		/* nothing is sent before */
	int64 paused_until; /* the same, as far as the service wishes it */
	int refusals;		/* in a row, with nothing else under way */
	int64 used_at;		/* when a slot was last asked for */
	Oid roleid;			/* the session user who made it */
	Oid databaseid;		/* by whom */
	Oid serverid;
	Oid userid;
	int max;
} DcfLimiterAccount;

/* A backend in a queue. */
typedef struct DcfLimiterWaiter
{
	dlist_node node; /* in an account's queue, or among the free ones */
	Latch *latch;
	DcfLimiterPath *path; /* or NULL */
	int max;
} DcfLimiterWaiter;

typedef struct DcfLimiterTable DcfLimiterTable;

struct DcfLimiter
{
	DcfSharedKey key;
	Oid serverid;
	Oid userid;
	const DcfServerOptions *options;
};

/*
 * A table is locked while anything in it is looked at, for no longer than
 * that takes.  Nothing may be raised meanwhile.
 */
extern void dcf_limiter_lock(DcfLimiterTable *table);
extern void dcf_limiter_unlock(DcfLimiterTable *table);

/*
 * Find the account, or make it, and lock its table.  It stays where it is as
 * long as something is under way or waits there.  NULL, with no lock, if there
 * is no room for it, which is logged.
 */
extern DcfLimiterAccount *dcf_limiter_lock_account(const DcfLimiter *limiter,
												   int64 now,
												   DcfLimiterTable **table);

/* Tells paths apart; of one, in whatever case. */
extern DcfSharedKey dcf_limiter_path_key(const char *text);

/* The path of an account, whose table is locked; NULL if all are busy. */
extern DcfLimiterPath *dcf_limiter_find_path(DcfLimiterAccount *account,
											 const DcfSharedKey *key,
											 int64 now);

/*
 * How many requests of an account may be under way of a user who wants at most
 * max, as far as its paths let them.
 */
extern int dcf_limiter_limit(const DcfLimiterAccount *account, int max);

/* A place in a queue of the table, which is locked; NULL if there is none. */
extern DcfLimiterWaiter *dcf_limiter_new_waiter(DcfLimiterTable *table);
extern void dcf_limiter_free_waiter(DcfLimiterTable *table,
									DcfLimiterWaiter *waiter);

/*
 * Call function(account, arg) of the account in each table that has it, which
 * is locked meanwhile.
 */
typedef void (*DcfLimiterVisit)(DcfLimiterAccount *account, void *arg);
extern void dcf_limiter_visit(const DcfLimiter *limiter, DcfLimiterVisit visit,
							  void *arg);

#endif /* DCF_LIMITER_PRIVATE_H */
