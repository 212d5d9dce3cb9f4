/*
 * copy_index.h
 *	  The index of copies: which there are, who uses them, and how much room they
 *	  take.
 *
 * It is in shared memory if the library is preloaded, and in the backend's own
 * otherwise.  For each key there is at most one complete entry that can be found,
 * and any number that are being fetched.  An entry that is forgotten is found no
 * more, but stays, with its file, until nobody uses it.
 *
 * Nothing may raise while the index is locked.  Files that are no longer needed are
 * removed by dcf_copy_index_unlock().
 */
#ifndef DCF_COPY_INDEX_H
#define DCF_COPY_INDEX_H

#include "postgres.h"

#include "lib/ilist.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "base/shared.h"

/* What a copy is of. */
typedef struct DcfCopySubject
{
	DcfSharedKey key;
	DcfSharedKey service;  /* what the option url names */
	DcfSharedKey endpoint; /* of the service */
	Oid databaseid;
	Oid serverid;
	Oid userid; /* of the mapping; InvalidOid for PUBLIC */
} DcfCopySubject;

/* A moment by two clocks, of which one may be set, and the other stand still. */
typedef struct DcfCopyMoment
{
	TimestampTz time;
	int64 ms; /* by dcf_wait_now() */
} DcfCopyMoment;

typedef struct DcfCopyEntry
{
	dlist_node node; /* in its bucket or in the free list, unless forgotten */
	dlist_node use;	 /* by last use, if it is complete and not forgotten */
	DcfCopySubject subject;
	uint64 number; /* of the file, never used twice; 0: the entry is free */
	bool complete;
	bool forgotten;
	int owner;				   /* PID of the backend that fetches; or 0 */
	pg_atomic_uint64 attended; /* when it last was, by dcf_wait_now() */
	bool queued;			   /* the fetch waits for a slot of the limiter */
	int waiting;			   /* for it to be complete */
	int readers;
	uint64 size; /* of the file, in bytes */
	uint32 crc;	 /* of the file, if complete */
	int64 records;
	DcfCopyMoment arrived; /* the reply began to; its time is 0 until then */
	int64 hits;
} DcfCopyEntry;

typedef struct DcfCopyTable DcfCopyTable;

/* Define the setting cache_size, and request the shared memory. */
extern void dcf_copy_index_init(void);

/* Whether copies are kept at all. */
extern bool dcf_copy_index_is_on(void);

/* The index, locked; it is the same in all calls of a backend. */
extern DcfCopyTable *dcf_copy_index_lock(LWLockMode mode);
extern void dcf_copy_index_unlock(DcfCopyTable *table);

/* Whether it is the one in shared memory. */
extern bool dcf_copy_index_is_shared(void);

/* The path of an entry's file; needs no lock. */
extern void dcf_copy_index_path(uint64 number, char *path);

/*
 * Call visit(entry, arg) for each entry with this key that is not forgotten, until
 * it returns false.
 */
extern void dcf_copy_index_find(DcfCopyTable *table, const DcfSharedKey *key,
								bool (*visit)(DcfCopyEntry *entry, void *arg),
								void *arg);

/*
 * A new entry, to be fetched by this backend; it may replace the one that was not
 * used for the longest time.  NULL if all are in use.
 */
extern DcfCopyEntry *dcf_copy_index_add(DcfCopyTable *table,
										const DcfCopySubject *subject);

/* Mark a complete entry as just used. */
extern void dcf_copy_index_touch(DcfCopyTable *table, DcfCopyEntry *entry);

/* The entry is complete: let it be found, unless a newer one is there already. */
extern void dcf_copy_index_publish(DcfCopyTable *table, DcfCopyEntry *entry);

/* Let nobody find the entry any more; no-op if it is so already. */
extern void dcf_copy_index_forget(DcfCopyTable *table, DcfCopyEntry *entry);

/* Free an entry that is forgotten, if nobody uses it. */
extern void dcf_copy_index_clear(DcfCopyTable *table, DcfCopyEntry *entry);

/*
 * Account for n more bytes of an entry's file, for which others may have to go.
 * False, and nothing is accounted for, if cache_size has no room.  Takes the lock.
 */
extern bool dcf_copy_index_grow(DcfCopyEntry *entry, size_t n);

/* Take back what was accounted for. */
extern void dcf_copy_index_shrink(DcfCopyTable *table, DcfCopyEntry *entry);

/* Remove what exceeds cache_size, if that was lowered.  Takes the lock. */
extern void dcf_copy_index_trim(void);

/* Have the latch set when a fetch ends, as dcf_listeners_listen(). */
extern void dcf_copy_index_listen(DcfCopyTable *table, bool listen);
extern void dcf_copy_index_wake(DcfCopyTable *table);

/* All entries, of which those with the number 0 are free. */
extern DcfCopyEntry *dcf_copy_index_entries(DcfCopyTable *table, int *n);

/* Whether a failure may be logged: once a minute.  Takes the lock. */
extern bool dcf_copy_index_may_log(void);

#endif /* DCF_COPY_INDEX_H */
