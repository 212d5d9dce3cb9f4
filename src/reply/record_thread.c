/*
 * record_thread.c
 *	  Reading records in a thread.  See record_private.h.
 *
 * The thread must not call PostgreSQL.  Formats with reads_in_thread have readers in pure
 * C, and dcf_convert_pure() needs neither memory nor errors.  Everything else, including
 * each error, is left to the backend.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "record_private.h"

static bool is_plain_row(const DcfRecordSource *source, size_t consumed);
static void add_row(const DcfRecordSource *source, const char *buffer,
					DcfThreadRows *rows);
static void note_keys(const DcfRecordSource *source, DcfThreadRows *rows);

void
dcf_record_begin_thread(void *arg)
{
	DcfRecordReader *reader = arg;

	/* Its pages are allocated when first used, and kept for the next reply. */
	if (reader->pieces == NULL)
		reader->pieces =
			MemoryContextAllocHuge(reader->context,
								   DCF_BODY_PIECES * sizeof(DcfThreadRows));
}

DcfInflateThreadRead
dcf_record_read_in_thread(void *arg, int piece, char *data, size_t len,
						  size_t *consumed)
{
	const DcfRecordReader *reader = arg;
	/* A copy, because the backend writes to the same cache lines. */
	const DcfRecordSource source = reader->source;
	DcfThreadRows *rows = &reader->pieces[piece];
	int room = Min(DCF_ROWS_MAX, DCF_VALUES_MAX / Max(source.ntargets, 1));
	size_t at = 0;

	rows->nrows = 0;
	rows->npending = 0;
	rows->nrooms = 0;
	rows->nunseen = 0;
	rows->status = DCF_READ_RECORD;
	while (rows->nrows < room)
	{
		size_t n;

		rows->status = source.format->next(source.in, data + at, len - at, &n);
		at += n;
		if (rows->status != DCF_READ_RECORD || !is_plain_row(&source, n))
			break;
		add_row(&source, data, rows);
		if (source.tracks_keys)
			note_keys(&source, rows);
		rows->ends[rows->nrows++] = (uint32) at;
	}
	rows->consumed = *consumed = at;
	if (rows->nrows == room)
	{
		/*
		 * The backend then goes on with the next piece, which begins with the
		 * bytes that are left.
		 */
		rows->status = DCF_READ_MORE;
		return DCF_INFLATE_THREAD_READ_FULL;
	}
	return rows->status == DCF_READ_MORE ? DCF_INFLATE_THREAD_READ :
										   DCF_INFLATE_THREAD_READ_STOP;
}

/* Whether the backend has nothing to check or report about the current record. */
static bool
is_plain_row(const DcfRecordSource *source, size_t consumed)
{
	return dcf_record_length(source, consumed) <= source->max_record_size &&
		(!source->has_keys || source->format->matched(source->in) > 0);
}

/* Convert the current record; what the backend must convert becomes pending. */
static void
add_row(const DcfRecordSource *source, const char *buffer, DcfThreadRows *rows)
{
	int first = rows->nrows * source->ntargets;

	for (int i = 0; i < source->ntargets; i++)
	{
		const DcfRecordTarget *target = &source->targets[i];
		const DcfField *field = &source->fields[target->key];
		DcfConvertRoom *room = &rows->rooms[rows->nrooms];
		Datum *value = &rows->values[first + i];

		if (!dcf_convert_pure(target->converter, field, buffer, room, value,
							  &rows->isnull[first + i]))
			rows->pending[rows->npending++] =
				(DcfPendingValue){rows->nrows, i, *field};
		else if (*value == PointerGetDatum(room))
			rows->nrooms++;
	}
}

/* Note the keys of the row that was added. */
static void
note_keys(const DcfRecordSource *source, DcfThreadRows *rows)
{
	if (rows->nrows == 0)
		while (rows->nunseen < source->ntargets)
		{
			rows->unseen[rows->nunseen] = (int16) rows->nunseen;
			rows->nunseen++;
		}
	if (rows->nunseen > 0)
		rows->nunseen =
			dcf_record_keep_unseen(source, rows->unseen, rows->nunseen);
}
