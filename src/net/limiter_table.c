/*
 * limiter_table.c
 *	  The table of accounts.  See limiter_private.h.
 *
 * There is a table in shared memory and, for what finds no room there, one in the
 * backend's own memory.  The code is the same for both.
 *
 * A new account replaces the one that was idle for longest, or, if the session
 * user has reached the limit, the longest idle one of that user.  It is the
 * session user because neither SET ROLE nor a mapping for another role changes
 * that.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"

#include "base/shared.h"
#include "base/wait.h"
#include "limiter_private.h"
#include "net/account.h"

/* Accounts in a table. */
#define ACCOUNTS 512

/* Accounts of one session user, so that no user fills the table alone. */
#define ROLE_ACCOUNTS 64

/*
 * Places in the queues: for each backend in shared memory, and in a backend's own
 * table.  A request without a place works, but polls.
 */
#define PLACES_PER_BACKEND 4
#define OWN_PLACES		   64

/* A shortage is logged at most once in this time. */
#define LOG_EVERY_MS (10 * 60 * 1000)

/* Why there is no room for an account. */
typedef enum Shortage
{
	OF_ROLE, /* the session user has too many accounts */
	OF_ALL,	 /* all accounts of the table are busy */
	SHORTAGES
} Shortage;

struct DcfLimiterTable
{
	int64 logged_at[SHORTAGES]; /* 0: not yet */
	DcfLimiterAccount accounts[ACCOUNTS];
	DcfRequestPlace *free; /* linked by next */
	int nfree;
	int reserved; /* so many of them are for needed requests only */
	DcfRequestPlace places[FLEXIBLE_ARRAY_MEMBER];
};

static Size measure_table(bool for_all);
static void init_table(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectLimiter",
						   .compute_size = measure_table,
						   .init = init_table};

static int
count_places(bool for_all)
{
	return for_all ? PLACES_PER_BACKEND * MaxBackends : OWN_PLACES;
}

static Size
measure_table(bool for_all)
{
	return offsetof(DcfLimiterTable, places) +
		sizeof(DcfRequestPlace) * (Size) count_places(for_all);
}

static void
init_table(void *memory, bool for_all)
{
	DcfLimiterTable *table = memory;

	memset(table, 0, offsetof(DcfLimiterTable, places));
	table->reserved = for_all ? MaxBackends : 1;
	for (int i = 0; i < count_places(for_all); i++)
		dcf_limiter_free_place(table, &table->places[i]);
}

void
dcf_limiter_table_init(void)
{
	dcf_shared_request(&shared);
}

void
dcf_limiter_lock(DcfLimiterTable *table)
{
	dcf_shared_lock(&shared, table, LW_EXCLUSIVE);
}

void
dcf_limiter_unlock(DcfLimiterTable *table)
{
	dcf_shared_unlock(&shared, table);
}

DcfSharedKey
dcf_limiter_path_key(const char *text)
{
	char *lower = pstrdup(text);
	const char *texts[] = {lower};
	DcfSharedKey key;

	for (char *p = lower; *p; p++)
		*p = (char) pg_ascii_tolower((unsigned char) *p);
	key = dcf_shared_key(texts, lengthof(texts));
	pfree(lower);
	return key;
}

DcfLimiter *
dcf_limiter_create(Oid serverid, Oid userid, const DcfServerOptions *options,
				   const DcfUserOptions *user)
{
	DcfLimiter *limiter = palloc0(sizeof(DcfLimiter));

	limiter->key = dcf_account_key(options, user);
	limiter->serverid = serverid;
	limiter->userid = userid;
	limiter->options = options;
	return limiter;
}

/* The account with a key, NULL if the table has none. */
static DcfLimiterAccount *
find_account(DcfLimiterTable *table, const DcfSharedKey *key)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		DcfLimiterAccount *account = &table->accounts[i];

		if (account->used && dcf_shared_same_key(&account->key, key))
			return account;
	}
	return NULL;
}

/*
 * How suitable an account's place is for a new account of a role; 0 if it must
 * stay: it is busy, or only_own is set and it is another role's.  A paused account
 * is the last choice, and only if it is the role's own.
 */
static int
rate_place(const DcfLimiterAccount *account, Oid roleid, bool only_own,
		   int64 now)
{
	bool is_own = account->used && account->roleid == roleid;

	if (only_own && !is_own)
		return 0;
	if (!account->used)
		return 3;
	if (account->limit.in_flight > 0 || account->queue.length > 0)
		return 0;
	if (account->send_at <= now)
		return 2;
	return is_own ? 1 : 0;
}

/*
 * Find a place for a new account of a role: the most suitable one, and of equal
 * ones the one idle for longest.  NULL, and the reason, if there is none.
 */
static DcfLimiterAccount *
find_place(DcfLimiterTable *table, Oid roleid, int64 now, Shortage *shortage)
{
	DcfLimiterAccount *place = NULL;
	bool only_own;
	int best = 0;
	int nown = 0;

	for (int i = 0; i < ACCOUNTS; i++)
		if (table->accounts[i].used && table->accounts[i].roleid == roleid)
			nown++;
	only_own = table == shared.memory && nown >= ROLE_ACCOUNTS;
	*shortage = only_own ? OF_ROLE : OF_ALL;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		DcfLimiterAccount *account = &table->accounts[i];
		int rate = rate_place(account, roleid, only_own, now);

		/* place is set if rate equals best, which is above 0 then. */
		if (rate == 0 || rate < best ||
			(rate == best && account->used_at >= place->used_at))
			continue;
		place = account;
		best = rate;
	}
	return place;
}

/* Log a shortage in a table, unless that was done recently. */
static void
log_shortage(DcfLimiterTable *table, Shortage shortage, Oid roleid, int64 now)
{
	bool log;

	dcf_limiter_lock(table);
	log = table->logged_at[shortage] == 0 ||
		now - table->logged_at[shortage] >= LOG_EVERY_MS;
	if (log)
		table->logged_at[shortage] = now;
	/* ereport() and the look-up of the role's name may raise. */
	dcf_limiter_unlock(table);
	if (!log)
		return;
	ereport(LOG,
			(table == shared.memory ?
				 errmsg("requests of further accounts are limited for each "
						"session separately") :
				 errmsg("requests of further accounts are not limited"),
			 shortage == OF_ROLE ?
				 errdetail("Role \"%s\" has %d accounts with requests in "
						   "flight, as many as a role may have.",
						   GetUserNameFromId(roleid, true), ROLE_ACCOUNTS) :
				 errdetail("All %d accounts have requests in flight, or pause "
						   "because the service asked for it.",
						   ACCOUNTS)));
}

/* Find or create an account, and lock the table.  NULL, without a lock, if full. */
static DcfLimiterAccount *
lock_account(DcfLimiterTable *table, const DcfSharedKey *key, int64 now)
{
	Oid roleid = GetSessionUserId();
	DcfLimiterAccount *account;
	Shortage shortage;

	dcf_limiter_lock(table);
	account = find_account(table, key);
	if (account)
		return account;
	account = find_place(table, roleid, now, &shortage);
	if (account == NULL)
	{
		dcf_limiter_unlock(table);
		log_shortage(table, shortage, roleid, now);
		return NULL;
	}
	memset(account, 0, sizeof(DcfLimiterAccount));
	account->key = *key;
	account->used = true;
	account->roleid = roleid;
	dcf_adaptive_limit_init(&account->limit);
	return account;
}

DcfLimiterPath *
dcf_limiter_find_path(DcfLimiterAccount *account, const DcfSharedKey *key,
					  int64 now)
{
	DcfLimiterPath *place = NULL;

	for (int i = 0; i < DCF_LIMITER_PATHS; i++)
	{
		DcfLimiterPath *path = &account->paths[i];

		if (path->used && dcf_shared_same_key(&path->key, key))
		{
			path->used_at = now;
			return path;
		}
		/* Slots and places point to a busy path, so it stays in its place. */
		if (path->limit.in_flight > 0 || path->waiting > 0)
			continue;
		if (place == NULL || (place->used && !path->used) ||
			(place->used == path->used && path->used_at < place->used_at))
			place = path;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(DcfLimiterPath));
	place->key = *key;
	place->used = true;
	place->used_at = now;
	dcf_adaptive_limit_init(&place->limit);
	return place;
}

int
dcf_limiter_limit(const DcfLimiterAccount *account, int max)
{
	int limit = dcf_adaptive_limit_current(&account->limit, max);
	int64 sum = 0;

	for (int i = 0; i < DCF_LIMITER_PATHS; i++)
		if (account->paths[i].used)
			sum += dcf_adaptive_limit_current(&account->paths[i].limit, max);
	return sum > 0 && sum < limit ? (int) sum : limit;
}

DcfLimiterAccount *
dcf_limiter_lock_account(const DcfLimiter *limiter, int64 now,
						 DcfLimiterTable **table)
{
	DcfLimiterAccount *account = NULL;

	if (shared.memory)
	{
		*table = shared.memory;
		account = lock_account(*table, &limiter->key, now);
	}
	/* In its own table the backend limits at least its own requests. */
	if (account == NULL)
	{
		*table = dcf_shared_get_own(&shared);
		account = lock_account(*table, &limiter->key, now);
	}
	if (account == NULL)
		return NULL;
	account->used_at = now;
	account->databaseid = MyDatabaseId;
	account->serverid = limiter->serverid;
	account->userid = limiter->userid;
	account->max = limiter->options->max_concurrency;
	return account;
}

void
dcf_limiter_visit(const DcfLimiter *limiter, DcfLimiterVisit visit, void *arg)
{
	/* An account is in both tables if the shared one was full for a time. */
	DcfLimiterTable *tables[] = {shared.memory, shared.own};

	for (size_t i = 0; i < lengthof(tables); i++)
	{
		DcfLimiterAccount *account;

		if (tables[i] == NULL)
			continue;
		dcf_limiter_lock(tables[i]);
		account = find_account(tables[i], &limiter->key);
		if (account)
			visit(account, arg);
		dcf_limiter_unlock(tables[i]);
	}
}

DcfRequestPlace *
dcf_limiter_new_place(DcfLimiterTable *table, bool needed)
{
	DcfRequestPlace *place = table->free;

	if (table->nfree <= (needed ? 0 : table->reserved))
		return NULL;
	table->free = place->next;
	table->nfree--;
	return place;
}

void
dcf_limiter_free_place(DcfLimiterTable *table, DcfRequestPlace *place)
{
	place->next = table->free;
	table->free = place;
	table->nfree++;
}

/* For dcf_request_queue_wake(). */
static void
set_latch(void *latch)
{
	SetLatch(latch);
}

void
dcf_limiter_wake(const DcfLimiterAccount *account)
{
	dcf_request_queue_wake(&account->queue, &account->limit, dcf_wait_now(),
						   set_latch);
}

/*
 * Append the states of a table's accounts, counting them in *n.  The array has
 * room for all, as nothing may be allocated under the lock.
 */
static void
add_states(DcfLimiterTable *table, DcfLimiterState *states, int *n)
{
	int64 now = dcf_wait_now();

	dcf_limiter_lock(table);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		const DcfLimiterAccount *account = &table->accounts[i];
		DcfLimiterState *state = &states[*n];

		if (!account->used)
			continue;
		state->key = account->key;
		state->databaseid = account->databaseid;
		state->serverid = account->serverid;
		state->userid = account->userid;
		state->shared = table == shared.memory;
		state->in_flight = account->limit.in_flight;
		state->limit = dcf_limiter_limit(account, account->max);
		state->waiting = account->queue.length;
		state->paused = Max(account->send_at - now, 0);
		(*n)++;
	}
	dcf_limiter_unlock(table);
}

DcfLimiterState *
dcf_limiter_states(int *n)
{
	DcfLimiterState *states = palloc(2 * ACCOUNTS * sizeof(DcfLimiterState));

	*n = 0;
	if (shared.memory)
		add_states(shared.memory, states, n);
	if (shared.own)
		add_states(shared.own, states, n);
	return states;
}

bool
dcf_limiter_has_state(const DcfLimiter *limiter, const DcfLimiterState *state)
{
	return dcf_shared_same_key(&limiter->key, &state->key);
}
