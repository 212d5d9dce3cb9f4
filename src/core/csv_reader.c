/*
 * csv_reader.c
 *	  The CSV reader, step by step.  See csv_reader.h.
 *
 * The header determines the column of each key.  The wanted keys are stored in
 * the order of their columns, so for each field of a record, one comparison
 * decides whether it is wanted.
 */
#include "csv_state.h"

#include "csv_key.h"
#include "plain_bytes.h"

size_t
dcf_csv_size(const DcfCsvConfig *config)
{
	size_t nkeys = (size_t) config->nkeys;

	return sizeof(DcfCsvReader) + nkeys * (sizeof(DcfField) + sizeof(size_t)) +
		(nkeys + 1) * sizeof(DcfCsvPlace) +
		dcf_key_slots(config->nkeys) * sizeof(int);
}

DcfCsvReader *
dcf_csv_init(void *memory, const DcfCsvConfig *config)
{
	DcfCsvReader *reader = memory;
	size_t nkeys = (size_t) config->nkeys;

	/* This makes all fields DCF_FIELD_ABSENT. */
	memset(reader, 0, dcf_csv_size(config));
	reader->config = config;
	/*
	 * The arrays follow the struct in the order of their alignment, so none
	 * needs padding.
	 */
	reader->fields = (DcfField *) (reader + 1);
	reader->starts = (size_t *) (reader->fields + nkeys);
	reader->places = (DcfCsvPlace *) (reader->starts + nkeys);
	reader->places[0].column = DCF_CSV_NO_COLUMN;
	dcf_key_table_init(&reader->table, config->keys, config->nkeys,
					   (int *) (reader->places + nkeys + 1));
	reader->fast_line = dcf_csv_fast_line(config->simd);
	return reader;
}

/* Set the error, at an offset of the input. */
static DcfCsvStep
fail(DcfCsvReader *reader, DcfReadErrorCode code, const char *reason,
	 uint64_t offset)
{
	reader->error.code = code;
	reader->error.reason = reason;
	reader->error.offset = offset;
	reader->error.record = reader->nrecords;
	return STEP_WRONG;
}

/* Set an error at the cursor's byte. */
static DcfCsvStep
fail_here(DcfCsvReader *reader, const DcfCsvCursor *cursor,
		  DcfReadErrorCode code, const char *reason)
{
	return fail(reader, code, reason,
				reader->base + (uint64_t) (cursor->p - cursor->start));
}

/* The cursor's offset from the start of the line. */
static inline size_t
line_offset(const DcfCsvReader *reader, const DcfCsvCursor *cursor)
{
	return (size_t) (cursor->p - cursor->start) - reader->start;
}

/* A name in the header has ended; the cursor is after it. */
static DcfCsvStep
end_name(DcfCsvReader *reader, const DcfCsvCursor *cursor)
{
	const char *name = cursor->start + reader->start + reader->field_start;
	int key = dcf_csv_key_find(&reader->table, name,
							   reader->field_end - reader->field_start,
							   reader->escaped);

	if (key >= 0)
	{
		/* Keys that are not wanted may be repeated. */
		if (reader->starts[key] != 0)
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "the header has a key twice");
		/* Until the first record, this only says that the key was found. */
		reader->starts[key] = 1;
		/* Names are read from left to right, so places are sorted. */
		reader->places[reader->nmatched++] =
			(DcfCsvPlace){reader->column, key};
		reader->places[reader->nmatched].column = DCF_CSV_NO_COLUMN;
	}
	return STEP_ON;
}

/* A field of a record has ended: store it if its key is wanted. */
static inline void
end_value(DcfCsvReader *reader)
{
	DcfField *field;
	int key;

	/* Both the fields of a record and places go from left to right. */
	if (reader->places[reader->next].column != reader->column)
		return;
	key = reader->places[reader->next++].key;
	field = &reader->fields[key];
	field->len = reader->field_end - reader->field_start;
	field->kind =
		field->len == 0 && !reader->quoted ? DCF_FIELD_NULL : DCF_FIELD_TEXT;
	field->escaped = reader->escaped;
	reader->starts[key] = reader->field_start;
}

/* A field has ended at the cursor; ends_line: the line, too. */
static DcfCsvStep
end_field(DcfCsvReader *reader, const DcfCsvCursor *cursor, bool ends_line)
{
	if (!reader->header_read)
	{
		/* A header of one empty name cannot be told from an empty line. */
		if (ends_line && reader->column == 0 && reader->field_end == 0)
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "the header is empty");
		if (end_name(reader, cursor) != STEP_ON)
			return STEP_WRONG;
		if (ends_line)
			/*
			 * The cursor is still at the line end, which is no part of the
			 * header.
			 */
			reader->header_len = line_offset(reader, cursor);
	}
	else
	{
		if (ends_line && reader->column + 1 < reader->ncolumns)
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "a record has fewer fields than the header");
		if (!ends_line && reader->column + 1 == reader->ncolumns)
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "a record has more fields than the header");
		end_value(reader);
	}
	reader->column++;
	reader->state = AT_FIELD;
	return STEP_FIELD;
}

/* The cursor is at the comma, carriage return or line feed after a field. */
static DcfCsvStep
pass_field(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	char c = *cursor->p;

	/* end_field() sets the next state; a carriage return changes it again. */
	if (end_field(reader, cursor, c != ',') == STEP_WRONG)
		return STEP_WRONG;
	if (c == '\r')
		reader->state = AT_LINE_FEED;
	cursor->p++;
	return c == '\n' ? STEP_LINE : STEP_FIELD;
}

/* The first byte from p on that needs a look, or end. */
static inline const char *
skip_plain(const char *p, const char *end)
{
	/* Eight bytes at once; most text is plain. */
	while (end - p >= 8 && dcf_are_plain(p, ','))
		p += 8;
	while (p < end && dcf_is_plain((unsigned char) *p, ','))
		p++;
	return p;
}

/*
 * Take a byte of a field's value.  The caller has handled commas, quotes and line
 * ends, if they are special here.
 */
static inline DcfCsvStep
take_byte(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	/* A NUL is valid UTF-8, but no text of PostgreSQL can hold it. */
	if (*cursor->p == '\0')
		return fail_here(reader, cursor, DCF_READ_E_SYNTAX, "a NUL byte");
	if (!dcf_utf8_step(&reader->utf8, (unsigned char) *cursor->p))
		return fail_here(reader, cursor, DCF_READ_E_UTF8, "invalid UTF-8");
	cursor->p++;
	return STEP_ON;
}

/* Continue a field without quotes. */
static DcfCsvStep
take_plain(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	while (cursor->p < cursor->end)
	{
		char c;

		if (reader->utf8.need == 0)
			cursor->p = skip_plain(cursor->p, cursor->end);
		if (cursor->p == cursor->end)
			break;
		c = *cursor->p;
		if (reader->utf8.need == 0)
		{
			if (c == ',' || c == '\n' || c == '\r')
			{
				reader->field_end = line_offset(reader, cursor);
				return pass_field(reader, cursor);
			}
			if (c == '"')
				return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
								 "a quote in a field that has none around it");
		}
		if (take_byte(reader, cursor) != STEP_ON)
			return STEP_WRONG;
	}
	return STEP_MORE;
}

/* Continue a field with quotes, up to the next quote. */
static DcfCsvStep
take_quoted(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	while (cursor->p < cursor->end)
	{
		if (reader->utf8.need == 0)
			cursor->p = skip_plain(cursor->p, cursor->end);
		if (cursor->p == cursor->end)
			break;
		if (*cursor->p == '"' && reader->utf8.need == 0)
		{
			/* The end is noted at each quote; that of the last one remains. */
			reader->field_end = line_offset(reader, cursor);
			reader->state = AT_QUOTE;
			cursor->p++;
			return STEP_ON;
		}
		if (take_byte(reader, cursor) != STEP_ON)
			return STEP_WRONG;
	}
	return STEP_MORE;
}

/* An empty line that is no record has ended just before the cursor. */
static DcfCsvStep
drop_line(DcfCsvReader *reader, const DcfCsvCursor *cursor)
{
	/* The bytes of the line may now leave the buffer. */
	reader->start = (size_t) (cursor->p - cursor->start);
	return STEP_ON;
}

/* The cursor is at the line end of an empty line. */
static DcfCsvStep
pass_empty_line(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	reader->empty_line = true;
	if (*cursor->p++ == '\n')
		return drop_line(reader, cursor);
	reader->state = AT_LINE_FEED;
	return STEP_ON;
}

/* Begin a field at the cursor's byte. */
static DcfCsvStep
begin_field(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	/*
	 * With one column, an empty line is a record.  In the header, ncolumns is
	 * still 0.
	 */
	if (reader->column == 0 && reader->ncolumns > 1)
	{
		if (*cursor->p == '\n' || *cursor->p == '\r')
			return pass_empty_line(reader, cursor);
		if (reader->empty_line)
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "something follows an empty line");
	}
	reader->quoted = *cursor->p == '"';
	reader->escaped = false;
	reader->state = reader->quoted ? IN_QUOTED : IN_PLAIN;
	if (reader->quoted)
		cursor->p++;
	reader->field_start = line_offset(reader, cursor);
	return STEP_ON;
}

/*
 * Skip a byte order mark.  It may arrive in pieces, and the header's first name
 * may begin with some of its bytes.
 */
static DcfCsvStep
skip_byte_order_mark(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};

	for (; cursor->p < cursor->end; cursor->p++)
	{
		/*
		 * No byte is consumed in this state, so the cursor's offset counts the
		 * bytes of the mark.
		 */
		size_t read = (size_t) (cursor->p - cursor->start);

		if (read == sizeof(mark))
			reader->start = read;
		else if (*cursor->p == mark[read])
			continue;
		else
			/* It is no mark: the bytes are read again as the header. */
			cursor->p = cursor->start;
		reader->state = AT_FIELD;
		return STEP_ON;
	}
	return STEP_MORE;
}

/* One step, by the state; the cursor has at least one byte. */
static DcfCsvStep
take(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	char c = *cursor->p;

	switch (reader->state)
	{
		case AT_BEGINNING:
			return skip_byte_order_mark(reader, cursor);
		case AT_FIELD:
			return begin_field(reader, cursor);
		case IN_PLAIN:
			return take_plain(reader, cursor);
		case IN_QUOTED:
			return take_quoted(reader, cursor);
		/* The byte after a quote decides whether it ended the field. */
		case AT_QUOTE:
			if (c == '"')
			{
				reader->escaped = true;
				reader->state = IN_QUOTED;
				cursor->p++;
				return STEP_ON;
			}
			if (c == ',' || c == '\n' || c == '\r')
				return pass_field(reader, cursor);
			return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
							 "something follows a closing quote");
		case AT_LINE_FEED:
			break;
	}
	if (c != '\n')
		return fail_here(reader, cursor, DCF_READ_E_SYNTAX,
						 "a carriage return without a line feed");
	cursor->p++;
	reader->state = AT_FIELD;
	return reader->empty_line ? drop_line(reader, cursor) : STEP_LINE;
}

/* Take steps until a field or a line has ended, or the buffer, or one fails. */
static DcfCsvStep
take_steps(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	DcfCsvStep step = STEP_ON;

	while (step == STEP_ON)
		step = cursor->p < cursor->end ? take(reader, cursor) : STEP_MORE;
	return step;
}

/* A line has ended just before the cursor: make it the current one. */
static DcfReadStatus
end_line(DcfCsvReader *reader, const DcfCsvCursor *cursor)
{
	const char *line = cursor->start + reader->start;

	if (!reader->header_read)
	{
		reader->header_read = true;
		reader->ncolumns = reader->column;
		reader->header = line;
	}
	else
	{
		reader->nrecords++;
		/* Until its last byte arrived, the line could move with the buffer. */
		dcf_csv_set_data(reader, line, reader->nmatched);
	}
	reader->column = 0;
	reader->next = 0;
	reader->start = (size_t) (cursor->p - cursor->start);
	/*
	 * dcf_csv_next() and dcf_csv_finish() have cleared header, so it is set
	 * only by this line.
	 */
	return reader->header ? DCF_READ_HEADER : DCF_READ_RECORD;
}

DcfReadStatus
dcf_csv_next(DcfCsvReader *reader, const char *data, size_t len,
			 size_t *consumed)
{
	DcfReadStatus status = DCF_READ_MORE;
	DcfCsvCursor cursor;
	DcfCsvStep step;

	*consumed = 0;
	reader->header = NULL;
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	if (len <= reader->pos)
		return DCF_READ_MORE; /* nothing new; data may be NULL */

	cursor = (DcfCsvCursor){data, data + reader->pos, data + len};
	do
	{
		if (reader->fast_line && reader->fast_line(reader, &cursor))
		{
			status = DCF_READ_RECORD;
			break;
		}
		step = take_steps(reader, &cursor);
		if (step == STEP_WRONG)
			return DCF_READ_WRONG;
		if (step == STEP_LINE)
			status = end_line(reader, &cursor);
	} while (step == STEP_FIELD);
	/*
	 * What precedes the current line is consumed; later offsets count from
	 * there.
	 */
	*consumed = reader->start;
	reader->base += *consumed;
	reader->pos = (size_t) (cursor.p - cursor.start) - *consumed;
	reader->start = 0;
	return status;
}

/* Why the input must not end here, or NULL. */
static const char *
check_end(const DcfCsvReader *reader)
{
	switch (reader->state)
	{
		case AT_BEGINNING:
			return reader->pos == 0 ? "input is empty" :
									  "input ended before the header";
		case IN_QUOTED:
			return "input ended inside a quoted field";
		case AT_LINE_FEED:
			return "input ended inside a line end";
		default:
			break;
	}
	if (reader->utf8.need > 0)
		return "input ended inside a character";
	if (reader->header_read && reader->column + 1 < reader->ncolumns)
		return "input ended before the last field of a record";
	return NULL;
}

DcfReadStatus
dcf_csv_finish(DcfCsvReader *reader, const char *data, size_t len,
			   size_t *consumed)
{
	DcfReadStatus status;
	const char *reason;
	DcfCsvCursor cursor;

	*consumed = 0;
	reader->header = NULL;
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	/* The last line had its line end. */
	if (reader->state == AT_FIELD && reader->column == 0)
		return DCF_READ_END;
	reason = check_end(reader);
	if (reason)
	{
		fail(reader, DCF_READ_E_CUT, reason, reader->base + reader->pos);
		return DCF_READ_WRONG;
	}

	cursor = (DcfCsvCursor){data, data + len, data + len};
	if (reader->state == AT_FIELD)
	{
		/* After a comma there is a field, even if it is empty. */
		reader->quoted = reader->escaped = false;
		reader->field_start = line_offset(reader, &cursor);
	}
	/* After a closing quote, the end of the field is already known. */
	if (reader->state != AT_QUOTE)
		reader->field_end = line_offset(reader, &cursor);
	if (end_field(reader, &cursor, true) == STEP_WRONG)
		return DCF_READ_WRONG;
	status = end_line(reader, &cursor);
	*consumed = len;
	reader->base += len;
	reader->pos = 0;
	reader->start = 0;
	return status;
}

const DcfField *
dcf_csv_fields(const DcfCsvReader *reader)
{
	return reader->fields;
}

int
dcf_csv_matched(const DcfCsvReader *reader)
{
	return reader->nmatched;
}

const char *
dcf_csv_header(const DcfCsvReader *reader, size_t *len)
{
	*len = reader->header ? reader->header_len : 0;
	return reader->header;
}

const DcfReadError *
dcf_csv_error(const DcfCsvReader *reader)
{
	return &reader->error;
}
