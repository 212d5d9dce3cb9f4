/*
 * listing.h
 *	  Questions of the wrapper's own to the service: the records of an endpoint
 *	  as texts, one after the other.
 *
 * They go the way that a scan's requests go, with all its checks and errors.
 */
#ifndef DCF_LISTING_H
#define DCF_LISTING_H

#include "postgres.h"
#include "nodes/pg_list.h"

typedef struct DcfListing DcfListing;

/*
 * A question, which dcf_listing_next() sends; it lives in the current memory
 * context.  userid is the user
 * whose mapping is used; params a query string or NULL; keys must outlive the
 * listing.  brief as in a DcfRequest.
 */
extern DcfListing *dcf_listing_open(Oid serverid, Oid userid,
									const char *endpoint, const char *params,
									const char *const *keys, int nkeys,
									bool brief);

/*
 * The next record: for each key its text, or NULL.  They are valid until the next
 * call.  False after the last.
 */
extern bool dcf_listing_next(DcfListing *listing, char **texts);

/* End it before its end. */
extern void dcf_listing_close(DcfListing *listing);

#endif /* DCF_LISTING_H */
