/*
 * json_fast.c
 *	  The fast path of the JSON reader.  See json_fast.h.
 */
#include "json_state.h"

#include <string.h>

/* Instead of a key: the record has ended. */
#define RECORD_END (-2)

/* Keeps what is rare out of the way of what is frequent. */
#ifdef __GNUC__
#define NOINLINE __attribute__((noinline))
#define INLINE	 inline __attribute__((always_inline))
#else
#define NOINLINE
#define INLINE inline
#endif

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

static inline bool
continues(char c)
{
	return ((unsigned char) c & 0xC0) == 0x80;
}

/*
 * Skip non-ASCII characters or a two-byte escape in a string; at least
 * DCF_LEAD_SIZE bytes are readable.  Returns false, and leaves *p alone, for
 * anything else.
 */
static inline bool
skip_odd(const char **p, DcfField *field)
{
	const char *at = *p;
	unsigned char c = (unsigned char) *at;

	if (c == '\\')
	{
		/* \uXXXX may be half of a surrogate pair; the scanner checks that. */
		switch (at[1])
		{
			case '"':
			case '\\':
			case '/':
			case 'b':
			case 'f':
			case 'n':
			case 'r':
			case 't':
				field->escaped = true;
				*p = at + 2;
				return true;
			default:
				return false;
		}
	}
	if (c >= 0xC2 && c < 0xE0 && continues(at[1]))
		*p = at + 2;
	else if (c > 0xE0 && c < 0xF0 && c != 0xED && continues(at[1]) &&
			 continues(at[2]))
		*p = at + 3;
	else
		return false;
	return true;
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline uint64_t
eight_bytes(const char *p)
{
	uint64_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

/* How many of the eight bytes at p are digits, up to the first other byte. */
static INLINE int
count_digits(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t bytes = eight_bytes(p) ^ (ones * '0');
	uint64_t others;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap64(bytes);
#endif
	/* The top bit of each byte: whether it is above 9. */
	others = (((bytes & (ones * 0x7F)) + ones * (0x80 - 10)) | bytes) &
		(ones * 0x80);
	return others == 0 ? 8 : __builtin_ctzll(others) / 8;
}

static INLINE const char *
skip_digits(const char *p, const char *end)
{
	if (end - p >= 8)
	{
		int n = count_digits(p);

		p += n;
		if (n < 8)
			return p;
	}
	while (p < end && is_digit(*p))
		p++;
	return p;
}

/*
 * Skip a number.  NULL if it is malformed, has an exponent, or reaches the end of
 * the buffer, where it might continue.
 */
static INLINE const char *
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
static INLINE const char *
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

/* Whether a record has begun, and the cursor is after one of its values. */
static inline bool
is_inside_record(const DcfJsonReader *reader)
{
	return reader->state == AT_COMMA_OR_END && at_top_of_record(reader) &&
		!reader->bare;
}

/* The first slot of a key, as written between its quotes. */
static inline unsigned
lead_slot(const char *name, size_t len)
{
	uint64_t hash = len;

	if (len < 8)
		for (size_t i = 0; i < len; i++)
			hash = hash << 8 | (unsigned char) name[i];
	else
		hash = (eight_bytes(name) * 3 + eight_bytes(name + len / 2 - 4)) * 5 +
			eight_bytes(name + len - 8);
	hash *= UINT64_C(0x9E3779B97F4A7C15);
	return (unsigned) (hash >> 40) & (DCF_LEAD_SLOTS - 1);
}

/* Remember a lead that is valid JSON, if there is room. */
static void
remember_lead(DcfJsonLeads *leads, const char *bytes, size_t len,
			  unsigned slot, int key)
{
	size_t size =
		(len + DCF_VECTOR_BLOCK - 1) / DCF_VECTOR_BLOCK * DCF_VECTOR_BLOCK;

	if (leads->n == DCF_LEADS - 1 || len > DCF_LEAD_SIZE)
		return;
	for (int i = 0; i < DCF_LEAD_PROBES; i++, slot++)
	{
		DcfJsonLead *lead = &leads->leads[leads->n + 1];

		slot &= DCF_LEAD_SLOTS - 1;
		if (leads->slots[slot] != 0)
			continue;
		*lead = (DcfJsonLead){leads->used, (uint16_t) len, 0, key};
		memcpy(leads->bytes + leads->used, bytes, len);
		memset(leads->bytes + leads->used + len, 0, size - len);
		leads->used += (uint32_t) size;
		leads->slots[slot] = ++leads->n;
		*leads->next = leads->n;
		leads->next = &lead->next;
		return;
	}
}

/* The opening quote of a lead's key, or NULL. */
static inline const char *
find_key(const char *lead, bool first, const char *limit)
{
	/*
	 * White space before the opening brace was skipped by find_record(), that
	 * before a comma belongs to the lead.
	 */
	const char *p = first ? lead : skip_space(lead, limit);

	if (p >= limit || *p != (first ? '{' : ','))
		return NULL;
	p = skip_space(p + 1, limit);
	return p < limit && *p == '"' ? p : NULL;
}

/*
 * Check a new lead, and remember it.  Returns the byte after it, or NULL if it
 * is none; sets leads.key.
 */
static const char *
learn_lead(DcfJsonReader *reader, const char *lead, bool first,
		   const char *limit)
{
	DcfField name = {.escaped = false};
	const char *p = find_key(lead, first, limit);

	if (p == NULL)
		return NULL;
	name.data = p + 1;
	p = scan_string(name.data, limit, &name);
	if (p == NULL)
		return NULL;
	p = skip_space(p, limit);
	if (p >= limit || *p != ':')
		return NULL;
	p = skip_space(p + 1, limit);
	reader->leads.key =
		dcf_json_key_find(&reader->table, name.data, name.len, name.escaped);

	/*
	 * A lead is remembered only once it is known to be valid JSON, so equal
	 * bytes need no check.
	 */
	remember_lead(&reader->leads, lead, (size_t) (p - lead),
				  lead_slot(name.data, name.len), reader->leads.key);
	return p;
}

/*
 * The fast path goes no further than here, which is after a value, or at the
 * start of the record.  next: of the last lead before here.
 */
static void
hand_over(DcfJsonReader *reader, DcfJsonCursor *cursor, const char *start,
		  const char *here, uint16_t *next)
{
	/* It has read nothing. */
	if (here == start)
		return;
	if (!reader->in_record)
		dcf_json_record_open(reader, (size_t) (start - cursor->start));
	reader->state = AT_COMMA_OR_END;
	reader->leads.next = next;
	cursor->p = here;
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
