/*
 * async.c
 *	  Asynchronous scans below an Append.  See async.h.
 *
 * An Append requests a row from each of its scans, and then lets each add a socket to
 * its wait event set.  One socket is not enough here: a scan also waits for name
 * look-ups, connection attempts to several addresses, and time-outs; and in older
 * releases an Append does not notice a cancel while it waits.  So no scan adds a
 * socket.  Instead, if the Append has nothing else to do, the last of its scans waits
 * for all of them (wait.h) while it is asked for its socket.  Afterwards the Append
 * has a row to return, and does not wait itself.
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
 * Complete a request with the next row, or with the end.  Without wait it is left
 * pending if no row has arrived.
 */
static void
respond(AsyncRequest *areq, bool wait)
{
	ForeignScanState *node = (ForeignScanState *) areq->requestee;
	TupleTableSlot *result;
	bool late;

	result = dcf_scan_next(node, wait, &late);
	if (late)
		ExecAsyncRequestPending(areq);
	else
		ExecAsyncRequestDone(areq, result);
}

void
dcf_async_request(AsyncRequest *areq)
{
	respond(areq, false);
}

/* Complete a pending request if possible, as ExecAsyncNotify() would. */
static void
respond_pending(AsyncRequest *areq, bool wait)
{
	areq->callback_pending = false;
	respond(areq, wait);
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

/* Let the replies to the pending scans progress; with wait, until one does. */
static void
wait_for_pending(List *pending, bool wait)
{
	int n = list_length(pending);
	DcfRowSource **sources = palloc(sizeof(DcfRowSource *) * n);
	ListCell *lc;

	foreach(lc, pending)
	{
		AsyncRequest *areq = lfirst(lc);
		ForeignScanState *node = (ForeignScanState *) areq->requestee;

		sources[foreach_current_index(lc)] = dcf_scan_source(node->fdw_state);
	}

	/* No scan got a slot to send a request: let the first one wait for a slot. */
	if (!dcf_row_source_wait_any(sources, n, wait) && wait)
		respond_pending(linitial(pending), true);
	pfree(sources);
}

/*
 * The Append calls this for each of its pending requests in turn.  All work is done
 * at the last one.  It may wait only if the Append has no synchronous scan left, no
 * row to return, and no socket of another wrapper (the one event is the
 * postmaster's death).
 */
void
dcf_async_configure_wait(AsyncRequest *areq)
{
	AppendState *append = (AppendState *) areq->requestor;
	List *pending = list_pending(append);
	bool may_wait = append->as_syncdone && append->as_nasyncresults == 0 &&
		GetNumRegisteredWaitEvents(append->as_eventset) == 1;
	ListCell *lc;

	if (llast(pending) != areq)
		return;
	wait_for_pending(pending, may_wait);
	foreach(lc, pending)
	{
		AsyncRequest *each = lfirst(lc);

		if (each->callback_pending)
			respond_pending(each, false);
	}
	list_free(pending);
}

/* Never called in practice, because no socket is ever registered. */
void
dcf_async_notify(AsyncRequest *areq)
{
	respond(areq, false);
}
