/*
 * transfer_recording.c
 *	  What is recorded of a transfer.  See net/recording.h.
 */
#include "postgres.h"

#include "transfer_private.h"

StaticAssertDecl(DCF_RECORDING_HEAD >= DCF_TRANSFER_MAX_HEAD,
				 "a recording must have room for every head");

void
dcf_transfer_record(DcfTransfer *transfer)
{
	const DcfInbox *inbox = &transfer->inbox;
	const DcfBuffer *bytes = &inbox->bytes;
	size_t len = inbox->received - transfer->recorded;

	if (transfer->recording == NULL)
		return;
	/* Nothing has been consumed since libcurl was called, so these are the last. */
	transfer->recorded = inbox->received;
	dcf_recording_body(transfer->recording,
					   transfer->head_done ? &transfer->head : NULL,
					   bytes->base + bytes->end - len, len);
}

DcfRecordingEnd
dcf_transfer_find_end(const DcfTransfer *transfer)
{
	if (transfer->problem == DCF_TRANSFER_TIMED_OUT)
		return DCF_RECORDING_TIMED_OUT;
	if (!transfer->source.done)
		return DCF_RECORDING_GIVEN_UP;
	if (!transfer->head_done)
		return DCF_RECORDING_NO_REPLY;
	return transfer->result == CURLE_OK ? DCF_RECORDING_COMPLETE :
										  DCF_RECORDING_CUT;
}

void
dcf_transfer_finish_recording(DcfTransfer *transfer, DcfRecordingEnd end)
{
	CURLcode result = transfer->result;

	if (transfer->recording)
		dcf_recording_finish(transfer->recording, end,
							 result == CURLE_OK ? NULL :
												  curl_easy_strerror(result),
							 transfer->connected_at);
}
