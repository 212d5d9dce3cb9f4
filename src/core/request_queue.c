/*
 * request_queue.c
 *	  The order of requests that wait.  See request_queue.h.
 */
#include "core/request_queue.h"

#include <stddef.h>

/*
 * For this many resources only the first request is woken.  Of further ones all
 * are, and look in vain.
 */
#define RESOURCES 16

void
dcf_request_queue_join(DcfRequestQueue *queue, DcfRequestPlace *place,
					   bool again)
{
	DcfRequestPlace *next = queue->first;

	/* Behind the needed ones, unless it is to be the first of them. */
	while (next && next->needed && !(again && place->needed))
		next = next->next;
	/* Optional ones stand at the end. */
	if (!place->needed && !again)
		next = NULL;

	place->next = next;
	place->previous = next ? next->previous : queue->last;
	if (place->previous)
		place->previous->next = place;
	else
		queue->first = place;
	if (next)
		next->previous = place;
	else
		queue->last = place;
	queue->length++;
}

void
dcf_request_queue_leave(DcfRequestQueue *queue, DcfRequestPlace *place)
{
	if (place->previous)
		place->previous->next = place->next;
	else
		queue->first = place->next;
	if (place->next)
		place->next->previous = place->previous;
	else
		queue->last = place->previous;
	queue->length--;
}

/* The group's number among those with requests under way; -1 if it has none. */
static int
find_group(const DcfRequestQueue *queue, uint32_t group)
{
	for (int i = 0; i < queue->ngroups; i++)
		if (queue->groups[i].id == group)
			return i;
	return -1;
}

int
dcf_request_queue_group_in_flight(const DcfRequestQueue *queue, uint32_t group)
{
	int i = find_group(queue, group);

	return i < 0 ? 0 : queue->groups[i].in_flight;
}

bool
dcf_request_queue_group_has_room(const DcfRequestQueue *queue, uint32_t group,
								 int group_max)
{
	int i;

	if (group == 0)
		return true;
	i = find_group(queue, group);
	if (i < 0)
		return group_max > 0 && queue->ngroups < DCF_REQUEST_GROUPS;
	return queue->groups[i].in_flight < group_max;
}

bool
dcf_request_queue_group_begin(DcfRequestQueue *queue, uint32_t group)
{
	int i = find_group(queue, group);

	if (i < 0 && queue->ngroups == DCF_REQUEST_GROUPS)
		return false;
	if (i < 0)
	{
		i = queue->ngroups++;
		queue->groups[i].id = group;
		queue->groups[i].in_flight = 0;
	}
	queue->groups[i].in_flight++;
	return true;
}

void
dcf_request_queue_group_end(DcfRequestQueue *queue, uint32_t group)
{
	int i = find_group(queue, group);

	if (i < 0 || --queue->groups[i].in_flight > 0)
		return;
	queue->groups[i] = queue->groups[--queue->ngroups];
}

/* Whether a request waits for room, so that others wait behind it. */
static bool
holds_up(const DcfRequestQueue *queue, const DcfRequestPlace *place,
		 const DcfAdaptiveLimit *total, int64_t now)
{
	return place->attended_until > now && !place->unlimited &&
		total->in_flight < place->max &&
		dcf_request_queue_group_has_room(queue, place->group,
										 place->group_max);
}

/*
 * Whether a place stands behind one for the same resource that holds others up;
 * with woken, only behind one that looks whenever there is room.
 */
static bool
stands_behind(const DcfRequestQueue *queue, const DcfAdaptiveLimit *total,
			  const DcfRequestPlace *place, bool woken, int64_t now)
{
	for (const DcfRequestPlace *other = queue->first; other != place;
		 other = other->next)
		if (other->resource == place->resource &&
			(!woken || other->attended_until == DCF_REQUEST_WOKEN) &&
			holds_up(queue, other, total, now))
			return true;
	return false;
}

bool
dcf_request_queue_is_first(const DcfRequestQueue *queue,
						   const DcfAdaptiveLimit *total,
						   const DcfRequestPlace *place, int64_t now)
{
	return !stands_behind(queue, total, place, false, now);
}

bool
dcf_request_queue_leads(const DcfRequestQueue *queue,
						const DcfAdaptiveLimit *total,
						const DcfRequestPlace *place, int64_t now)
{
	return !stands_behind(queue, total, place, true, now);
}

int64_t
dcf_request_queue_next(const DcfRequestQueue *queue,
					   const DcfRequestPlace *place, int64_t now)
{
	int64_t next = DCF_REQUEST_WOKEN;

	for (const DcfRequestPlace *other = queue->first; other != place;
		 other = other->next)
		if (other->attended_until > now && other->attended_until < next)
			next = other->attended_until;
	return next == DCF_REQUEST_WOKEN ? -1 : next;
}

bool
dcf_request_queue_lets_pass(const DcfRequestQueue *queue,
							const DcfAdaptiveLimit *total,
							const DcfRequestPlace *place,
							const DcfAdaptiveLimit *resource, bool needed,
							int64_t now)
{
	for (const DcfRequestPlace *other = queue->first; other && other != place;
		 other = other->next)
	{
		/* Only optional ones follow. */
		if (needed && !other->needed)
			return true;
		if (!holds_up(queue, other, total, now))
			continue;
		if (other->resource == resource || other->resource == NULL ||
			!dcf_adaptive_limit_is_full(other->resource, now))
			return false;
	}
	return true;
}

void
dcf_request_queue_wake(const DcfRequestQueue *queue,
					   const DcfAdaptiveLimit *total, int64_t now,
					   void (*wake)(void *owner))
{
	const DcfAdaptiveLimit *seen[RESOURCES];
	int nseen = 0;

	for (const DcfRequestPlace *place = queue->first; place;
		 place = place->next)
	{
		int i = 0;

		if (place->attended_until > now && place->unlimited)
			wake(place->owner);
		if (!holds_up(queue, place, total, now))
			continue;
		while (i < nseen && seen[i] != place->resource)
			i++;
		if (i < nseen)
			continue;
		wake(place->owner);
		/* One that may not look in time does not stand for those behind it. */
		if (place->attended_until == DCF_REQUEST_WOKEN && nseen < RESOURCES)
			seen[nseen++] = place->resource;
	}
}
