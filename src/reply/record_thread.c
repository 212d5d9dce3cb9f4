/*
 * record_thread.c
 *	  Reading records in a thread.  See record_private.h.
 *
 * Nothing of PostgreSQL's is called here: formats that read in a thread
 * have readers in pure C, and dcf_convert_pure() says what it is.  Whatever
 * needs more, or an error, is left to the backend.
 */
#include "postgres.h"

#include "record_private.h"

static bool is_row(const DcfRecordSource *source, size_t consumed);
static void add_row(const DcfRecordSource *source, DcfThreadRows *rows);
static void see_keys(const DcfRecordSource *source, DcfThreadRows *rows);

DcfInflateThreadRead
dcf_record_read_ahead(void *arg, char *data, size_t len, void *memory,
					  size_t *consumed)
{
	/* A copy, for the backend writes close by. */
	const DcfRecordSource source = *(const DcfRecordSource *) arg;
	DcfThreadRows *rows = memory;
	int room = Min(DCF_ROWS_MAX, DCF_VALUES_MAX / Max(source.ntargets, 1));
	size_t at = 0;

	rows->nrows = 0;
	rows->npending = 0;
	rows->nunseen = 0;
	rows->status = DCF_READ_RECORD;
	while (rows->nrows < room)
	{
		size_t n;

		rows->status = source.format->next(source.in, data + at, len - at, &n);
		at += n;
		if (rows->status != DCF_READ_RECORD || !is_row(&source, n))
			break;
		add_row(&source, rows);
		if (source.seeks)
			see_keys(&source, rows);
		rows->ends[rows->nrows++] = (uint32) at;
	}
	rows->consumed = *consumed = at;
	if (rows->nrows == room)
	{
		rows->status = DCF_READ_MORE;
		return DCF_INFLATE_THREAD_READ_FULL;
	}
	return rows->status == DCF_READ_MORE ? DCF_INFLATE_THREAD_READ :
										   DCF_INFLATE_THREAD_READ_STOP;
}

/* Whether there is nothing wrong with a record. */
static bool
is_row(const DcfRecordSource *source, size_t consumed)
{
	return dcf_record_length(source, consumed) <= source->max_record_size &&
		(!source->has_keys || source->format->matched(source->in) > 0);
}

static void
add_row(const DcfRecordSource *source, DcfThreadRows *rows)
{
	int first = rows->nrows * source->ntargets;

	for (int i = 0; i < source->ntargets; i++)
	{
		const DcfRecordTarget *target = &source->targets[i];
		DcfPendingValue *pending = &rows->pending[rows->npending];

		if (dcf_convert_pure(target->converter, &source->fields[target->key],
							 &rows->values[first + i],
							 &rows->isnull[first + i], &pending->pending))
			continue;
		pending->row = rows->nrows;
		pending->target = i;
		rows->npending++;
	}
}

/* Of the row that was added. */
static void
see_keys(const DcfRecordSource *source, DcfThreadRows *rows)
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
