/*
 * record.c
 *	  Bytes into rows.  See record.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "compat.h"
#include "error.h"
#include "record_private.h"

/* Keys of a foreign reply listed in a message. */
#define SHOWN_KEYS 20

/*
 * With so many columns to fill what follows takes longer than decompressing: then
 * the thread that does it had better read the records, too.  (Measured: COPY of
 * 10 columns gains little, of 12 a third; what only counts them loses.)
 */
#define AHEAD_COLUMNS 12

/* Bytes that the processor loads at once. */
#define CACHE_LINE 64

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void) (address))
#endif

struct DcfRecordReader
{
	const DcfRelation *relation;
	DcfReply *reply;
	const DcfFormatRoutine *format;
	void *in; /* the format's reader */
	DcfFormatConfig config;
	DcfKey *keys;
	const DcfField *fields; /* by key */
	DcfTarget *targets;
	int ntargets;
	DcfAheadRecords ahead; /* what a thread is given of all this */
	const DcfRows *rows;   /* what a thread has read of the window, or NULL */
	const char *window;	   /* of which it has read them */
	int row;			   /* the next one */
	int pending;		   /* the next value to make */
	bool in_order;		   /* the targets are the first columns */
	uint64 records;
	uint64 records_ahead; /* of them, by a thread */
	uint64 bytes;		  /* of windows before this one */
	bool begun;			  /* bytes of the reply are gone */
	bool stopped;		  /* for want of bytes that nobody waited for */
};

static void offer_ahead(DcfRecordReader *reader);
static void allow_in_place(DcfRecordReader *reader);
static int find_or_add_key(DcfRecordReader *reader, const char *name);
static DcfReadStatus read_record(DcfRecordReader *reader, bool wait);
static DcfReadStatus read_window(DcfRecordReader *reader);
static void take_row(DcfRecordReader *reader, Datum *values, bool *isnull);
static void begin_rows(DcfRecordReader *reader);
static DcfReadStatus leave_rows(DcfRecordReader *reader, size_t *consumed);
static void use_bytes(DcfRecordReader *reader, size_t n);
static void check_length(const DcfRecordReader *reader, size_t len);
static void check_keys(DcfRecordReader *reader);
pg_noreturn static void raise_unmarked(const DcfRecordReader *reader);
static char *list_keys(DcfRecordReader *reader);
pg_noreturn static void raise_wrong(DcfRecordReader *reader);

/* Whether the next record is one that a thread has read. */
static inline bool
has_row(const DcfRecordReader *reader)
{
	return reader->rows && reader->row < reader->rows->nrows;
}

DcfRecordReader *
dcf_record_create(const DcfRelation *relation, const Bitmapset *fetched)
{
	DcfRecordReader *reader = palloc0(sizeof(DcfRecordReader));
	int size = Max(relation->natts, 1);

	reader->relation = relation;
	reader->keys = palloc(sizeof(DcfKey) * size);
	reader->targets = palloc(sizeof(DcfTarget) * size);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		DcfTarget *target;
		int key;

		if (!dcf_column_is_read(column))
			continue;

		/* Also keys nobody fetches tell whether this is the table's reply. */
		key = find_or_add_key(reader, dcf_option_utf8(column->options->name));
		if (!bms_is_member(i + 1, fetched))
			continue;
		target = &reader->targets[reader->ntargets++];
		target->column = i;
		target->key = key;
		target->converter =
			dcf_convert_create(relation->relname,
							   TupleDescAttr(relation->tupdesc, i),
							   relation->server->timezone,
							   relation->table->null_strings);
	}

	reader->in_order = reader->ntargets > 0 &&
		reader->targets[reader->ntargets - 1].column == reader->ntargets - 1;

	allow_in_place(reader);
	reader->config.keys = reader->keys;
	reader->config.max_record_size = relation->server->max_record_size;
	reader->format = dcf_format_routine(relation->table->format);
	reader->in = reader->format->create(&reader->config);
	reader->ahead = (DcfAheadRecords){
		.format = reader->format,
		.in = reader->in,
		.targets = reader->targets,
		.ntargets = reader->ntargets,
		.has_keys = reader->config.nkeys > 0,
		.max_record_size = reader->config.max_record_size,
	};
	return reader;
}

/* Fields that just one column reads may become its values. */
static void
allow_in_place(DcfRecordReader *reader)
{
	int *readers = palloc0(sizeof(int) * Max(reader->config.nkeys, 1));

	for (int i = 0; i < reader->ntargets; i++)
		readers[reader->targets[i].key]++;
	for (int i = 0; i < reader->ntargets; i++)
		if (readers[reader->targets[i].key] == 1)
			dcf_convert_allow_in_place(reader->targets[i].converter);
	pfree(readers);
}

/* Two columns may read one key; a reader wants it once. */
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
	reader->reply = reply;
	reader->records = 0;
	reader->records_ahead = 0;
	reader->begun = false;
	reader->stopped = false;
	reader->format->start(reader->in);
	reader->fields = reader->format->fields(reader->in);
	reader->rows = NULL;
	reader->bytes = 0;
	if (reader->format->is_pure && reader->ntargets >= AHEAD_COLUMNS)
		offer_ahead(reader);
	if (!reader->format->shows_cut && !dcf_reply_marks_end(reply))
		raise_unmarked(reader);
}

/* To a thread, if there will be one. */
static void
offer_ahead(DcfRecordReader *reader)
{
	DcfAheadReader ahead = {.read = dcf_record_read_ahead,
							.arg = &reader->ahead,
							.rows_size = sizeof(DcfRows)};

	reader->ahead.fields = reader->fields;
	dcf_reply_read_ahead(reader->reply, &ahead);
}

/* Before any row is handed out: whether all have come nobody will know. */
static void
raise_unmarked(const DcfRecordReader *reader)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply for foreign table \"%s\" may have been cut short",
					reader->relation->relname),
			 errdetail("It is %s, in which a cut need not show, and came "
					   "without a length, chunks or compression, which would "
					   "mark its end.",
					   reader->format->name),
			 errhint("Set the table's option \"format\" to another one.")));
}

DcfRecordStatus
dcf_record_next(DcfRecordReader *reader, bool wait, Datum *values,
				bool *isnull)
{
	DcfReadStatus status = read_record(reader, wait);

	if (status != DCF_READ_RECORD)
		return status == DCF_READ_END ? DCF_RECORD_END : DCF_RECORD_LATER;
	reader->records++;
	if (has_row(reader))
	{
		take_row(reader, values, isnull);
		return DCF_RECORD_ROW;
	}
	if (reader->records == 1 || reader->format->nulls_have_keys)
		check_keys(reader);

	for (int i = 0; i < reader->ntargets; i++)
	{
		DcfTarget *target = &reader->targets[i];

		values[target->column] =
			dcf_convert_field(target->converter, &reader->fields[target->key],
							  reader->records, &isnull[target->column]);
	}
	return DCF_RECORD_ROW;
}

static inline void
prefetch(const void *start, const void *end)
{
	for (const char *p = start; p < (const char *) end; p += CACHE_LINE)
		PREFETCH(p);
}

/*
 * Ask for the row behind the one that is taken: what a thread has written is in
 * another processor's cache, and a long way off.
 */
static void
prefetch_row(const DcfRecordReader *reader)
{
	const DcfRows *rows = reader->rows;
	int row = reader->row;
	const Datum *values = &rows->values[row * reader->ntargets];
	const bool *isnull = &rows->isnull[row * reader->ntargets];

	if (row == rows->nrows)
		return;
	prefetch(reader->window + rows->ends[row - 1],
			 reader->window + rows->ends[row]);
	prefetch(values, values + reader->ntargets);
	prefetch(isnull, isnull + reader->ntargets);
}

/* The next row that a thread has read. */
static void
take_row(DcfRecordReader *reader, Datum *values, bool *isnull)
{
	const DcfRows *rows = reader->rows;
	int row = reader->row++;
	int first = row * reader->ntargets;

	reader->records_ahead++;
	prefetch_row(reader);
	if (reader->in_order)
	{
		memcpy(values, &rows->values[first], sizeof(Datum) * reader->ntargets);
		memcpy(isnull, &rows->isnull[first], sizeof(bool) * reader->ntargets);
	}
	else
		for (int i = 0; i < reader->ntargets; i++)
		{
			values[reader->targets[i].column] = rows->values[first + i];
			isnull[reader->targets[i].column] = rows->isnull[first + i];
		}

	for (; reader->pending < rows->npending; reader->pending++)
	{
		const DcfPendingValue *value = &rows->pending[reader->pending];
		const DcfTarget *target = &reader->targets[value->target];

		if (value->row != row)
			break;
		values[target->column] =
			dcf_convert_pending(target->converter, &value->pending,
								reader->records, &isnull[target->column]);
	}
}

uint64
dcf_record_count(const DcfRecordReader *reader)
{
	return reader->records;
}

uint64
dcf_record_count_ahead(const DcfRecordReader *reader)
{
	return reader->records_ahead;
}

uint64
dcf_record_bytes(const DcfRecordReader *reader)
{
	uint64 bytes = reader->bytes;

	if (reader->rows && reader->row > 0)
		bytes += reader->rows->ends[reader->row - 1];
	return bytes;
}

/*
 * DCF_READ_RECORD, DCF_READ_END at the end of a whole reply, or DCF_READ_MORE
 * where more would have to be waited for, and is not.
 */
static DcfReadStatus
read_record(DcfRecordReader *reader, bool wait)
{
	DcfReadStatus status;

	if (has_row(reader))
		return DCF_READ_RECORD;
	/* A reader is not given the same bytes twice without any more. */
	status = reader->stopped ? DCF_READ_MORE : read_window(reader);
	reader->stopped = false;
	while (status != DCF_READ_RECORD && status != DCF_READ_END)
	{
		if (status == DCF_READ_MORE && !wait &&
			!dcf_reply_is_ready(reader->reply))
		{
			reader->stopped = true;
			return status;
		}
		if (status == DCF_READ_MORE && !dcf_reply_fill(reader->reply))
			status = reader->format->finish(reader->in);
		else
			status = read_window(reader);
		if (status == DCF_READ_WRONG)
			raise_wrong(reader);
	}
	return status;
}

/* As far as there are bytes; DCF_READ_WRONG is raised. */
static DcfReadStatus
read_window(DcfRecordReader *reader)
{
	size_t len;
	size_t consumed;
	const char *window = dcf_reply_window(reader->reply, &len);
	DcfReadStatus status;

	if (!reader->rows)
		begin_rows(reader);
	if (has_row(reader))
		return DCF_READ_RECORD;
	status = reader->rows ?
		leave_rows(reader, &consumed) :
		reader->format->next(reader->in, window, len, &consumed);

	if (status == DCF_READ_WRONG)
		raise_wrong(reader);
	if (status == DCF_READ_HEADER)
		check_keys(reader);
	if (status == DCF_READ_RECORD)
		check_length(reader,
					 dcf_record_length(reader->format, reader->in, consumed));
	use_bytes(reader, consumed);
	reader->begun |= consumed > 0;
	return status;
}

/* Rows that a thread has read of the window are taken first. */
static void
begin_rows(DcfRecordReader *reader)
{
	size_t len;

	reader->rows = dcf_reply_rows(reader->reply);
	reader->window = dcf_reply_window(reader->reply, &len);
	reader->row = 0;
	reader->pending = 0;
}

/*
 * All rows are taken.  What the thread stopped at, if it did, is dealt with as
 * if it had been read here.
 */
static DcfReadStatus
leave_rows(DcfRecordReader *reader, size_t *consumed)
{
	const DcfRows *rows = reader->rows;
	size_t taken = rows->nrows > 0 ? rows->ends[rows->nrows - 1] : 0;

	use_bytes(reader, taken);
	*consumed = rows->consumed - taken;
	reader->rows = NULL;
	dcf_reply_forget_rows(reader->reply);
	return rows->status;
}

static void
use_bytes(DcfRecordReader *reader, size_t n)
{
	dcf_reply_consume(reader->reply, n);
	reader->bytes += n;
}

/* The transport has room to spare, so a longer record may get this far. */
static void
check_length(const DcfRecordReader *reader, size_t len)
{
	if (len > (size_t) reader->relation->server->max_record_size)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("record in the service's reply is too long"),
				 errdetail("It is longer than max_record_size allows "
						   "(%d bytes).",
						   reader->relation->server->max_record_size),
				 errhint("Raise the server's option max_record_size.")));
}

static bool
has_keys(const DcfRecordReader *reader)
{
	size_t pos = 0;
	size_t len;

	return reader->format->next_key(reader->in, &pos, &len) != NULL;
}

/*
 * A reply with none of the table's keys is not one for this table.  A later
 * record that has keys, but none of them, may be an error among the records.
 */
static void
check_keys(DcfRecordReader *reader)
{
	if (reader->config.nkeys == 0 || reader->format->matched(reader->in) > 0)
		return;
	if (reader->records > 1 && !has_keys(reader))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 errmsg("reply is not one for foreign table \"%s\"",
				reader->relation->relname),
		 errdetail("Its %s has none of the table's columns. Its keys are: %s.",
				   reader->records > 1 ?
					   psprintf("record " UINT64_FORMAT, reader->records) :
					   reader->format->keys_in,
				   list_keys(reader)),
		 errhint(
			 "Check the table's option \"endpoint\" and the columns' option \"name\".")));
}

static char *
list_keys(DcfRecordReader *reader)
{
	StringInfoData buf;
	size_t pos = 0;
	size_t len;
	char *name;
	int nkeys = 0;

	initStringInfo(&buf);
	while ((name = reader->format->next_key(reader->in, &pos, &len)) != NULL)
	{
		if (nkeys == SHOWN_KEYS)
		{
			appendStringInfoString(&buf, ", ...");
			break;
		}
		appendStringInfo(&buf, "%s\"%s\"", nkeys++ > 0 ? ", " : "",
						 dcf_error_safe(name, len));
		pfree(name);
	}
	return nkeys > 0 ? buf.data : "none";
}

static void
raise_wrong(DcfRecordReader *reader)
{
	const DcfReadError *error = reader->format->error(reader->in);
	const char *content_type = dcf_reply_content_type(reader->reply);
	size_t len;
	const char *window = dcf_reply_window(reader->reply, &len);
	bool is_start = error->record == 0 && !reader->begun;
	bool is_cut = error->code == DCF_READ_E_CUT;

	if (error->code == DCF_READ_E_TOO_LONG)
		dcf_error_raise_too_long(reader->config.max_record_size);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 is_cut ?
			 errmsg("reply for foreign table \"%s\" was cut short",
					reader->relation->relname) :
			 error->code == DCF_READ_E_SHAPE ?
			 errmsg(
				 "reply for foreign table \"%s\" does not consist of records",
				 reader->relation->relname) :
			 errmsg("reply for foreign table \"%s\" is not valid %s",
					reader->relation->relname, reader->format->name),
		 is_start && len > 0 ?
			 errdetail(
				 "At byte " UINT64_FORMAT ", after " UINT64_FORMAT
				 " records: %s. The reply is of type \"%s\" and begins with: %s",
				 error->offset, error->record, error->reason, content_type,
				 dcf_error_safe_start(window, len)) :
			 errdetail("At byte " UINT64_FORMAT ", after " UINT64_FORMAT
					   " records: %s. The reply is of type \"%s\".",
					   error->offset, error->record, error->reason,
					   content_type),
		 error->code == DCF_READ_E_SHAPE ?
			 errhint(
				 "Check the options \"url\", \"endpoint\" and \"format\", and that the credentials are valid.") :
			 0));
}
