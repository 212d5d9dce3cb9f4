/*
 * request_queue.h
 *	  The order in which requests that find no room within an account's limits go.
 *
 * Needed requests stand before optional ones: those without which the query has
 * other requests under way.  Within a kind, it is first come, first served.
 *
 * A request holds up those behind it, so that nobody overtakes it.  It holds up
 * only those for the same resource if its resource is full.  It holds up nobody
 * if nobody attends to it (a cursor that is not read), if its own maximum or that of
 * its group is reached, or if it ignores the limits.  Each of these may last as long
 * as a long request, or as a user's lunch.
 *
 * A group is the requests of one role, of which only so many may be under way.
 *
 * Some owners do not notice that they are woken, but look again within a time.
 * Their places are attended until then.  Those behind such a place are woken as
 * well, and look by themselves when that time is over.
 *
 * Pure C.  The caller owns the places, and locks the queue where others use it.
 * All limits are those of adaptive_limit.h; now and other times are by one clock,
 * in milliseconds, and above 0.
 */
#ifndef DCF_REQUEST_QUEUE_H
#define DCF_REQUEST_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/adaptive_limit.h"

/* For attended_until: its owner looks when it is woken. */
#define DCF_REQUEST_WOKEN INT64_MAX

/* So many groups can have requests under way; others wait until one has none. */
#define DCF_REQUEST_GROUPS 32

/* Requests under way of a group. */
typedef struct DcfRequestGroup
{
	uint32_t id;
	int in_flight;
} DcfRequestGroup;

/* A request in the queue.  The caller sets all fields but the first two. */
typedef struct DcfRequestPlace
{
	struct DcfRequestPlace *previous;
	struct DcfRequestPlace *next; /* in the queue; free for the caller else */
	void *owner;				  /* for dcf_request_queue_wake() */
	DcfAdaptiveLimit *resource;	  /* its resource's limit, or NULL */
	int max;					  /* its own maximum of requests under way */
	uint32_t group;				  /* its group; 0: none */
	int group_max;				  /* maximum of the group's under way */
	bool needed;				  /* fixed while in the queue */
	bool unlimited;				  /* it waits for the end of a pause only */
	int64_t attended_until;		  /* its owner looks by then; 0: it rests.
								   * If it is set back, the caller wakes as
								   * if the place left */
} DcfRequestPlace;

/* All zero is an empty queue. */
typedef struct DcfRequestQueue
{
	DcfRequestPlace *first;
	DcfRequestPlace *last;
	int length;
	DcfRequestGroup groups[DCF_REQUEST_GROUPS]; /* the first ngroups */
	int ngroups;
} DcfRequestQueue;

/* In all functions below, total is the limit of the queue's account. */

/* Join at the end of the place's kind; with again, at its beginning. */
extern void dcf_request_queue_join(DcfRequestQueue *queue,
								   DcfRequestPlace *place, bool again);

/*
 * Leave.  If dcf_request_queue_leads() was true, others may go now: the caller
 * wakes them.
 */
extern void dcf_request_queue_leave(DcfRequestQueue *queue,
									DcfRequestPlace *place);

/* Whether nobody for its resource holds the place up. */
extern bool dcf_request_queue_is_first(const DcfRequestQueue *queue,
									   const DcfAdaptiveLimit *total,
									   const DcfRequestPlace *place,
									   int64_t now);

/*
 * Whether those behind it for its resource rely on the place: before it are at
 * most places whose owners look by a certain time.
 */
extern bool dcf_request_queue_leads(const DcfRequestQueue *queue,
									const DcfAdaptiveLimit *total,
									const DcfRequestPlace *place, int64_t now);

/*
 * When the place has to look by itself, because one before it may be attended no
 * longer; -1: never.
 */
extern int64_t dcf_request_queue_next(const DcfRequestQueue *queue,
									  const DcfRequestPlace *place,
									  int64_t now);

/*
 * Whether nobody holds up a request for a resource that stands at place; NULL: it
 * has none, and comes after all others of its kind.
 */
extern bool dcf_request_queue_lets_pass(const DcfRequestQueue *queue,
										const DcfAdaptiveLimit *total,
										const DcfRequestPlace *place,
										const DcfAdaptiveLimit *resource,
										bool needed, int64_t now);

/* How many requests of a group are under way. */
extern int dcf_request_queue_group_in_flight(const DcfRequestQueue *queue,
											 uint32_t group);

/* Whether one more request of a group may be sent; always if it has none (0). */
extern bool dcf_request_queue_group_has_room(const DcfRequestQueue *queue,
											 uint32_t group, int group_max);

/*
 * A request of a group is sent, whether there is room or not; false if there are too
 * many groups, so that it is not counted.  One that is counted ends by the second
 * function.  The caller wakes others after both.
 */
extern bool dcf_request_queue_group_begin(DcfRequestQueue *queue,
										  uint32_t group);
extern void dcf_request_queue_group_end(DcfRequestQueue *queue,
										uint32_t group);

/*
 * After an event that may make room, or end a pause: call wake(owner) for all that
 * may go first, at least the first of each resource, and for those behind which may
 * have to look by themselves.
 */
extern void dcf_request_queue_wake(const DcfRequestQueue *queue,
								   const DcfAdaptiveLimit *total, int64_t now,
								   void (*wake)(void *owner));

#endif /* DCF_REQUEST_QUEUE_H */
