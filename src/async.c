/*
 * async.c
 *	  Scans that run at the same time.  See async.h.
 *
 * The Append asks all its scans for a row, and then has each of them name a
 * socket to wait for.  A scan here has more to wait for than one socket: names
 * that are looked up, connections that are tried at several addresses, time-outs,
 * and in older releases the Append does not even notice a cancel.  So it names
 * none.  Where the Append has nothing else to do, the last of its scans waits
 * for all of them, as every wait is done here (http_wait.h), before it has to
 * say what it waits for; then it has a row to return instead.
 */
#include "postgres.h"

#include "executor/execAsync.h"
#include "executor/instrument.h"
#include "foreign/fdwapi.h"
#include "storage/latch.h"

#include "async.h"
#include "compat.h"
#include "row_source.h"
#include "scan.h"

/* Answer with the next row, or with the end; or be left pending. */
static void
answer(AsyncRequest *areq, bool wait)
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
	answer(areq, false);
}

/* Of a request that was left pending: answer it now, if possible. */
static void
answer_pending(AsyncRequest *areq, bool wait)
{
	areq->callback_pending = false;
	answer(areq, wait);
	if (areq->callback_pending)
		return;
	ExecAsyncResponse(areq);
	if (areq->requestee->instrument)
		InstrUpdateTupleCount(areq->requestee->instrument,
							  TupIsNull(areq->result) ? 0.0 : 1.0);
}

static bool
is_ours(const AsyncRequest *areq)
{
	return IsA(areq->requestee, ForeignScanState) &&
		((ForeignScanState *) areq->requestee)
			->fdwroutine->ForeignAsyncConfigureWait ==
		dcf_async_configure_wait;
}

/* The Append's requests to scans of ours that are pending, in their order. */
static List *
list_pending(const AppendState *append)
{
	List *pending = NIL;
	int i = -1;

	while ((i = bms_next_member(append->as_asyncplans, i)) >= 0)
	{
		AsyncRequest *areq = append->as_asyncrequests[i];

		if (areq->callback_pending && is_ours(areq))
			pending = lappend(pending, areq);
	}
	return pending;
}

/* Wait, or only look, for what the pending scans have sent. */
static void
work_for(List *pending, bool wait)
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

	/* None of them was given leave to send: one of them waits for it. */
	if (!dcf_row_source_wait_any(sources, n, wait) && wait)
		answer_pending(linitial(pending), true);
	pfree(sources);
}

/* The last of our pending scans speaks for all. */
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
	work_for(pending, may_wait);
	foreach(lc, pending)
	{
		AsyncRequest *each = lfirst(lc);

		if (each->callback_pending)
			answer_pending(each, false);
	}
	list_free(pending);
}

/* There is nothing to be notified of, as no socket is ever named. */
void
dcf_async_notify(AsyncRequest *areq)
{
	answer(areq, false);
}
