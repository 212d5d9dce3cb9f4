/*
 * limiter.c
 *	  Slots and their queue.  See limiter.h.
 *
 * Only the head of the queue may take a slot, with two exceptions.  A waiter
 * whose path is full does not hold up waiters for other paths, and a waiter whose
 * own max_concurrency is reached does not hold up anybody: either may last as
 * long as a long request.  Nobody overtakes a waiter for the same path, except in
 * the second case.  Any event that could let a waiter proceed sets the latch of
 * the first waiter of each path, and so does such a waiter that leaves.  In its
 * own table a backend never queues: without a slot of its own, all are free.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/resource.h"
#include "base/wait.h"
#include "core/backoff.h"
#include "limiter_private.h"

/*
 * Longest pause, in ms, however long the service asks for, unless
 * retry_max_wait is longer.
 */
#define MAX_PAUSE_MS (10 * 60 * 1000)

/* Interval at which a backend polls if there is no free waiter for it. */
#define POLL_MS 100

struct DcfLimiterSlot
{
	DcfResource resource;
	const DcfLimiter *limiter;
	DcfSharedKey key; /* of the path */
	int max;
	DcfLimiterTable *table;
	DcfLimiterAccount *account;	   /* NULL if neither taken nor queued for */
	DcfLimiterPath *path;		   /* in the account, or NULL */
	DcfLimiterWaiter *waiter;	   /* NULL if not queued */
	DcfAdaptiveLimitTicket ticket; /* if taken */
	bool taken;
	bool accepted;
	bool was_probe;	 /* the last refusal was of a probe */
	int64 until;	 /* when queue_timeout ends; 0: never */
	dlist_node node; /* in taken_slots */
};

/* The state of the account for a request that has to wait. */
typedef struct Situation
{
	int64 paused; /* ms left of the service's pause */
	int64 wait;	  /* ms to wait at most; -1: until the latch is set */
	int in_flight;
	int limit;
	int waiting;
} Situation;

/* The slots that this backend holds, and the one it queues for. */
static dlist_head taken_slots = DLIST_STATIC_INIT(taken_slots);
static DcfLimiterSlot *queued_slot = NULL;

/* The limit of a path; NULL if the request has no path. */
static DcfAdaptiveLimit *
path_limit(DcfLimiterPath *path)
{
	return path ? &path->limit : NULL;
}

/* Whether the account's requests reach the waiter's own max_concurrency. */
static bool
has_enough(const DcfLimiterAccount *account, const DcfLimiterWaiter *waiter)
{
	return account->limit.in_flight >= waiter->max;
}

/*
 * Whether nobody before waiter (NULL: in the whole queue) waits for the path,
 * apart from those who have reached their own max_concurrency.
 */
static bool
is_first_for(DcfLimiterAccount *account, const DcfLimiterWaiter *waiter,
			 const DcfLimiterPath *path)
{
	dlist_iter iter;

	if (account->waiting == 0)
		return true;
	dlist_foreach(iter, &account->queue)
	{
		const DcfLimiterWaiter *other =
			dlist_container(DcfLimiterWaiter, node, iter.cur);

		if (other == waiter)
			break;
		if (other->path == path && !has_enough(account, other))
			return false;
	}
	return true;
}

/*
 * Set the latch of the first waiter of each path that has not reached its own
 * max_concurrency.  The latches are valid, because a backend leaves the queue,
 * under the lock, before it exits.
 */
static void
wake_first(DcfLimiterAccount *account)
{
	/* Room for all paths of an account, and NULL. */
	const DcfLimiterPath *seen[DCF_LIMITER_PATHS + 1];
	int nseen = 0;
	dlist_iter iter;

	if (account->waiting == 0)
		return;
	dlist_foreach(iter, &account->queue)
	{
		const DcfLimiterWaiter *waiter =
			dlist_container(DcfLimiterWaiter, node, iter.cur);
		int i = 0;

		if (has_enough(account, waiter))
			continue;
		while (i < nseen && seen[i] != waiter->path)
			i++;
		if (i < nseen)
			continue;
		SetLatch(waiter->latch);
		seen[nseen++] = waiter->path;
	}
}

/*
 * Queue for the slot; the table is locked, as in the functions below.  A request
 * that was refused as a probe was first before, so it becomes first again.  If no
 * waiter is free, the slot is not queued.
 */
static void
join_queue(DcfLimiterSlot *slot)
{
	DcfLimiterWaiter *waiter = dcf_limiter_new_waiter(slot->table);

	if (waiter == NULL)
		return;
	waiter->latch = MyLatch;
	waiter->path = slot->path;
	waiter->max = slot->max;
	if (slot->was_probe)
		dlist_push_head(&slot->account->queue, &waiter->node);
	else
		dlist_push_tail(&slot->account->queue, &waiter->node);
	slot->account->waiting++;
	if (slot->path)
		slot->path->waiting++;
	slot->waiter = waiter;
	queued_slot = slot;
}

/* Leave the queue, if the slot is in it, and wake those who may proceed. */
static void
leave_queue(DcfLimiterSlot *slot)
{
	bool was_first;

	if (slot->waiter == NULL)
		return;
	/* Look before the waiter leaves: only a first one held others up. */
	was_first = is_first_for(slot->account, slot->waiter, slot->path);
	dlist_delete(&slot->waiter->node);
	slot->account->waiting--;
	if (slot->path)
		slot->path->waiting--;
	dcf_limiter_free_waiter(slot->table, slot->waiter);
	slot->waiter = NULL;
	queued_slot = NULL;
	if (was_first)
		wake_first(slot->account);
}

/* Drop the pointers: the account may be replaced when idle. */
static void
forget_account(DcfLimiterSlot *slot)
{
	slot->account = NULL;
	slot->path = NULL;
}

/* Leave the queue, and give the slot back if it is taken. */
static void
give_back(DcfLimiterSlot *slot)
{
	leave_queue(slot);
	if (slot->taken)
	{
		dcf_adaptive_limit_end(&slot->account->limit, path_limit(slot->path),
							   &slot->ticket, dcf_wait_now());
		dlist_delete(&slot->node);
		slot->taken = false;
	}
}

void
dcf_limiter_release(DcfLimiterSlot *slot)
{
	if (slot->account == NULL)
		return;
	dcf_limiter_lock(slot->table);
	give_back(slot);
	wake_first(slot->account);
	dcf_limiter_unlock(slot->table);
	forget_account(slot);
}

/* Release function of the resource. */
static void
release_slot(void *arg)
{
	dcf_limiter_release(arg);
}

/* At backend exit, which may not reset contexts or release owners. */
static void
release_all(int code, Datum arg)
{
	if (queued_slot)
		dcf_limiter_release(queued_slot);
	while (!dlist_is_empty(&taken_slots))
		dcf_limiter_release(
			dlist_head_element(DcfLimiterSlot, node, &taken_slots));
}

DcfLimiterSlot *
dcf_limiter_slot(const DcfLimiter *limiter, const char *path,
				 MemoryContext cxt)
{
	static bool initialized = false;
	DcfLimiterSlot *slot = MemoryContextAllocZero(cxt, sizeof(DcfLimiterSlot));

	if (!initialized)
	{
		before_shmem_exit(release_all, (Datum) 0);
		initialized = true;
	}
	slot->limiter = limiter;
	slot->key = dcf_limiter_path_key(path);
	slot->max = limiter->options->max_concurrency;
	dcf_resource_tie(&slot->resource, cxt, release_slot, slot);
	return slot;
}

/* Lock the slot's account.  NULL, without a lock, if there is no room for it. */
static DcfLimiterAccount *
lock_account(DcfLimiterSlot *slot, int64 now)
{
	if (slot->account)
		dcf_limiter_lock(slot->table);
	else
		slot->account =
			dcf_limiter_lock_account(slot->limiter, now, &slot->table);
	/* A slot that queues without a path is counted so, and stays so. */
	if (slot->account && slot->path == NULL && slot->waiter == NULL)
		slot->path = dcf_limiter_find_path(slot->account, &slot->key, now);
	return slot->account;
}

/*
 * Whether the slot may be taken now, within the limits and by the queue.  A
 * slot that is not queued comes after all waiters.  It overtakes only those
 * that have reached their own max_concurrency and those whose path, another
 * one, is full.
 */
static bool
has_room(const DcfLimiterSlot *slot, int64 now)
{
	DcfLimiterAccount *account = slot->account;
	dlist_iter iter;

	if (account->send_at > now ||
		!dcf_adaptive_limit_has_room(&account->limit, path_limit(slot->path),
									 slot->max, now))
		return false;
	if (account->waiting == 0)
		return true;
	dlist_foreach(iter, &account->queue)
	{
		const DcfLimiterWaiter *waiter =
			dlist_container(DcfLimiterWaiter, node, iter.cur);

		if (waiter == slot->waiter)
			break;
		if (has_enough(account, waiter))
			continue;
		if (waiter->path == slot->path || waiter->path == NULL ||
			!dcf_adaptive_limit_is_full(&waiter->path->limit, now))
			return false;
	}
	return true;
}

/* Take the slot, which has room. */
static void
note_taken(DcfLimiterSlot *slot, int64 now)
{
	dcf_adaptive_limit_send(&slot->account->limit, path_limit(slot->path),
							slot->max, now, &slot->ticket);
	slot->taken = true;
	slot->was_probe = false;
	slot->accepted = false;
	dlist_push_tail(&taken_slots, &slot->node);
	/* There may be room for the next waiter, too. */
	leave_queue(slot);
	wake_first(slot->account);
}

/*
 * How long (ms) to wait until there may be room without any event; -1: forever.
 * Only the first waiter of a path need look by itself.  A request without a
 * waiter polls, because nobody can wake it.
 */
static int64
choose_wait(const DcfLimiterSlot *slot, int64 now)
{
	DcfLimiterAccount *account = slot->account;
	int64 next;

	if (slot->waiter == NULL)
		return account->send_at > now ? account->send_at - now : POLL_MS;
	if (!is_first_for(account, slot->waiter, slot->path))
		return -1;
	next = dcf_adaptive_limit_next(&account->limit, path_limit(slot->path),
								   slot->max, now);
	if (next == 0)
		return -1;
	next = Max(next, account->send_at);
	return next > now ? next - now : -1;
}

/*
 * Take the slot, or queue for it and fill *situation.  A backend that holds
 * another slot ignores the limit and the queue, but not a pause.
 */
static bool
try_take(DcfLimiterSlot *slot, int64 now, Situation *situation)
{
	bool holds_another = !dlist_is_empty(&taken_slots);
	DcfLimiterAccount *account = lock_account(slot, now);

	/* There is no table with room, which was logged: do not limit it. */
	if (account == NULL)
		return true;
	if (has_room(slot, now) || (holds_another && account->send_at <= now))
	{
		note_taken(slot, now);
		dcf_limiter_unlock(slot->table);
		return true;
	}

	if (slot->waiter == NULL && !holds_another)
		join_queue(slot);
	/* Copied, because messages are made after the lock is released. */
	situation->paused = Max(account->paused_until - now, 0);
	situation->in_flight = account->limit.in_flight;
	situation->limit = dcf_limiter_limit(account, slot->max);
	situation->waiting = account->waiting;
	situation->wait = choose_wait(slot, now);
	if (slot->waiter == NULL)
		forget_account(slot);
	dcf_limiter_unlock(slot->table);
	return false;
}

/* The time in ms milliseconds, rounded up to seconds, as a timestamp. */
static char *
show_time(int64 ms)
{
	TimestampTz then = GetCurrentTimestamp() + ms * 1000;

	then += USECS_PER_SEC - 1;
	then -= then % USECS_PER_SEC;
	return pstrdup(timestamptz_to_str(then));
}

/*
 * The SQL that ends the account's pause.  The server may have been dropped in
 * the meantime.
 */
static char *
show_command(const DcfLimiter *limiter)
{
	ForeignServer *server =
		GetForeignServerExtended(limiter->serverid, FSV_MISSING_OK);

	return psprintf("SELECT dataconnect_resume(%s)",
					quote_literal_cstr(server ? server->servername : "?"));
}

/* Raise that the service's pause lasts longer than retry_max_wait. */
pg_noreturn static void
raise_paused(const DcfLimiterSlot *slot, const Situation *situation)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("service is limiting the rate of requests"),
			 errdetail("The service asked for a pause. No request of this "
					   "account is sent before %s, which is longer than "
					   "\"retry_max_wait\" allows.",
					   show_time(situation->paused)),
			 errhint("Try again then, or raise the server's option "
					 "\"retry_max_wait\". To try at once: %s.",
					 show_command(slot->limiter))));
}

/* Raise that queue_timeout is over, with the state of the account. */
pg_noreturn static void
raise_timeout(const DcfLimiterSlot *slot, const Situation *situation)
{
	int ms = slot->limiter->options->queue_timeout;
	char *waited =
		ms % 1000 == 0 ? psprintf("%d s", ms / 1000) : psprintf("%d ms", ms);

	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("request waited too long in the queue"),
			 situation->paused > 0 ?
				 errdetail("Waited %s. No request of this account is sent "
						   "before %s, because the service asked for a pause.",
						   waited, show_time(situation->paused)) :
				 errdetail("Waited %s. Requests of this account in flight: %d, "
						   "allowed: %d, waiting: %d.",
						   waited, situation->in_flight, situation->limit,
						   situation->waiting),
			 errhint("Run fewer queries at once, close cursors that are not "
					 "read, or raise the server's options \"queue_timeout\" "
					 "and \"max_concurrency\".")));
}

/* The earlier of two times, where 0 means never. */
static int64
sooner(int64 a, int64 b)
{
	if (a == 0 || b == 0)
		return Max(a, b);
	return Min(a, b);
}

bool
dcf_limiter_take(DcfLimiterSlot *slot, int64 deadline)
{
	const DcfServerOptions *options = slot->limiter->options;
	int64 now = dcf_wait_now();
	Situation situation;

	if (slot->taken)
		return true;
	/* An error that was caught may have left a slot in the queue. */
	if (queued_slot)
		dcf_limiter_release(queued_slot);
	/* The refusal of a probe does not begin queue_timeout anew. */
	if (!slot->was_probe)
		slot->until =
			options->queue_timeout > 0 ? now + options->queue_timeout : 0;

	while (!try_take(slot, now, &situation))
	{
		int64 end = sooner(slot->until, deadline);

		if (situation.paused > options->retry_max_wait ||
			(end != 0 && now >= end))
		{
			/*
			 * Leave the queue first: others need not wait until the error has
			 * released the slot.
			 */
			dcf_limiter_release(slot);
			if (situation.paused > options->retry_max_wait)
				raise_paused(slot, &situation);
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
dcf_limiter_try_take(DcfLimiterSlot *slot)
{
	int64 now = dcf_wait_now();
	bool room;

	if (slot->taken || lock_account(slot, now) == NULL)
		return true;
	room = has_room(slot, now);
	if (room)
		note_taken(slot, now);
	else
		forget_account(slot);
	dcf_limiter_unlock(slot->table);
	return room;
}

void
dcf_limiter_accept(DcfLimiterSlot *slot)
{
	DcfLimiterAccount *account = slot->account;

	if (!slot->taken || slot->accepted)
		return;
	dcf_limiter_lock(slot->table);
	slot->accepted = true;
	account->refusals = 0;
	dcf_adaptive_limit_accept(&account->limit, path_limit(slot->path),
							  &slot->ticket, dcf_wait_now());
	wake_first(account);
	dcf_limiter_unlock(slot->table);
}

/*
 * If nothing else is in flight, other clients keep the service busy, and there is
 * no request whose end could make room.  Then the account as a whole waits before
 * its next try, longer after each refusal.
 */
void
dcf_limiter_refuse(DcfLimiterSlot *slot, int64 pause_ms)
{
	DcfLimiterAccount *account = slot->account;
	int64 now = dcf_wait_now();
	int64 pause = 0;
	int longest;

	if (!slot->taken)
		return;
	longest = slot->limiter->options->retry_max_wait;
	dcf_limiter_lock(slot->table);
	slot->was_probe =
		dcf_adaptive_limit_refuse(&account->limit, path_limit(slot->path),
								  &slot->ticket, slot->max, pause_ms, now);
	dlist_delete(&slot->node);
	slot->taken = false;
	if (pause_ms > 0)
	{
		pause = Min(pause_ms, Max(longest, MAX_PAUSE_MS));
		account->paused_until = Max(account->paused_until, now + pause);
	}
	else if (account->limit.in_flight == 0)
		pause = dcf_backoff_refused(++account->refusals, longest,
									pg_prng_uint64(&pg_global_prng_state));
	/* The first waiters choose their wait anew by send_at. */
	account->send_at = Max(account->send_at, now + pause);
	wake_first(account);
	dcf_limiter_unlock(slot->table);
	forget_account(slot);
}

bool
dcf_limiter_was_probe(const DcfLimiterSlot *slot)
{
	return slot->was_probe;
}

/* A DcfLimiterVisit; arg points to the longest pause so far, in ms. */
static void
find_longest_pause(DcfLimiterAccount *account, void *arg)
{
	int64 *longest = arg;

	*longest = Max(*longest, account->paused_until - dcf_wait_now());
}

bool
dcf_limiter_show_pause(const DcfLimiter *limiter, DcfLimiterPause *pause)
{
	int64 longest = 0;

	dcf_limiter_visit(limiter, find_longest_pause, &longest);
	if (longest == 0)
		return false;
	pause->until = show_time(longest);
	pause->command = show_command(limiter);
	return true;
}

/* A DcfLimiterVisit; sets the bool at arg if there was a pause. */
static void
end_pause(DcfLimiterAccount *account, void *arg)
{
	bool *ended = arg;

	*ended |= account->send_at > dcf_wait_now();
	account->send_at = account->paused_until = 0;
	account->refusals = 0;
	wake_first(account);
}

bool
dcf_limiter_resume(const DcfLimiter *limiter)
{
	bool ended = false;

	dcf_limiter_visit(limiter, end_pause, &ended);
	return ended;
}
