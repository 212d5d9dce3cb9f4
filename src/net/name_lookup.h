/*
 * name_lookup.h
 *	  Looking up a name in a thread of its own.
 *
 * Pure C: memory is from malloc, and belongs to the thread and to who asked,
 * until both are through with it.  So a name server that does not answer holds
 * up nobody: the thread is left to itself.
 */
#ifndef DCF_NAME_LOOKUP_H
#define DCF_NAME_LOOKUP_H

#include <stdbool.h>

typedef struct DcfNameLookup DcfNameLookup;

/*
 * Begin; NULL if that cannot be.  Signals must be blocked meanwhile: the thread
 * inherits the mask.
 */
extern DcfNameLookup *dcf_name_lookup_start(const char *host);

/* A descriptor that can be read from once the result is there. */
extern int dcf_name_lookup_fd(const DcfNameLookup *lookup);

/*
 * Whether the result is there, and says that there is no such name, or none
 * with an address.
 */
extern bool dcf_name_lookup_found_none(DcfNameLookup *lookup);

/* Who asked is through with it, and with its descriptor. */
extern void dcf_name_lookup_release(DcfNameLookup *lookup);

#endif /* DCF_NAME_LOOKUP_H */
