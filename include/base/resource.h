/*
 * resource.h
 *	  An external resource, released on every way out.
 *
 * A resource belongs to a memory context and to the current resource owner.
 * Whichever ends first releases it.  The memory context alone is not enough: the
 * context of a cursor that fails in a subtransaction lives until the cursor is
 * dropped, and so does the context of an SQL function in a PL/pgSQL expression.
 * The resource owner is released when the subtransaction aborts.
 *
 * When a subtransaction commits, its resources move to the parent owner.  When
 * the top transaction commits, they stay with their memory context alone, except
 * transient ones, which are released.
 */
#ifndef DCF_RESOURCE_H
#define DCF_RESOURCE_H

#include "postgres.h"
#include "lib/ilist.h"
#include "utils/resowner.h"

/* Releases a resource; called once.  Must not raise. */
typedef void (*DcfResourceRelease)(void *arg);

/* Embedded in the struct of the resource itself.  Fields are private. */
typedef struct DcfResource
{
	MemoryContextCallback reset;
	dlist_node node;			/* in the list of owned resources */
	ResourceOwner owner;		/* NULL if none, or no longer */
	bool transient;				/* ends with the transaction */
	DcfResourceRelease release; /* NULL once called */
	void *arg;
} DcfResource;

/*
 * Register a resource that is allocated in cxt, with CurrentResourceOwner if
 * there is one.  If this raises, nothing is registered.  Resources are released
 * in the reverse order of registration.
 */
extern void dcf_resource_tie(DcfResource *resource, MemoryContext cxt,
							 DcfResourceRelease release, void *arg);

/* The same, but the resource is transient. */
extern void dcf_resource_tie_transient(DcfResource *resource,
									   MemoryContext cxt,
									   DcfResourceRelease release, void *arg);

/*
 * Let what is registered from now on belong to the resource's owner, if it has one.
 * Returns the present owner, which the caller makes current again.
 */
extern ResourceOwner dcf_resource_share_owner(const DcfResource *resource);

/* Take the resource from its owner; its memory context alone releases it. */
extern void dcf_resource_disown(DcfResource *resource);

/* Release the resource now; no-op if it was released before. */
extern void dcf_resource_release(DcfResource *resource);

#endif /* DCF_RESOURCE_H */
