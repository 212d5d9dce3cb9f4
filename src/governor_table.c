/*
 * governor_table.c
 *	  The accounts that requests are sent for.  See governor_private.h.
 *
 * They are a table in shared memory, and one of the backend's own where that
 * has no room, with the same code for both.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "governor_private.h"
#include "http.h"
#include "http_wait.h"
#include "shared.h"

/* Accounts in a table; idle ones are forgotten for others. */
#define ACCOUNTS 512

/* Those of one session user, so that no one fills the table alone. */
#define ROLE_ACCOUNTS 64

/* Want of room is logged no more often than this. */
#define LOG_EVERY_MS (10 * 60 * 1000)

/* Why there is no room. */
typedef enum Want
{
	OF_ROLE, /* the session user has too many accounts */
	OF_ALL,	 /* all accounts of the table are busy */
	WANTS
} Want;

struct DcfGovernorTable
{
	int64 logged_at[WANTS]; /* 0: not yet */
	DcfGovernorAccount accounts[ACCOUNTS];
	dlist_head free; /* of DcfGovernorWaiter */
	DcfGovernorWaiter waiters[FLEXIBLE_ARRAY_MEMBER];
};

static Size measure_table(bool for_all);
static void init_table(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectGovernor",
						   .measure = measure_table,
						   .init = init_table};

/* A backend never waits in a table of its own. */
static int
count_waiters(bool for_all)
{
	return for_all ? MaxBackends : 0;
}

static Size
measure_table(bool for_all)
{
	return offsetof(DcfGovernorTable, waiters) +
		sizeof(DcfGovernorWaiter) * (Size) count_waiters(for_all);
}

static void
init_table(void *memory, bool for_all)
{
	DcfGovernorTable *table = memory;

	memset(table, 0, offsetof(DcfGovernorTable, waiters));
	dlist_init(&table->free);
	for (int i = 0; i < count_waiters(for_all); i++)
		dlist_push_tail(&table->free, &table->waiters[i].node);
}

void
dcf_governor_init(void)
{
	dcf_shared_request(&shared);
}

void
dcf_governor_lock(DcfGovernorTable *table)
{
	dcf_shared_lock(&shared, table, LW_EXCLUSIVE);
}

void
dcf_governor_unlock(DcfGovernorTable *table)
{
	dcf_shared_unlock(&shared, table);
}

/*
 * All the credentials count, not the name alone: who does not know the password
 * cannot take the slots of who does.
 */
static DcfSharedKey
make_key(const DcfServerOptions *options, const DcfUserOptions *user)
{
	DcfUrlParts parts;
	const char *texts[6];

	if (dcf_http_parse_url(options->url, &parts) != NULL)
		elog(ERROR, "option url is no URL");
	texts[0] = psprintf("%s:%d", parts.host, parts.port);
	texts[1] = user->token;
	texts[2] = user->username;
	texts[3] = user->password;
	texts[4] = user->client_id;
	texts[5] = user->client_secret;
	return dcf_shared_key(texts, lengthof(texts));
}

DcfSharedKey
dcf_governor_path_key(const char *text)
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

DcfGovernor *
dcf_governor_create(Oid serverid, Oid userid, const DcfServerOptions *options,
					const DcfUserOptions *user)
{
	DcfGovernor *governor = palloc0(sizeof(DcfGovernor));

	governor->key = make_key(options, user);
	governor->serverid = serverid;
	governor->userid = userid;
	governor->options = options;
	return governor;
}

static DcfGovernorAccount *
find_account(DcfGovernorTable *table, const DcfSharedKey *key)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		DcfGovernorAccount *account = &table->accounts[i];

		if (account->used && dcf_shared_same_key(&account->key, key))
			return account;
	}
	return NULL;
}

/*
 * How well the place of an account does for another of a role: not at all (0),
 * if it is busy or, where the role may have no more, another's.  That the
 * service wants to be left alone is forgotten last, and only of the role's own.
 */
static int
rate_place(const DcfGovernorAccount *account, Oid roleid, bool only_own,
		   int64 now)
{
	bool is_own = account->used && account->roleid == roleid;

	if (only_own && !is_own)
		return 0;
	if (!account->used)
		return 3;
	if (account->allowance.in_flight > 0 || account->waiting > 0)
		return 0;
	if (account->ask_at <= now)
		return 2;
	return is_own ? 1 : 0;
}

/*
 * A place for another account of a role: the best one, of equal ones that which
 * was idle longest.  NULL, and why, if there is none.
 */
static DcfGovernorAccount *
find_place(DcfGovernorTable *table, Oid roleid, int64 now, Want *want)
{
	DcfGovernorAccount *place = NULL;
	bool only_own;
	int best = 0;
	int nown = 0;

	for (int i = 0; i < ACCOUNTS; i++)
		if (table->accounts[i].used && table->accounts[i].roleid == roleid)
			nown++;
	only_own = table == shared.memory && nown >= ROLE_ACCOUNTS;
	*want = only_own ? OF_ROLE : OF_ALL;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		DcfGovernorAccount *account = &table->accounts[i];
		int rate = rate_place(account, roleid, only_own, now);

		if (rate == 0 || rate < best ||
			(rate == best && account->used_at >= place->used_at))
			continue;
		place = account;
		best = rate;
	}
	return place;
}

/* Tell of a want of room in a table, unless that was done lately. */
static void
log_want(DcfGovernorTable *table, Want want, Oid roleid, int64 now)
{
	bool log;

	dcf_governor_lock(table);
	log = table->logged_at[want] == 0 ||
		now - table->logged_at[want] >= LOG_EVERY_MS;
	if (log)
		table->logged_at[want] = now;
	dcf_governor_unlock(table);
	if (!log)
		return;
	ereport(LOG,
			(table == shared.memory ?
				 errmsg("requests of further accounts are counted for each "
						"session alone") :
				 errmsg("requests of further accounts are not counted"),
			 want == OF_ROLE ?
				 errdetail("Role \"%s\" has %d accounts with requests under "
						   "way, as many as a role may have.",
						   GetUserNameFromId(roleid, true), ROLE_ACCOUNTS) :
				 errdetail("All %d accounts have requests under way, or the "
						   "service asked to be left alone.",
						   ACCOUNTS)));
}

/* The account in a table, which is locked; or NULL, with no lock. */
static DcfGovernorAccount *
lock_account(DcfGovernorTable *table, const DcfSharedKey *key, int64 now)
{
	Oid roleid = GetSessionUserId();
	DcfGovernorAccount *account;
	Want want;

	dcf_governor_lock(table);
	account = find_account(table, key);
	if (account)
		return account;
	account = find_place(table, roleid, now, &want);
	if (account == NULL)
	{
		dcf_governor_unlock(table);
		log_want(table, want, roleid, now);
		return NULL;
	}
	memset(account, 0, sizeof(DcfGovernorAccount));
	account->key = *key;
	account->used = true;
	account->roleid = roleid;
	dcf_allowance_init(&account->allowance);
	dlist_init(&account->queue);
	return account;
}

DcfGovernorPath *
dcf_governor_find_path(DcfGovernorAccount *account, const DcfSharedKey *key,
					   int64 now)
{
	DcfGovernorPath *place = NULL;

	for (int i = 0; i < DCF_GOVERNOR_PATHS; i++)
	{
		DcfGovernorPath *path = &account->paths[i];

		if (path->used && dcf_shared_same_key(&path->key, key))
		{
			path->used_at = now;
			return path;
		}
		if (path->allowance.in_flight > 0 || path->waiting > 0)
			continue;
		if (place == NULL || (place->used && !path->used) ||
			(place->used == path->used && path->used_at < place->used_at))
			place = path;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(DcfGovernorPath));
	place->key = *key;
	place->used = true;
	place->used_at = now;
	dcf_allowance_init(&place->allowance);
	return place;
}

int
dcf_governor_limit(const DcfGovernorAccount *account, int max)
{
	int limit = dcf_allowance_limit(&account->allowance, max);
	int64 sum = 0;

	for (int i = 0; i < DCF_GOVERNOR_PATHS; i++)
		if (account->paths[i].used)
			sum += dcf_allowance_limit(&account->paths[i].allowance, max);
	return sum > 0 && sum < limit ? (int) sum : limit;
}

DcfGovernorAccount *
dcf_governor_lock_account(const DcfGovernor *governor, int64 now,
						  DcfGovernorTable **table)
{
	DcfGovernorAccount *account = NULL;

	if (shared.memory)
	{
		*table = shared.memory;
		account = lock_account(*table, &governor->key, now);
	}
	if (account == NULL)
	{
		*table = dcf_shared_get_own(&shared);
		account = lock_account(*table, &governor->key, now);
	}
	if (account == NULL)
		return NULL;
	account->used_at = now;
	account->databaseid = MyDatabaseId;
	account->serverid = governor->serverid;
	account->userid = governor->userid;
	account->max = governor->options->max_concurrency;
	return account;
}

void
dcf_governor_visit(const DcfGovernor *governor, DcfGovernorVisit visit,
				   void *arg)
{
	DcfGovernorTable *tables[] = {shared.memory, shared.own};

	for (size_t i = 0; i < lengthof(tables); i++)
	{
		DcfGovernorAccount *account;

		if (tables[i] == NULL)
			continue;
		dcf_governor_lock(tables[i]);
		account = find_account(tables[i], &governor->key);
		if (account)
			visit(account, arg);
		dcf_governor_unlock(tables[i]);
	}
}

DcfGovernorWaiter *
dcf_governor_new_waiter(DcfGovernorTable *table)
{
	if (dlist_is_empty(&table->free))
		return NULL;
	return dlist_container(DcfGovernorWaiter, node,
						   dlist_pop_head_node(&table->free));
}

void
dcf_governor_free_waiter(DcfGovernorTable *table, DcfGovernorWaiter *waiter)
{
	dlist_push_head(&table->free, &waiter->node);
}

static void
add_states(DcfGovernorTable *table, DcfGovernorState *states, int *n)
{
	int64 now = dcf_wait_now();

	dcf_governor_lock(table);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		const DcfGovernorAccount *account = &table->accounts[i];
		DcfGovernorState *state = &states[*n];

		if (!account->used)
			continue;
		state->key = account->key;
		state->databaseid = account->databaseid;
		state->serverid = account->serverid;
		state->userid = account->userid;
		state->shared = table == shared.memory;
		state->in_flight = account->allowance.in_flight;
		state->limit = dcf_governor_limit(account, account->max);
		state->waiting = account->waiting;
		state->paused = Max(account->ask_at - now, 0);
		(*n)++;
	}
	dcf_governor_unlock(table);
}

DcfGovernorState *
dcf_governor_states(int *n)
{
	DcfGovernorState *states = palloc(2 * ACCOUNTS * sizeof(DcfGovernorState));

	*n = 0;
	if (shared.memory)
		add_states(shared.memory, states, n);
	if (shared.own)
		add_states(shared.own, states, n);
	return states;
}

bool
dcf_governor_has_state(const DcfGovernor *governor,
					   const DcfGovernorState *state)
{
	return dcf_shared_same_key(&governor->key, &state->key);
}
