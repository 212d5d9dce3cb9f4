/*
 * csv_judge.h
 *	  Reading a document with the CSV reader, in pieces of any size, and a simple
 *	  second implementation (the judge) to compare with.  For the unit tests and
 *	  the fuzzer.
 */
#ifndef CSV_JUDGE_H
#define CSV_JUDGE_H

#include <stdio.h>

#include "core/csv_reader.h"
#include "core/text.h"
#include "document.h"

/* The result of reading a document. */
typedef struct Reading
{
	bool accepted;
	DcfReadError error;
	bool header;  /* there is a header */
	int nmatched; /* number of keys in it */
	uint64_t nrecords;
	Text names;			 /* of the header, decoded, one a line */
	Text spans;			 /* lines and fields as they stand */
	Text values;		 /* fields decoded, one record a line */
	const char *problem; /* how the reader broke its contract, or NULL */
} Reading;

static void
reading_free(Reading *reading)
{
	free(reading->names.data);
	free(reading->spans.data);
	free(reading->values.data);
}

/* Decode a field, in exactly the room that the contract requires. */
static void
add_decoded(Text *text, const DcfField *field)
{
	char *decoded = malloc(field->len);
	size_t len = field->len;

	if (field->escaped)
		len = dcf_csv_unescape(field->data, field->len, decoded);
	else if (len > 0)
		memcpy(decoded, field->data, len);
	text_add_string(text, "'");
	text_add(text, decoded, len);
	text_add_string(text, "'");
	free(decoded);
}

/* Why a span is not inside a line, or NULL. */
static const char *
check_span(const DcfField *field, const char *line, const char *end)
{
	if (field->data < line || field->data + field->len > end)
		return "a field is not inside its line";
	if (field->escaped !=
		(field->len > 0 && memchr(field->data, '"', field->len) != NULL))
		return "escaped is wrong";
	return NULL;
}

/* Store the header.  Returns what is wrong with it, or NULL. */
static const char *
note_header(Reading *reading, const DcfCsvReader *reader, const char *buffer,
			size_t consumed, bool at_end)
{
	size_t len;
	const char *header = dcf_csv_header(reader, &len);
	size_t pos = 0;
	DcfField name;

	if (reading->header || reading->nrecords > 0)
		return "a header that is not the first";
	reading->header = true;
	reading->nmatched = dcf_csv_matched(reader);
	if (header == NULL || header < buffer || header + len > buffer + consumed)
		return "the header's span is wrong";
	if (header + len == buffer + consumed ?
			!at_end :
			header[len] != '\r' && header[len] != '\n')
		return "the header's span is not a line";
	while (dcf_csv_next_name(header, len, &pos, &name))
	{
		const char *problem = check_span(&name, header, header + len);

		if (problem != NULL)
			return problem;
		add_decoded(&reading->names, &name);
		text_add_string(&reading->names, "\n");
	}
	return NULL;
}

/*
 * Store the record that ends at end, without a line end if at_end.  Returns what
 * is wrong with it, or NULL.
 */
static const char *
note_record(Reading *reading, const DcfCsvReader *reader,
			const DcfCsvConfig *config, const char *line, const char *end,
			bool at_end)
{
	const DcfField *fields = dcf_csv_fields(reader);
	int nfound = 0;

	reading->nrecords++;
	if (!reading->header)
		return "a record without a header";
	if (dcf_csv_matched(reader) != reading->nmatched)
		return "the number of matched keys has changed";
	if (end == line || (end[-1] != '\n' && !at_end))
		return "consumed is not the end of the record";
	text_add(&reading->spans, line, (size_t) (end - line));
	for (int i = 0; i < config->nkeys; i++)
	{
		const DcfField *field = &fields[i];
		const char *problem = NULL;

		if (i > 0)
			text_add_string(&reading->values, ";");
		switch (field->kind)
		{
			case DCF_FIELD_ABSENT:
				text_add_string(&reading->values, "-");
				if (field->data != NULL || field->len != 0 || field->escaped)
					problem = "an absent field is not empty";
				break;
			case DCF_FIELD_NULL:
				nfound++;
				text_add_string(&reading->values, "null");
				if (field->len != 0)
					problem = "a null has a length";
				else
					problem = check_span(field, line, end);
				break;
			case DCF_FIELD_TEXT:
				nfound++;
				add_decoded(&reading->values, field);
				problem = check_span(field, line, end);
				break;
			default:
				problem = "a field of a kind that CSV has not";
				break;
		}
		if (problem != NULL)
			return problem;
		text_add(&reading->spans, field->data, field->len);
		text_add_string(&reading->spans, ";");
	}
	text_add_string(&reading->values, "\n");
	if (nfound != reading->nmatched)
		return "the number of fields is not that of matched keys";
	return NULL;
}

/* Finish a document of which left bytes are not consumed. */
static DcfReadStatus
finish_document(Reading *reading, DcfCsvReader *reader,
				const DcfCsvConfig *config, const char *rest, size_t left)
{
	char *block = malloc(left);
	const char *buffer = block;
	DcfReadStatus status;

	if (left > 0)
		memcpy(block, rest, left);
	do
	{
		size_t consumed;

		status = dcf_csv_finish(reader, buffer, left, &consumed);
		if (consumed > left)
		{
			reading->problem = "consumed more at the end than there was";
			break;
		}
		if (status == DCF_READ_HEADER)
			reading->problem =
				note_header(reading, reader, buffer, consumed, true);
		else if (status == DCF_READ_RECORD)
			reading->problem = note_record(reading, reader, config, buffer,
										   buffer + consumed, true);
		buffer += consumed;
		left -= consumed;
	} while ((status == DCF_READ_RECORD || status == DCF_READ_HEADER) &&
			 reading->problem == NULL);
	free(block);
	return status;
}

/* Read a document.  Each buffer is allocated with exactly its size. */
static Reading
read_document(const char *doc, size_t len, const DcfCsvConfig *config,
			  Cuts cuts)
{
	Reading reading = {0};
	size_t size = dcf_csv_size(config);
	void *memory = malloc(size);
	DcfCsvReader *reader = dcf_csv_init(memset(memory, 0xA5, size), config);
	size_t given = 0;
	size_t start = 0; /* of the buffer */
	DcfReadStatus status = DCF_READ_MORE;

	text_add_string(&reading.names, "");
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

			status = dcf_csv_next(reader, buffer, left, &consumed);
			if (consumed > left)
			{
				reading.problem = "consumed more than there was";
				break;
			}
			if (status == DCF_READ_HEADER)
				reading.problem =
					note_header(&reading, reader, buffer, consumed, false);
			else if (dcf_csv_header(reader, &nothing) != NULL)
				reading.problem = "a header where there is none";
			else if (status == DCF_READ_RECORD)
				reading.problem = note_record(&reading, reader, config, buffer,
											  buffer + consumed, false);
			buffer += consumed;
			left -= consumed;
			start += consumed;
		} while ((status == DCF_READ_RECORD || status == DCF_READ_HEADER) &&
				 reading.problem == NULL);
		free(block);
	}
	if (reading.problem == NULL)
		status = finish_document(&reading, reader, config, doc + start,
								 given - start);
	reading.accepted = status == DCF_READ_END;
	reading.error = *dcf_csv_error(reader);
	if (reading.problem != NULL)
		; /* the first one counts */
	else if (reading.accepted != (reading.error.code == DCF_READ_OK))
		reading.problem = "finish and the error do not agree";
	else if (reading.accepted && !reading.header)
		reading.problem = "accepted without a header";
	else if (!reading.accepted && reading.error.reason == NULL)
		reading.problem = "an error without a reason";
	else if (!reading.accepted && reading.error.record != reading.nrecords)
		reading.problem = "an error with a wrong count of records";
	else if (reading.error.code == DCF_READ_E_CUT &&
			 reading.error.offset != len)
		reading.problem = "a cut that is not at the end";
	free(memory);
	return reading;
}

static bool
same_reading(const Reading *one, const Reading *other)
{
	return one->accepted == other->accepted && one->header == other->header &&
		one->nmatched == other->nmatched && one->nrecords == other->nrecords &&
		one->error.code == other->error.code &&
		one->error.reason == other->error.reason &&
		one->error.offset == other->error.offset &&
		one->error.record == other->error.record &&
		text_is(&one->names, &other->names) &&
		text_is(&one->spans, &other->spans) &&
		text_is(&one->values, &other->values);
}

/*
 * Append so many line ends to a document that the fast path can read all its
 * records (see src/core/csv_fast.h).  The caller frees the result.
 */
__attribute__((unused)) static Text
padded_document(const char *doc, size_t len)
{
	Text padded = {0};

	text_add(&padded, doc, len);
	for (int i = 0; i < 16; i++)
		text_add_string(&padded, "\n\n\n\n\r\n\r\n");
	return padded;
}

/*
 * Read a padded document with each kind of vector instructions.  Returns NULL if
 * the results are those of reading byte by byte, else the name of the first kind
 * that differs.
 */
__attribute__((unused)) static const char *
judge_simd(const Text *padded, const DcfCsvConfig *config)
{
	Reading stepwise =
		read_document(padded->data, padded->len, config, each_byte);
	const char *verdict = NULL;

	for (int simd = DCF_SIMD_PORTABLE; simd < DCF_SIMD_COUNT; simd++)
	{
		DcfCsvConfig chosen = *config;
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

/*
 * The judge: splits the whole document into fields, in another way than the
 * reader.
 */

/* Take one field at *pos, up to a comma, a line end or the document's end. */
static bool
judge_field(const char *doc, size_t len, size_t *pos, Text *decoded,
			bool *quoted)
{
	size_t at = *pos;

	decoded->len = 0;
	text_add_string(decoded, "");
	*quoted = at < len && doc[at] == '"';
	if (*quoted)
	{
		for (at++;; at++)
		{
			if (at >= len)
				return false;
			if (doc[at] == '"')
			{
				at++;
				if (at >= len || doc[at] != '"')
					break;
			}
			text_add(decoded, doc + at, 1);
		}
	}
	else
	{
		while (at < len && strchr(",\"\r\n", doc[at]) == NULL)
			text_add(decoded, doc + at++, 1);
	}
	*pos = at;
	return true;
}

/*
 * Take a line at *pos: its fields as lines "'text'" or "null".  Returns their
 * number, 0 if the line is invalid.
 */
static size_t
judge_line(const char *doc, size_t len, size_t *pos, Text *fields)
{
	Text decoded = {0};
	size_t nfields = 0;
	bool quoted;

	fields->len = 0;
	text_add_string(fields, "");
	while (judge_field(doc, len, pos, &decoded, &quoted))
	{
		nfields++;
		text_add_string(fields, quoted || decoded.len > 0 ? "'" : "null");
		text_add(fields, decoded.data, decoded.len);
		/* NUL, which no accepted document contains, ends a field. */
		text_add(fields, quoted || decoded.len > 0 ? "'" : "",
				 quoted || decoded.len > 0 ? 2 : 1);
		if (*pos < len && doc[*pos] == ',')
		{
			(*pos)++;
			continue;
		}
		free(decoded.data);
		if (*pos == len)
			return nfields;
		if (doc[*pos] == '\r')
			(*pos)++;
		if (*pos >= len || doc[*pos] != '\n')
			return 0;
		(*pos)++;
		return nfields;
	}
	free(decoded.data);
	return 0;
}

/* The fields of a line that judge_line() took; the caller frees the array. */
static const char **
judge_fields(const Text *line, size_t n)
{
	const char **fields = malloc(sizeof(char *) * (n + 1));
	const char *field = line->data;

	for (size_t i = 0; i < n; i++)
	{
		fields[i] = field;
		field += strlen(field) + 1;
	}
	return fields;
}

/* The column of a key; -1 if there is none, -2 if there are two. */
static int
judge_column(const char **names, size_t ncolumns, const DcfKey *key)
{
	int found = -1;

	for (size_t i = 0; i < ncolumns; i++)
	{
		const char *name = names[i];
		size_t len = strlen(name);

		/* An empty name has no quotes. */
		if (*name != '\'' ? key->len > 0 :
							len != key->len + 2 ||
					memcmp(name + 1, key->name, key->len) != 0)
			continue;
		if (found >= 0)
			return -2;
		found = (int) i;
	}
	return found;
}

/* The end of the last line that is not empty. */
static size_t
judge_end(const char *doc, size_t pos, size_t len)
{
	for (;;)
	{
		size_t end = len;

		if (end > pos && doc[end - 1] == '\n')
			end--;
		else
			return len;
		if (end > pos && doc[end - 1] == '\r')
			end--;
		if (end > pos && doc[end - 1] != '\n')
			return len;
		len = end;
	}
}

/* The values as read_document() stores them; false if the CSV is invalid. */
static bool
judge_document(const char *doc, size_t len, const DcfCsvConfig *config,
			   Text *values)
{
	int *columns = malloc(sizeof(int) * (size_t) (config->nkeys + 1));
	Text header = {0};
	Text fields = {0};
	size_t pos = 0;
	size_t ncolumns;
	const char **split;
	bool sound = dcf_text_is_utf8(doc, len);

	text_add_string(values, "");
	if (len >= 3 && memcmp(doc, "\xEF\xBB\xBF", 3) == 0)
		pos = 3;
	ncolumns = sound && pos < len ? judge_line(doc, len, &pos, &header) : 0;
	if (ncolumns > 1)
		len = judge_end(doc, pos, len);
	if (ncolumns == 0 || (ncolumns == 1 && strcmp(header.data, "null") == 0))
		sound = false;
	split = judge_fields(&header, sound ? ncolumns : 0);
	for (int k = 0; sound && k < config->nkeys; k++)
	{
		columns[k] = judge_column(split, ncolumns, &config->keys[k]);
		sound = columns[k] != -2;
	}
	free(split);
	while (sound && pos < len)
	{
		sound = judge_line(doc, len, &pos, &fields) == ncolumns;
		split = judge_fields(&fields, sound ? ncolumns : 0);
		for (int k = 0; sound && k < config->nkeys; k++)
		{
			if (k > 0)
				text_add_string(values, ";");
			text_add_string(values, columns[k] < 0 ? "-" : split[columns[k]]);
		}
		free(split);
		if (sound)
			text_add_string(values, "\n");
	}
	free(columns);
	free(header.data);
	free(fields.data);
	return sound;
}

/* How a reading and the judge differ, or NULL. */
static const char *
judge_reading(const Reading *reading, const char *doc, size_t len,
			  const DcfCsvConfig *config)
{
	Text values = {0};
	bool sound = judge_document(doc, len, config, &values);
	const char *verdict = NULL;

	if (sound != reading->accepted)
		verdict = sound ? "refused what is sound" : "accepted what is not";
	else if (sound && !text_is(&values, &reading->values))
		verdict = "read other values";
	free(values.data);
	return verdict;
}

#endif /* CSV_JUDGE_H */
