/*
 * resource.h
 *	  A foreign resource, released whichever way control leaves.
 *
 * A resource is tied to a memory context and to the resource owner that is
 * current when it is tied, and released with the first of them.  Memory alone
 * is not enough: that of a cursor which fails in a subtransaction stays until
 * the cursor is dropped, and so does that of an SQL function in an expression
 * of PL/pgSQL.  Its resource owner is released as the subtransaction aborts;
 * that of a cursor which goes on is not.
 *
 * What was owned where a subtransaction commits goes to the owner above, and at
 * the end of a transaction that commits to its memory alone.
 */
#ifndef DCF_RESOURCE_H
#define DCF_RESOURCE_H

#include "postgres.h"
#include "lib/ilist.h"
#include "utils/resowner.h"

/* What releases a resource, once.  Must raise nothing. */
typedef void (*DcfResourceRelease)(void *arg);

/* Part of the struct that it is about. */
typedef struct DcfResource
{
	MemoryContextCallback reset;
	dlist_node node;			/* among all that an owner has */
	ResourceOwner owner;		/* NULL: none, or no more */
	DcfResourceRelease release; /* NULL once it was called */
	void *arg;
} DcfResource;

/*
 * Tie a resource, which lives in cxt.  Raises, if at all, before anything is
 * tied.  Of what is tied later more is released earlier.
 */
extern void dcf_resource_tie(DcfResource *resource, MemoryContext cxt,
							 DcfResourceRelease release, void *arg);

/* From now on it belongs to its memory alone. */
extern void dcf_resource_disown(DcfResource *resource);

/* Release it now, if nothing has. */
extern void dcf_resource_release(DcfResource *resource);

#endif /* DCF_RESOURCE_H */
