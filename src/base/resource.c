/*
 * resource.c
 *	  External resources and their owners.  See resource.h.
 */
#include "postgres.h"

#include "base/resource.h"

/* Resources that have an owner, newest first. */
static dlist_head owned = DLIST_STATIC_INIT(owned);

void
dcf_resource_disown(DcfResource *resource)
{
	if (resource->owner)
		dlist_delete(&resource->node);
	resource->owner = NULL;
}

void
dcf_resource_release(DcfResource *resource)
{
	DcfResourceRelease release = resource->release;

	/*
	 * All state is cleared before the call: the release function may end up
	 * here again.
	 */
	dcf_resource_disown(resource);
	resource->release = NULL;
	if (release)
		release(resource->arg);
}

/* The reset callback of the resource's memory context. */
static void
release_with_context(void *arg)
{
	dcf_resource_release(arg);
}

/* The newest resource of an owner, or NULL. */
static DcfResource *
find_newest(ResourceOwner owner)
{
	dlist_iter iter;

	dlist_foreach(iter, &owned)
	{
		DcfResource *resource = dlist_container(DcfResource, node, iter.cur);

		if (resource->owner == owner)
			return resource;
	}
	return NULL;
}

/* Hand the resources of a committing owner to its parent, if it has one. */
static void
move_to_parent(ResourceOwner owner)
{
	ResourceOwner parent = ResourceOwnerGetParent(owner);
	DcfResource *resource;

	/*
	 * The list keeps its order, so the parent still releases the newest first.
	 */
	while ((resource = find_newest(owner)) != NULL)
	{
		if (parent)
			resource->owner = parent;
		else if (resource->transient)
			dcf_resource_release(resource);
		else
			dcf_resource_disown(resource);
	}
}

/*
 * A ResourceReleaseCallback, called for each owner and each phase.  Releasing
 * one resource may release others, so the list is searched again each time.
 */
static void
release_owned(ResourceReleasePhase phase, bool is_commit, bool is_top_level,
			  void *arg)
{
	/* ResourceOwnerRelease() sets this to the owner that it releases. */
	ResourceOwner owner = CurrentResourceOwner;
	DcfResource *resource;

	if (phase != RESOURCE_RELEASE_BEFORE_LOCKS || dlist_is_empty(&owned))
		return;
	if (is_commit)
		move_to_parent(owner);
	else
		while ((resource = find_newest(owner)) != NULL)
			/* On abort, the newest comes first, as in a memory context. */
			dcf_resource_release(resource);
}

void
dcf_resource_tie(DcfResource *resource, MemoryContext cxt,
				 DcfResourceRelease release, void *arg)
{
	static bool registered = false;

	/* Only this call may raise, so it comes before any change. */
	if (!registered)
		RegisterResourceReleaseCallback(release_owned, NULL);
	registered = true;
	resource->release = release;
	resource->arg = arg;
	resource->transient = false;
	resource->owner = CurrentResourceOwner;
	if (resource->owner)
		dlist_push_head(&owned, &resource->node);
	resource->reset.func = release_with_context;
	resource->reset.arg = resource;
	MemoryContextRegisterResetCallback(cxt, &resource->reset);
}

void
dcf_resource_tie_transient(DcfResource *resource, MemoryContext cxt,
						   DcfResourceRelease release, void *arg)
{
	dcf_resource_tie(resource, cxt, release, arg);
	resource->transient = true;
}

ResourceOwner
dcf_resource_share_owner(const DcfResource *resource)
{
	ResourceOwner present = CurrentResourceOwner;

	if (resource->owner)
		CurrentResourceOwner = resource->owner;
	return present;
}
