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
	transfer->problem = DCF_TRANSFER_TIMED_OUT;
	transfer->phase = phase;
	transfer->waited = waited;
}

DcfTransferState
dcf_transfer_state(DcfTransfer *transfer)
{
	if (transfer->head_done)
		return DCF_TRANSFER_HEAD;
	if (dcf_transfer_has_failed(transfer))
		dcf_transfer_raise(transfer);
	if (!transfer->done || !dcf_http_check_name(transfer))
		return DCF_TRANSFER_STARTED;
	if (transfer->failure_message == NULL)
		transfer->failure_message = dcf_transfer_message(transfer);
	return DCF_TRANSFER_UNREACHABLE;
}

bool
dcf_transfer_is_ready(const DcfTransfer *transfer)
{
	return transfer->head_done || dcf_transfer_has_failed(transfer) ||
		(transfer->done && transfer->lookup == NULL);
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
	if (transfer->done || dcf_transfer_has_failed(transfer))
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

	if (transfer->planned_at == 0 || transfer->done ||
		dcf_transfer_has_failed(transfer))
		return;
	count_silence(transfer);
	transfer->planned_at = 0;
	limit = phase_limit(transfer);
	if (limit > 0 && transfer->silence >= limit)
		fail_timeout(transfer, transfer->phase, limit);
	else if (transfer->deadline != 0 && now >= transfer->deadline)
		fail_timeout(transfer, DCF_PHASE_TOTAL, transfer->total_timeout);
}

bool
dcf_transfer_is_done(const DcfTransfer *transfer)
{
	return transfer->done;
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

DcfInbox *
dcf_transfer_inbox(DcfTransfer *transfer)
{
	return &transfer->inbox;
}

void
dcf_transfer_note_data(DcfTransfer *transfer)
{
	transfer->has_data = true;
}

double
dcf_transfer_first_byte_ms(const DcfTransfer *transfer)
{
	return transfer->has_data ?
		(double) (transfer->first_byte_at - transfer->begun_at) :
		-1;
}

void
dcf_transfer_resume(DcfTransfer *transfer)
{
	DcfBuffer *bytes = &transfer->inbox.bytes;
	CURLcode code;
	sigset_t saved;

	if (bytes->size < DCF_INBOX_LONG)
		dcf_buffer_enlarge(bytes, DCF_INBOX_LONG - bytes->end, DCF_INBOX_LONG,
						   transfer->inbox.context);
	transfer->inbox.wanted = 0;
	dcf_signal_mask_block(&saved);
	/* libcurl may call on_body() before it returns, and so pause again. */
	code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	dcf_signal_mask_restore(&saved);

	if (code == CURLE_OUT_OF_MEMORY)
		dcf_http_check(code);
	/* Any other failure also becomes the transfer's result. */
}

bool
dcf_transfer_has_failed(const DcfTransfer *transfer)
{
	return transfer->problem != DCF_TRANSFER_NO_PROBLEM;
}

bool
dcf_transfer_is_complete(DcfTransfer *transfer)
{
	if (transfer->result != CURLE_OK)
		dcf_transfer_cut(transfer, dcf_transfer_message(transfer));
	return transfer->result == CURLE_OK;
}

bool
dcf_transfer_marks_end(const DcfTransfer *transfer)
{
	curl_off_t length = -1;

	if (transfer->odd_transfer_coding)
		return false;
	if (transfer->chunked)
		return true;
	return !transfer->odd_length &&
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
						  &length) == CURLE_OK &&
		length >= 0;
}
