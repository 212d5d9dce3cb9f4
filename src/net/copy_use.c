/*
 * copy_use.c
 *	  Which entry of the index a copy uses.  See copy_private.h.
 */
#include "postgres.h"

#include "storage/ipc.h"

#include "base/wait.h"
#include "copy_private.h"

/* The copies of this backend that use an entry. */
static dlist_head using = DLIST_STATIC_INIT(using);

DcfCopyMoment
dcf_copy_now(void)
{
	DcfCopyMoment now = {GetCurrentTimestamp(), dcf_wait_now()};

	return now;
}

int64
dcf_copy_age_at(const DcfCopyMoment *arrived, const DcfCopyMoment *moment)
{
	/*
	 * The clock may have been set back, or the machine have slept.  A part of a ms
	 * counts as one: no copy is older than it seems.
	 */
	int64 us = moment->time - arrived->time;
	int64 by_time = us / 1000 + (us % 1000 > 0);
	int64 age = Max(by_time, moment->ms - arrived->ms);

	return Max(age, 0);
}

/*
 * At backend exit, which may not reset contexts.  This runs before_shmem_exit,
 * while a backend can still take LWLocks and set latches.
 */
static void
leave_all(int code, Datum arg)
{
	while (!dlist_is_empty(&using))
		dcf_copy_leave(dlist_head_element(DcfCopy, node, &using));
}

void
dcf_copy_use_init(void)
{
	static bool initialized = false;

	if (!initialized)
		before_shmem_exit(leave_all, (Datum) 0);
	initialized = true;
}

void
dcf_copy_use(DcfCopy *copy, DcfCopyPhase phase, DcfCopyTable *table,
			 DcfCopyEntry *entry)
{
	copy->phase = phase;
	copy->entry = entry;
	copy->number = entry->number;
	if (phase == DCF_COPY_READING)
		entry->readers++;
	if (phase == DCF_COPY_WAITING)
	{
		entry->waiting++;
		dcf_copy_index_listen(table, true);
	}
	dlist_push_head(&using, &copy->node);
}

/* A fetch that is not complete comes to nothing. */
static void
end_fetch(DcfCopyTable *table, DcfCopyEntry *entry)
{
	entry->owner = 0;
	if (!entry->complete)
		dcf_copy_index_forget(table, entry);
	dcf_copy_index_clear(table, entry);
	dcf_copy_index_wake(table);
}

void
dcf_copy_leave_locked(DcfCopy *copy, DcfCopyTable *table)
{
	DcfCopyEntry *entry = copy->entry;

	switch (copy->phase)
	{
		case DCF_COPY_NEW:
		case DCF_COPY_OVER:
			break;
		case DCF_COPY_WAITING:
			/* Nobody keeps the entry from being used for another copy. */
			if (entry->number == copy->number)
				entry->waiting--;
			dcf_copy_index_listen(table, false);
			break;
		case DCF_COPY_FETCHING:
			end_fetch(table, entry);
			break;
		case DCF_COPY_READING:
			entry->readers--;
			dcf_copy_index_clear(table, entry);
			break;
	}
	if (entry)
		dlist_delete(&copy->node);
	copy->entry = NULL;
	copy->phase = DCF_COPY_OVER;
}

void
dcf_copy_leave(DcfCopy *copy)
{
	DcfCopyTable *table;

	dcf_copy_stream_close(&copy->stream);
	if (copy->entry == NULL)
	{
		copy->phase = DCF_COPY_OVER;
		return;
	}
	table = dcf_copy_index_lock(LW_EXCLUSIVE);
	dcf_copy_leave_locked(copy, table);
	dcf_copy_index_unlock(table);
}
