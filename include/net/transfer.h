/*
 * transfer.h
 *	  One request and the bytes of its reply, over libcurl's multi interface.
 *
 * A transfer knows nothing of compression or records: it receives the body into
 * its inbox, from which a DcfBody (body.h) takes the bytes.  It pauses while the
 * inbox is full.  libcurl's callbacks only copy into memory that already exists,
 * or pause the transfer.
 *
 * Nothing here waits.  To wait for a transfer, and for anything else besides:
 * dcf_transfer_plan(), dcf_wait(), dcf_transfer_waited().
 *
 * Each open transfer has a cookie jar of its own, because the service may answer
 * requests with the same cookies one after another (seen).  When a transfer ends,
 * the next one gets its jar, unless the transfer was aborted.
 *
 * A connection that fails because libcurl was not called for more than half a
 * second, as while a cursor rests, is made again without anybody noticing.
 *
 * Errors are ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION for failures of DNS,
 * connecting and TLS, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a time-out
 * (naming the phase), a reply cut short, and a reply that is not HTTP.
 */
#ifndef DCF_TRANSFER_H
#define DCF_TRANSFER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "base/wait.h"
#include "net/http.h"
#include "net/source.h"

typedef struct DcfTransfer DcfTransfer;

typedef enum DcfTransferState
{
	DCF_TRANSFER_STARTED,	 /* no complete head yet */
	DCF_TRANSFER_HEAD,		 /* the head has come; see dcf_body_create() */
	DCF_TRANSFER_UNREACHABLE /* no connection, or it broke before the head was
							  * complete: see dcf_transfer_failure() */
} DcfTransferState;

/*
 * Start a transfer and return at once.  It lives in a child context of cxt, and
 * is aborted when cxt is reset, when the current resource owner is released, or
 * by dcf_transfer_close().
 */
extern DcfTransfer *dcf_transfer_begin(DcfHttpPool *pool,
									   const DcfHttpRequest *request,
									   MemoryContext cxt);

/* How far it is; never waits.  Raises a time-out before the head. */
extern DcfTransferState dcf_transfer_state(DcfTransfer *transfer);

/*
 * Whether dcf_transfer_state() may give another state than DCF_TRANSFER_STARTED, or
 * raise; this does not.
 */
extern bool dcf_transfer_is_ready(const DcfTransfer *transfer);

/* Whether its connection is up, so that the request has been sent. */
extern bool dcf_transfer_is_connected(const DcfTransfer *transfer);

/* Of the bytes of the body, after DCF_TRANSFER_HEAD.  Its end is libcurl's. */
extern DcfSource *dcf_transfer_source(DcfTransfer *transfer);

/*
 * The names of the cookies that it was sent with or has got (char *, safe to show),
 * palloc'd.
 */
extern List *dcf_transfer_cookie_names(const DcfTransfer *transfer);

/* What has come of the head.  Complete after DCF_TRANSFER_HEAD. */
extern const DcfHttpHead *dcf_transfer_head(const DcfTransfer *transfer);

/*
 * Take part in the next dcf_wait(): it ends at the latest when the phase or the
 * deadline is over.  The plan is ready if the transfer has ended, or timed out.
 */
extern void dcf_transfer_plan(DcfTransfer *transfer, DcfWaitPlan *plan);

/*
 * After that wait: count the time in which nothing came.  A transfer that has
 * come to nothing in time fails, which the next dcf_transfer_state() or
 * dcf_body_fill() raises.
 */
extern void dcf_transfer_waited(DcfTransfer *transfer);

/*
 * After DCF_TRANSFER_UNREACHABLE: the reason, and libcurl's message, safe to show,
 * which lives as long as the transfer.  The first raises
 * ERRCODE_INSUFFICIENT_RESOURCES if no file descriptors are left.
 */
extern DcfHttpFailure dcf_transfer_failure(const DcfTransfer *transfer);
extern const char *dcf_transfer_failure_message(const DcfTransfer *transfer);

/* After that: raise the failure, naming the number of tries. */
pg_noreturn extern void dcf_transfer_raise_failure(const DcfTransfer *transfer,
												   int tries);

/*
 * Free the transfer and its body.  The connection is kept for the next transfer
 * if the reply was received completely, and closed otherwise.
 */
extern void dcf_transfer_close(DcfTransfer *transfer);

#endif /* DCF_TRANSFER_H */
