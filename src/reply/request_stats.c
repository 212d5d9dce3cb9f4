/*
 * request_stats.c
 *	  What requests have cost so far.  See request_stats.h.
 *
 * Entries are in chains, found by a hash of their subject.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "base/shared.h"
#include "request_stats_file.h"

/* Entries in shared memory, and in a backend's own. */
#define SHARED_ENTRIES 2048
#define OWN_ENTRIES	   128

#define CHAINS 512
#define NONE   (-1)

typedef struct Entry
{
	int next; /* in the chain; NONE after the last */
	DcfRequestTotals totals;
} Entry;

/* All entries, shared or a backend's own, under the lock of "shared". */
typedef struct Memory
{
	int size; /* length of entries */
	int used; /* the first ones are in use */
	int chains[CHAINS];
	Entry entries[FLEXIBLE_ARRAY_MEMBER];
} Memory;

static Size compute_size(bool for_all);
static void init_memory(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectStats",
						   .compute_size = compute_size,
						   .init = init_memory};

void
dcf_request_stats_init(void)
{
	dcf_shared_request(&shared);
}

static int
count_entries(bool for_all)
{
	return for_all ? SHARED_ENTRIES : OWN_ENTRIES;
}

static Size
compute_size(bool for_all)
{
	return offsetof(Memory, entries) +
		sizeof(Entry) * (Size) count_entries(for_all);
}

static int *
find_chain(Memory *memory, const DcfRequestSubject *subject)
{
	return &memory->chains[dcf_request_subject_hash(subject) % CHAINS];
}

static void
empty(Memory *memory)
{
	memory->used = 0;
	for (int i = 0; i < CHAINS; i++)
		memory->chains[i] = NONE;
}

/* The index for a new entry: a free one, or that of the oldest, which is removed. */
static int
find_place(Memory *memory)
{
	int oldest = 0;
	int *link;

	if (memory->used < memory->size)
		return memory->used++;
	for (int i = 1; i < memory->size; i++)
		if (memory->entries[i].totals.last <
			memory->entries[oldest].totals.last)
			oldest = i;
	link = find_chain(memory, &memory->entries[oldest].totals.subject);
	while (*link != oldest)
		link = &memory->entries[*link].next;
	*link = memory->entries[oldest].next;
	return oldest;
}

/* The totals of a subject, with its names; new ones are 0. */
static DcfRequestTotals *
find_or_add(Memory *memory, const DcfRequestSubject *subject)
{
	int *chain = find_chain(memory, subject);
	Entry *entry;
	int place;

	for (int i = *chain; i != NONE; i = memory->entries[i].next)
	{
		entry = &memory->entries[i];
		if (dcf_request_subject_same(&entry->totals.subject, subject))
		{
			entry->totals.subject = *subject;
			return &entry->totals;
		}
	}
	place = find_place(memory);
	entry = &memory->entries[place];
	memset(entry, 0, sizeof(Entry));
	entry->totals.subject = *subject;
	/* Read the chain only now: find_place() may have changed it. */
	entry->next = *chain;
	*chain = place;
	return &entry->totals;
}

/* A DcfRequestStatsFileFn: an entry that an earlier server has saved. */
static void
restore(void *arg, const DcfRequestTotals *totals)
{
	Memory *memory = arg;

	if (memory->used < memory->size)
		*find_or_add(memory, &totals->subject) = *totals;
}

/* A DcfRequestStatsFileFn's counterpart: the n-th entry, or NULL. */
static const DcfRequestTotals *
get(void *arg, int n)
{
	const Memory *memory = arg;

	return n < memory->used ? &memory->entries[n].totals : NULL;
}

/* When the postmaster stops; code is not 0 after a crash. */
static void
save(int code, Datum arg)
{
	if (code == 0 && shared.memory)
		dcf_request_stats_file_save(get, shared.memory);
}

static void
init_memory(void *memory, bool for_all)
{
	Memory *fresh = memory;

	fresh->size = count_entries(for_all);
	empty(fresh);
	/* No other process runs when shared memory is initialised. */
	if (!for_all || IsUnderPostmaster)
		return;
	dcf_request_stats_file_load(restore, fresh);
	on_shmem_exit(save, (Datum) 0);
}

void
dcf_request_stats_prepare(void)
{
	(void) dcf_shared_get(&shared);
}

static DcfRequestError
classify(const DcfRequestFacts *facts)
{
	if (facts->status == 401 || facts->status == 403 ||
		ERRCODE_TO_CATEGORY(facts->sqlstate) ==
			ERRCODE_TO_CATEGORY(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION))
		return DCF_REQUEST_CREDENTIALS;
	if (facts->status >= 500)
		return DCF_REQUEST_SERVICE;
	if (facts->status >= 300)
		return DCF_REQUEST_REFUSED;
	if (facts->sqlstate == ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION)
		return DCF_REQUEST_UNREACHABLE;
	if (facts->sqlstate == ERRCODE_FDW_UNABLE_TO_CREATE_REPLY)
		return DCF_REQUEST_REPLY;
	return DCF_REQUEST_OTHER;
}

void
dcf_request_stats_add(const DcfRequestFacts *facts)
{
	Memory *memory = dcf_shared_get(&shared);
	TimestampTz now = GetCurrentTimestamp();
	DcfRequestTotals *totals;

	dcf_shared_lock(&shared, memory, LW_EXCLUSIVE);
	totals = find_or_add(memory, &facts->subject);
	if (totals->since == 0)
		totals->since = now;
	totals->last = now;
	totals->requests += facts->tries > 0;
	totals->copies += facts->is_copy;
	totals->stale += facts->is_stale;
	totals->records += (int64) facts->records;
	totals->bytes += (int64) facts->bytes;
	totals->retries += Max(facts->tries - 1, 0);
	totals->refused += facts->refused;
	totals->cancelled += facts->end == DCF_REQUEST_CANCELLED;
	if (facts->end == DCF_REQUEST_FAILED)
		totals->errors[classify(facts)]++;
	totals->total += facts->total;
	totals->queued += facts->queued;
	totals->backed_off += facts->backed_off;
	dcf_shared_unlock(&shared, memory);
}

DcfRequestTotals *
dcf_request_stats_list(int *n)
{
	Memory *memory = dcf_shared_get(&shared);
	/* Nothing may be allocated under the lock. */
	DcfRequestTotals *list =
		palloc(sizeof(DcfRequestTotals) * (Size) memory->size);

	dcf_shared_lock(&shared, memory, LW_SHARED);
	*n = memory->used;
	for (int i = 0; i < memory->used; i++)
		list[i] = memory->entries[i].totals;
	dcf_shared_unlock(&shared, memory);
	return list;
}

int
dcf_request_stats_reset(void)
{
	Memory *memory = dcf_shared_get(&shared);
	int n;

	dcf_shared_lock(&shared, memory, LW_EXCLUSIVE);
	n = memory->used;
	empty(memory);
	dcf_shared_unlock(&shared, memory);
	return n;
}
