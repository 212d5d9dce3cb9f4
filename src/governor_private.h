/*
 * governor_private.h
 *	  The accounts, as governor_table.c keeps them and governor.c uses them.
 */
#ifndef DCF_GOVERNOR_PRIVATE_H
#define DCF_GOVERNOR_PRIVATE_H

#include "postgres.h"
#include "lib/ilist.h"
#include "storage/latch.h"

#include "allowance.h"
#include "governor.h"

/*
 * What requests are for.  One that is idle is forgotten for others; where all
 * are busy, a request has none.
 */
#define DCF_GOVERNOR_PATHS 8

typedef struct DcfGovernorPath
{
	DcfSharedKey key;
	bool used;
	DcfAllowance allowance;
	int waiting;   /* in the account's queue */
	int64 used_at; /* when a slot was last asked for */
} DcfGovernorPath;

typedef struct DcfGovernorAccount
{
	DcfSharedKey key;
	bool used;
	DcfAllowance allowance; /* of all its requests */
	DcfGovernorPath paths[DCF_GOVERNOR_PATHS];
	dlist_head queue;	/* of DcfGovernorWaiter */
	int waiting;		/* its length */
	int64 ask_at;		/* nothing is sent before */
	int64 paused_until; /* the same, as far as the service wishes it */
	int refusals;		/* in a row, with nothing else under way */
	int64 used_at;		/* when a slot was last asked for */
	Oid roleid;			/* the session user who made it */
	Oid databaseid;		/* by whom */
	Oid serverid;
	Oid userid;
	int max;
} DcfGovernorAccount;

/* A backend in a queue. */
typedef struct DcfGovernorWaiter
{
	dlist_node node; /* in an account's queue, or among the free ones */
	Latch *latch;
	DcfGovernorPath *path; /* or NULL */
	int max;
} DcfGovernorWaiter;

typedef struct DcfGovernorTable DcfGovernorTable;

struct DcfGovernor
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
extern void dcf_governor_lock(DcfGovernorTable *table);
extern void dcf_governor_unlock(DcfGovernorTable *table);

/*
 * Find the account, or make it, and lock its table.  It stays where it is as
 * long as something is under way or waits there.  NULL, with no lock, if there
 * is no room for it, which is logged.
 */
extern DcfGovernorAccount *
dcf_governor_lock_account(const DcfGovernor *governor, int64 now,
						  DcfGovernorTable **table);

/* Tells paths apart; of one, in whatever case. */
extern DcfSharedKey dcf_governor_path_key(const char *text);

/* The path of an account, whose table is locked; NULL if all are busy. */
extern DcfGovernorPath *dcf_governor_find_path(DcfGovernorAccount *account,
											   const DcfSharedKey *key,
											   int64 now);

/*
 * How many requests of an account may be under way of a user who wants at most
 * max, as far as its paths let them.
 */
extern int dcf_governor_limit(const DcfGovernorAccount *account, int max);

/* A place in a queue of the table, which is locked; NULL if there is none. */
extern DcfGovernorWaiter *dcf_governor_new_waiter(DcfGovernorTable *table);
extern void dcf_governor_free_waiter(DcfGovernorTable *table,
									 DcfGovernorWaiter *waiter);

/*
 * Call function(account, arg) of the account in each table that has it, which
 * is locked meanwhile.
 */
typedef void (*DcfGovernorVisit)(DcfGovernorAccount *account, void *arg);
extern void dcf_governor_visit(const DcfGovernor *governor,
							   DcfGovernorVisit visit, void *arg);

#endif /* DCF_GOVERNOR_PRIVATE_H */
