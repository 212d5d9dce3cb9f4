/*
 * transfer.c
 *	  How far a transfer is, and its time-outs.  See transfer.h.
 */
#include "postgres.h"

#include "transfer_private.h"

/* Whether the body is only read to be shown in an error. */
static bool
is_refusal(const DcfTransfer *transfer)
{
	return transfer->head_done && transfer->head.status != 200;
}

/*
 * The phase that has a time-out now.  A report may take minutes to compute before
 * its first byte; the body of a refusal follows its head.
 */
static DcfHttpPhase
current_phase(const DcfTransfer *transfer)
{
	if (transfer->connected_at == 0)
		return DCF_PHASE_CONNECT;
	return transfer->has_data || is_refusal(transfer) ? DCF_PHASE_IDLE :
														DCF_PHASE_FIRST_BYTE;
}

/* The time-out of the phase, in ms; 0 for none.  libcurl itself limits connecting. */
static int
phase_limit(const DcfTransfer *transfer)
{
	switch (transfer->phase)
	{
		case DCF_PHASE_FIRST_BYTE:
			return transfer->first_byte_timeout;
		case DCF_PHASE_IDLE:
			return transfer->idle_timeout;
		default:
			return 0;
	}
}

/* Silence counts for one phase.  True if another one has begun. */
static bool
enter_phase(DcfTransfer *transfer)
{
	DcfHttpPhase phase = current_phase(transfer);

	if (phase == transfer->phase)
		return false;
	transfer->phase = phase;
	transfer->silence = 0;
	return true;
}

static void
fail_timeout(DcfTransfer *transfer, DcfHttpPhase phase, int waited)
{
	transfer->source.failed = true;
	transfer->problem = DCF_TRANSFER_TIMED_OUT;
	transfer->phase = phase;
	transfer->waited = waited;
	/* Here it may allocate, unlike in the reset callback to come. */
	dcf_transfer_finish_recording(transfer, dcf_transfer_find_end(transfer));
}

DcfTransferState
dcf_transfer_state(DcfTransfer *transfer)
{
	if (transfer->head_done)
		return DCF_TRANSFER_HEAD;
	if (transfer->source.failed)
		dcf_transfer_raise(transfer);
	if (!transfer->source.done || !dcf_http_check_name(transfer))
		return DCF_TRANSFER_STARTED;
	if (transfer->failure_message == NULL)
		transfer->failure_message = dcf_transfer_message(transfer);
	return DCF_TRANSFER_UNREACHABLE;
}

bool
dcf_transfer_is_ready(const DcfTransfer *transfer)
{
	return transfer->head_done || transfer->source.failed ||
		(transfer->source.done && transfer->lookup == NULL);
}

bool
dcf_transfer_is_connected(const DcfTransfer *transfer)
{
	return transfer->connected_at != 0;
}

void
dcf_transfer_plan(DcfTransfer *transfer, DcfWaitPlan *plan)
{
	DcfWaitReason reason =
		transfer->connected_at == 0 ? DCF_WAIT_CONNECT : DCF_WAIT_REPLY;
	int limit;

	if (transfer->lookup)
	{
		dcf_http_plan_lookup(transfer, plan);
		return;
	}
	if (transfer->source.done || transfer->source.failed)
	{
		plan->ready = true;
		return;
	}
	(void) enter_phase(transfer);
	transfer->planned_at = dcf_wait_now();
	transfer->planned = dcf_wait_number();
	limit = phase_limit(transfer);
	dcf_wait_plan_note(plan,
					   limit > 0 ?
						   transfer->planned_at + limit - transfer->silence :
						   -1,
					   reason);
	if (transfer->deadline != 0)
		dcf_wait_plan_note(plan, transfer->deadline, reason);
}

/*
 * Add what the wait has added to the silence.  In the phase before the first byte,
 * bytes do not end it: a gzip head alone is no byte of the body.
 */
static void
count_silence(DcfTransfer *transfer)
{
	int64 since = Max(transfer->planned_at, transfer->connected_at);
	int64 end = dcf_wait_end(transfer->planned);
	bool began = enter_phase(transfer);
	bool came = transfer->inbox.received != transfer->received_then;

	transfer->received_then = transfer->inbox.received;
	if (transfer->phase == DCF_PHASE_IDLE && (began || came))
		transfer->silence = 0;
	else
		transfer->silence += Max(end - since, 0);
}

/*
 * Only the time of the wait after dcf_transfer_plan() counts.  At other times nobody
 * waited, so libcurl could not read what had come.
 */
void
dcf_transfer_waited(DcfTransfer *transfer)
{
	int64 now = dcf_wait_now();
	int limit;

	if (transfer->planned_at == 0 || transfer->source.done ||
		transfer->source.failed)
		return;
	count_silence(transfer);
	transfer->planned_at = 0;
	limit = phase_limit(transfer);
	if (limit > 0 && transfer->silence >= limit)
		fail_timeout(transfer, transfer->phase, limit);
	else if (transfer->deadline != 0 && now >= transfer->deadline)
		fail_timeout(transfer, DCF_PHASE_TOTAL, transfer->total_timeout);
}

const DcfHttpHead *
dcf_transfer_head(const DcfTransfer *transfer)
{
	return &transfer->head;
}

const char *
dcf_transfer_failure_message(const DcfTransfer *transfer)
{
	return transfer->failure_message;
}

void
dcf_transfer_close(DcfTransfer *transfer)
{
	MemoryContextDelete(transfer->context);
}

DcfSource *
dcf_transfer_source(DcfTransfer *transfer)
{
	return &transfer->source;
}
