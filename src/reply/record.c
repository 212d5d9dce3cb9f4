/*
 * record.c
 *	  The record reader: a record becomes a row.  See record.h.
 */
#include "postgres.h"

#include "record_private.h"
#include "reply/reply.h"

/*
 * From this number of fetched columns on, a thread that decompresses also reads the
 * records, as long as the rest of the query takes longer (body_thread.c).  Measured:
 * COPY of 4 columns gains nothing, of 8 a seventh, of 26 a quarter.
 */
#define THREAD_MIN_COLUMNS 8

static void offer_to_thread(DcfRecordReader *reader);
static void allow_in_place(DcfRecordReader *reader);
static int find_or_add_key(DcfRecordReader *reader, const char *name);
static inline void note_keys(DcfRecordReader *reader);
static inline void convert_record(const DcfRecordReader *reader, Datum *values,
								  bool *isnull);
static void convert_nulls(const DcfRecordReader *reader, Datum *values,
						  bool *isnull);

DcfRecordReader *
dcf_record_create(const DcfRelation *relation, const Bitmapset *fetched,
				  DcfWarned *warned)
{
	DcfRecordReader *reader = palloc0(sizeof(DcfRecordReader));
	DcfRecordSource *source = &reader->source;
	int size = Max(relation->natts, 1);

	reader->relation = relation;
	reader->warned = warned;
	reader->keys = palloc(sizeof(DcfKey) * size);
	source->targets = palloc(sizeof(DcfRecordTarget) * size);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		DcfRecordTarget *target;
		int key;

		if (!dcf_column_is_read(column))
			continue;

		/* Keys that are not fetched still show that this is the table's reply. */
		key = find_or_add_key(reader, dcf_option_utf8(column->options->name));
		if (!bms_is_member(i + 1, fetched))
			continue;
		target = &source->targets[source->ntargets++];
		target->column = i;
		target->key = key;
		target->converter =
			dcf_convert_create(relation->relname,
							   TupleDescAttr(relation->tupdesc, i),
							   column->timezone,
							   relation->table->null_strings);
	}

	reader->context = CurrentMemoryContext;
	reader->unseen = palloc(sizeof(int16) * size);
	source->tracks_keys = relation->table->missing_key != DCF_MISSING_IGNORE;
	/* Targets ascend, so they have no gaps if the last is where it belongs. */
	reader->in_order = source->ntargets > 0 &&
		source->targets[source->ntargets - 1].column == source->ntargets - 1;

	reader->config.format = relation->table->format;
	reader->config.keys = reader->keys;
	reader->config.max_record_size = relation->server->max_record_size;
	source->format = dcf_format_routine(reader->config.format);
	if (source->format->separates_texts)
		allow_in_place(reader);
	source->in = source->format->create(&reader->config);
	source->has_keys = reader->config.nkeys > 0;
	source->max_record_size = reader->config.max_record_size;
	return reader;
}

/* A field that only one column reads may be changed into a Datum in place. */
static void
allow_in_place(DcfRecordReader *reader)
{
	DcfRecordSource *source = &reader->source;
	int *readers = palloc0(sizeof(int) * Max(reader->config.nkeys, 1));

	for (int i = 0; i < source->ntargets; i++)
		readers[source->targets[i].key]++;
	for (int i = 0; i < source->ntargets; i++)
		if (readers[source->targets[i].key] == 1)
			dcf_convert_allow_in_place(source->targets[i].converter);
	pfree(readers);
}

/* The key's index.  Two columns may read one key, which the reader gets once. */
static int
find_or_add_key(DcfRecordReader *reader, const char *name)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < reader->config.nkeys; i++)
		if (reader->keys[i].len == len &&
			memcmp(reader->keys[i].name, name, len) == 0)
			return i;
	reader->keys[i].name = name;
	reader->keys[i].len = len;
	reader->config.nkeys++;
	return i;
}

void
dcf_record_attach(DcfRecordReader *reader, DcfReply *reply)
{
	DcfRecordSource *source = &reader->source;

	reader->reply = reply;
	reader->body = dcf_reply_body(reply);
	reader->records = 0;
	reader->records_in_thread = 0;
	reader->begun = false;
	reader->stopped = false;
	source->format->start(source->in);
	/* The format has no fields before its first start(). */
	source->fields = source->format->fields(source->in);
	reader->rows = NULL;
	reader->bytes = 0;
	dcf_reply_count_records(reply, &reader->records);
	dcf_record_begin_held(reader);
	dcf_record_begin_missing(reader);
	dcf_record_begin_new(reader);
	if (source->format->reads_in_thread)
		offer_to_thread(reader);
	/* Raise before the first row, as a missing end is never noticed later. */
	if (!source->format->shows_cut && !dcf_body_marks_end(reader->body))
		dcf_record_raise_unmarked(reader);
}

/* Let a thread read records, if the body is long enough to get one. */
static void
offer_to_thread(DcfRecordReader *reader)
{
	DcfBodyReader thread = {.read = dcf_record_read_in_thread,
							.begin = dcf_record_begin_thread,
							.beside_inflate =
								reader->source.ntargets >= THREAD_MIN_COLUMNS,
							.arg = reader};

	dcf_body_read_in_thread(reader->body, &thread);
}

DcfRecordStatus
dcf_record_next(DcfRecordReader *reader, Datum *values, bool *isnull)
{
	const DcfRecordSource *source = &reader->source;
	bool is_null = false;
	DcfReadStatus status = reader->holding ?
		dcf_record_read_held(reader, &is_null) :
		dcf_record_read(reader);

	if (status == DCF_READ_MORE)
		return DCF_RECORD_LATER;
	if (status == DCF_READ_END)
	{
		dcf_record_report_missing(reader);
		return DCF_RECORD_END;
	}
	/* From here on this is the number of the record, from 1, for messages. */
	reader->records++;
	/* The thread has checked and converted its rows. */
	if (dcf_record_has_row(reader))
	{
		dcf_record_take_row(reader, values, isnull);
		return DCF_RECORD_ROW;
	}
	/* In formats that leave NULLs out, dcf_record_read_held() checks this. */
	if (!source->format->leaves_nulls_out &&
		(reader->records == 1 || source->format->nulls_have_keys))
		dcf_record_check_keys(reader);
	if (is_null)
		convert_nulls(reader, values, isnull);
	else
	{
		note_keys(reader);
		convert_record(reader, values, isnull);
	}
	return DCF_RECORD_ROW;
}

/* Note and report the keys of a record that the backend has read. */
static inline void
note_keys(DcfRecordReader *reader)
{
	if (reader->nunseen > 0)
		dcf_record_note_keys(reader);
	if (reader->wants_new)
		dcf_record_report_new(reader);
}

/* Convert the current record's fields. */
static inline void
convert_record(const DcfRecordReader *reader, Datum *values, bool *isnull)
{
	const DcfRecordSource *source = &reader->source;

	for (int i = 0; i < source->ntargets; i++)
	{
		const DcfRecordTarget *target = &source->targets[i];

		values[target->column] =
			dcf_convert_field(target->converter, &source->fields[target->key],
							  reader->buffer, reader->records,
							  &isnull[target->column]);
	}
}

/*
 * Convert a record that was held back: each of its fields is absent.  That is
 * left to the converters, because a domain may refuse NULL.
 */
static void
convert_nulls(const DcfRecordReader *reader, Datum *values, bool *isnull)
{
	static const DcfField absent = {.kind = DCF_FIELD_ABSENT};
	const DcfRecordSource *source = &reader->source;

	for (int i = 0; i < source->ntargets; i++)
	{
		const DcfRecordTarget *target = &source->targets[i];

		values[target->column] =
			dcf_convert_field(target->converter, &absent, NULL,
							  reader->records, &isnull[target->column]);
	}
}

uint64
dcf_record_count(const DcfRecordReader *reader)
{
	return reader->records;
}

uint64
dcf_record_count_in_thread(const DcfRecordReader *reader)
{
	return reader->records_in_thread;
}

uint64
dcf_record_bytes(const DcfRecordReader *reader)
{
	uint64 bytes = reader->bytes;

	/* The thread's rows are consumed only when all are returned. */
	if (reader->rows && reader->row > 0)
		bytes += reader->rows->ends[reader->row - 1];
	return bytes;
}
