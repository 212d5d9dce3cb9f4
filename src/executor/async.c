/*
 * async.c
 *	  Asynchronous scans below an Append.  See async.h.
 *
 * An Append requests a row from each of its scans, and then lets each add a socket to
 * its wait event set.  One socket is not enough here: a scan also waits for name
 * look-ups, connection attempts to several addresses, time-outs, and the latch; and
 * in older releases an Append does not notice a cancel while it waits.  So, if the
 * Append has nothing else to do, the last of its scans waits for all of them (wait.h)
 * while it is asked for its socket.  Afterwards the Append has a row to return, and
 * does not wait itself.
 *
 * If the Append also has scans of another wrapper, it has to wait itself.  Then the
 * last scan lends it the backend's wait set, as one descriptor for all scans.
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "foreign/fdwapi.h"
#include "storage/latch.h"

#include "base/compat.h"
#include "executor/async.h"
#include "executor/scan.h"
#include "reply/row_source.h"

/*
 * Complete a request with the next row, or with the end.  It is left pending if no
 * row has arrived.
 */
static void
respond(AsyncRequest *areq)
{
	ForeignScanState *node = (ForeignScanState *) areq->requestee;
	TupleTableSlot *result;
	bool late;

	result = dcf_scan_next(node, &late);
	if (late)
		ExecAsyncRequestPending(areq);
	else
		ExecAsyncRequestDone(areq, result);
}

void
dcf_async_request(AsyncRequest *areq)
{
	respond(areq);
}

/* Complete a pending request if possible, as ExecAsyncNotify() would. */
static void
respond_pending(AsyncRequest *areq)
{
	areq->callback_pending = false;
	respond(areq);
	if (areq->callback_pending)
		return;
	ExecAsyncResponse(areq);
	if (areq->requestee->instrument)
		InstrUpdateTupleCount(areq->requestee->instrument,
							  TupIsNull(areq->result) ? 0.0 : 1.0);
}

/* Whether the request is to a scan of this wrapper. */
static bool
is_dataconnect(const AsyncRequest *areq)
{
	return IsA(areq->requestee, ForeignScanState) &&
		((ForeignScanState *) areq->requestee)
			->fdwroutine->ForeignAsyncConfigureWait ==
		dcf_async_configure_wait;
}

/* The Append's pending requests to scans of this wrapper, in its order. */
static List *
list_pending(const AppendState *append)
{
	List *pending = NIL;
	int i = -1;

	while ((i = bms_next_member(append->as_asyncplans, i)) >= 0)
	{
		AsyncRequest *areq = append->as_asyncrequests[i];

		if (areq->callback_pending && is_dataconnect(areq))
			pending = lappend(pending, areq);
	}
	return pending;
}

/* Whether the Append has a pending request to a scan of another wrapper. */
static bool
has_others(const AppendState *append)
{
	int i = -1;

	while ((i = bms_next_member(append->as_asyncplans, i)) >= 0)
	{
		AsyncRequest *areq = append->as_asyncrequests[i];

		if (areq->callback_pending && !is_dataconnect(areq))
			return true;
	}
	return false;
}

/* The row sources of the pending scans, palloc'd. */
static DcfRowSource **
get_sources(const List *pending)
{
	DcfRowSource **sources =
		palloc(sizeof(DcfRowSource *) * Max(list_length(pending), 1));
	ListCell *lc;

	foreach(lc, pending)
	{
		AsyncRequest *areq = lfirst(lc);
		ForeignScanState *node = (ForeignScanState *) areq->requestee;

		sources[foreach_current_index(lc)] = dcf_scan_source(node->fdw_state);
	}
	return sources;
}

/*
 * Let the replies to the pending scans progress, with wait until one does, and
 * complete the requests for which a row has arrived.
 */
static void
serve_pending(List *pending, bool wait)
{
	DcfRowSource **sources = get_sources(pending);
	ListCell *lc;

	dcf_row_source_wait(sources, list_length(pending), wait);
	pfree(sources);
	foreach(lc, pending)
	{
		AsyncRequest *each = lfirst(lc);

		if (each->callback_pending)
			respond_pending(each);
	}
}

/*
 * Let the Append itself wait for the scans, too.  If a row has arrived meanwhile,
 * the Append is not to wait for anybody else's socket.
 */
static void
lend(AsyncRequest *areq, AppendState *append, List *pending)
{
	DcfRowSource **sources = get_sources(pending);
	pgsocket fd = dcf_row_source_lend(sources, list_length(pending),
									  append->as_nasyncresults > 0);

	AddWaitEventToSet(append->as_eventset, WL_SOCKET_READABLE, fd, NULL, areq);
	pfree(sources);
}

/*
 * The Append calls this for each of its pending requests in turn.  All work is done
 * at the last one.  It may wait only if the Append has no synchronous scan left, no
 * row to return, and no scan of another wrapper.
 */
void
dcf_async_configure_wait(AsyncRequest *areq)
{
	AppendState *append = (AppendState *) areq->requestor;
	List *pending = list_pending(append);
	bool has_rest = append->as_syncdone && append->as_nasyncresults == 0;
	bool others = has_others(append);

	if (llast(pending) != areq)
		return;
	serve_pending(pending, has_rest && !others);
	/*
	 * Later scans of the Append have not been asked for their sockets yet.  While it
	 * has a synchronous scan left, it does not wait.
	 */
	if (others && append->as_syncdone)
		lend(areq, append, pending);
	list_free(pending);
}

/*
 * The wait set that was lent has something.  The executor completes this request
 * itself.
 */
void
dcf_async_notify(AsyncRequest *areq)
{
	List *pending = list_pending((AppendState *) areq->requestor);

	/* It is no longer pending, but was when the wait began. */
	pending = lappend(pending, areq);
	serve_pending(pending, false);
	list_free(pending);
	respond(areq);
}
