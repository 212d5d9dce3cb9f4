/*
 * record_held.c
 *	  Records that are held back.  See record_private.h.
 *
 * If a format leaves NULLs out, a record without any of the table's keys is either a row
 * of NULLs or a record of another table.  The first record with a known key decides, so
 * the records before it are held back.  All of them are NULL, so it is enough to count
 * them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "record_private.h"

void
dcf_record_begin_held(DcfRecordReader *reader)
{
	reader->holding =
		reader->source.has_keys && reader->source.format->leaves_nulls_out;
	reader->nheld = 0;
	reader->following = DCF_READ_MORE;
}

/*
 * Read up to the first record with a known key, or to the end, and count the records
 * before it.
 */
static DcfReadStatus
count_held(DcfRecordReader *reader)
{
	const DcfRecordSource *source = &reader->source;

	for (;;)
	{
		DcfReadStatus status = dcf_record_read(reader);

		if (status != DCF_READ_RECORD ||
			source->format->matched(source->in) > 0)
			return status;
		reader->nheld++;
		CHECK_FOR_INTERRUPTS();
	}
}

DcfReadStatus
dcf_record_read_held(DcfRecordReader *reader, bool *is_null)
{
	*is_null = false;
	if (reader->following == DCF_READ_MORE)
	{
		reader->following = count_held(reader);
		if (reader->following == DCF_READ_MORE)
			return DCF_READ_MORE;
		if (reader->following == DCF_READ_END && reader->nheld > 0)
			dcf_record_check_held(reader);
	}
	if (reader->nheld > 0)
	{
		reader->nheld--;
		*is_null = true;
		return DCF_READ_RECORD;
	}
	reader->holding = false;
	return reader->following;
}
