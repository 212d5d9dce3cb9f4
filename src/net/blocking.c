/*
 * blocking.c
 *	  Waiting for one transfer or body alone.  See blocking.h.
 */
#include "postgres.h"

#include "base/wait.h"
#include "net/blocking.h"

DcfTransferState
dcf_blocking_await(DcfTransfer *transfer)
{
	DcfTransferState state;

	while ((state = dcf_transfer_state(transfer)) == DCF_TRANSFER_STARTED)
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_transfer_plan(transfer, &plan);
		dcf_wait(&plan);
		dcf_transfer_waited(transfer);
	}
	return state;
}

void
dcf_blocking_gather(DcfBody *body, size_t max, int idle_timeout)
{
	int64 since = dcf_wait_now();

	while (dcf_body_gather(body, max) == DCF_BODY_LATER)
	{
		DcfWaitPlan plan;

		/* A body that is only shown is not worth a longer wait. */
		if (idle_timeout > 0 && dcf_wait_now() - since > idle_timeout)
			break;
		dcf_wait_plan_begin(&plan);
		dcf_body_plan(body, &plan);
		dcf_wait(&plan);
		dcf_body_waited(body);
	}
}

void
dcf_blocking_sleep(int64 ms, int64 deadline, int total_timeout)
{
	int64 until = dcf_wait_now() + ms;

	for (;;)
	{
		int64 now = dcf_wait_now();
		DcfWaitPlan plan;

		if (now >= until)
			return;
		if (deadline != 0 && now >= deadline)
			dcf_http_raise_total(total_timeout);
		dcf_wait_plan_begin(&plan);
		dcf_wait_plan_note(&plan, until, DCF_WAIT_RETRY);
		if (deadline != 0)
			dcf_wait_plan_note(&plan, deadline, DCF_WAIT_RETRY);
		dcf_wait(&plan);
	}
}
