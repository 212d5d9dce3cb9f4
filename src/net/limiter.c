/*
 * limiter.c
 *	  How many requests are under way at once.  See limiter.h.
 *
 * The queue is strict, but for those whose path is full, and those who want no
 * more at once than are under way: these would hold up all others for as long as
 * one of many requests lasts.  Of the rest only the first may take a slot, and
 * nobody overtakes one for the same path.  Whatever may change that sets the
 * latches of the first for each path, and so does one of them who leaves.  In a
 * table of its own a backend never queues: who holds no slot finds none taken.
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
 * The service is asked again after this time at the latest, however long it
 * wants to be left alone.
 */
#define MAX_PAUSE_MS (10 * 60 * 1000)

/* Where there is no place in the queue, one looks again that often. */
#define POLL_MS 100

struct DcfLimiterSlot
{
	DcfResource resource;
	const DcfLimiter *limiter;
	DcfSharedKey key; /* of the path */
	int max;
	DcfLimiterTable *table;
	DcfLimiterAccount *account;	   /* NULL: neither taken nor queued for */
	DcfLimiterPath *path;		   /* of the account; or NULL */
	DcfLimiterWaiter *waiter;	   /* or NULL */
	DcfAdaptiveLimitTicket ticket; /* if taken */
	bool taken;
	bool accepted;
	bool was_probe;	 /* when it was last refused */
	int64 until;	 /* the end of its turn's time-out; 0: none */
	dlist_node node; /* in taken_slots */
};

/* What somebody who has to wait finds. */
typedef struct Situation
{
	int64 paused; /* for so many milliseconds, by the service's wish */
	int64 wait;	  /* no longer than this; -1: until the latch is set */
	int in_flight;
	int limit;
	int waiting;
} Situation;

/* The backend's slots that are taken, and the one that it queues for. */
static dlist_head taken_slots = DLIST_STATIC_INIT(taken_slots);
static DcfLimiterSlot *queued_slot = NULL;

static DcfAdaptiveLimit *
path_limit(DcfLimiterPath *path)
{
	return path ? &path->limit : NULL;
}

/* Whether as many are under way as the waiter wants, or more. */
static bool
has_enough(const DcfLimiterAccount *account, const DcfLimiterWaiter *waiter)
{
	return account->limit.in_flight >= waiter->max;
}

/*
 * Whether nobody before waiter (NULL: the end) waits for the path, but for those
 * who are passed over.
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

/* Have the first for each path look again. */
static void
wake_first(DcfLimiterAccount *account)
{
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
 * The lock is held, as below.  Who was refused as a probe had been first, and
 * is so again.
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

static void
leave_queue(DcfLimiterSlot *slot)
{
	bool was_first;

	if (slot->waiter == NULL)
		return;
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

/* Not to be used any more, as it may be forgotten. */
static void
forget_account(DcfLimiterSlot *slot)
{
	slot->account = NULL;
	slot->path = NULL;
}

/* Give back what is taken and do not ask for it any more. */
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

static void
release_slot(void *arg)
{
	dcf_limiter_release(arg);
}

/* At the end of the backend, whose memory and owners may never end. */
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

/* NULL, with no lock: there are too many accounts to count. */
static DcfLimiterAccount *
lock_account(DcfLimiterSlot *slot, int64 now)
{
	if (slot->account)
		dcf_limiter_lock(slot->table);
	else
		slot->account =
			dcf_limiter_lock_account(slot->limiter, now, &slot->table);
	if (slot->account && slot->path == NULL && slot->waiter == NULL)
		slot->path = dcf_limiter_find_path(slot->account, &slot->key, now);
	return slot->account;
}

/* Whether the slot may be taken; the table is locked. */
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

static void
note_taken(DcfLimiterSlot *slot, int64 now)
{
	dcf_adaptive_limit_send(&slot->account->limit, path_limit(slot->path),
							slot->max, now, &slot->ticket);
	slot->taken = true;
	slot->was_probe = false;
	slot->accepted = false;
	dlist_push_tail(&taken_slots, &slot->node);
	/* There may be room for the next, too, or one less before it. */
	leave_queue(slot);
	wake_first(slot->account);
}

/*
 * How long to wait until there may be room by time alone; -1: for good.  Only
 * the first for a path looks; who has no place in the queue does so often.
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
 * Take the slot, or tell why not.  Who holds another slot passes by the queue,
 * but waits for the end of a pause like everybody.
 */
static bool
try_take(DcfLimiterSlot *slot, int64 now, Situation *situation)
{
	bool holds_another = !dlist_is_empty(&taken_slots);
	DcfLimiterAccount *account = lock_account(slot, now);

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

/* A time from now, to the second, in the session's time zone. */
static char *
show_time(int64 ms)
{
	TimestampTz then = GetCurrentTimestamp() + ms * 1000;

	then += USECS_PER_SEC - 1;
	then -= then % USECS_PER_SEC;
	return pstrdup(timestamptz_to_str(then));
}

/* The SQL that ends a pause. */
static char *
show_command(const DcfLimiter *limiter)
{
	ForeignServer *server =
		GetForeignServerExtended(limiter->serverid, FSV_MISSING_OK);

	return psprintf("SELECT dataconnect_resume(%s)",
					quote_literal_cstr(server ? server->servername : "?"));
}

pg_noreturn static void
raise_paused(const DcfLimiterSlot *slot, const Situation *situation)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("service is limiting the rate of requests"),
			 errdetail("It asked to be left alone. No request of this account "
					   "is sent before %s, longer than retry_max_wait allows "
					   "to wait.",
					   show_time(situation->paused)),
			 errhint("Try again then, or raise the server's option "
					 "retry_max_wait. To try at once: %s.",
					 show_command(slot->limiter))));
}

pg_noreturn static void
raise_timeout(const DcfLimiterSlot *slot, const Situation *situation)
{
	int ms = slot->limiter->options->queue_timeout;
	char *waited =
		ms % 1000 == 0 ? psprintf("%d s", ms / 1000) : psprintf("%d ms", ms);

	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("request waited too long for its turn"),
			 situation->paused > 0 ?
				 errdetail("After %s no request of this account may be sent "
						   "yet, but from %s on: the service asked to be left "
						   "alone.",
						   waited, show_time(situation->paused)) :
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
dcf_limiter_take(DcfLimiterSlot *slot, int64 deadline)
{
	const DcfServerOptions *options = slot->limiter->options;
	int64 now = dcf_wait_now();
	Situation situation;

	if (slot->taken)
		return true;
	/* Of an error that was caught and left both its memory and its owner. */
	if (queued_slot)
		dcf_limiter_release(queued_slot);
	if (!slot->was_probe)
		slot->until =
			options->queue_timeout > 0 ? now + options->queue_timeout : 0;

	while (!try_take(slot, now, &situation))
	{
		int64 end = sooner(slot->until, deadline);

		if (situation.paused > options->retry_max_wait ||
			(end != 0 && now >= end))
		{
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
 * Where nothing else is under way, others than us keep the service busy, and
 * there is nobody whose end could be waited for: then one try after the other,
 * with growing waits, is enough for all.
 */
void
dcf_limiter_refuse(DcfLimiterSlot *slot, int64 asked)
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
								  &slot->ticket, slot->max, asked, now);
	dlist_delete(&slot->node);
	slot->taken = false;
	if (asked > 0)
	{
		pause = Min(asked, Max(longest, MAX_PAUSE_MS));
		account->paused_until = Max(account->paused_until, now + pause);
	}
	else if (account->limit.in_flight == 0)
		pause = dcf_backoff_refused(++account->refusals, longest,
									pg_prng_uint64(&pg_global_prng_state));
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

/* A DcfLimiterVisit; arg is the longest pause so far. */
static void
see_pause(DcfLimiterAccount *account, void *arg)
{
	int64 *longest = arg;

	*longest = Max(*longest, account->paused_until - dcf_wait_now());
}

bool
dcf_limiter_show_pause(const DcfLimiter *limiter, DcfLimiterPause *pause)
{
	int64 longest = 0;

	dcf_limiter_visit(limiter, see_pause, &longest);
	if (longest == 0)
		return false;
	pause->until = show_time(longest);
	pause->command = show_command(limiter);
	return true;
}

/* A DcfLimiterVisit; arg tells whether there was a pause. */
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
