/*
 * json_reader.c
 *	  The JSON reader, step by step.  See json_reader.h.
 *
 * The state determines what may come next; a stack of bits has the open
 * containers.  A reply has three levels: around the records, where only a key
 * that may name the records' member is held; at the top of a record, where keys
 * are looked up and values become fields; and inside a field that is a
 * container, which is only checked.  A bare object has no first level.
 */
#include "json_state.h"

#include <string.h>

size_t
dcf_json_size(const DcfJsonConfig *config)
{
	size_t nkeys = (size_t) config->nkeys;

	return sizeof(DcfJsonReader) +
		nkeys * (sizeof(DcfField) + sizeof(size_t)) +
		(nkeys + 1 + dcf_key_slots(config->nkeys)) * sizeof(int);
}

DcfJsonReader *
dcf_json_init(void *memory, const DcfJsonConfig *config)
{
	DcfJsonReader *reader = memory;
	size_t nkeys = (size_t) config->nkeys;

	/* The state becomes AT_BEGINNING, all fields DCF_FIELD_ABSENT. */
	memset(reader, 0, offsetof(DcfJsonReader, leads.leads));
	reader->config = config;
	/* Envelope, array and record; or array and record. */
	reader->record_depth = config->records_member ? 3 : 2;
	reader->records_next = config->records_member == NULL;
	reader->fast_record = dcf_json_fast_record(config->simd);
	reader->leads.next = &reader->leads.first;
	reader->fields = (DcfField *) (reader + 1);
	memset(reader->fields, 0, nkeys * sizeof(DcfField));
	reader->starts = (size_t *) (reader->fields + nkeys);
	reader->followers = (int *) (reader->starts + nkeys);
	for (int i = 0; i <= config->nkeys; i++)
		/*
		 * followers[k + 1] belongs to key k, so the first guess is the
		 * configured order.
		 */
		reader->followers[i] = i;
	dcf_key_table_init(&reader->table, config->keys, config->nkeys,
					   reader->followers + nkeys + 1);
	return reader;
}

DcfJsonStep
dcf_json_fail(DcfJsonReader *reader, DcfReadErrorCode code, const char *reason,
			  uint64_t offset)
{
	reader->error.code = code;
	reader->error.reason = reason;
	reader->error.offset = offset;
	reader->error.record = reader->nrecords;
	return STEP_WRONG;
}

/* The cursor is at an opening brace or bracket, which is allowed here. */
static DcfJsonStep
open_container(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	bool object = *cursor->p == '{';
	uint64_t bit = UINT64_C(1) << (reader->depth % 64);
	uint64_t *bits = &reader->objects[reader->depth / 64];

	if (reader->depth == DCF_JSON_MAX_DEPTH)
		return fail_here(reader, cursor, DCF_READ_E_DEPTH, "nested too deep");
	*bits = object ? *bits | bit : *bits & ~bit;
	/* The depth of records must be right before in_record is decided below. */
	if (reader->depth == 0 && object && reader->records_next)
		dcf_json_record_begin_bare(reader);
	reader->depth++;

	if (!reader->in_record)
	{
		/* dcf_json_check_shape() has made sure that this is an object. */
		if (reader->in_records || reader->bare)
			dcf_json_record_begin(reader, cursor);
		else if (reader->records_next)
		{
			reader->in_records = true;
			reader->records_seen = true;
			reader->records_next = false;
		}
	}
	cursor->p++;
	reader->state = object ? AT_KEY_OR_END : AT_VALUE_OR_END;
	return STEP_ON;
}

/* A value has ended just before the cursor. */
static inline DcfJsonStep
end_value(DcfJsonReader *reader, const DcfJsonCursor *cursor,
		  DcfFieldKind kind)
{
	reader->state = AT_COMMA_OR_END;
	if (!at_top_of_record(reader))
		return STEP_ON;
	/*
	 * key stays set while a container is read, so its last bracket stores it.
	 */
	if (reader->key >= 0)
		dcf_json_record_store(reader, cursor, kind);
	return reader->bare ? dcf_json_record_check_bare(reader, cursor, kind) :
						  STEP_VALUE;
}

/* The cursor is at the closing brace or bracket of the innermost container. */
static DcfJsonStep
close_container(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	bool object = in_object(reader);

	if (reader->depth == 1 && !reader->records_seen)
		return fail_here(reader, cursor, DCF_READ_E_SHAPE,
						 "the member that holds the records is missing");
	cursor->p++;
	reader->depth--;
	reader->state = reader->depth == 0 ? AT_TRAILER : AT_COMMA_OR_END;
	if (reader->in_record && reader->depth < reader->record_depth)
	{
		dcf_json_record_end(reader, cursor);
		return STEP_RECORD;
	}
	if (reader->depth == 0)
		return STEP_ON;
	/* The array of records has ended; the envelope may have more members. */
	if (reader->in_records && reader->depth < reader->record_depth - 1)
		reader->in_records = false;
	return end_value(reader, cursor,
					 object ? DCF_FIELD_OBJECT : DCF_FIELD_ARRAY);
}

/* The cursor is at the first byte of a value, or at a wrong byte. */
static DcfJsonStep
begin_value(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	char c = *cursor->p;

	if (!reader->in_record)
	{
		/* A wrong shape is reported at once, not as a syntax error later. */
		if (dcf_json_check_shape(reader, cursor) != STEP_ON)
			return STEP_WRONG;
	}
	else if (reader->depth == reader->record_depth)
	{
		reader->token_start = held_offset(reader, cursor);
		/* An array's first byte decides, before a large one is read. */
		if (reader->bare && c == '[' &&
			dcf_json_record_check_bare(reader, cursor, DCF_FIELD_ARRAY) !=
				STEP_ON)
			return STEP_WRONG;
	}

	switch (c)
	{
		case '{':
		case '[':
			return open_container(reader, cursor);
		case '"':
			reader->state = IN_STRING;
			break;
		case 't':
			reader->state = IN_WORD;
			reader->word_kind = DCF_FIELD_TRUE;
			break;
		case 'f':
			reader->state = IN_WORD;
			reader->word_kind = DCF_FIELD_FALSE;
			break;
		case 'n':
			reader->state = IN_WORD;
			reader->word_kind = DCF_FIELD_NULL;
			break;
		default:
			if (c != '-' && (c < '0' || c > '9'))
				return fail_syntax(reader, cursor, "expected a value");
			reader->state = IN_NUMBER;
			break;
	}
	dcf_json_scan_begin(&reader->scan, c);
	cursor->p++;
	return STEP_ON;
}

/* The cursor is at a key's opening quote, or at a wrong byte. */
static DcfJsonStep
begin_key(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	if (*cursor->p != '"')
		return fail_syntax(reader, cursor, "expected a key");
	/*
	 * Outside records, no byte is held but those of a key, which may come in
	 * pieces.
	 */
	if (at_top_of_envelope(reader))
		hold_from_here(reader, cursor);
	if (at_top_of_envelope(reader) || at_top_of_record(reader))
		reader->token_start = held_offset(reader, cursor);
	reader->state = IN_KEY;
	dcf_json_scan_begin(&reader->scan, '"');
	cursor->p++;
	return STEP_ON;
}

/* A key has ended just before the cursor. */
static DcfJsonStep
end_key(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	/* The token starts at the opening quote. */
	const char *name = cursor->start + reader->hold + reader->token_start + 1;
	size_t len = (size_t) (cursor->p - name) - 1;

	reader->state = AT_COLON;
	if (at_top_of_record(reader))
	{
		reader->key = dcf_json_record_find_key(reader, name, len);
		if (reader->bare)
			reader->member = dcf_json_record_member(reader, name, len);
	}
	else if (at_top_of_envelope(reader))
	{
		const char *member = reader->config->records_member;
		DcfKey wanted = {member, strlen(member)};

		/*
		 * The value after the key is not needed, unless it has records, which
		 * hold their own bytes.
		 */
		reader->holding = false;
		reader->records_next =
			dcf_json_key_equals(&wanted, name, len, reader->scan.escaped);
		if (reader->records_next && reader->records_seen)
		{
			cursor->p--; /* the closing quote */
			return fail_here(
				reader, cursor, DCF_READ_E_SHAPE,
				"the member that holds the records is given twice");
		}
	}
	return STEP_ON;
}

/* The cursor is after a value inside a container. */
static DcfJsonStep
after_value(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	bool object = in_object(reader);

	if (*cursor->p == ',')
	{
		cursor->p++;
		reader->state = object ? AT_KEY : AT_VALUE;
		return STEP_ON;
	}
	if (*cursor->p == (object ? '}' : ']'))
		return close_container(reader, cursor);
	return fail_syntax(reader, cursor,
					   object ? "expected a comma or a closing brace" :
								"expected a comma or a closing bracket");
}

/* Skip a byte of a byte order mark, which may arrive in pieces. */
static DcfJsonStep
skip_byte_order_mark(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	static const char mark[] = "\xEF\xBB\xBF";

	/*
	 * JSON cannot begin with a byte of the mark, so a partial mark is an
	 * error.
	 */
	if (reader->mark_bytes == 0 && *cursor->p != mark[0])
		reader->state = AT_VALUE;
	else if (*cursor->p != mark[reader->mark_bytes])
		return fail_syntax(reader, cursor, "no JSON at all");
	else
	{
		cursor->p++;
		if (++reader->mark_bytes == 3)
			reader->state = AT_VALUE;
	}
	return STEP_ON;
}

/* One step outside scalars; the cursor has at least one byte. */
static DcfJsonStep
take_structure(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	char c = *cursor->p;

	switch (reader->state)
	{
		case AT_BEGINNING:
			return skip_byte_order_mark(reader, cursor);
		case AT_VALUE_OR_END:
			if (c == ']')
				return close_container(reader, cursor);
			return begin_value(reader, cursor);
		case AT_VALUE:
			return begin_value(reader, cursor);
		case AT_KEY_OR_END:
			if (c == '}')
				return close_container(reader, cursor);
			return begin_key(reader, cursor);
		case AT_KEY:
			return begin_key(reader, cursor);
		case AT_COLON:
			if (c != ':')
				return fail_syntax(reader, cursor, "expected a colon");
			cursor->p++;
			reader->state = AT_VALUE;
			return STEP_ON;
		case AT_COMMA_OR_END:
			return after_value(reader, cursor);
		/* AT_TRAILER: skip_space() has passed all white space. */
		default:
			return fail_here(reader, cursor, DCF_READ_E_TRAILING,
							 "something follows the end");
	}
}

/* Continue the scalar that has begun. */
static DcfJsonStep
take_scalar(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	DcfJsonScanResult result;
	DcfFieldKind kind = DCF_FIELD_STRING;

	switch (reader->state)
	{
		case IN_NUMBER:
			kind = DCF_FIELD_NUMBER;
			result =
				dcf_json_scan_number(&reader->scan, &cursor->p, cursor->end);
			break;
		case IN_WORD:
			kind = reader->word_kind;
			result =
				dcf_json_scan_word(&reader->scan, &cursor->p, cursor->end);
			break;
		default:
			result =
				dcf_json_scan_string(&reader->scan, &cursor->p, cursor->end);
			break;
	}
	if (result == DCF_SCAN_MORE)
		return STEP_MORE;
	if (result == DCF_SCAN_WRONG)
		return fail_here(reader, cursor, reader->scan.code,
						 reader->scan.reason);
	if (reader->state == IN_KEY)
		return end_key(reader, cursor);
	return end_value(reader, cursor, kind);
}

static inline void
skip_space(DcfJsonCursor *cursor)
{
	while (cursor->p < cursor->end &&
		   (*cursor->p == ' ' || *cursor->p == '\n' || *cursor->p == '\r' ||
			*cursor->p == '\t'))
		cursor->p++;
}

/*
 * Take steps until a record or a value of it is complete, the buffer ends, or one
 * fails.
 */
static DcfJsonStep
take_steps(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	DcfJsonStep step = STEP_ON;

	while (step == STEP_ON)
	{
		/* The states of scalars come last in the enum. */
		if (reader->state >= IN_STRING)
			step = take_scalar(reader, cursor);
		else
		{
			/* Only the very first bytes can be a mark. */
			if (reader->state != AT_BEGINNING)
				skip_space(cursor);
			if (cursor->p == cursor->end)
				return STEP_MORE;
			step = take_structure(reader, cursor);
		}
	}
	return step;
}

DcfReadStatus
dcf_json_next(DcfJsonReader *reader, const char *data, size_t len,
			  size_t *consumed)
{
	DcfJsonCursor cursor;
	DcfJsonStep step;

	*consumed = 0;
	reader->record = NULL;
	if (reader->error.code != DCF_READ_OK)
		return DCF_READ_WRONG;
	if (len <= reader->pos)
		return DCF_READ_MORE; /* nothing new; data may be NULL */

	cursor = (DcfJsonCursor){data, data + reader->pos, data + len};
	do
	{
		if (reader->fast_record(reader, &cursor))
			step = STEP_RECORD;
		else
			step = take_steps(reader, &cursor);
	} while (step == STEP_VALUE);
	if (step == STEP_WRONG)
		return DCF_READ_WRONG;
	reader->pos = (size_t) (cursor.p - cursor.start);
	/*
	 * Bytes from hold on stay; offsets then count from the new start of the
	 * buffer.
	 */
	*consumed = reader->holding ? reader->hold : reader->pos;
	reader->base += *consumed;
	reader->pos -= *consumed;
	reader->hold = 0;
	return step == STEP_RECORD ? DCF_READ_RECORD : DCF_READ_MORE;
}

bool
dcf_json_finish(DcfJsonReader *reader)
{
	const char *reason = "input ended before its last closing bracket";

	if (reader->error.code != DCF_READ_OK)
		return false;
	if (reader->state == AT_TRAILER)
		return true;
	if (reader->in_record)
		reason = "input ended inside a record";
	else if (reader->depth == 0)
		reason = "input is empty";
	dcf_json_fail(reader, DCF_READ_E_CUT, reason, reader->base + reader->pos);
	return false;
}

const DcfReadError *
dcf_json_error(const DcfJsonReader *reader)
{
	return &reader->error;
}
