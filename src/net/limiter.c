/*
 * limiter.c
 *	  Slots of requests.  See limiter.h; request_queue.h has the rules of the
 *	  queue.
 *
 * A request that finds no room takes a place in its account's queue, and waits
 * for its latch.  No wake-up is lost, because it says under the lock that it
 * waits, and looks for room under the same lock.  Whoever was woken and does not
 * go, because it rests or leaves, wakes the next.  A lent wait (wait.h) does not
 * notice the latch, so its place is attended only until its time.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "base/compat.h"
#include "base/resource.h"
#include "base/role_setting.h"
#include "base/wait.h"
#include "core/backoff.h"
#include "limiter_private.h"

/*
 * Longest pause, in ms, however long the service asks for, unless
 * retry_max_wait is longer.
 */
#define MAX_PAUSE_MS (10 * 60 * 1000)

/* Interval at which a request without a place polls. */
#define POLL_MS 100

struct DcfLimiterSlot
{
	DcfResource resource;
	const DcfLimiter *limiter;
	DcfLimiterWait *wait;
	DcfSharedKey key; /* of the path */
	int max;
	uint32 group; /* of the session's role, if it has a share; else 0 */
	int group_max;
	uint32 taken_group; /* for which the taken slot is counted; 0: none */
	DcfLimiterTable *table;
	DcfLimiterAccount *account;	   /* NULL if neither taken nor queued for */
	DcfLimiterPath *path;		   /* in the account, or NULL */
	DcfRequestPlace *place;		   /* in the account's queue; NULL if none */
	DcfAdaptiveLimitTicket ticket; /* if taken */
	bool taken;
	bool accepted;
	bool was_probe;		  /* the last refusal was of a probe */
	bool needed;		  /* claimed so last, and not taken since */
	int64 until;		  /* when queue_timeout ends, if needed; 0: never */
	int64 attended_until; /* of the last claim, as in a DcfWaitPlan */
	int64 rested_at;	  /* when the backend left the wait; 0: it has not */
	dlist_node node;	  /* in taken_slots or queued_slots */
};

/* The state of the account for a request that has to wait. */
typedef struct Situation
{
	int64 paused; /* ms left of the service's pause */
	int64 at;	  /* when to look again; -1: when the latch is set */
	int in_flight;
	int limit;
	int waiting;
	int group_in_flight;
} Situation;

/* The setting, in percent. */
static int max_share = 100;

/* The slots that this backend holds, and those that it queues for. */
static dlist_head taken_slots = DLIST_STATIC_INIT(taken_slots);
static dlist_head queued_slots = DLIST_STATIC_INIT(queued_slots);

void
dcf_limiter_init(void)
{
	dcf_limiter_table_init();
	dcf_role_setting_define(
		"dataconnect_fdw.max_concurrency_share",
		"Sets the share of max_concurrency, in percent, that requests of a "
		"role may take.",
		"Those of all of its sessions count together, if the library is "
		"preloaded.",
		&max_share, 100, 1, 100, 0);
}

/* The limit of a path; NULL if the request has no path. */
static DcfAdaptiveLimit *
path_limit(DcfLimiterPath *path)
{
	return path ? &path->limit : NULL;
}

/* Whether nobody for the path holds up the slot, which is queued. */
static bool
is_first(const DcfLimiterSlot *slot, int64 now)
{
	return dcf_request_queue_is_first(&slot->account->queue,
									  &slot->account->limit, slot->place, now);
}

/* Whether those behind the slot, which is queued, rely on it. */
static bool
leads(const DcfLimiterSlot *slot, int64 now)
{
	return dcf_request_queue_leads(&slot->account->queue,
								   &slot->account->limit, slot->place, now);
}

/*
 * Queue for the slot, unless the table has no place left; the table is locked, as
 * in the functions below.  A request that was refused as a probe was first before,
 * so it becomes first again.
 */
static void
join_queue(DcfLimiterSlot *slot)
{
	DcfRequestPlace *place = dcf_limiter_new_place(slot->table, slot->needed);

	if (place == NULL)
		return;
	place->owner = MyLatch;
	place->resource = path_limit(slot->path);
	place->max = slot->max;
	place->needed = slot->needed;
	dcf_request_queue_join(&slot->account->queue, place, slot->was_probe);
	if (slot->path)
		slot->path->waiting++;
	slot->place = place;
	dlist_push_tail(&queued_slots, &slot->node);
}

/* Leave the queue, if the slot is in it.  The caller wakes others. */
static void
leave_queue(DcfLimiterSlot *slot)
{
	if (slot->place == NULL)
		return;
	dcf_request_queue_leave(&slot->account->queue, slot->place);
	if (slot->path)
		slot->path->waiting--;
	dcf_limiter_free_place(slot->table, slot->place);
	slot->place = NULL;
	dlist_delete(&slot->node);
}

/* If the place is of the other kind now, move to the end of that. */
static void
change_kind(DcfLimiterSlot *slot, int64 now)
{
	DcfLimiterAccount *account = slot->account;
	DcfRequestPlace *place = slot->place;
	bool led;

	if (place == NULL || place->needed == slot->needed)
		return;
	led = leads(slot, now);
	dcf_request_queue_leave(&account->queue, place);
	place->needed = slot->needed;
	dcf_request_queue_join(&account->queue, place, false);
	/* A needed one has only moved forward. */
	if (led && !place->needed)
		dcf_limiter_wake(account);
}

/* Drop the pointers: the account may be replaced when idle. */
static void
forget_account(DcfLimiterSlot *slot)
{
	slot->account = NULL;
	slot->path = NULL;
}

/* The slot that was taken is no longer under way for its role. */
static void
leave_group(DcfLimiterSlot *slot)
{
	if (slot->taken_group != 0)
		dcf_request_queue_group_end(&slot->account->queue, slot->taken_group);
	slot->taken_group = 0;
}

/* Leave the queue, and give the slot back if it is taken. */
static void
give_back(DcfLimiterSlot *slot)
{
	leave_queue(slot);
	if (slot->taken)
	{
		leave_group(slot);
		dcf_adaptive_limit_end(&slot->account->limit, path_limit(slot->path),
							   &slot->ticket, dcf_wait_now());
		dlist_delete(&slot->node);
		slot->taken = false;
	}
}

void
dcf_limiter_release(DcfLimiterSlot *slot)
{
	slot->needed = false;
	if (slot->account == NULL)
		return;
	dcf_limiter_lock(slot->table);
	give_back(slot);
	dcf_limiter_wake(slot->account);
	dcf_limiter_unlock(slot->table);
	forget_account(slot);
}

void
dcf_limiter_rest(DcfLimiterSlot *slot)
{
	int64 now = dcf_wait_now();
	bool led;

	if (slot->rested_at == 0)
		slot->rested_at = Min(now, slot->attended_until);
	/* Only this backend changes what it attends to. */
	if (slot->place == NULL || slot->place->attended_until == 0)
		return;
	dcf_limiter_lock(slot->table);
	led = leads(slot, now);
	slot->place->attended_until = 0;
	if (led)
		dcf_limiter_wake(slot->account);
	dcf_limiter_unlock(slot->table);
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
	while (!dlist_is_empty(&queued_slots))
		dcf_limiter_release(
			dlist_head_element(DcfLimiterSlot, node, &queued_slots));
	while (!dlist_is_empty(&taken_slots))
		dcf_limiter_release(
			dlist_head_element(DcfLimiterSlot, node, &taken_slots));
}

DcfLimiterSlot *
dcf_limiter_slot(const DcfLimiter *limiter, const char *path,
				 DcfLimiterWait *wait, MemoryContext cxt)
{
	static bool initialized = false;
	DcfLimiterSlot *slot = MemoryContextAllocZero(cxt, sizeof(DcfLimiterSlot));

	if (!initialized)
	{
		before_shmem_exit(release_all, (Datum) 0);
		initialized = true;
	}
	slot->limiter = limiter;
	slot->wait = wait;
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
	if (slot->account && slot->path == NULL && slot->place == NULL)
		slot->path = dcf_limiter_find_path(slot->account, &slot->key, now);
	return slot->account;
}

/*
 * Whether the slot may be taken now, within the limits and by the queue.  One that
 * is not queued comes after all others of its kind.
 */
static bool
has_room(const DcfLimiterSlot *slot, int64 now)
{
	DcfLimiterAccount *account = slot->account;
	DcfAdaptiveLimit *resource = path_limit(slot->path);

	return account->send_at <= now &&
		dcf_request_queue_group_has_room(&account->queue, slot->group,
										 slot->group_max) &&
		dcf_adaptive_limit_has_room(&account->limit, resource, slot->max,
									now) &&
		dcf_request_queue_lets_pass(&account->queue, &account->limit,
									slot->place, resource, slot->needed, now);
}

/* Take the slot, which has room. */
static void
note_taken(DcfLimiterSlot *slot, int64 now)
{
	leave_queue(slot);
	dcf_adaptive_limit_send(&slot->account->limit, path_limit(slot->path),
							slot->max, now, &slot->ticket);
	if (slot->group != 0 &&
		dcf_request_queue_group_begin(&slot->account->queue, slot->group))
		slot->taken_group = slot->group;
	slot->taken = true;
	slot->wait->claimed_at = 0;
	slot->needed = false;
	slot->was_probe = false;
	slot->accepted = false;
	dlist_push_tail(&taken_slots, &slot->node);
	/* There may be room for the next one, too. */
	dcf_limiter_wake(slot->account);
}

/*
 * The time at which there may be room without any event; -1: none.  Only the
 * first request of a path need look by itself.  One without a place polls, because
 * nobody can wake it.
 */
static int64
choose_time(const DcfLimiterSlot *slot, int64 now)
{
	DcfLimiterAccount *account = slot->account;
	int64 next;

	if (slot->place == NULL)
		return account->send_at > now ? account->send_at : now + POLL_MS;
	if (slot->place->unlimited)
		return account->send_at;
	if (!is_first(slot, now))
		return dcf_request_queue_next(&account->queue, slot->place, now);
	next = dcf_adaptive_limit_next(&account->limit, path_limit(slot->path),
								   slot->max, now);
	if (next == 0)
		return -1;
	next = Max(next, account->send_at);
	return next > now ? next : -1;
}

/* Wait for room: have a place, if there is one, and attend to it. */
static void
attend(DcfLimiterSlot *slot, bool unlimited)
{
	if (slot->place == NULL)
		join_queue(slot);
	if (slot->place == NULL)
		return;
	slot->place->attended_until = slot->attended_until;
	slot->place->unlimited = unlimited;
	slot->place->group = slot->group;
	slot->place->group_max = slot->group_max;
}

/*
 * Take the slot; or, unless claim is a look, queue for it, and fill *situation.  A
 * backend that holds another slot, and needs this one, ignores the limit and the
 * queue, but not a pause.
 */
static bool
try_take(DcfLimiterSlot *slot, DcfLimiterClaim claim, int64 now,
		 Situation *situation)
{
	bool unlimited =
		claim == DCF_CLAIM_NEEDED && !dlist_is_empty(&taken_slots);
	DcfLimiterAccount *account = lock_account(slot, now);
	bool taken;

	/* There is no table with room, which was logged: do not limit it. */
	if (account == NULL)
		return true;
	dcf_limiter_note_pause(slot->wait, account, now);
	if (claim != DCF_CLAIM_LOOK)
		change_kind(slot, now);
	taken = has_room(slot, now) || (unlimited && account->send_at <= now);
	if (taken)
		note_taken(slot, now);
	else if (claim != DCF_CLAIM_LOOK)
	{
		attend(slot, unlimited);
		/* Copied, because messages are made after the lock is released. */
		situation->paused = Max(account->paused_until - now, 0);
		situation->in_flight = account->limit.in_flight;
		situation->limit = dcf_limiter_limit(account, slot->max);
		situation->waiting = account->queue.length;
		situation->group_in_flight =
			dcf_request_queue_group_in_flight(&account->queue, slot->group);
		situation->at = choose_time(slot, now);
	}
	dcf_limiter_unlock(slot->table);
	if (!taken && slot->place == NULL)
		forget_account(slot);
	return taken;
}

/* Whether only the share of the session's role keeps the slot from being taken. */
static bool
is_share_full(const DcfLimiterSlot *slot, const Situation *situation)
{
	return slot->group != 0 && situation->group_in_flight >= slot->group_max &&
		situation->in_flight < situation->limit;
}

/* Raise that queue_timeout is over, with the state of the account. */
pg_noreturn static void
raise_timeout(const DcfLimiterSlot *slot, const Situation *situation)
{
	int ms = slot->limiter->options->queue_timeout;
	char *waited =
		ms % 1000 == 0 ? psprintf("%d s", ms / 1000) : psprintf("%d ms", ms);

	if (is_share_full(slot, situation))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("request waited too long in the queue"),
				 errdetail("Waited %s. Requests of role \"%s\" in flight: %d, "
						   "allowed: %d (setting "
						   "\"dataconnect_fdw.max_concurrency_share\").",
						   waited, GetUserNameFromId(slot->group, true),
						   situation->group_in_flight, slot->group_max),
				 errhint(
					 "Run fewer queries at once, close cursors that are not "
					 "read, or raise the server's option \"queue_timeout\".")));
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("request waited too long in the queue"),
			 situation->paused > 0 ?
				 errdetail("Waited %s. No request of this account is sent "
						   "before %s, because the service asked for a pause.",
						   waited, dcf_limiter_show_time(situation->paused)) :
				 errdetail("Waited %s. Requests of this account in flight: %d, "
						   "allowed: %d, waiting: %d.",
						   waited, situation->in_flight, situation->limit,
						   situation->waiting),
			 errhint("Run fewer queries at once, close cursors that are not "
					 "read, or raise the server's options \"queue_timeout\" "
					 "and \"max_concurrency\".")));
}

/*
 * Raise if a needed request has waited too long, or would.  It leaves the queue
 * first: others need not wait until the error has released the slot.
 */
static void
check_patience(DcfLimiterSlot *slot, const Situation *situation, int64 now)
{
	if (situation->paused > slot->limiter->options->retry_max_wait)
	{
		dcf_limiter_release(slot);
		dcf_limiter_raise_paused(slot->limiter, situation->paused);
	}
	if (slot->until != 0 && now >= slot->until)
	{
		dcf_limiter_release(slot);
		raise_timeout(slot, situation);
	}
}

/*
 * Note of which kind the slot is.  queue_timeout begins when it becomes needed, and
 * does not count the time in which nobody waited; a request that was refused as a
 * probe has waited since before that.
 */
static void
set_kind(DcfLimiterSlot *slot, bool needed, int64 now)
{
	int timeout = slot->limiter->options->queue_timeout;

	if (slot->rested_at != 0 && slot->until != 0)
		slot->until += now - slot->rested_at;
	slot->rested_at = 0;
	if (!needed)
		slot->until = 0;
	else if (!slot->needed && !(slot->was_probe && slot->until != 0))
		slot->until = timeout > 0 ? now + timeout : 0;
	slot->needed = needed;
}

/*
 * Note which share the session's role has.  It is the role that logged in, because
 * neither SET ROLE nor a mapping for another role changes that.
 */
static void
set_group(DcfLimiterSlot *slot)
{
	slot->group = max_share < 100 ? GetSessionUserId() : 0;
	slot->group_max = Max(slot->max * max_share / 100, 1);
}

bool
dcf_limiter_claim(DcfLimiterSlot *slot, DcfLimiterClaim claim,
				  DcfWaitPlan *plan)
{
	int64 now = dcf_wait_now();
	Situation situation = {0};
	DcfWaitReason reason;

	if (slot->taken)
		return true;
	set_group(slot);
	if (claim != DCF_CLAIM_LOOK)
	{
		set_kind(slot, claim == DCF_CLAIM_NEEDED, now);
		slot->attended_until = plan->attended_until;
	}
	if (try_take(slot, claim, now, &situation))
		return true;
	if (claim == DCF_CLAIM_LOOK)
		return false;
	if (claim == DCF_CLAIM_NEEDED)
		check_patience(slot, &situation, now);
	/* As in dataconnect_progress, where a pause is backoff. */
	reason = situation.paused > 0 ? DCF_WAIT_RETRY : DCF_WAIT_QUEUE;
	dcf_wait_plan_note(plan, situation.at, reason);
	if (slot->until != 0)
		dcf_wait_plan_note(plan, slot->until, reason);
	return false;
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
	dcf_limiter_wake(account);
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
	leave_group(slot);
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
	/* The first in the queue choose their time anew by send_at. */
	if (account->send_at < now)
		account->held_at = now;
	account->send_at = Max(account->send_at, now + pause);
	dcf_limiter_wake(account);
	dcf_limiter_unlock(slot->table);
	forget_account(slot);
}

bool
dcf_limiter_has_slot(void)
{
	return !dlist_is_empty(&taken_slots);
}

bool
dcf_limiter_was_probe(const DcfLimiterSlot *slot)
{
	return slot->was_probe;
}
