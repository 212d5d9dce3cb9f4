/*
 * record_read.c
 *	  Feeding a reply's bytes to the format's reader.  See record_private.h.
 */
#include "postgres.h"

#include "record_private.h"
#include "reply/reply.h"

static DcfReadStatus read_buffer(DcfRecordReader *reader, bool ended);
static DcfReadStatus handle_status(DcfRecordReader *reader,
								   DcfReadStatus status, size_t consumed);

/* Get more bytes into the buffer; errors have the request as CONTEXT. */
static DcfBodyStatus
fill(DcfRecordReader *reader)
{
	ErrorContextCallback callback;
	DcfBodyStatus status;

	dcf_reply_push_context(reader->reply, &callback);
	status = dcf_body_fill(reader->body, false);
	dcf_reply_pop_context(&callback);
	return status;
}

DcfReadStatus
dcf_record_read(DcfRecordReader *reader)
{
	DcfReadStatus status;

	if (dcf_record_has_row(reader))
		return DCF_READ_RECORD;
	/* If it stopped, the format's reader has seen the whole buffer. */
	status = reader->stopped ? DCF_READ_MORE : read_buffer(reader, false);
	reader->stopped = false;
	while (status != DCF_READ_RECORD && status != DCF_READ_END)
	{
		bool ended = false;

		/* After DCF_READ_HEADER, the buffer may have records: read on. */
		if (status == DCF_READ_MORE)
		{
			DcfBodyStatus body = fill(reader);

			if (body == DCF_BODY_LATER)
			{
				reader->stopped = true;
				return DCF_READ_MORE;
			}
			ended = body == DCF_BODY_ENDED;
		}
		/* If no more bytes come, the format's reader is to finish. */
		status = read_buffer(reader, ended);
	}
	return status;
}

/*
 * Read the next record from the buffer.  ended: no more bytes will arrive.  Errors of
 * the format's reader are raised, so DCF_READ_WRONG is never returned.
 */
static DcfReadStatus
read_buffer(DcfRecordReader *reader, bool ended)
{
	const DcfFormatRoutine *format = reader->source.format;
	size_t len;
	size_t consumed;
	const char *buffer = dcf_body_buffer(reader->body, &len);
	DcfReadStatus status;

	/* Each new buffer may be a piece that the thread has read. */
	if (!reader->rows)
		dcf_record_begin_rows(reader);
	reader->buffer = buffer;
	if (dcf_record_has_row(reader))
		return DCF_READ_RECORD;
	if (reader->rows)
		status = dcf_record_finish_rows(reader, &consumed);
	else
		status =
			(ended ? format->finish : format->next)(reader->source.in, buffer,
													len, &consumed);
	return handle_status(reader, status, consumed);
}

/* Check what the format's reader found, and consume its bytes. */
static DcfReadStatus
handle_status(DcfRecordReader *reader, DcfReadStatus status, size_t consumed)
{
	const DcfRecordSource *source = &reader->source;

	if (status == DCF_READ_WRONG)
		dcf_record_raise_wrong(reader);
	if (status == DCF_READ_HEADER)
	{
		dcf_record_check_keys(reader);
		dcf_record_note_header(reader);
	}
	if (status == DCF_READ_RECORD)
		dcf_record_check_length(reader, dcf_record_length(source, consumed));
	dcf_record_use_bytes(reader, consumed);
	reader->begun |= consumed > 0;
	return status;
}
