/*
 * shared.h
 *	  Memory that all backends of the cluster share: there is some only where
 *	  the library stands in shared_preload_libraries.
 */
#ifndef DCF_SHARED_H
#define DCF_SHARED_H

#include "postgres.h"
#include "storage/lwlock.h"

/* A module's own piece; a static variable of the module. */
typedef struct DcfShared
{
	const char *name;			/* unique among the modules' */
	Size size;					/* in bytes */
	Size (*measure)(void);		/* or NULL; else what size is, asked where
								 * MaxBackends is known */
	void (*init)(void *memory); /* fill it, once for each start of the
								 * cluster */
	void *memory;				/* NULL: nothing is shared */
	LWLock *lock;				/* to be held around each use of memory */
	struct DcfShared *next;
} DcfShared;

/*
 * Ask for a piece, with name, size and init set.  To be called by _PG_init;
 * memory and lock are there once the cluster has started, or never.
 */
extern void dcf_shared_request(DcfShared *piece);

#endif /* DCF_SHARED_H */
