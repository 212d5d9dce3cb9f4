/*
 * shared.h
 *	  Memory that all backends of the cluster share, where the library stands in
 *	  shared_preload_libraries; elsewhere, and beside it, each backend's own.
 *	  And keys, by which texts are told apart in there and not shown.
 */
#ifndef DCF_SHARED_H
#define DCF_SHARED_H

#include "postgres.h"
#include "storage/lwlock.h"

#include "core/siphash.h"

/* A module's own piece; a static variable of the module. */
typedef struct DcfShared
{
	const char *name; /* unique among the modules' */
	Size (*compute_size)(
		bool for_all); /* in bytes; called once MaxBackends is known */

	/* Fill it: once for each start of the cluster, or of a backend's own. */
	void (*init)(void *memory, bool for_all);

	/* What follows is set by shared.c. */
	void *memory; /* NULL: nothing is shared */
	void *own;	  /* NULL: the backend has none so far */
	LWLock *lock;
	struct DcfShared *next;
} DcfShared;

/*
 * Ask for a piece, with name, measure and init set.  To be called by _PG_init;
 * memory is there once the cluster has started, or never.
 */
extern void dcf_shared_request(DcfShared *piece);

/* What all backends share, or else the backend's own. */
extern void *dcf_shared_get(DcfShared *piece);

/* The backend's own, made when it is first asked for. */
extern void *dcf_shared_get_own(DcfShared *piece);

/*
 * To be held around each use of a piece's memory, shared or own; of the latter
 * they do nothing.  Nothing may be raised meanwhile.
 */
extern void dcf_shared_lock(const DcfShared *piece, const void *memory,
							LWLockMode mode);
extern void dcf_shared_unlock(const DcfShared *piece, const void *memory);

/* Tells lists of texts apart; says nothing about the texts. */
typedef struct DcfSharedKey
{
	uint8 bytes[DCF_SIPHASH_SIZE];
} DcfSharedKey;

/*
 * The key of n texts, each of which may be NULL, unlike "": by a secret that is
 * new at each start, and the same for all backends where memory is shared.  No
 * copy of the texts is left behind.
 */
extern DcfSharedKey dcf_shared_key(const char *const *texts, int n);

extern bool dcf_shared_same_key(const DcfSharedKey *a, const DcfSharedKey *b);

#endif /* DCF_SHARED_H */
