/*
 * json_reader.c
 *	  The structure of a reply: containers, records and their fields.
 *
 * One state says what may come next; a stack of bits says which containers
 * are open.  A reply is read on three levels: around the records (dropped as
 * soon as read, except for a key that may be the records' name), at the top of
 * a record (keys are matched, values become fields), and inside a field that
 * is itself a container (only checked).
 */
#include "json_reader.h"

#include <string.h>

#include "json_scan.h"

typedef enum State
{
	AT_BEGINNING,				/* a byte order mark may come */
	AT_VALUE,
	AT_VALUE_OR_END,			/* behind '[' */
	AT_KEY,						/* behind a comma */
	AT_KEY_OR_END,				/* behind '{' */
	AT_COLON,
	AT_COMMA_OR_END,
	AT_TRAILER,					/* the reply is complete */
	IN_STRING,
	IN_KEY,
	IN_NUMBER,
	IN_WORD
} State;

struct DcfJsonReader
{
	const DcfJsonConfig *config;
	DcfJsonKeyTable table;
	DcfJsonError error;

	/* Where we are.  Offsets in the window end with the call. */
	uint64_t	base;			/* offset in the input of the window's start */
	size_t		pos;			/* next byte to look at */
	size_t		hold;			/* start of what must stay in the window */
	bool		holding;		/* ... if anything must: a record or a key */
	State		state;
	DcfJsonScan scan;
	DcfJsonKind word_kind;		/* IN_WORD: which */
	unsigned	mark_bytes;		/* of a byte order mark read so far */

	/* Open containers: bit set for an object. */
	unsigned	depth;
	uint64_t	objects[DCF_JSON_MAX_DEPTH / 64];

	/* Around the records. */
	unsigned	record_depth;	/* depth just inside a record */
	bool		in_records;		/* inside the array of records */
	bool		records_next;	/* the value to come is that array */
	bool		records_seen;
	bool		in_record;
	uint64_t	nrecords;		/* completed */

	/* The record being read.  Offsets are from its start, hold. */
	int			key;			/* whose value is being read, or -1 */
	int			last_key;		/* the last that matched, or -1 */
	size_t		token_start;	/* of that value, or of the key itself */
	int			nmatched;
	DcfJsonField *fields;
	size_t	   *starts;			/* of each field's span */
	int		   *followers;		/* [k + 1]: the key that last came after k */

	/* The record handed out. */
	const char *record;
	size_t		record_len;
};

/* What a call reads: a window, and how far it was read. */
typedef struct Cursor
{
	const char *start;
	const char *p;
	const char *end;
} Cursor;

/* What a step in the reading led to. */
typedef enum Step
{
	STEP_ON,
	STEP_RECORD,
	STEP_MORE,
	STEP_WRONG
} Step;

size_t
dcf_json_size(const DcfJsonConfig *config)
{
	size_t		nkeys = (size_t) config->nkeys;

	return sizeof(DcfJsonReader) +
		nkeys * (sizeof(DcfJsonField) + sizeof(size_t)) +
		(nkeys + 1 + dcf_json_key_slots(config->nkeys)) * sizeof(int);
}

DcfJsonReader *
dcf_json_init(void *memory, const DcfJsonConfig *config)
{
	DcfJsonReader *reader = memory;
	size_t		nkeys = (size_t) config->nkeys;

	memset(reader, 0, dcf_json_size(config));
	reader->config = config;
	reader->record_depth = config->records_member ? 3 : 2;
	reader->records_next = config->records_member == NULL;
	reader->fields = (DcfJsonField *) (reader + 1);
	reader->starts = (size_t *) (reader->fields + nkeys);
	reader->followers = (int *) (reader->starts + nkeys);
	for (int i = 0; i < config->nkeys; i++)
		reader->followers[i] = i;
	dcf_json_key_table_init(&reader->table, config->keys, config->nkeys,
							reader->followers + nkeys + 1);
	return reader;
}

static Step
fail(DcfJsonReader *reader, DcfJsonErrorCode code, const char *reason,
	 uint64_t offset)
{
	reader->error.code = code;
	reader->error.reason = reason;
	reader->error.offset = offset;
	reader->error.record = reader->nrecords;
	return STEP_WRONG;
}

/* Fail at the byte the cursor stands on. */
static Step
fail_here(DcfJsonReader *reader, const Cursor *cursor, DcfJsonErrorCode code,
		  const char *reason)
{
	return fail(reader, code, reason,
				reader->base + (uint64_t) (cursor->p - cursor->start));
}

static Step
fail_syntax(DcfJsonReader *reader, const Cursor *cursor, const char *reason)
{
	return fail_here(reader, cursor, DCF_JSON_E_SYNTAX, reason);
}

static inline bool
at_top_of_record(const DcfJsonReader *reader)
{
	return reader->in_record && reader->depth == reader->record_depth;
}

/* Inside the object around the records, where there is one. */
static inline bool
at_top_of_envelope(const DcfJsonReader *reader)
{
	return reader->record_depth == 3 && reader->depth == 1;
}

static inline bool
in_object(const DcfJsonReader *reader)
{
	unsigned	top = reader->depth - 1;

	return (reader->objects[top / 64] >> (top % 64) & 1) != 0;
}

/* Offset of the cursor from what is held. */
static inline size_t
held_offset(const DcfJsonReader *reader, const Cursor *cursor)
{
	return (size_t) (cursor->p - cursor->start) - reader->hold;
}

/* Keep the window's bytes from the cursor on. */
static inline void
hold_from_here(DcfJsonReader *reader, const Cursor *cursor)
{
	reader->holding = true;
	reader->hold = (size_t) (cursor->p - cursor->start);
}

/*
 * The reason for refusing a value that begins with c where the whole reply
 * should begin; NULL if c begins no JSON value, nor markup.
 */
static const char *
wrong_reply_reason(bool envelope, char c)
{
	switch (c)
	{
		case '{':
			return "expected an array of records, found an object";
		case '[':
			return "expected an object that holds the records, found an array";
		case '"':
			return envelope ?
				"expected an object that holds the records, found a string" :
				"expected an array of records, found a string";
		case 't':
		case 'f':
		case 'n':
			return envelope ?
				"expected an object that holds the records, found a bare word" :
				"expected an array of records, found a bare word";
		case '<':
			return envelope ?
				"expected an object that holds the records, found markup" :
				"expected an array of records, found markup";
		default:
			if (c != '-' && (c < '0' || c > '9'))
				return NULL;
			return envelope ?
				"expected an object that holds the records, found a number" :
				"expected an array of records, found a number";
	}
}

static bool
begins_value(char c)
{
	return c != '<' && wrong_reply_reason(false, c) != NULL;
}

/*
 * Whether the value at the cursor may stand where it does, by its first byte:
 * around the records not every value may.
 */
static Step
check_shape(DcfJsonReader *reader, const Cursor *cursor)
{
	char		c = *cursor->p;

	if (reader->depth == 0)
	{
		bool		envelope = reader->record_depth == 3;
		const char *reason = wrong_reply_reason(envelope, c);

		if (c == (envelope ? '{' : '['))
			return STEP_ON;
		if (reason == NULL)
			return fail_syntax(reader, cursor, "no JSON at all");
		return fail_here(reader, cursor, DCF_JSON_E_SHAPE, reason);
	}
	if (!begins_value(c))
		return STEP_ON;			/* not a matter of shape */
	if (reader->in_records)
	{
		if (c != '{')
			return fail_here(reader, cursor, DCF_JSON_E_SHAPE,
							 "a record is not an object");
	}
	else if (reader->records_next && c != '[')
		return fail_here(reader, cursor, DCF_JSON_E_SHAPE,
						 "the member that holds the records is not an array");
	return STEP_ON;
}

/*
 * A record begins at the cursor.
 *
 * Here a faster scan of a record that lies in the window as a whole can be
 * tried: it sets the fields and moves the cursor behind the record, or leaves
 * everything to the steps below, from the same byte.
 */
static void
begin_record(DcfJsonReader *reader, const Cursor *cursor)
{
	hold_from_here(reader, cursor);
	reader->in_record = true;
	reader->key = -1;
	reader->last_key = -1;
	reader->nmatched = 0;
	for (int i = 0; i < reader->config->nkeys; i++)
		reader->fields[i].kind = DCF_JSON_ABSENT;
}

static Step
open_container(DcfJsonReader *reader, Cursor *cursor)
{
	bool		object = *cursor->p == '{';
	uint64_t	bit = UINT64_C(1) << (reader->depth % 64);
	uint64_t   *bits = &reader->objects[reader->depth / 64];

	if (reader->depth == DCF_JSON_MAX_DEPTH)
		return fail_here(reader, cursor, DCF_JSON_E_DEPTH,
						 "nested too deep");
	*bits = object ? *bits | bit : *bits & ~bit;
	reader->depth++;

	if (!reader->in_record)
	{
		if (reader->in_records)
			begin_record(reader, cursor);
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
static inline Step
end_value(DcfJsonReader *reader, const Cursor *cursor, DcfJsonKind kind)
{
	reader->state = AT_COMMA_OR_END;
	if (at_top_of_record(reader) && reader->key >= 0)
	{
		DcfJsonField *field = &reader->fields[reader->key];
		size_t		quote = kind == DCF_JSON_STRING ? 1 : 0;
		size_t		start = reader->token_start + quote;

		if (field->kind == DCF_JSON_ABSENT)
			reader->nmatched++;
		field->kind = kind;
		field->len = held_offset(reader, cursor) - quote - start;
		field->escaped = kind == DCF_JSON_STRING && reader->scan.escaped;
		reader->starts[reader->key] = start;
	}
	return STEP_ON;
}

/* The record has ended just before the cursor: hand it out. */
static Step
end_record(DcfJsonReader *reader, const Cursor *cursor)
{
	reader->in_record = false;
	reader->holding = false;
	reader->state = AT_COMMA_OR_END;
	reader->nrecords++;
	reader->record = cursor->start + reader->hold;
	reader->record_len = held_offset(reader, cursor);
	for (int i = 0; i < reader->config->nkeys; i++)
	{
		DcfJsonField *field = &reader->fields[i];

		if (field->kind == DCF_JSON_ABSENT)
			*field = (DcfJsonField) {NULL, 0, DCF_JSON_ABSENT, false};
		else
			field->data = reader->record + reader->starts[i];
	}
	return STEP_RECORD;
}

static Step
close_container(DcfJsonReader *reader, Cursor *cursor)
{
	bool		object = in_object(reader);

	if (reader->depth == 1 && !reader->records_seen)
		return fail_here(reader, cursor, DCF_JSON_E_SHAPE,
						 "the member that holds the records is missing");
	cursor->p++;
	reader->depth--;
	if (reader->depth == 0)
	{
		reader->state = AT_TRAILER;
		return STEP_ON;
	}
	if (reader->in_record && reader->depth < reader->record_depth)
		return end_record(reader, cursor);
	if (reader->in_records && reader->depth < reader->record_depth - 1)
		reader->in_records = false;
	return end_value(reader, cursor,
					 object ? DCF_JSON_OBJECT : DCF_JSON_ARRAY);
}

/* The cursor is at the first byte of a value, or at a wrong byte. */
static Step
begin_value(DcfJsonReader *reader, Cursor *cursor)
{
	char		c = *cursor->p;

	if (!reader->in_record)
	{
		if (check_shape(reader, cursor) != STEP_ON)
			return STEP_WRONG;
	}
	else if (reader->depth == reader->record_depth)
		reader->token_start = held_offset(reader, cursor);

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
			reader->word_kind = DCF_JSON_TRUE;
			break;
		case 'f':
			reader->state = IN_WORD;
			reader->word_kind = DCF_JSON_FALSE;
			break;
		case 'n':
			reader->state = IN_WORD;
			reader->word_kind = DCF_JSON_NULL;
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
static Step
begin_key(DcfJsonReader *reader, Cursor *cursor)
{
	if (*cursor->p != '"')
		return fail_syntax(reader, cursor, "expected a key");
	if (at_top_of_envelope(reader))
		hold_from_here(reader, cursor);
	if (at_top_of_envelope(reader) || at_top_of_record(reader))
		reader->token_start = held_offset(reader, cursor);
	reader->state = IN_KEY;
	dcf_json_scan_begin(&reader->scan, '"');
	cursor->p++;
	return STEP_ON;
}

/* Find the key of a record; records mostly repeat the order of the last. */
static inline int
find_key(DcfJsonReader *reader, const char *name, size_t len)
{
	int		   *follower = &reader->followers[reader->last_key + 1];
	bool		escaped = reader->scan.escaped;
	int			key = *follower;

	if (key < reader->config->nkeys &&
		dcf_json_key_equals(&reader->config->keys[key], name, len, escaped))
	{
		reader->last_key = key;
		return key;
	}
	key = dcf_json_key_find(&reader->table, name, len, escaped);
	if (key >= 0)
	{
		*follower = key;
		reader->last_key = key;
	}
	return key;
}

/* A key has ended just before the cursor. */
static Step
end_key(DcfJsonReader *reader, Cursor *cursor)
{
	const char *name = cursor->start + reader->hold + reader->token_start + 1;
	size_t		len = (size_t) (cursor->p - name) - 1;

	reader->state = AT_COLON;
	if (at_top_of_record(reader))
		reader->key = find_key(reader, name, len);
	else if (at_top_of_envelope(reader))
	{
		const char *member = reader->config->records_member;
		DcfJsonKey	wanted = {member, strlen(member)};

		reader->holding = false;
		reader->records_next = dcf_json_key_equals(&wanted, name, len,
												   reader->scan.escaped);
		if (reader->records_next && reader->records_seen)
		{
			cursor->p--;		/* the closing quote */
			return fail_here(reader, cursor, DCF_JSON_E_SHAPE,
							 "the member that holds the records is given twice");
		}
	}
	return STEP_ON;
}

/* The cursor is behind a value inside a container. */
static Step
after_value(DcfJsonReader *reader, Cursor *cursor)
{
	bool		object = in_object(reader);

	if (*cursor->p == ',')
	{
		cursor->p++;
		reader->state = object ? AT_KEY : AT_VALUE;
		return STEP_ON;
	}
	if (*cursor->p == (object ? '}' : ']'))
		return close_container(reader, cursor);
	return fail_syntax(reader, cursor, object ?
					   "expected a comma or a closing brace" :
					   "expected a comma or a closing bracket");
}

static Step
skip_byte_order_mark(DcfJsonReader *reader, Cursor *cursor)
{
	static const char mark[] = "\xEF\xBB\xBF";

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

/* Take what is between scalars; there is at least one byte. */
static Step
take_structure(DcfJsonReader *reader, Cursor *cursor)
{
	char		c = *cursor->p;

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
		default:
			return fail_here(reader, cursor, DCF_JSON_E_TRAILING,
							 "something follows the end");
	}
}

/* Go on with the scalar that has begun. */
static Step
take_scalar(DcfJsonReader *reader, Cursor *cursor)
{
	DcfJsonScanResult result;
	DcfJsonKind kind = DCF_JSON_STRING;

	switch (reader->state)
	{
		case IN_NUMBER:
			kind = DCF_JSON_NUMBER;
			result = dcf_json_scan_number(&reader->scan, &cursor->p,
										  cursor->end);
			break;
		case IN_WORD:
			kind = reader->word_kind;
			result = dcf_json_scan_word(&reader->scan, &cursor->p,
										cursor->end);
			break;
		default:
			result = dcf_json_scan_string(&reader->scan, &cursor->p,
										  cursor->end);
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
skip_space(Cursor *cursor)
{
	while (cursor->p < cursor->end &&
		   (*cursor->p == ' ' || *cursor->p == '\n' || *cursor->p == '\r' ||
			*cursor->p == '\t'))
		cursor->p++;
}

/* Read on until there is something to say. */
static Step
read_on(DcfJsonReader *reader, Cursor *cursor)
{
	Step		step = STEP_ON;

	while (step == STEP_ON)
	{
		if (reader->state >= IN_STRING)
			step = take_scalar(reader, cursor);
		else
		{
			if (reader->state != AT_BEGINNING)
				skip_space(cursor);
			if (cursor->p == cursor->end)
				return STEP_MORE;
			step = take_structure(reader, cursor);
		}
	}
	return step;
}

DcfJsonStatus
dcf_json_next(DcfJsonReader *reader, const char *data, size_t len,
			  size_t *consumed)
{
	Cursor		cursor;
	Step		step;

	*consumed = 0;
	reader->record = NULL;
	if (reader->error.code != DCF_JSON_OK)
		return DCF_JSON_WRONG;
	if (len <= reader->pos)
		return DCF_JSON_MORE;	/* nothing new; data may be NULL */

	cursor = (Cursor) {data, data + reader->pos, data + len};
	step = read_on(reader, &cursor);
	if (step == STEP_WRONG)
		return DCF_JSON_WRONG;
	reader->pos = (size_t) (cursor.p - cursor.start);
	*consumed = reader->holding ? reader->hold : reader->pos;
	reader->base += *consumed;
	reader->pos -= *consumed;
	reader->hold = 0;
	return step == STEP_RECORD ? DCF_JSON_RECORD : DCF_JSON_MORE;
}

bool
dcf_json_finish(DcfJsonReader *reader)
{
	const char *reason = "input ended before its last closing bracket";

	if (reader->error.code != DCF_JSON_OK)
		return false;
	if (reader->state == AT_TRAILER)
		return true;
	if (reader->in_record)
		reason = "input ended inside a record";
	else if (reader->depth == 0)
		reason = "input is empty";
	fail(reader, DCF_JSON_E_CUT, reason, reader->base + reader->pos);
	return false;
}

const DcfJsonField *
dcf_json_fields(const DcfJsonReader *reader)
{
	return reader->fields;
}

int
dcf_json_matched(const DcfJsonReader *reader)
{
	return reader->nmatched;
}

const char *
dcf_json_record(const DcfJsonReader *reader, size_t *len)
{
	*len = reader->record ? reader->record_len : 0;
	return reader->record;
}

const DcfJsonError *
dcf_json_error(const DcfJsonReader *reader)
{
	return &reader->error;
}
