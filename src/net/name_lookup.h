/*
 * name_lookup.h
 *	  Looking up a host name in a thread.
 *
 * Pure C.  The memory comes from malloc and belongs to both the caller and the
 * thread; whoever finishes last frees it.  So the caller need not wait for a name
 * server that does not answer: the thread ends by itself, later.
 */
#ifndef DCF_NAME_LOOKUP_H
#define DCF_NAME_LOOKUP_H

#include <stdbool.h>

typedef struct DcfNameLookup DcfNameLookup;

/*
 * Start a lookup, copying host.  NULL if there is no memory, descriptor or
 * thread.  The caller must block all signals: the thread inherits the mask.
 */
extern DcfNameLookup *dcf_name_lookup_start(const char *host);

/* A descriptor that becomes readable when there is a result. */
extern int dcf_name_lookup_fd(const DcfNameLookup *lookup);

/* Whether there is a result. */
extern bool dcf_name_lookup_is_done(DcfNameLookup *lookup);

/*
 * Whether there is one, and it says that the name does not exist or has no
 * address.
 */
extern bool dcf_name_lookup_found_none(DcfNameLookup *lookup);

/* Release the lookup and its descriptor; does not wait for the thread. */
extern void dcf_name_lookup_release(DcfNameLookup *lookup);

#endif /* DCF_NAME_LOOKUP_H */
