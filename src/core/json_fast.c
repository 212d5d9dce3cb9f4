/*
 * json_fast.c
 *	  The fast path of the JSON reader.  See json_fast.h.
 */
#include "json_state.h"

#include <string.h>

static inline const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* The opening brace of the next record, or NULL. */
static inline const char *
find_record(const DcfJsonReader *reader, const char *p, const char *limit)
{
	/*
	 * Inside a record that was begun step by step, this returns NULL, and the
	 * fields read so far remain.
	 */
	if (reader->depth != reader->record_depth - 1 || !reader->in_records)
		return NULL;
	if (reader->state == AT_COMMA_OR_END)
	{
		p = skip_space(p, limit);
		if (p >= limit || *p != ',')
			return NULL;
		p++;
	}
	else if (reader->state != AT_VALUE && reader->state != AT_VALUE_OR_END)
		return NULL;
	p = skip_space(p, limit);
	return p < limit && *p == '{' ? p : NULL;
}

/*
 * Read the rest of a string with the scanner, which knows all escapes; p is
 * between two characters.  Returns the byte after the closing quote, or NULL.
 */
static const char *
scan_string(const char *p, const char *end, DcfField *field)
{
	DcfJsonScan scan;

	dcf_json_scan_begin(&scan, '"');
	if (dcf_json_scan_string(&scan, &p, end) != DCF_SCAN_DONE)
		return NULL;
	field->len = (size_t) (p - 1 - field->data);
	field->escaped |= scan.escaped;
	return p;
}

/*
 * Skip non-ASCII characters or a two-byte escape in a string.  Returns false, and
 * leaves *p alone, for anything else.
 */
static inline bool
skip_odd(const char **p, const char *end, DcfField *field)
{
	const char *at = *p;
	DcfUtf8 utf8 = {0};

	if (*at == '\\')
	{
		if (end - at < 2 || at[1] == '\0' ||
			/*
			 * \uXXXX may stand for half of a surrogate pair; the scanner
			 * checks that.
			 */
			strchr("\"\\/bfnrt", at[1]) == NULL)
			return false;
		field->escaped = true;
		*p = at + 2;
		return true;
	}
	if ((unsigned char) *at < 0x80)
		return false;
	while (at < end && (utf8.need > 0 || (unsigned char) *at >= 0x80))
	{
		if (!dcf_utf8_step(&utf8, (unsigned char) *at))
			return false;
		at++;
	}
	/* The character goes on after the buffer. */
	if (utf8.need > 0)
		return false;
	*p = at;
	return true;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/*
 * Skip a number.  NULL if it is malformed, has an exponent, or reaches the end of
 * the buffer, where it might continue.
 */
static inline const char *
skip_number(const char *p, const char *end)
{
	const char *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = skip_digits(p, end);
	/* JSON allows no leading zero. */
	if (p == digits || (*digits == '0' && p - digits > 1))
		return NULL;
	if (p < end && *p == '.')
	{
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits)
			return NULL;
	}
	return p < end && *p != 'e' && *p != 'E' ? p : NULL;
}

/*
 * Read a value that is no string.  At least DCF_LEAD_SIZE bytes are readable.
 * Returns the byte after it; NULL for a container or an error.
 */
static inline const char *
take_other_value(const char *p, const char *end, DcfField *field)
{
	const char *after;

	/*
	 * What follows a word must be a lead or the closing brace, so "nullx"
	 * fails there.
	 */
	if (memcmp(p, "null", 4) == 0)
	{
		field->kind = DCF_FIELD_NULL;
		after = p + 4;
	}
	else if (memcmp(p, "true", 4) == 0)
	{
		field->kind = DCF_FIELD_TRUE;
		after = p + 4;
	}
	else if (memcmp(p, "false", 5) == 0)
	{
		field->kind = DCF_FIELD_FALSE;
		after = p + 5;
	}
	else if (*p == '-' || is_digit(*p))
	{
		field->kind = DCF_FIELD_NUMBER;
		after = skip_number(p, end);
		if (after == NULL)
			return NULL;
	}
	else
		return NULL;
	field->data = p;
	field->len = (size_t) (after - p);
	field->escaped = false;
	return after;
}

/*
 * Check a new lead, and remember it if there is room.  Returns the byte after
 * it, or NULL if it is none; sets *key to its wanted key, or -1.
 */
static const char *
learn_lead(DcfJsonReader *reader, const char *lead, bool first,
		   const char *limit, int *key)
{
	DcfJsonLeads *leads = &reader->leads;
	DcfField name = {.escaped = false};
	/*
	 * White space before the opening brace was skipped by find_record(), that
	 * before a comma belongs to the lead.
	 */
	const char *p = first ? lead : skip_space(lead, limit);
	size_t len;

	if (p >= limit || *p != (first ? '{' : ','))
		return NULL;
	p = skip_space(p + 1, limit);
	if (p >= limit || *p != '"')
		return NULL;
	name.data = p + 1;
	p = scan_string(name.data, limit, &name);
	if (p == NULL)
		return NULL;
	p = skip_space(p, limit);
	if (p >= limit || *p != ':')
		return NULL;
	p = skip_space(p + 1, limit);
	*key =
		dcf_json_key_find(&reader->table, name.data, name.len, name.escaped);

	/*
	 * A lead is remembered only once it is known to be valid JSON, so equal
	 * bytes need no check.
	 */
	len = (size_t) (p - lead);
	if (leads->n < DCF_LEADS && len <= DCF_LEAD_SIZE)
	{
		memcpy(leads->bytes[leads->n], lead, len);
		leads->leads[leads->n].len = (uint16_t) len;
		leads->leads[leads->n].key = *key;
		leads->n++;
	}
	return p;
}

#define FAST(name) portable_##name
#define FAST_TARGET
#define SKIP_PLAIN dcf_vector_skip_portable
#define SAME_BYTES dcf_vector_same_portable
#include "json_fast_record.h"

#ifdef DCF_HAVE_SSE2
#define FAST(name) sse2_##name
#define FAST_TARGET
#define SKIP_PLAIN dcf_vector_skip_sse2
#define SAME_BYTES dcf_vector_same_sse2
#include "json_fast_record.h"
#endif

#ifdef DCF_HAVE_AVX2
#define FAST(name)	avx2_##name
#define FAST_TARGET DCF_TARGET_AVX2
#define SKIP_PLAIN	dcf_vector_skip_avx2
#define SAME_BYTES	dcf_vector_same_avx2
#include "json_fast_record.h"
#endif

#ifdef DCF_HAVE_NEON
#define FAST(name) neon_##name
#define FAST_TARGET
#define SKIP_PLAIN dcf_vector_skip_neon
#define SAME_BYTES dcf_vector_same_neon
#include "json_fast_record.h"
#endif

DcfJsonFastRecord
dcf_json_fast_record(DcfSimd simd)
{
	switch (dcf_simd_choose(simd))
	{
#ifdef DCF_HAVE_AVX2
		case DCF_SIMD_AVX2:
			return avx2_record;
#endif
#ifdef DCF_HAVE_SSE2
		case DCF_SIMD_SSE2:
			return sse2_record;
#endif
#ifdef DCF_HAVE_NEON
		case DCF_SIMD_NEON:
			return neon_record;
#endif
		default:
			return portable_record;
	}
}
