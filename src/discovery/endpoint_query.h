/*
 * endpoint_query.h
 *	  Requests for the wrapper's own use: reads the records of an endpoint as
 *	  texts, one after another.
 *
 * It uses the same code as a scan, with all its checks and errors.
 */
#ifndef DCF_ENDPOINT_QUERY_H
#define DCF_ENDPOINT_QUERY_H

#include "postgres.h"
#include "nodes/pg_list.h"

typedef struct DcfEndpointQuery DcfEndpointQuery;

/*
 * Prepare a request, which dcf_endpoint_query_next() sends.  The query lives in
 * the current memory context.  userid is the user whose mapping is used; params
 * is a query string or NULL; keys must outlive the query; brief is as in a
 * DcfRequest.
 */
extern DcfEndpointQuery *dcf_endpoint_query_open(Oid serverid, Oid userid,
												 const char *endpoint,
												 const char *params,
												 const char *const *keys,
												 int nkeys, bool brief);

/*
 * Read the next record: for each key its text, or NULL.  The texts are valid
 * until the next call.  False after the last record.  Raises what a scan raises.
 */
extern bool dcf_endpoint_query_next(DcfEndpointQuery *query, char **texts);

/* End a query; needed only if it was not read to the end. */
extern void dcf_endpoint_query_close(DcfEndpointQuery *query);

#endif /* DCF_ENDPOINT_QUERY_H */
