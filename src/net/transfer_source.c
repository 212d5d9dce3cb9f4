/*
 * transfer_source.c
 *	  The body of a transfer as a source.  See source_private.h.
 *
 * Each function is given the source that is the transfer's first member.
 */
#include "postgres.h"

#include "transfer_private.h"

static void
resume(DcfSource *source)
{
	DcfTransfer *transfer = (DcfTransfer *) source;
	CURLcode code;
	sigset_t saved;

	dcf_inbox_lengthen(&transfer->inbox);
	transfer->inbox.wanted = 0;
	dcf_signal_mask_block(&saved);
	/* libcurl may call on_body() before it returns, and so pause again. */
	code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	dcf_signal_mask_restore(&saved);
	dcf_transfer_record(transfer);

	if (code == CURLE_OUT_OF_MEMORY)
		dcf_http_check(code);
	/* Any other failure also becomes the transfer's result. */
}

/* From now on idle_timeout counts in place of first_byte_timeout. */
static void
note_data(DcfSource *source)
{
	((DcfTransfer *) source)->has_data = true;
}

static double
first_byte_ms(const DcfSource *source)
{
	const DcfTransfer *transfer = (const DcfTransfer *) source;

	return transfer->has_data ?
		(double) (transfer->first_byte_at - transfer->begun_at) :
		-1;
}

static void
plan(DcfSource *source, DcfWaitPlan *plan)
{
	dcf_transfer_plan((DcfTransfer *) source, plan);
}

static void
waited(DcfSource *source)
{
	dcf_transfer_waited((DcfTransfer *) source);
}

/* libcurl has checked the length or the last chunk. */
static bool
is_complete(DcfSource *source)
{
	DcfTransfer *transfer = (DcfTransfer *) source;

	if (transfer->result != CURLE_OK)
		dcf_transfer_cut(transfer, dcf_transfer_message(transfer));
	return transfer->result == CURLE_OK;
}

/* Whether chunks or one valid Content-Length say where the body ends. */
static bool
marks_end(const DcfSource *source)
{
	const DcfTransfer *transfer = (const DcfTransfer *) source;
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

static void
raise_failure(const DcfSource *source)
{
	dcf_transfer_raise((const DcfTransfer *) source);
}

static void
raise_cut(const DcfSource *source, const char *reason)
{
	dcf_transfer_raise_cut((const DcfTransfer *) source, reason);
}

const DcfSourceRoutine dcf_transfer_source_routine = {.resume = resume,
													  .note_data = note_data,
													  .first_byte_ms =
														  first_byte_ms,
													  .plan = plan,
													  .waited = waited,
													  .is_complete =
														  is_complete,
													  .marks_end = marks_end,
													  .raise = raise_failure,
													  .raise_cut = raise_cut};
