/*
 * copy.c
 *	  Finding, awaiting and reading a copy.  See copy.h.
 *
 * Who fetches and who waits is decided under the lock of the index, in one look: so
 * one of those who see that nobody fetches does, and all others see that.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/wait.h"
#include "copy_private.h"
#include "net/limiter.h"
#include "session_private.h"

/* After so many fetches that came to nothing, a session waits for no other. */
#define MAX_IN_VAIN 2

/* What the index has of a key. */
typedef struct Findings
{
	const DcfCopyMoment *moment; /* at which copies must be … */
	int64 max_age;				 /* … so old at most */
	int64 now;
	const DcfCopy *copy; /* that looks; or NULL */
	bool has_slot;		 /* this backend, of the limiter */
	DcfCopyEntry *young;
	DcfCopyEntry *live; /* another session fetches it */
	bool own;			/* this backend fetches it */
} Findings;

void
dcf_copy_init(void)
{
	dcf_copy_index_init();
}

/*
 * Whether the session that fetches the entry makes progress, and needs nothing that
 * this one has.
 */
static bool
is_live(DcfCopyEntry *entry, const Findings *found)
{
	if (entry->queued && found->has_slot)
		return false;
	return found->now - (int64) pg_atomic_read_u64(&entry->attended) <
		DCF_COPY_PATIENCE_MS;
}

/* Whether a copy, which may be NULL, waits for this fetch of the entry. */
static bool
is_awaited(const DcfCopy *copy, const DcfCopyEntry *entry)
{
	return copy && copy->phase == DCF_COPY_WAITING && copy->entry == entry &&
		copy->number == entry->number;
}

/* A visitor of dcf_copy_index_find(); arg is a Findings. */
static bool
note_entry(DcfCopyEntry *entry, void *arg)
{
	Findings *found = arg;
	bool is_young = entry->arrived.time == 0 ||
		dcf_copy_age_at(&entry->arrived, found->moment) <= found->max_age;

	if (entry->complete && is_young)
		found->young = entry;
	if (entry->complete)
		return true;
	if (entry->owner == MyProcPid)
		found->own = true;
	else if (is_young && is_live(entry, found) &&
			 (found->live == NULL || is_awaited(found->copy, entry)))
		found->live = entry;
	return true;
}

int64
dcf_copy_age(const DcfSharedKey *key)
{
	DcfCopyMoment now = dcf_copy_now();
	Findings found = {.moment = &now, .max_age = PG_INT64_MAX, .now = now.ms};
	DcfCopyTable *table;
	int64 age = -1;

	if (!dcf_copy_index_is_on())
		return -1;
	table = dcf_copy_index_lock(LW_SHARED);
	dcf_copy_index_find(table, key, note_entry, &found);
	if (found.young)
		age = dcf_copy_age_at(&found.young->arrived, &now);
	dcf_copy_index_unlock(table);
	return age;
}

/* Release function of the resource. */
static void
release_copy(void *arg)
{
	dcf_copy_leave(arg);
}

DcfCopy *
dcf_copy_open(const DcfSession *session, const DcfRequest *request,
			  int64 max_age_ms, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DcfCopy *copy = palloc0(sizeof(DcfCopy));

	copy->context = cxt;
	copy->session = session;
	copy->request = request;
	copy->max_age = max_age_ms;
	copy->stream.fd = -1;
	copy->subject.key = dcf_copy_session_key(session, request);
	copy->subject.service = dcf_copy_service_key(session->options);
	copy->subject.endpoint =
		dcf_copy_endpoint_key(&copy->subject.service, request->endpoint);
	copy->subject.databaseid = MyDatabaseId;
	copy->subject.serverid = session->serverid;
	copy->subject.userid = session->userid;
	dcf_copy_use_init();
	dcf_resource_tie(&copy->resource, cxt, release_copy, copy);
	MemoryContextSwitchTo(old);
	return copy;
}

/* The copy reads the entry from now on.  The index is locked. */
static void
begin_reading(DcfCopy *copy, DcfCopyTable *table, DcfCopyEntry *entry)
{
	dcf_copy_use(copy, DCF_COPY_READING, table, entry);
	entry->hits++;
	dcf_copy_index_touch(table, entry);
}

/*
 * Go on waiting for a fetch, or wait for another one.  One that has ended in the
 * meantime came to nothing.
 */
static void
wait_for(DcfCopy *copy, DcfCopyTable *table, DcfCopyEntry *entry)
{
	if (!is_awaited(copy, entry))
	{
		dcf_copy_leave_locked(copy, table);
		dcf_copy_use(copy, DCF_COPY_WAITING, table, entry);
	}
	copy->has_waited = true;
	copy->look_at =
		(int64) pg_atomic_read_u64(&entry->attended) + DCF_COPY_PATIENCE_MS;
}

/*
 * Choose what to do by what the index has: read, wait, fetch, or go without a copy.
 */
static void
choose(DcfCopy *copy)
{
	bool may_share = copy->max_age > 0;
	Findings found = {.moment = &copy->asked,
					  .max_age = copy->max_age,
					  .now = dcf_wait_now(),
					  .copy = copy,
					  .has_slot = dcf_limiter_has_slot()};
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);
	DcfCopyEntry *entry;

	dcf_copy_index_find(table, &copy->subject.key, note_entry, &found);
	if (copy->phase == DCF_COPY_WAITING &&
		(found.live == NULL || !is_awaited(copy, found.live)))
		copy->in_vain++;
	if (may_share && !found.young && !found.own && found.live &&
		copy->in_vain < MAX_IN_VAIN)
		wait_for(copy, table, found.live);
	else
	{
		dcf_copy_leave_locked(copy, table);
		if (may_share && found.young)
			begin_reading(copy, table, found.young);
		else if (!found.own &&
				 (entry = dcf_copy_index_add(table, &copy->subject)) != NULL)
			dcf_copy_use(copy, DCF_COPY_FETCHING, table, entry);
	}
	dcf_copy_index_unlock(table);
}

/* A file is not what its entry says: nobody is to find it again. */
static void
drop_damaged(DcfCopy *copy)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);

	dcf_copy_index_forget(table, copy->entry);
	dcf_copy_index_unlock(table);
	dcf_copy_leave(copy);
}

/* Open the entry that was chosen to be read; if it is damaged, drop it. */
static DcfCopyCheck
open_entry(DcfCopy *copy)
{
	DcfCopyCheck check = dcf_copy_stream_open(copy);

	if (check == DCF_COPY_DAMAGED)
		drop_damaged(copy);
	else if (check == DCF_COPY_NO_DESCRIPTOR)
		dcf_copy_leave(copy);
	return check;
}

/* The request, for those who look at the copy. */
static void
begin_fetch(DcfCopy *copy)
{
	MemoryContext old = MemoryContextSwitchTo(copy->context);

	copy->attended = dcf_wait_now();
	copy->shown = dcf_request_show(copy->request,
								   dcf_session_options(copy->session)->url);
	MemoryContextSwitchTo(old);
}

/* Take the next steps that need no wait. */
static void
advance(DcfCopy *copy)
{
	if (copy->asked.time == 0)
		copy->asked = dcf_copy_now();
	if (!dcf_copy_index_is_on())
	{
		dcf_copy_leave(copy);
		dcf_copy_index_trim();
		return;
	}
	while (copy->phase == DCF_COPY_NEW || copy->phase == DCF_COPY_WAITING)
	{
		choose(copy);
		if (copy->phase == DCF_COPY_WAITING)
			return;
		if (copy->phase == DCF_COPY_READING &&
			open_entry(copy) == DCF_COPY_DAMAGED)
			copy->phase = DCF_COPY_NEW;
		if (copy->phase == DCF_COPY_FETCHING)
			begin_fetch(copy);
	}
}

DcfCopyStatus
dcf_copy_step(DcfCopy *copy)
{
	if (copy->phase == DCF_COPY_NEW || copy->phase == DCF_COPY_WAITING)
		advance(copy);
	switch (copy->phase)
	{
		case DCF_COPY_WAITING:
			return DCF_COPY_LATER;
		case DCF_COPY_READING:
			return DCF_COPY_HIT;
		case DCF_COPY_FETCHING:
			return DCF_COPY_FETCH;
		case DCF_COPY_NEW:
		case DCF_COPY_OVER:
			break;
	}
	return DCF_COPY_NONE;
}

bool
dcf_copy_has_waited(const DcfCopy *copy)
{
	return copy->has_waited;
}

void
dcf_copy_plan(DcfCopy *copy, DcfWaitPlan *plan)
{
	if (copy->phase == DCF_COPY_WAITING)
		dcf_wait_plan_note(plan, copy->look_at, DCF_WAIT_COPY);
	else if (copy->phase == DCF_COPY_FETCHING)
		dcf_copy_fetch_plan(copy, plan);
}

/* Choose a complete entry no older than max_age by now; false if there is none. */
static bool
choose_stale(DcfCopy *copy, int64 max_age)
{
	DcfCopyMoment now = dcf_copy_now();
	Findings found = {.moment = &now, .max_age = max_age, .now = now.ms};
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);

	dcf_copy_index_find(table, &copy->subject.key, note_entry, &found);
	if (found.young)
		begin_reading(copy, table, found.young);
	dcf_copy_index_unlock(table);
	return found.young != NULL;
}

bool
dcf_copy_open_stale(DcfCopy *copy, int64 max_age_ms)
{
	dcf_copy_give_up(copy);
	dcf_copy_leave(copy);
	return dcf_copy_index_is_on() && choose_stale(copy, max_age_ms) &&
		open_entry(copy) == DCF_COPY_SOUND;
}

const DcfCopyHead *
dcf_copy_head(const DcfCopy *copy)
{
	return &copy->head;
}

int64
dcf_copy_opened_age(const DcfCopy *copy)
{
	DcfCopyMoment now = dcf_copy_now();

	return dcf_copy_age_at(&copy->arrived, &now);
}

ssize_t
dcf_copy_read(DcfCopy *copy, char *bytes, size_t size)
{
	return dcf_copy_stream_read(&copy->stream, bytes, size);
}

void
dcf_copy_close(DcfCopy *copy)
{
	dcf_resource_release(&copy->resource);
}
