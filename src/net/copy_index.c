/*
 * copy_index.c
 *	  The index of copies.  See copy_index.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#include "base/listeners.h"
#include "base/wait.h"
#include "copy_file.h"
#include "copy_index.h"

/* Entries of the shared index, and of a backend's own. */
#define SHARED_ENTRIES 8192
#define OWN_ENTRIES	   512

/* Files that one unlock removes. */
#define MAX_REMOVED 256

/* Failures are logged at most once in this time. */
#define LOG_EVERY_MS (60 * 1000)

struct DcfCopyTable
{
	uint64 number; /* of the newest file */
	uint64 size;   /* of all files, in bytes */
	int64 logged_at;
	dlist_head used; /* complete entries, the last used first */
	dlist_head free;
	int nentries; /* and as many buckets, a power of 2 */
	DcfCopyEntry *entries;
	dlist_head *buckets;
	DcfListeners listeners; /* the last field, as its size is not fixed */
};

static Size measure_table(bool for_all);
static void init_table(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectCopies",
						   .compute_size = measure_table,
						   .init = init_table};

/* The setting, in kB. */
static int cache_size;

/* The requests of this backend that wait for a copy. */
static int listening = 0;

/* Files to be removed at unlock. */
static uint64 removed[MAX_REMOVED];
static int nremoved = 0;

void
dcf_copy_index_init(void)
{
	DefineCustomIntVariable(
		"dataconnect_fdw.cache_size",
		"Sets the disk space for copies of replies.",
		"0 keeps no copies. If dataconnect_fdw is not preloaded, this is for each session.",
		&cache_size, 1024 * 1024, 0, MAX_KILOBYTES, PGC_SIGHUP, GUC_UNIT_KB,
		NULL, NULL, NULL);
	dcf_shared_request(&shared);
}

static int
count_entries(bool for_all)
{
	return for_all ? SHARED_ENTRIES : OWN_ENTRIES;
}

/* The size of the table without entries and buckets. */
static Size
measure_head(bool for_all)
{
	return MAXALIGN(offsetof(DcfCopyTable, listeners) +
					dcf_listeners_size(for_all));
}

static Size
measure_table(bool for_all)
{
	return measure_head(for_all) +
		(Size) count_entries(for_all) *
		(sizeof(DcfCopyEntry) + sizeof(dlist_head));
}

/* In a backend of its own table; its files are removed at its exit. */
static void
remove_own_files(int code, Datum arg)
{
	DcfCopyTable *table = shared.own;

	for (int i = 0; i < table->nentries; i++)
	{
		char path[DCF_COPY_PATH];

		if (table->entries[i].number == 0)
			continue;
		dcf_copy_index_path(table->entries[i].number, path);
		dcf_copy_file_remove(path);
	}
}

static void
init_table(void *memory, bool for_all)
{
	DcfCopyTable *table = memory;

	memset(table, 0, measure_table(for_all));
	table->nentries = count_entries(for_all);
	table->entries =
		(DcfCopyEntry *) ((char *) memory + measure_head(for_all));
	table->buckets = (dlist_head *) (table->entries + table->nentries);
	dlist_init(&table->used);
	dlist_init(&table->free);
	for (int i = 0; i < table->nentries; i++)
	{
		dlist_init(&table->buckets[i]);
		pg_atomic_init_u64(&table->entries[i].attended, 0);
		dlist_push_tail(&table->free, &table->entries[i].node);
	}
	/* No other process runs when shared memory is initialised. */
	if (for_all)
		dcf_copy_file_clean();
	else
	{
		dcf_copy_file_clean_dead();
		on_proc_exit(remove_own_files, (Datum) 0);
	}
}

bool
dcf_copy_index_is_on(void)
{
	return cache_size > 0;
}

bool
dcf_copy_index_is_shared(void)
{
	return shared.memory != NULL;
}

void
dcf_copy_index_path(uint64 number, char *path)
{
	dcf_copy_file_path(path, dcf_copy_index_is_shared(), number);
}

DcfCopyTable *
dcf_copy_index_lock(LWLockMode mode)
{
	DcfCopyTable *table = dcf_shared_get(&shared);

	dcf_shared_lock(&shared, table, mode);
	return table;
}

void
dcf_copy_index_unlock(DcfCopyTable *table)
{
	dcf_shared_unlock(&shared, table);
	while (nremoved > 0)
	{
		char path[DCF_COPY_PATH];

		dcf_copy_index_path(removed[--nremoved], path);
		dcf_copy_file_remove(path);
	}
}

static dlist_head *
find_bucket(DcfCopyTable *table, const DcfSharedKey *key)
{
	uint32 hash;

	memcpy(&hash, key->bytes, sizeof(hash));
	return &table->buckets[hash & ((uint32) table->nentries - 1)];
}

void
dcf_copy_index_find(DcfCopyTable *table, const DcfSharedKey *key,
					bool (*visit)(DcfCopyEntry *entry, void *arg), void *arg)
{
	dlist_iter iter;

	dlist_foreach(iter, find_bucket(table, key))
	{
		DcfCopyEntry *entry = dlist_container(DcfCopyEntry, node, iter.cur);

		if (dcf_shared_same_key(&entry->subject.key, key) &&
			!visit(entry, arg))
			return;
	}
}

void
dcf_copy_index_forget(DcfCopyTable *table, DcfCopyEntry *entry)
{
	if (entry->forgotten)
		return;
	dlist_delete(&entry->node);
	if (entry->complete)
		dlist_delete(&entry->use);
	entry->forgotten = true;
}

void
dcf_copy_index_clear(DcfCopyTable *table, DcfCopyEntry *entry)
{
	if (!entry->forgotten || entry->readers > 0 || entry->owner != 0)
		return;
	table->size -= entry->size;
	/* If there are too many, this one is removed at the next start. */
	if (nremoved < MAX_REMOVED)
		removed[nremoved++] = entry->number;
	entry->number = 0;
	dlist_push_head(&table->free, &entry->node);
}

/*
 * Remove complete entries, those not used for longest first, until all files take
 * at most size bytes and an entry is free.  Stops when the next unlock can remove no
 * more files.
 */
static void
evict(DcfCopyTable *table, uint64 size)
{
	dlist_node *node =
		dlist_is_empty(&table->used) ? NULL : dlist_tail_node(&table->used);

	while (node && nremoved < MAX_REMOVED &&
		   (table->size > size || dlist_is_empty(&table->free)))
	{
		DcfCopyEntry *entry = dlist_container(DcfCopyEntry, use, node);

		node = dlist_has_prev(&table->used, node) ?
			dlist_prev_node(&table->used, node) :
			NULL;
		if (entry->readers > 0)
			continue;
		dcf_copy_index_forget(table, entry);
		dcf_copy_index_clear(table, entry);
	}
}

/* The bytes that all files may take. */
static uint64
allowed_size(void)
{
	return (uint64) cache_size * 1024;
}

DcfCopyEntry *
dcf_copy_index_add(DcfCopyTable *table, const DcfCopySubject *subject)
{
	DcfCopyEntry *entry;

	evict(table, allowed_size());
	if (dlist_is_empty(&table->free))
		return NULL;
	entry =
		dlist_container(DcfCopyEntry, node, dlist_pop_head_node(&table->free));
	entry->subject = *subject;
	entry->number = ++table->number;
	entry->complete = false;
	entry->forgotten = false;
	entry->owner = MyProcPid;
	pg_atomic_write_u64(&entry->attended, (uint64) dcf_wait_now());
	entry->queued = false;
	entry->waiting = 0;
	entry->readers = 0;
	entry->size = 0;
	entry->crc = 0;
	entry->records = -1;
	entry->arrived.time = 0;
	entry->arrived.ms = 0;
	entry->hits = 0;
	dlist_push_tail(find_bucket(table, &subject->key), &entry->node);
	return entry;
}

void
dcf_copy_index_touch(DcfCopyTable *table, DcfCopyEntry *entry)
{
	if (!entry->forgotten)
		dlist_move_head(&table->used, &entry->use);
}

/* The complete entry with an entry's key, if there is one. */
static bool
note_complete(DcfCopyEntry *entry, void *arg)
{
	if (entry->complete)
		*(DcfCopyEntry **) arg = entry;
	return !entry->complete;
}

void
dcf_copy_index_publish(DcfCopyTable *table, DcfCopyEntry *entry)
{
	DcfCopyEntry *present = NULL;

	if (!entry->forgotten)
		dcf_copy_index_find(table, &entry->subject.key, note_complete,
							&present);
	if (present && present->arrived.time > entry->arrived.time)
		dcf_copy_index_forget(table, entry);
	else if (present)
	{
		dcf_copy_index_forget(table, present);
		dcf_copy_index_clear(table, present);
	}
	if (!entry->forgotten)
	{
		entry->complete = true;
		dlist_push_head(&table->used, &entry->use);
	}
}

bool
dcf_copy_index_grow(DcfCopyEntry *entry, size_t n)
{
	uint64 allowed = allowed_size();
	bool fits;
	bool again;

	/* The others need not go for what can never fit. */
	if (entry->size + n > allowed)
		return false;
	do
	{
		DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);

		table->size += n;
		evict(table, allowed);
		fits = table->size <= allowed && !entry->forgotten;
		if (fits)
			entry->size += n;
		else
			table->size -= n;
		again = !fits && nremoved == MAX_REMOVED;
		dcf_copy_index_unlock(table);
	} while (again);
	return fits;
}

void
dcf_copy_index_shrink(DcfCopyTable *table, DcfCopyEntry *entry)
{
	table->size -= entry->size;
	entry->size = 0;
}

void
dcf_copy_index_trim(void)
{
	bool again;

	do
	{
		DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);

		evict(table, allowed_size());
		again = nremoved == MAX_REMOVED;
		dcf_copy_index_unlock(table);
	} while (again);
}

void
dcf_copy_index_listen(DcfCopyTable *table, bool listen)
{
	dcf_listeners_listen(&table->listeners, &listening, listen);
}

void
dcf_copy_index_wake(DcfCopyTable *table)
{
	dcf_listeners_wake(&table->listeners);
}

DcfCopyEntry *
dcf_copy_index_entries(DcfCopyTable *table, int *n)
{
	*n = table->nentries;
	return table->entries;
}

bool
dcf_copy_index_may_log(void)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);
	int64 now = dcf_wait_now();
	bool may_log =
		table->logged_at == 0 || now - table->logged_at >= LOG_EVERY_MS;

	if (may_log)
		table->logged_at = now;
	dcf_copy_index_unlock(table);
	return may_log;
}
