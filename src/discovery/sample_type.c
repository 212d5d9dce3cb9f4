/*
 * sample_type.c
 *	  The type that takes all values seen in a field.  See sample_type.h.
 */
#include "postgres.h"

#include "core/text.h"
#include "sample_type.h"

/* Numbers of so many digits always fit 4 and 8 bytes. */
#define INT4_DIGITS 9
#define INT8_DIGITS 18

/*
 * The kind of a number.  One that has more digits than always fit a type gets
 * the next wider kind, whatever its value.
 */
static int
number_kind(const char *text, size_t len)
{
	bool integral;
	size_t digits = len - (len > 0 && text[0] == '-');

	if (!dcf_text_is_number(text, len, &integral) || !integral)
		return DCF_SEEN_NUMERIC;
	if (digits <= INT4_DIGITS)
		return DCF_SEEN_INTEGER;
	return digits <= INT8_DIGITS ? DCF_SEEN_BIGINT : DCF_SEEN_NUMERIC;
}

/*
 * The kind of a string; 0 for those that other types than text read as NULL.
 * A number in a string stays text, because it may be a code with leading
 * zeros.
 */
static int
string_kind(const char *text, size_t len)
{
	DcfIsoTime iso;
	unsigned char uuid[16];

	if (len == 0 || (len == 4 && memcmp(text, "null", 4) == 0))
		return 0;
	if (dcf_text_parse_uuid(text, len, uuid))
		return DCF_SEEN_UUID;
	if (!dcf_text_parse_iso(text, len, &iso) || !iso.has_date)
		return DCF_SEEN_TEXT;
	if (!iso.has_time)
		return DCF_SEEN_DATE;
	return iso.has_zone ? DCF_SEEN_TIMESTAMPTZ : DCF_SEEN_TIMESTAMP;
}

int
dcf_sample_kind(const DcfField *field, const char *text, size_t len)
{
	switch (field->kind)
	{
		case DCF_FIELD_ABSENT:
		case DCF_FIELD_NULL:
			return 0;
		case DCF_FIELD_FALSE:
		case DCF_FIELD_TRUE:
			return DCF_SEEN_BOOLEAN;
		case DCF_FIELD_NUMBER:
			return number_kind(text, len);
		case DCF_FIELD_STRING:
		case DCF_FIELD_TEXT:
			return string_kind(text, len);
		case DCF_FIELD_OBJECT:
		case DCF_FIELD_ARRAY:
			return DCF_SEEN_JSON;
	}
	return 0;
}

const char *
dcf_sample_type(int seen)
{
	/* Narrow types first: the first that takes all kinds is chosen. */
	static const struct
	{
		int kinds;
		const char *type;
	} types[] = {
		{DCF_SEEN_BOOLEAN, "boolean"},
		{DCF_SEEN_INTEGER, "integer"},
		{DCF_SEEN_INTEGER | DCF_SEEN_BIGINT, "bigint"},
		{DCF_SEEN_INTEGER | DCF_SEEN_BIGINT | DCF_SEEN_NUMERIC, "numeric"},
		{DCF_SEEN_UUID, "uuid"},
		{DCF_SEEN_DATE, "date"},
		{DCF_SEEN_DATE | DCF_SEEN_TIMESTAMP, "timestamp"},
		{DCF_SEEN_DATE | DCF_SEEN_TIMESTAMP | DCF_SEEN_TIMESTAMPTZ,
		 "timestamptz"},
		{DCF_SEEN_JSON, "jsonb"},
	};

	if (seen == 0)
		return "text";
	for (int i = 0; i < (int) lengthof(types); i++)
	{
		if ((seen & ~types[i].kinds) == 0)
			return types[i].type;
	}
	return "text";
}
