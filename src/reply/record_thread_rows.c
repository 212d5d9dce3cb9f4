/*
 * record_thread_rows.c
 *	  Taking over rows that a thread has read.  See record_private.h.
 */
#include "postgres.h"

#include "record_private.h"
#include "reply/reply.h"

/* Bytes of a cache line. */
#define CACHE_LINE 64

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void) (address))
#endif

void
dcf_record_begin_rows(DcfRecordReader *reader)
{
	size_t len;

	DcfBody *body = reader->body;
	int piece = dcf_body_piece(body);

	reader->rows = piece >= 0 ? &reader->pieces[piece] : NULL;
	reader->buffer = dcf_body_buffer(body, &len);
	reader->row = 0;
	reader->pending = 0;
}

DcfReadStatus
dcf_record_finish_rows(DcfRecordReader *reader, size_t *consumed)
{
	const DcfThreadRows *rows = reader->rows;
	size_t taken = rows->nrows > 0 ? rows->ends[rows->nrows - 1] : 0;

	if (rows->nrows > 0 && reader->nunseen > 0)
		dcf_record_note_rows(reader);
	dcf_record_use_bytes(reader, taken);
	/* The bytes behind the last row belong to the status. */
	*consumed = rows->consumed - taken;
	/* So that dcf_record_begin_rows() does not find them again. */
	reader->rows = NULL;
	dcf_body_forget_piece(reader->body);
	return rows->status;
}

void
dcf_record_use_bytes(DcfRecordReader *reader, size_t n)
{
	dcf_body_consume(reader->body, n);
	reader->bytes += n;
}

/* Prefetch each cache line of a range. */
static inline void
prefetch(const void *start, const void *end)
{
	for (const char *p = start; p < (const char *) end; p += CACHE_LINE)
		PREFETCH(p);
}

/*
 * Prefetch the row after the one that is being returned: the thread wrote it,
 * so it is in another processor's cache.  reader->row is already that row's
 * index, and so never 0.
 */
static void
prefetch_row(const DcfRecordReader *reader)
{
	const DcfThreadRows *rows = reader->rows;
	int row = reader->row;
	int ntargets = reader->source.ntargets;
	const Datum *values = &rows->values[row * ntargets];
	const bool *isnull = &rows->isnull[row * ntargets];

	if (row == rows->nrows)
		return;
	prefetch(reader->buffer + rows->ends[row - 1],
			 reader->buffer + rows->ends[row]);
	prefetch(values, values + ntargets);
	prefetch(isnull, isnull + ntargets);
}

void
dcf_record_take_row(DcfRecordReader *reader, Datum *values, bool *isnull)
{
	const DcfThreadRows *rows = reader->rows;
	const DcfRecordTarget *targets = reader->source.targets;
	int ntargets = reader->source.ntargets;
	int row = reader->row++;
	int first = row * ntargets;

	reader->records_in_thread++;
	prefetch_row(reader);
	if (reader->in_order)
	{
		memcpy(values, &rows->values[first], sizeof(Datum) * ntargets);
		memcpy(isnull, &rows->isnull[first], sizeof(bool) * ntargets);
	}
	else
		for (int i = 0; i < ntargets; i++)
		{
			values[targets[i].column] = rows->values[first + i];
			isnull[targets[i].column] = rows->isnull[first + i];
		}

	/* Pending values are in the order of rows, so this row's come next. */
	for (; reader->pending < rows->npending; reader->pending++)
	{
		const DcfPendingValue *value = &rows->pending[reader->pending];
		const DcfRecordTarget *target = &targets[value->target];

		if (value->row != row)
			break;
		values[target->column] =
			dcf_convert_field(target->converter, &value->field, NULL,
							  reader->records, &isnull[target->column]);
	}
}
