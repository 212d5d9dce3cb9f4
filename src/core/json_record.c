/*
 * json_record.c
 *	  Records: their place in a reply, and their fields.
 */
#include "json_state.h"

#include <string.h>

/*
 * Why a reply must not begin with the character c; NULL if c begins neither a
 * JSON value nor markup.  envelope: the records are expected inside an object.
 */
static const char *
wrong_reply_reason(bool envelope, char c)
{
	switch (c)
	{
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

/*
 * Whether a JSON value begins with c.  wrong_reply_reason() knows all first
 * bytes but the opening brace.
 */
static bool
begins_value(char c)
{
	return c == '{' || (c != '<' && wrong_reply_reason(false, c) != NULL);
}

/*
 * Check by its first byte whether the value at the cursor, which is outside of
 * records, is allowed there.
 */
DcfJsonStep
dcf_json_check_shape(DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	char c = *cursor->p;

	/* An object is always possible: the envelope, or a bare record. */
	if (reader->depth == 0)
	{
		bool envelope = reader->record_depth == 3;
		const char *reason = wrong_reply_reason(envelope, c);

		if (c == '{' || (c == '[' && !envelope))
			return STEP_ON;
		if (reason == NULL)
			return fail_syntax(reader, cursor, "no JSON at all");
		return fail_here(reader, cursor, DCF_READ_E_SHAPE, reason);
	}
	if (!begins_value(c))
		return STEP_ON; /* a syntax error, found later */
	if (reader->in_records)
	{
		if (c != '{')
			return fail_here(reader, cursor, DCF_READ_E_SHAPE,
							 "a record is not an object");
	}
	else if (reader->records_next && c != '[')
		return fail_here(reader, cursor, DCF_READ_E_SHAPE,
						 "the member that holds the records is not an array");
	return STEP_ON;
}

/* The reply is a bare object, which is the only record. */
void
dcf_json_record_begin_bare(DcfJsonReader *reader)
{
	reader->bare = true;
	reader->record_depth = 1;
	reader->records_next = false;
	reader->records_seen = true;
}

/* Which member of a bare object has this name; the scan has just read it. */
DcfJsonMember
dcf_json_record_member(const DcfJsonReader *reader, const char *name,
					   size_t len)
{
	static const struct
	{
		DcfKey key;
		DcfJsonMember member;
	} members[] = {{{"Error", 5}, MEMBER_ERROR},
				   {{"Records", 7}, MEMBER_ENVELOPE},
				   {{"Schema", 6}, MEMBER_ENVELOPE}};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (dcf_json_key_equals(&members[i].key, name, len,
								reader->scan.escaped))
			return members[i].member;
	return MEMBER_OTHER;
}

/*
 * Check whether a bare object is still a record if the current member has a value
 * of this kind.  The cursor is at the bracket of an array, or after a word.
 */
DcfJsonStep
dcf_json_record_check_bare(DcfJsonReader *reader, const DcfJsonCursor *cursor,
						   DcfFieldKind kind)
{
	DcfJsonCursor last = *cursor;

	last.p--; /* the word's last byte decides */
	if (reader->member == MEMBER_ENVELOPE && kind == DCF_FIELD_ARRAY)
		return fail_here(
			reader, cursor, DCF_READ_E_SHAPE,
			"expected an array of records, found an object that holds them");
	if (reader->member == MEMBER_ERROR && kind == DCF_FIELD_TRUE)
		return fail_here(reader, &last, DCF_READ_E_SHAPE,
						 "expected an array of records, found an error");
	/*
	 * A table with a column for "Error" wants the record, and its key is
	 * found.
	 */
	if (reader->member == MEMBER_ERROR && kind == DCF_FIELD_FALSE &&
		reader->key < 0)
		return fail_here(reader, &last, DCF_READ_E_SHAPE,
						 "expected an array of records, found a message");
	return STEP_ON;
}

/* Clear the fields of the previous record. */
void
dcf_json_record_clear(DcfJsonReader *reader)
{
	reader->nmatched = 0;
	memset(reader->fields, 0,
		   (size_t) reader->config->nkeys * sizeof(DcfField));
}

/* A record begins at the cursor. */
void
dcf_json_record_begin(DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	hold_from_here(reader, cursor);
	reader->in_record = true;
	reader->key = -1;
	reader->last_key = -1;
	dcf_json_record_clear(reader);
}

/* Find a key; the one that followed last time after the same key is first. */
int
dcf_json_record_find_key(DcfJsonReader *reader, const char *name, size_t len)
{
	int *follower = &reader->followers[reader->last_key + 1];
	bool escaped = reader->scan.escaped;
	int key = *follower;

	/* Without wanted keys, there is none to compare with. */
	if (key < reader->config->nkeys &&
		dcf_json_key_equals(&reader->config->keys[key], name, len, escaped))
	{
		reader->last_key = key;
		return key;
	}
	key = dcf_json_key_find(&reader->table, name, len, escaped);
	if (key >= 0)
	{
		/*
		 * Unwanted keys in between do not matter: last_key is the last wanted
		 * one.
		 */
		*follower = key;
		reader->last_key = key;
	}
	return key;
}

/* The value of the record's key has ended just before the cursor. */
void
dcf_json_record_store(DcfJsonReader *reader, const DcfJsonCursor *cursor,
					  DcfFieldKind kind)
{
	DcfField *field = &reader->fields[reader->key];
	size_t quote = kind == DCF_FIELD_STRING ? 1 : 0;
	size_t start = reader->token_start + quote;

	/* A key that comes twice is counted once, and its last value stays. */
	if (field->kind == DCF_FIELD_ABSENT)
		reader->nmatched++;
	field->kind = kind;
	field->len = held_offset(reader, cursor) - quote - start;
	field->escaped = kind == DCF_FIELD_STRING && reader->scan.escaped;
	reader->starts[reader->key] = start;
}

/* The record has ended just before the cursor: make it the current one. */
void
dcf_json_record_end(DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	reader->in_record = false;
	reader->holding = false;
	reader->nrecords++;
	reader->record = cursor->start + reader->hold;
	reader->record_len = held_offset(reader, cursor);
	/*
	 * Offsets become pointers only now: until the record was complete, the
	 * caller could move the buffer.
	 */
	for (int i = 0; i < reader->config->nkeys; i++)
	{
		DcfField *field = &reader->fields[i];

		if (field->kind != DCF_FIELD_ABSENT)
			field->data = reader->record + reader->starts[i];
	}
}

/* Make a record of the fast path the current one; its fields are set. */
void
dcf_json_record_take(DcfJsonReader *reader, DcfJsonCursor *cursor,
					 const char *start, const char *end)
{
	reader->state = AT_COMMA_OR_END;
	reader->nrecords++;
	reader->record = start;
	reader->record_len = (size_t) (end - start);
	cursor->p = end;
}

/* The fast path has begun a record at an offset of the buffer. */
void
dcf_json_record_open(DcfJsonReader *reader, size_t hold)
{
	reader->objects[reader->depth / 64] |= UINT64_C(1) << (reader->depth % 64);
	reader->depth++;
	reader->holding = true;
	reader->hold = hold;
	reader->in_record = true;
	reader->key = -1;
	reader->last_key = -1;
}

/* The fast path has read the rest of the record that has begun. */
void
dcf_json_record_close(DcfJsonReader *reader, DcfJsonCursor *cursor,
					  const char *end)
{
	cursor->p = end;
	reader->depth--;
	reader->state = AT_COMMA_OR_END;
	dcf_json_record_end(reader, cursor);
}

const DcfField *
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
