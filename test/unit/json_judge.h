/*
 * json_judge.h
 *	  Reading a document with the JSON reader, in pieces of any size, and
 *	  comparing the result with jansson's.  For the unit tests and the fuzzer.
 */
#ifndef JSON_JUDGE_H
#define JSON_JUDGE_H

#include <jansson.h>

#include "core/json_reader.h"
#include "document.h"

/* The result of reading a document. */
typedef struct Reading
{
	bool accepted;
	DcfReadError error;
	uint64_t nrecords;
	Text spans;			 /* records and fields as they stand */
	Text values;		 /* fields decoded, one record a line */
	const char *problem; /* how the reader broke its contract, or NULL */
} Reading;

static void
reading_free(Reading *reading)
{
	free(reading->spans.data);
	free(reading->values.data);
}

/* A value as jansson understands it. */
static void
add_value(Text *values, const json_t *value)
{
	char *dump;

	if (value == NULL)
	{
		text_add_string(values, "-");
		return;
	}
	if (json_is_string(value))
	{
		text_add_string(values, "'");
		text_add(values, json_string_value(value), json_string_length(value));
		text_add_string(values, "'");
		return;
	}
	dump = json_dumps(value,
					  JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY |
						  JSON_REAL_PRECISION(17));
	text_add_string(values, dump);
	free(dump);
}

/* A field as the reader returns it; jansson parses numbers and containers. */
static void
add_field(Text *values, const DcfField *field)
{
	json_t *value;
	char *decoded;
	size_t len;

	switch (field->kind)
	{
		case DCF_FIELD_ABSENT:
			text_add_string(values, "-");
			break;
		case DCF_FIELD_NULL:
			text_add_string(values, "null");
			break;
		case DCF_FIELD_FALSE:
			text_add_string(values, "false");
			break;
		case DCF_FIELD_TRUE:
			text_add_string(values, "true");
			break;
		case DCF_FIELD_STRING:
			/* Exactly the room that the contract requires. */
			decoded = malloc(field->len);
			len = field->len;
			if (field->escaped)
				len = dcf_json_unescape(field->data, field->len, decoded);
			else if (len > 0)
				memcpy(decoded, field->data, len);
			text_add_string(values, "'");
			text_add(values, decoded, len);
			text_add_string(values, "'");
			free(decoded);
			break;
		default:
			value = json_loadb(field->data, field->len, JSON_DECODE_ANY, NULL);
			if (value == NULL)
				text_add_string(values, "beyond jansson");
			else
				add_value(values, value);
			json_decref(value);
			break;
	}
}

/*
 * Store the current record; start is its offset in the document.  Returns what is
 * wrong with it, or NULL.
 */
static const char *
note_record(Reading *reading, const DcfJsonReader *reader,
			const DcfJsonConfig *config, const char *buffer, size_t start,
			size_t consumed)
{
	const DcfField *fields = dcf_json_fields(reader);
	size_t len;
	const char *record = dcf_json_record(reader, &len);
	char place[64];
	int matched = 0;
	size_t pos = 0;
	DcfField key;

	if (record == NULL || record < buffer || len < 2 || record[0] != '{' ||
		record[len - 1] != '}')
		return "the record's span is wrong";
	if (record + len != buffer + consumed)
		return "consumed is not the end of the record";
	snprintf(place, sizeof(place),
			 "%zu+%zu:", start + (size_t) (record - buffer), len);
	text_add_string(&reading->spans, place);
	for (int i = 0; i < config->nkeys; i++)
	{
		const DcfField *field = &fields[i];

		if (field->kind == DCF_FIELD_ABSENT)
		{
			if (field->data != NULL || field->len != 0 || field->escaped)
				return "an absent field is not empty";
		}
		else
		{
			matched++;
			if (field->data < record ||
				field->data + field->len > record + len)
				return "a field is not inside its record";
			if (field->kind == DCF_FIELD_STRING &&
				(field->data[-1] != '"' || field->data[field->len] != '"'))
				return "a string's span is not between quotes";
			if (field->escaped !=
				(field->kind == DCF_FIELD_STRING && field->len > 0 &&
				 memchr(field->data, '\\', field->len) != NULL))
				return "escaped is wrong";
		}
		text_add(&reading->spans, field->data, field->len);
		text_add_string(&reading->spans, ";");
		if (i > 0)
			text_add_string(&reading->values, ";");
		add_field(&reading->values, field);
	}
	text_add_string(&reading->values, "\n");
	if (matched != dcf_json_matched(reader))
		return "the number of matched keys is wrong";

	while (dcf_json_next_key(record, len, &pos, &key))
	{
		if (key.data < record || key.data + key.len >= record + len)
			return "a key is not inside its record";
		add_field(&reading->spans, &key);
	}
	return NULL;
}

/*
 * Memory for a reader, of exactly this size and filled with rubbish; the same
 * again until another size is asked for, which is much faster.
 */
static void *
reader_memory(size_t size)
{
	static void *memory = NULL;
	static size_t last_size = 0;

	if (size != last_size)
	{
		free(memory);
		memory = malloc(size);
		last_size = size;
	}
	return memset(memory, 0xA5, size);
}

/* Read a document.  Each buffer is allocated with exactly its size. */
static Reading
read_document(const char *doc, size_t len, const DcfJsonConfig *config,
			  Cuts cuts)
{
	Reading reading = {0};
	DcfJsonReader *reader =
		dcf_json_init(reader_memory(dcf_json_size(config)), config);
	size_t given = 0;
	size_t start = 0; /* of the buffer */
	DcfReadStatus status = DCF_READ_MORE;

	text_add_string(&reading.spans, "");
	text_add_string(&reading.values, "");
	while (given < len && status != DCF_READ_WRONG && reading.problem == NULL)
	{
		char *block;
		char *buffer;
		size_t left;
		size_t consumed;

		given += next_piece(&cuts, given, len - given);
		left = given - start;
		buffer = block = malloc(left);
		memcpy(block, doc + start, left);
		do
		{
			size_t nothing;

			status = dcf_json_next(reader, buffer, left, &consumed);
			if (consumed > left)
			{
				reading.problem = "consumed more than there was";
				break;
			}
			if (status == DCF_READ_RECORD)
			{
				reading.nrecords++;
				reading.problem = note_record(&reading, reader, config, buffer,
											  start, consumed);
			}
			else if (dcf_json_record(reader, &nothing) != NULL)
				reading.problem = "a record where there is none";
			buffer += consumed;
			left -= consumed;
			start += consumed;
		} while (status == DCF_READ_RECORD && reading.problem == NULL);
		free(block);
	}
	reading.accepted = dcf_json_finish(reader);
	reading.error = *dcf_json_error(reader);
	if (reading.accepted != (reading.error.code == DCF_READ_OK))
		reading.problem = "finish and the error do not agree";
	else if (!reading.accepted && reading.error.reason == NULL)
		reading.problem = "an error without a reason";
	else if (!reading.accepted && reading.error.record != reading.nrecords)
		reading.problem = "an error with a wrong count of records";
	else if (reading.error.code == DCF_READ_E_CUT &&
			 reading.error.offset != len)
		reading.problem = "a cut that is not at the end";
	return reading;
}

static bool
same_reading(const Reading *one, const Reading *other)
{
	return one->accepted == other->accepted &&
		one->nrecords == other->nrecords &&
		one->error.code == other->error.code &&
		one->error.reason == other->error.reason &&
		one->error.offset == other->error.offset &&
		one->error.record == other->error.record &&
		text_is(&one->spans, &other->spans) &&
		text_is(&one->values, &other->values);
}

/*
 * Append so much white space to a document that the fast path can read all its
 * records (see src/core/json_fast.h).  The caller frees the result.
 */
static Text
padded_document(const char *doc, size_t len)
{
	Text padded = {0};

	text_add(&padded, doc, len);
	for (int i = 0; i < 16; i++)
		text_add_string(&padded, "          ");
	return padded;
}

/*
 * Read a padded document with each kind of vector instructions.  Returns NULL if
 * the results are those of reading byte by byte, else the name of the first kind
 * that differs.
 */
static const char *
judge_simd(const Text *padded, const DcfJsonConfig *config)
{
	Reading stepwise =
		read_document(padded->data, padded->len, config, each_byte);
	const char *verdict = NULL;

	for (int simd = DCF_SIMD_PORTABLE; simd < DCF_SIMD_COUNT; simd++)
	{
		DcfJsonConfig chosen = *config;
		Reading reading;

		if (!dcf_simd_has((DcfSimd) simd))
			continue;
		chosen.simd = (DcfSimd) simd;
		reading = read_document(padded->data, padded->len, &chosen, uncut);
		if (reading.problem != NULL || !same_reading(&reading, &stepwise))
			verdict = dcf_simd_name((DcfSimd) simd);
		reading_free(&reading);
	}
	reading_free(&stepwise);
	return verdict;
}

/* The end of the string whose opening quote is at pos, in valid JSON. */
static size_t
judge_string_end(const char *doc, size_t pos)
{
	for (pos++; doc[pos] != '"'; pos++)
		pos += doc[pos] == '\\';
	return pos + 1;
}

/* Facts about a document that jansson accepts but does not report. */
typedef struct Structure
{
	int deepest;  /* the most containers that are open at once */
	int nmembers; /* how often the records' member occurs */
	bool warned;  /* a member shows that a bare object is no record */
} Structure;

static bool
has_key(const DcfJsonConfig *config, const char *name)
{
	for (int i = 0; i < config->nkeys; i++)
		if (strcmp(config->keys[i].name, name) == 0)
			return true;
	return false;
}

/* Examine an outermost key, duplicates included; its value begins at value. */
static void
judge_key(Structure *structure, const char *name, const char *value,
		  const DcfJsonConfig *config)
{
	if (config->records_member != NULL &&
		strcmp(name, config->records_member) == 0)
		structure->nmembers++;
	if (strcmp(name, "Error") == 0 &&
		(*value == 't' || (*value == 'f' && !has_key(config, name))))
		structure->warned = true;
	if ((strcmp(name, "Records") == 0 || strcmp(name, "Schema") == 0) &&
		*value == '[')
		structure->warned = true;
}

static size_t
judge_space(const char *doc, size_t len, size_t pos)
{
	while (pos < len && strchr(" \t\r\n", doc[pos]) != NULL)
		pos++;
	return pos;
}

static Structure
judge_structure(const char *doc, size_t len, const DcfJsonConfig *config)
{
	Structure structure = {0};
	int depth = 0;
	for (size_t pos = 0; pos < len; pos++)
	{
		char c = doc[pos];

		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		else if (c == '"')
		{
			size_t end = judge_string_end(doc, pos);
			size_t next = judge_space(doc, len, end);

			if (depth == 1 && next < len && doc[next] == ':')
			{
				json_t *key =
					json_loadb(doc + pos, end - pos, JSON_DECODE_ANY, NULL);

				if (key != NULL)
					judge_key(&structure, json_string_value(key),
							  doc + judge_space(doc, len, next + 1), config);
				json_decref(key);
			}
			pos = end - 1;
		}
		if (depth > structure.deepest)
			structure.deepest = depth;
	}
	return structure;
}

/*
 * The records in jansson's document, or NULL if it does not have the right shape.
 * The caller releases the result.
 */
static json_t *
judge_records(json_t *root, const Structure *structure,
			  const DcfJsonConfig *config)
{
	json_t *records = root;

	if (structure->deepest > DCF_JSON_MAX_DEPTH)
		return NULL;
	if (config->records_member != NULL)
	{
		if (structure->nmembers != 1)
			return NULL;
		records = json_object_get(root, config->records_member);
	}
	else if (json_is_object(root))
	{
		if (structure->warned)
			return NULL;
		records = json_array();
		json_array_append(records, root);
		return records;
	}
	if (!json_is_array(records))
		return NULL;
	for (size_t i = 0; i < json_array_size(records); i++)
	{
		if (!json_is_object(json_array_get(records, i)))
			return NULL;
	}
	return json_incref(records);
}

/* The expected values, as read_document() stores them. */
static Text
judge_values(const json_t *records, const DcfJsonConfig *config)
{
	Text values = {0};

	text_add_string(&values, "");
	for (size_t i = 0; i < json_array_size(records); i++)
	{
		for (int k = 0; k < config->nkeys; k++)
		{
			if (k > 0)
				text_add_string(&values, ";");
			add_value(&values,
					  json_object_get(json_array_get(records, i),
									  config->keys[k].name));
		}
		text_add_string(&values, "\n");
	}
	return values;
}

/*
 * Compare a reading with jansson's of the same document.  Returns how they
 * differ, or NULL.  The names of configured keys are C strings.
 */
static const char *
judge_reading(const Reading *reading, const char *doc, size_t len,
			  const DcfJsonConfig *config)
{
	json_error_t error;
	json_t *root;
	json_t *records;
	Structure structure;
	Text values;
	const char *verdict = NULL;

	/* Documented differences: a byte order mark, and numbers of any size. */
	if (len >= 3 && memcmp(doc, "\xEF\xBB\xBF", 3) == 0)
	{
		doc += 3;
		len -= 3;
	}
	/* jansson overlooks a NUL that follows a number. */
	if (len > 0 && memchr(doc, '\0', len) != NULL)
		return reading->accepted ? "accepted a NUL" : NULL;
	root = json_loadb(doc, len, 0, &error);
	if (root == NULL)
	{
		if (json_error_code(&error) == json_error_numeric_overflow)
			return NULL;
		return reading->accepted ? "accepted what jansson refuses" : NULL;
	}

	/* Another is the depth; and the records' member must occur once. */
	structure = judge_structure(doc, len, config);
	records = judge_records(root, &structure, config);
	if (records == NULL)
	{
		if (reading->accepted)
			verdict = "accepted what has not the right shape";
		else if (reading->error.code != DCF_READ_E_SHAPE &&
				 reading->error.code != DCF_READ_E_DEPTH)
			verdict = "called valid JSON invalid";
	}
	else if (!reading->accepted)
		verdict = "refused what jansson accepts";
	else if (reading->nrecords != json_array_size(records))
		verdict = "another number of records than jansson";
	else
	{
		values = judge_values(records, config);
		if (!text_is(&values, &reading->values))
			verdict = "other values than jansson";
		free(values.data);
	}
	json_decref(records);
	json_decref(root);
	return verdict;
}

#endif /* JSON_JUDGE_H */
