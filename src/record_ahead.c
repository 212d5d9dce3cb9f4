/*
 * record_ahead.c
 *	  Reading records in a thread.  See record_private.h.
 *
 * Nothing of PostgreSQL's is called here: formats that read in a thread
 * have readers in pure C, and dcf_convert_plain() says what it is.  Whatever
 * needs more, or an error, is left to the backend.
 */
#include "postgres.h"

#include "record_private.h"

static bool is_row(const DcfAheadRecords *reader, size_t consumed);
static void add_row(const DcfAheadRecords *reader, DcfRows *rows);

DcfAheadRead
dcf_record_read_ahead(void *arg, char *data, size_t len, void *memory,
					  size_t *consumed)
{
	/* A copy, for the backend writes close by. */
	const DcfAheadRecords reader = *(const DcfAheadRecords *) arg;
	DcfRows *rows = memory;
	int room = Min(DCF_ROWS_MAX, DCF_VALUES_MAX / Max(reader.ntargets, 1));
	size_t at = 0;

	rows->nrows = 0;
	rows->npending = 0;
	rows->status = DCF_READ_RECORD;
	while (rows->nrows < room)
	{
		size_t n;

		rows->status = reader.format->next(reader.in, data + at, len - at, &n);
		at += n;
		if (rows->status != DCF_READ_RECORD || !is_row(&reader, n))
			break;
		add_row(&reader, rows);
		rows->ends[rows->nrows++] = (uint32) at;
	}
	rows->consumed = *consumed = at;
	if (rows->nrows == room)
	{
		rows->status = DCF_READ_MORE;
		return DCF_AHEAD_READ_FULL;
	}
	return rows->status == DCF_READ_MORE ? DCF_AHEAD_READ :
										   DCF_AHEAD_READ_STOP;
}

/* Whether there is nothing wrong with a record. */
static bool
is_row(const DcfAheadRecords *reader, size_t consumed)
{
	return dcf_record_length(reader->format, reader->in, consumed) <=
		reader->max_record_size &&
		(!reader->has_keys || reader->format->matched(reader->in) > 0);
}

static void
add_row(const DcfAheadRecords *reader, DcfRows *rows)
{
	int first = rows->nrows * reader->ntargets;

	for (int i = 0; i < reader->ntargets; i++)
	{
		const DcfTarget *target = &reader->targets[i];
		DcfPendingValue *pending = &rows->pending[rows->npending];

		if (dcf_convert_plain(target->converter, &reader->fields[target->key],
							  &rows->values[first + i],
							  &rows->isnull[first + i], &pending->pending))
			continue;
		pending->row = rows->nrows;
		pending->target = i;
		rows->npending++;
	}
}
