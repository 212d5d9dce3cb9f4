/*
 * errand.h
 *	  Work that one call of a session begins and all calls that wait for it share: a
 *	  request for a token, a question for the preferred endpoint.
 *
 * An errand lives in the session's memory, so it outlasts the call that began it, and
 * whichever call waits goes on with it.  All that it needs belongs to the resource
 * owner under which it began, whoever goes on with it.  If that is rolled back, or the
 * transaction ends, the errand is lost: only its memory is left, and whoever needs it
 * ends it and begins anew.  The same follows an interrupt that ends a step.
 */
#ifndef DCF_ERRAND_H
#define DCF_ERRAND_H

#include "postgres.h"

#include "base/resource.h"

/* The first member of each kind of errand. */
typedef struct DcfErrand
{
	MemoryContext context; /* of all that it needs */

	/* Private. */
	MemoryContext memory; /* of the errand itself, and parent of context */
	DcfResource resource;
	bool lost;
	bool entered;
} DcfErrand;

/*
 * Begin an errand of size bytes, zeroed, in a new child context of session.  The caller
 * allocates in errand->context what it needs.
 */
extern void *dcf_errand_begin(MemoryContext session, size_t size);

/* Whether there is an errand that can go on; NULL is none. */
static inline bool
dcf_errand_lives(const DcfErrand *errand)
{
	return errand && !errand->lost && !errand->entered;
}

/*
 * Before and after each step, or part in a wait: what is registered in between belongs
 * to the errand's owner.  dcf_errand_enter() returns the present owner, for
 * dcf_errand_leave(), or for the caller to make current again after an error.
 */
extern ResourceOwner dcf_errand_enter(DcfErrand *errand);
extern void dcf_errand_leave(DcfErrand *errand, ResourceOwner owner);

/* Free the errand, which may be NULL, with its connections and replies. */
extern void dcf_errand_end(DcfErrand *errand);

#endif /* DCF_ERRAND_H */
