/*
 * shared.h
 *	  Memory that all backends share, if the library is preloaded; private memory
 *	  of the backend otherwise, or in addition.
 *	  Also the keyed hashes by which entries in shared memory are found, so that
 *	  no credential is stored there.
 */
#ifndef DCF_SHARED_H
#define DCF_SHARED_H

#include "postgres.h"
#include "storage/lwlock.h"

#include "core/siphash.h"

/* One module's piece of memory; a static variable of that module. */
typedef struct DcfShared
{
	const char *name; /* unique among the modules' */

	/* In bytes; called when MaxBackends is known.  for_all: the shared piece. */
	Size (*compute_size)(bool for_all);

	/* Initialises new memory: the shared piece, or the backend's own. */
	void (*init)(void *memory, bool for_all);

	/* Set by shared.c. */
	void *memory; /* shared memory, or NULL */
	void *own;	  /* the backend's own, or NULL until it is used */
	LWLock *lock;
	struct DcfShared *next;
} DcfShared;

/*
 * Request shared memory for a piece whose name, compute_size and init are set.
 * Called from _PG_init().  No-op unless the library is being preloaded.
 */
extern void dcf_shared_request(DcfShared *piece);

/* Whether the library is preloaded, so that there is shared memory. */
extern bool dcf_shared_is_preloaded(void);

/* The shared memory of a piece, or the backend's own if there is none. */
extern void *dcf_shared_get(DcfShared *piece);

/* The backend's own memory of a piece, created at first use. */
extern void *dcf_shared_get_own(DcfShared *piece);

/*
 * Lock a piece around each use of its memory; no-ops for the backend's own
 * memory.  Nothing may raise while the lock is held.
 */
extern void dcf_shared_lock(const DcfShared *piece, const void *memory,
							LWLockMode mode);
extern void dcf_shared_unlock(const DcfShared *piece, const void *memory);

/* A keyed hash of a list of texts; it reveals nothing about them. */
typedef struct DcfSharedKey
{
	uint8 bytes[DCF_SIPHASH_SIZE];
} DcfSharedKey;

/*
 * The key of n texts; NULL is allowed and differs from "".  The secret of the
 * hash is random, new at each start of the cluster, and common to all backends
 * if memory is shared.  No copy of the texts remains in memory.
 */
extern DcfSharedKey dcf_shared_key(const char *const *texts, int n);

extern bool dcf_shared_same_key(const DcfSharedKey *a, const DcfSharedKey *b);

#endif /* DCF_SHARED_H */
