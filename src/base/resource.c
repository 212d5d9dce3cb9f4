/*
 * resource.c
 *	  Foreign resources and who owns them.  See resource.h.
 */
#include "postgres.h"

#include "base/resource.h"

/* Those with an owner, the latest first. */
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

	dcf_resource_disown(resource);
	resource->release = NULL;
	if (release)
		release(resource->arg);
}

static void
reset(void *arg)
{
	dcf_resource_release(arg);
}

/* The latest one of an owner, or NULL. */
static DcfResource *
latest_of(ResourceOwner owner)
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

/* An owner commits, and is no more: what it has goes to the one above. */
static void
pass_on(ResourceOwner owner)
{
	ResourceOwner parent = ResourceOwnerGetParent(owner);
	DcfResource *resource;

	while ((resource = latest_of(owner)) != NULL)
	{
		if (parent)
			resource->owner = parent;
		else
			dcf_resource_disown(resource);
	}
}

/*
 * A ResourceReleaseCallback, called for each owner and each phase.  To release
 * one resource may release others, so the list is looked through anew.
 */
static void
release_owned(ResourceReleasePhase phase, bool is_commit, bool is_top_level,
			  void *arg)
{
	ResourceOwner owner = CurrentResourceOwner;
	DcfResource *resource;

	if (phase != RESOURCE_RELEASE_BEFORE_LOCKS || dlist_is_empty(&owned))
		return;
	if (is_commit)
		pass_on(owner);
	else
		while ((resource = latest_of(owner)) != NULL)
			dcf_resource_release(resource);
}

void
dcf_resource_tie(DcfResource *resource, MemoryContext cxt,
				 DcfResourceRelease release, void *arg)
{
	static bool registered = false;

	if (!registered)
		RegisterResourceReleaseCallback(release_owned, NULL);
	registered = true;
	resource->release = release;
	resource->arg = arg;
	resource->owner = CurrentResourceOwner;
	if (resource->owner)
		dlist_push_head(&owned, &resource->node);
	resource->reset.func = reset;
	resource->reset.arg = resource;
	MemoryContextRegisterResetCallback(cxt, &resource->reset);
}
