/*
 * record_read.c
 *	  Reading on in a reply: its windows into the format's reader.  See
 *	  record_private.h.
 */
#include "postgres.h"

#include "record_private.h"
#include "reply/reply.h"

static DcfReadStatus read_window(DcfRecordReader *reader, bool ended);
static DcfReadStatus take_status(DcfRecordReader *reader, DcfReadStatus status,
								 size_t consumed);

DcfReadStatus
dcf_record_read(DcfRecordReader *reader, bool wait)
{
	DcfReadStatus status;

	if (dcf_record_has_row(reader))
		return DCF_READ_RECORD;
	/* A reader is not given the same bytes twice without any more. */
	status = reader->stopped ? DCF_READ_MORE : read_window(reader, false);
	reader->stopped = false;
	while (status != DCF_READ_RECORD && status != DCF_READ_END)
	{
		if (status == DCF_READ_MORE && !wait &&
			!dcf_reply_is_ready(reader->reply))
		{
			reader->stopped = true;
			return status;
		}
		status = read_window(reader,
							 status == DCF_READ_MORE &&
								 !dcf_reply_fill(reader->reply));
	}
	return status;
}

/*
 * As far as there are bytes; ended: no more will come.  DCF_READ_WRONG is
 * raised.
 */
static DcfReadStatus
read_window(DcfRecordReader *reader, bool ended)
{
	const DcfFormatRoutine *format = reader->source.format;
	size_t len;
	size_t consumed;
	const char *window =
		dcf_http_buffer(dcf_reply_transfer(reader->reply), &len);
	DcfReadStatus status;

	if (!reader->rows)
		dcf_record_begin_rows(reader);
	if (dcf_record_has_row(reader))
		return DCF_READ_RECORD;
	if (reader->rows)
		status = dcf_record_leave_rows(reader, &consumed);
	else
		status =
			(ended ? format->finish : format->next)(reader->source.in, window,
													len, &consumed);
	return take_status(reader, status, consumed);
}

/* What the format's reader has said, with so many bytes of the window. */
static DcfReadStatus
take_status(DcfRecordReader *reader, DcfReadStatus status, size_t consumed)
{
	const DcfRecordSource *source = &reader->source;

	if (status == DCF_READ_WRONG)
		dcf_record_raise_wrong(reader);
	if (status == DCF_READ_HEADER)
	{
		dcf_record_check_keys(reader);
		dcf_record_see_header(reader);
	}
	if (status == DCF_READ_RECORD)
		dcf_record_check_length(reader, dcf_record_length(source, consumed));
	dcf_record_use_bytes(reader, consumed);
	reader->begun |= consumed > 0;
	return status;
}
