/*
 * governor_table.c
 *	  The accounts that requests are sent for.  See governor_private.h.
 *
 * They are a table in shared memory, or one of the backend's own, with the
 * same code for both.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "governor_private.h"
#include "http.h"
#include "http_wait.h"
#include "shared.h"

/* Accounts in a table; idle ones are forgotten for others. */
#define ACCOUNTS 128

struct DcfGovernorTable
{
	DcfGovernorKey secret; /* new at each start */
	DcfGovernorAccount accounts[ACCOUNTS];
	dlist_head free; /* of DcfGovernorWaiter */
	DcfGovernorWaiter waiters[FLEXIBLE_ARRAY_MEMBER];
};

static Size measure_table(void);
static void init_table(void *memory);

static DcfShared shared = {.name = "DataconnectGovernor",
						   .measure = measure_table,
						   .init = init_table};

/* The backend's own table, made when it is needed. */
static DcfGovernorTable *own_table = NULL;

static void
init_accounts(DcfGovernorTable *table, int nwaiters)
{
	memset(table, 0, offsetof(DcfGovernorTable, waiters));
	if (!pg_strong_random(&table->secret, sizeof(DcfGovernorKey)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random bytes")));
	dlist_init(&table->free);
	for (int i = 0; i < nwaiters; i++)
		dlist_push_tail(&table->free, &table->waiters[i].node);
}

static Size
measure_table(void)
{
	return offsetof(DcfGovernorTable, waiters) +
		sizeof(DcfGovernorWaiter) * (Size) MaxBackends;
}

static void
init_table(void *memory)
{
	init_accounts(memory, MaxBackends);
}

void
dcf_governor_init(void)
{
	dcf_shared_request(&shared);
}

static DcfGovernorTable *
get_own_table(void)
{
	if (own_table == NULL)
	{
		DcfGovernorTable *table =
			MemoryContextAlloc(TopMemoryContext,
							   offsetof(DcfGovernorTable, waiters));

		init_accounts(table, 0);
		own_table = table;
	}
	return own_table;
}

void
dcf_governor_lock(DcfGovernorTable *table)
{
	if (table == shared.memory)
		LWLockAcquire(shared.lock, LW_EXCLUSIVE);
}

void
dcf_governor_unlock(DcfGovernorTable *table)
{
	if (table == shared.memory)
		LWLockRelease(shared.lock);
}

/* With its length, and NULL unlike "": no two lists of texts are the same. */
static void
append_text(StringInfo texts, const char *text)
{
	int64 len = text ? (int64) strlen(text) : -1;

	appendBinaryStringInfo(texts, (const char *) &len, sizeof(len));
	if (text)
		appendBinaryStringInfo(texts, text, (int) len);
}

/*
 * All the credentials count, not the name alone: who does not know the password
 * cannot take the slots of who does.
 */
static DcfGovernorKey
make_key(const DcfServerOptions *options, const DcfUserOptions *user)
{
	const DcfGovernorTable *table =
		shared.memory ? shared.memory : get_own_table();
	DcfUrlParts parts;
	const char *credentials[] = {user->token, user->username, user->password,
								 user->client_id, user->client_secret};
	size_t room = 0;
	StringInfoData texts;
	DcfGovernorKey key;

	if (dcf_http_parse_url(options->url, &parts) != NULL)
		elog(ERROR, "option url is no URL");
	initStringInfo(&texts);
	append_text(&texts, psprintf("%s:%d", parts.host, parts.port));

	/* A buffer that grew would leave the smaller one behind. */
	for (size_t i = 0; i < lengthof(credentials); i++)
		room += sizeof(int64) + (credentials[i] ? strlen(credentials[i]) : 0);
	enlargeStringInfo(&texts, (int) Min(room, MaxAllocSize));
	for (size_t i = 0; i < lengthof(credentials); i++)
		append_text(&texts, credentials[i]);
	dcf_siphash(table->secret.bytes, texts.data, (size_t) texts.len,
				key.bytes);
	explicit_bzero(texts.data, texts.len);
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

/*
 * Find the account, or a place for it: one that was never used, or the one that
 * has been idle longest.  NULL if all are busy.
 */
static DcfGovernorAccount *
find_account(DcfGovernorTable *table, const DcfGovernorKey *key, int64 now)
{
	DcfGovernorAccount *place = NULL;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		DcfGovernorAccount *account = &table->accounts[i];

		if (account->used &&
			memcmp(&account->key, key, sizeof(DcfGovernorKey)) == 0)
			return account;
		if (account->allowance.in_flight > 0 || account->waiting > 0 ||
			account->ask_at > now)
			continue;
		if (place == NULL || (place->used && !account->used) ||
			(place->used == account->used &&
			 account->used_at < place->used_at))
			place = account;
	}
	if (place == NULL)
		return NULL;
	memset(place, 0, sizeof(DcfGovernorAccount));
	place->key = *key;
	place->used = true;
	dcf_allowance_init(&place->allowance);
	dlist_init(&place->queue);
	return place;
}

DcfGovernorAccount *
dcf_governor_lock_account(const DcfGovernor *governor, int64 now,
						  DcfGovernorTable **table)
{
	DcfGovernorAccount *account = NULL;

	if (shared.memory)
	{
		*table = shared.memory;
		dcf_governor_lock(*table);
		account = find_account(*table, &governor->key, now);
		if (account == NULL)
			dcf_governor_unlock(*table);
	}
	if (account == NULL)
	{
		*table = get_own_table();
		account = find_account(*table, &governor->key, now);
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

int64
dcf_governor_wished_pause(const DcfGovernorAccount *account, int64 now)
{
	return account->ask_at > now ? Max(account->paused_until - now, 0) : 0;
}

static void
add_states(DcfGovernorTable *table, LWLock *lock, DcfGovernorState *states,
		   int *n)
{
	int64 now = dcf_wait_now();

	dcf_governor_lock(table);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		const DcfGovernorAccount *account = &table->accounts[i];
		DcfGovernorState *state = &states[*n];

		if (!account->used)
			continue;
		state->databaseid = account->databaseid;
		state->serverid = account->serverid;
		state->userid = account->userid;
		state->shared = table == shared.memory;
		state->in_flight = account->allowance.in_flight;
		state->limit = dcf_allowance_limit(&account->allowance, account->max);
		state->waiting = account->waiting;
		state->paused = dcf_governor_wished_pause(account, now);
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
		add_states(shared.memory, shared.lock, states, n);
	if (own_table)
		add_states(own_table, NULL, states, n);
	return states;
}
