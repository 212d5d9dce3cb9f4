/*
 * governor.c
 *	  How many requests are under way at once.  See governor.h.
 *
 * The accounts are a table in shared memory, or one of the backend's own, with
 * the same code for both.  In a table of its own a backend never queues: who
 * holds no slot there finds none taken.
 *
 * The queue is strict.  Only the first in it may take a slot; whatever may
 * change his mind sets his latch, and so does who was first and leaves.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/pg_prng.h"
#include "common/sha2.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "allowance.h"
#include "backoff.h"
#include "governor.h"
#include "http.h"
#include "http_wait.h"
#include "shared.h"

/* Accounts in a table; idle ones are forgotten for others. */
#define ACCOUNTS 128

/*
 * The service is asked again after this time at the latest, however long it
 * wants to be left alone: a wrong date must not shut out for good.
 */
#define MAX_PAUSE_MS (10 * 60 * 1000)

/* Where there is no place in the queue, one looks again that often. */
#define POLL_MS 100

/* Tells accounts apart; says nothing about credentials. */
typedef struct Key
{
	uint8 bytes[16];
} Key;

typedef struct Account
{
	Key key;
	bool used;
	DcfAllowance allowance;
	dlist_head queue;	/* of Waiter */
	int waiting;		/* its length */
	int64 paused_until; /* as the service wishes */
	int64 ask_at;		/* when it is asked again at the latest */
	int refusals;		/* in a row, with nothing else under way */
	int64 used_at;		/* when a slot was last asked for */
	Oid databaseid;		/* by whom */
	Oid serverid;
	Oid userid;
	int max;
} Account;

/* A backend in a queue. */
typedef struct Waiter
{
	dlist_node node; /* in an account's queue, or among the free ones */
	Latch *latch;
} Waiter;

typedef struct Table
{
	Key salt;
	Account accounts[ACCOUNTS];
	dlist_head free; /* of Waiter */
	Waiter waiters[FLEXIBLE_ARRAY_MEMBER];
} Table;

struct DcfGovernor
{
	Key key;
	Oid serverid;
	Oid userid;
	const DcfServerOptions *options;
};

struct DcfSlot
{
	MemoryContextCallback release;
	const DcfGovernor *governor;
	int max;
	LWLock *lock; /* of the account's table; NULL: it is not shared */
	Table *table;
	Account *account; /* NULL: neither taken nor asked for */
	Waiter *waiter;	  /* or NULL */
	bool taken;
	bool accepted;
	dlist_node node; /* in taken_slots */
};

/* What somebody who has to wait finds. */
typedef struct Situation
{
	int64 paused; /* milliseconds */
	int64 wait;	  /* no longer than this; -1: until the latch is set */
	int in_flight;
	int limit;
	int waiting;
} Situation;

static Size measure_table(void);
static void init_table(void *memory);

static DcfShared shared = {.name = "DataconnectGovernor",
						   .measure = measure_table,
						   .init = init_table};

/* The backend's own table, made when it is needed. */
static Table *own_table = NULL;

/* The backend's slots that are taken, and the one that it queues for. */
static dlist_head taken_slots = DLIST_STATIC_INIT(taken_slots);
static DcfSlot *queued_slot = NULL;

static void
init_accounts(Table *table, int nwaiters)
{
	memset(table, 0, offsetof(Table, waiters));
	if (!pg_strong_random(&table->salt, sizeof(Key)))
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
	return offsetof(Table, waiters) + sizeof(Waiter) * (Size) MaxBackends;
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

static Table *
get_own_table(void)
{
	if (own_table == NULL)
	{
		Table *table =
			MemoryContextAlloc(TopMemoryContext, offsetof(Table, waiters));

		init_accounts(table, 0);
		own_table = table;
	}
	return own_table;
}

static void
lock_table(LWLock *lock)
{
	if (lock)
		LWLockAcquire(lock, LW_EXCLUSIVE);
}

static void
unlock_table(LWLock *lock)
{
	if (lock)
		LWLockRelease(lock);
}

static void
add_to_hash(pg_cryptohash_ctx *hash, const void *bytes, size_t len)
{
	if (pg_cryptohash_update(hash, bytes, len) < 0)
		elog(ERROR, "could not compute a hash");
}

/* With its length, and NULL unlike "": no two lists of texts are the same. */
static void
add_text_to_hash(pg_cryptohash_ctx *hash, const char *text)
{
	int64 len = text ? (int64) strlen(text) : -1;

	add_to_hash(hash, &len, sizeof(len));
	if (text)
		add_to_hash(hash, text, (size_t) len);
}

/*
 * All the credentials count, not the name alone: who does not know the password
 * cannot take the slots of who does.
 */
static Key
make_key(const DcfServerOptions *options, const DcfUserOptions *user)
{
	const Table *table = shared.memory ? shared.memory : get_own_table();
	const char *texts[] = {user->token, user->username, user->password,
						   user->client_id, user->client_secret};
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	DcfUrlParts parts;
	Key key;

	if (hash == NULL || pg_cryptohash_init(hash) < 0)
		elog(ERROR, "could not compute a hash");
	add_to_hash(hash, &table->salt, sizeof(Key));
	if (dcf_http_parse_url(options->url, &parts) != NULL)
		elog(ERROR, "option url is no URL");
	add_text_to_hash(hash, psprintf("%s:%d", parts.host, parts.port));
	for (int i = 0; i < (int) lengthof(texts); i++)
		add_text_to_hash(hash, texts[i]);
	if (pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a hash");
	pg_cryptohash_free(hash);
	memcpy(&key, digest, sizeof(Key));
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
static Account *
find_account(Table *table, const Key *key, int64 now)
{
	Account *place = NULL;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		Account *account = &table->accounts[i];

		if (account->used && memcmp(&account->key, key, sizeof(Key)) == 0)
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
	memset(place, 0, sizeof(Account));
	place->key = *key;
	place->used = true;
	dcf_allowance_init(&place->allowance);
	dlist_init(&place->queue);
	return place;
}

static Waiter *
first_in_queue(const Account *account)
{
	if (account->waiting == 0)
		return NULL;
	return dlist_container(Waiter, node, account->queue.head.next);
}

/* Have the first in the queue look again. */
static void
wake_first(const Account *account)
{
	Waiter *first = first_in_queue(account);

	if (first)
		SetLatch(first->latch);
}

/* The lock is held, as below. */
static void
join_queue(DcfSlot *slot)
{
	Table *table = slot->table;
	Waiter *waiter;

	if (dlist_is_empty(&table->free))
		return;
	waiter = dlist_container(Waiter, node, dlist_pop_head_node(&table->free));
	waiter->latch = MyLatch;
	dlist_push_tail(&slot->account->queue, &waiter->node);
	slot->account->waiting++;
	slot->waiter = waiter;
	queued_slot = slot;
}

static void
leave_queue(DcfSlot *slot)
{
	bool was_first;

	if (slot->waiter == NULL)
		return;
	was_first = first_in_queue(slot->account) == slot->waiter;
	dlist_delete(&slot->waiter->node);
	slot->account->waiting--;
	dlist_push_head(&slot->table->free, &slot->waiter->node);
	slot->waiter = NULL;
	queued_slot = NULL;
	if (was_first)
		wake_first(slot->account);
}

/* Give back what is taken and do not ask for it any more. */
static void
give_back(DcfSlot *slot)
{
	leave_queue(slot);
	if (slot->taken)
	{
		slot->account->allowance.in_flight--;
		dlist_delete(&slot->node);
		slot->taken = false;
	}
}

void
dcf_governor_release(DcfSlot *slot)
{
	if (slot->account == NULL)
		return;
	lock_table(slot->lock);
	give_back(slot);
	wake_first(slot->account);
	unlock_table(slot->lock);
	slot->account = NULL;
}

static void
release_slot(void *arg)
{
	dcf_governor_release(arg);
}

/* At the end of the backend, which need not come with an end of contexts. */
static void
release_all(int code, Datum arg)
{
	if (queued_slot)
		dcf_governor_release(queued_slot);
	while (!dlist_is_empty(&taken_slots))
		dcf_governor_release(dlist_head_element(DcfSlot, node, &taken_slots));
}

DcfSlot *
dcf_governor_slot(const DcfGovernor *governor, MemoryContext cxt)
{
	static bool initialized = false;
	DcfSlot *slot = MemoryContextAllocZero(cxt, sizeof(DcfSlot));

	if (!initialized)
	{
		before_shmem_exit(release_all, (Datum) 0);
		initialized = true;
	}
	slot->governor = governor;
	slot->max = governor->options->max_concurrency;
	slot->release.func = release_slot;
	slot->release.arg = slot;
	MemoryContextRegisterResetCallback(cxt, &slot->release);
	return slot;
}

/* Find the slot's account, and lock its table. */
static void
lock_account(DcfSlot *slot, int64 now)
{
	const DcfGovernor *governor = slot->governor;

	if (slot->account)
	{
		lock_table(slot->lock);
		return;
	}
	slot->table = shared.memory;
	slot->lock = shared.memory ? shared.lock : NULL;
	lock_table(slot->lock);
	if (slot->table)
		slot->account = find_account(slot->table, &governor->key, now);
	if (slot->account == NULL)
	{
		unlock_table(slot->lock);
		slot->lock = NULL;
		slot->table = get_own_table();
		slot->account = find_account(slot->table, &governor->key, now);
	}
	if (slot->account == NULL)
		return;
	slot->account->used_at = now;
	slot->account->databaseid = MyDatabaseId;
	slot->account->serverid = governor->serverid;
	slot->account->userid = governor->userid;
	slot->account->max = slot->max;
}

/* Whether the slot may be taken; the table is locked. */
static bool
has_room(const DcfSlot *slot, int64 now)
{
	const Account *account = slot->account;

	if (account->ask_at > now)
		return false;
	return account->allowance.in_flight <
		dcf_allowance_limit(&account->allowance, slot->max) &&
		first_in_queue(account) == slot->waiter;
}

static void
note_taken(DcfSlot *slot)
{
	slot->account->allowance.in_flight++;
	slot->taken = true;
	slot->accepted = false;
	dlist_push_tail(&taken_slots, &slot->node);
	/* There may be room for the next, too. */
	leave_queue(slot);
}

/*
 * Take the slot, or tell why not.  Who holds another slot passes by the queue,
 * but waits for the end of a pause like everybody.
 */
static bool
take_or_tell(DcfSlot *slot, int64 now, Situation *situation)
{
	bool holds_another = !dlist_is_empty(&taken_slots);
	Account *account;

	lock_account(slot, now);
	account = slot->account;
	if (account == NULL)
		return true; /* too many accounts to count */
	if (has_room(slot, now) || (holds_another && account->ask_at <= now))
	{
		note_taken(slot);
		unlock_table(slot->lock);
		return true;
	}

	if (slot->waiter == NULL && !holds_another)
		join_queue(slot);
	situation->paused =
		account->ask_at > now ? account->paused_until - now : 0;
	situation->in_flight = account->allowance.in_flight;
	situation->limit = dcf_allowance_limit(&account->allowance, slot->max);
	situation->waiting = account->waiting;
	situation->wait = -1;
	if (slot->waiter == NULL)
		situation->wait =
			situation->paused > 0 ? account->ask_at - now : POLL_MS;
	else if (situation->paused > 0 && first_in_queue(account) == slot->waiter)
		situation->wait = account->ask_at - now;
	unlock_table(slot->lock);
	return false;
}

pg_noreturn static void
raise_paused(const Situation *situation)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("service is limiting the rate of requests"),
			 errdetail("It asked to be left alone for another " INT64_FORMAT
					   " s, longer than retry_max_wait allows.",
					   (situation->paused + 999) / 1000),
			 errhint("Try again later, or raise the server's option "
					 "retry_max_wait.")));
}

pg_noreturn static void
raise_timeout(const DcfSlot *slot, const Situation *situation)
{
	int ms = slot->governor->options->queue_timeout;
	char *waited =
		ms % 1000 == 0 ? psprintf("%d s", ms / 1000) : psprintf("%d ms", ms);

	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("request waited too long for its turn"),
			 situation->paused > 0 ?
				 errdetail("After %s the service still asks to be left alone, "
						   "for another " INT64_FORMAT " s.",
						   waited, (situation->paused + 999) / 1000) :
				 errdetail("After %s there was still no room. Requests of this "
						   "account under way: %d, allowed: %d, waiting: %d.",
						   waited, situation->in_flight, situation->limit,
						   situation->waiting),
			 errhint("Run fewer queries at once, close cursors that are not "
					 "read, or raise the server's options queue_timeout and "
					 "max_concurrency.")));
}

/* The sooner of two times, of which 0 means never. */
static int64
sooner(int64 a, int64 b)
{
	if (a == 0 || b == 0)
		return Max(a, b);
	return Min(a, b);
}

bool
dcf_governor_take(DcfSlot *slot, int64 deadline)
{
	const DcfServerOptions *options = slot->governor->options;
	int64 now = dcf_wait_now();
	int64 until =
		options->queue_timeout > 0 ? now + options->queue_timeout : 0;
	Situation situation;

	if (slot->taken)
		return true;
	/* Left by an error whose memory is still there. */
	if (queued_slot)
		dcf_governor_release(queued_slot);

	while (!take_or_tell(slot, now, &situation))
	{
		int64 end = sooner(until, deadline);

		if (situation.paused > options->retry_max_wait ||
			(end != 0 && now >= end))
		{
			dcf_governor_release(slot);
			if (situation.paused > options->retry_max_wait)
				raise_paused(&situation);
			if (deadline != 0 && now >= deadline)
				return false;
			raise_timeout(slot, &situation);
		}
		if (end != 0 && (situation.wait < 0 || situation.wait > end - now))
			situation.wait = end - now;
		(void) dcf_wait_for(NULL, situation.wait, DCF_WAIT_QUEUE, NULL, 0);
		now = dcf_wait_now();
	}
	return true;
}

bool
dcf_governor_try_take(DcfSlot *slot)
{
	int64 now = dcf_wait_now();
	bool room;

	if (slot->taken)
		return true;
	lock_account(slot, now);
	if (slot->account == NULL)
		return true;
	room = has_room(slot, now);
	if (room)
		note_taken(slot);
	unlock_table(slot->lock);
	if (!room)
		slot->account = NULL;
	return room;
}

void
dcf_governor_accept(DcfSlot *slot)
{
	Account *account = slot->account;

	if (!slot->taken || slot->accepted)
		return;
	lock_table(slot->lock);
	slot->accepted = true;
	account->refusals = 0;
	dcf_allowance_accept(&account->allowance, slot->max, dcf_wait_now());
	wake_first(account);
	unlock_table(slot->lock);
}

/*
 * Where nothing else is under way, others than us keep the service busy, and
 * there is nobody whose end could be waited for: then one try after the other,
 * with growing waits, is enough for all.
 */
void
dcf_governor_refuse(DcfSlot *slot, int64 asked)
{
	Account *account = slot->account;
	int64 now = dcf_wait_now();
	int longest = slot->governor->options->retry_max_wait;

	if (!slot->taken)
		return;
	lock_table(slot->lock);
	give_back(slot);
	dcf_allowance_refuse(&account->allowance, slot->max, now);
	if (asked == 0 && account->allowance.in_flight == 0)
		asked = dcf_backoff_delay(++account->refusals, longest,
								  pg_prng_uint64(&pg_global_prng_state));
	if (now + asked > account->paused_until)
	{
		account->paused_until = now + asked;
		account->ask_at = now + Min(asked, Max(longest, MAX_PAUSE_MS));
	}
	wake_first(account);
	unlock_table(slot->lock);
	slot->account = NULL;
}

static void
add_states(Table *table, LWLock *lock, DcfGovernorState *states, int *n)
{
	int64 now = dcf_wait_now();

	lock_table(lock);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		const Account *account = &table->accounts[i];
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
		state->paused =
			account->ask_at > now ? account->paused_until - now : 0;
		(*n)++;
	}
	unlock_table(lock);
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
