/*
 * errand.h
 *	  Work that one call of a session begins and all calls that wait for it share: a
 *	  request for a token, a question for the preferred endpoint.
 *
 * An errand lives in the session's memory, so it outlasts the call that began it, and
 * whichever call waits goes on with it.  Its connections belong to the resource owner
 * under which it began, as all connections do.  If that is rolled back, the errand is
 * lost, and whoever needs it ends it and begins anew.
 */
#ifndef DCF_ERRAND_H
#define DCF_ERRAND_H

#include "postgres.h"

#include "base/resource.h"

/* The first member of each kind of errand. */
typedef struct DcfErrand
{
	MemoryContext context; /* of the errand and all that it needs */
	DcfResource resource;
	bool lost;
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
	return errand && !errand->lost;
}

/* Free the errand, which may be NULL, with its connections and replies. */
extern void dcf_errand_end(DcfErrand *errand);

#endif /* DCF_ERRAND_H */
