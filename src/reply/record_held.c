/*
 * record_held.c
 *	  Records that are held back.  See record_private.h.
 *
 * Where NULLs are left out, a record without any of the table's keys may be one
 * of its records with NULL in all columns, or of another table.  The first
 * record that has a key tells.  Nothing of those before it needs to be kept but
 * their number.
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
	reader->behind = DCF_READ_MORE;
}

/* Read up to the first record that has keys, or to the end. */
static DcfReadStatus
look_behind(DcfRecordReader *reader, bool wait)
{
	const DcfRecordSource *source = &reader->source;

	for (;;)
	{
		DcfReadStatus status = dcf_record_read(reader, wait);

		if (status != DCF_READ_RECORD ||
			source->format->matched(source->in) > 0)
			return status;
		reader->nheld++;
		CHECK_FOR_INTERRUPTS();
	}
}

DcfReadStatus
dcf_record_read_held(DcfRecordReader *reader, bool wait, bool *is_null)
{
	*is_null = false;
	if (reader->behind == DCF_READ_MORE)
	{
		reader->behind = look_behind(reader, wait);
		if (reader->behind == DCF_READ_MORE)
			return DCF_READ_MORE;
		if (reader->behind == DCF_READ_END && reader->nheld > 0)
			dcf_record_check_held(reader);
	}
	if (reader->nheld > 0)
	{
		reader->nheld--;
		*is_null = true;
		return DCF_READ_RECORD;
	}
	reader->holding = false;
	return reader->behind;
}
