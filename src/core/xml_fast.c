/*
 * xml_fast.c
 *	  The fast path of the XML reader.  See xml_fast.h.
 *
 * The buffer is first read with vector instructions, which may look beyond what
 * they are asked for.  Near its end, a record is read again without them.
 */
#include "core/xml_fast.h"

#include <string.h>

#include "core/key_table.h"
#include "utf8.h"
#include "vector.h"

/* A field is more than so many slots away from its hash: not remembered. */
#define PROBES 8

/* Fields left out in a row, at most, before the next one is looked up. */
#define SKIPPED 4

/* At least so many bytes follow any byte of text in a whole record: "</a></b>". */
#define AFTER_TEXT 8

/* What a look with vector instructions may need: "</" and the longest tag. */
#define MARGIN (DCF_XML_TAG_SIZE + 2)

/* Bytes that skip_plain_sse2() may read from its end on. */
#define VECTOR 16

/* What dcf_vector_same_*() compare at most. */
#define SAME_MAX ((size_t) DCF_VECTOR_BLOCK * 2)

#ifdef DCF_HAVE_SSE2
#define HAVE_VECTOR true
#define SAME_BYTES	dcf_vector_same_sse2
#else
#define HAVE_VECTOR false
#define SAME_BYTES	dcf_vector_same_portable
#endif

#ifdef __GNUC__
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* Where the record is being read. */
typedef struct Reading
{
	const char *p;
	const char *end; /* of the buffer */
	size_t escaped;
	int nmatched;
} Reading;

void
dcf_xml_fast_begin(DcfXmlTags *tags)
{
	tags->n = 0;
	memset(tags->slots, 0, sizeof(tags->slots));
	tags->tags[0] = (DcfXmlTag){.key = -1};
}

static void
set_tag(DcfXmlTag *tag, const char *name, size_t len, int key)
{
	*tag = (DcfXmlTag){.len = (uint16_t) (len + 1), .key = key};
	memcpy(tag->text, name, len);
	tag->text[len] = '>';
}

void
dcf_xml_fast_set_record(DcfXmlTags *tags, const char *name, size_t len)
{
	if (len < DCF_XML_TAG_SIZE)
		set_tag(&tags->tags[0], name, len, -1);
}

static inline bool
has_name(const DcfXmlTag *tag, const char *name, size_t len)
{
	return tag->len == len + 1 && memcmp(tag->text, name, len) == 0;
}

/*
 * The slot of a field's name, or the free one for it; NULL if there is neither
 * near its hash.
 */
static uint16_t *
find_slot(DcfXmlTags *tags, const char *name, size_t len)
{
	uint32_t hash = DCF_KEY_HASH_START;
	size_t slot;

	for (size_t i = 0; i < len; i++)
		hash = dcf_key_hash_step(hash, name[i]);
	slot = hash ^ hash >> 16;
	for (int i = 0; i < PROBES; i++, slot++)
	{
		uint16_t *tag = &tags->slots[slot & (DCF_XML_TAG_SLOTS - 1)];

		if (*tag == 0 || has_name(&tags->tags[*tag], name, len))
			return tag;
	}
	return NULL;
}

void
dcf_xml_fast_learn(DcfXmlTags *tags, const char *name, size_t len, int key)
{
	uint16_t *slot;

	if (len >= DCF_XML_TAG_SIZE || tags->n == DCF_XML_TAGS)
		return;
	slot = find_slot(tags, name, len);
	if (slot == NULL || *slot != 0)
		return;
	*slot = ++tags->n;
	set_tag(&tags->tags[*slot], name, len, key);
}

static inline const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* Whether a tag's text is at p; if so, vector says that MARGIN bytes are. */
static ALWAYS_INLINE bool
tag_is_at(const DcfXmlTag *tag, const char *p, const char *end, bool vector)
{
	if (!vector)
		return (size_t) (end - p) >= tag->len &&
			memcmp(p, tag->text, tag->len) == 0;
	if (tag->len <= SAME_MAX)
		return SAME_BYTES(p, tag->text, tag->len);
	return memcmp(p, tag->text, tag->len) == 0;
}

#ifdef DCF_HAVE_SSE2

/* The first byte at or after p that is_plain() denies, or an address from end on. */
static inline const char *
skip_plain_sse2(const char *p, const char *end)
{
	const __m128i less = _mm_set1_epi8('<');
	const __m128i ampersand = _mm_set1_epi8('&');
	const __m128i bracket = _mm_set1_epi8(']');
	const __m128i space = _mm_set1_epi8(0x20);

	for (; p < end; p += VECTOR)
	{
		__m128i bytes = _mm_loadu_si128((const __m128i *) p);
		__m128i odd = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(bytes, less),
						 _mm_cmpeq_epi8(bytes, ampersand)),
			_mm_or_si128(_mm_cmpeq_epi8(bytes, bracket),
						 /* Signed: also bytes that are not ASCII. */
						 _mm_cmplt_epi8(bytes, space)));
		int mask = _mm_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz((unsigned) mask);
	}
	return p;
}

#endif

/* Text that needs no further look. */
static inline bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '<' && c != '&' && c != ']';
}

static ALWAYS_INLINE const char *
skip_plain(const char *p, const char *end, bool vector)
{
#ifdef DCF_HAVE_SSE2
	if (vector)
		return skip_plain_sse2(p, end);
#endif
	(void) vector;
	while (p < end && is_plain((unsigned char) *p))
		p++;
	return p;
}

/*
 * The length of the predefined entity at p, or 0; AFTER_TEXT bytes are readable.
 */
static inline size_t
read_entity(const char *p, char *character)
{
	static const struct
	{
		const char *text;
		size_t len;
		char character;
	} entities[] = {{"&amp;", 5, '&'},
					{"&gt;", 4, '>'},
					{"&lt;", 4, '<'},
					{"&quot;", 6, '"'},
					{"&apos;", 6, '\''}};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (memcmp(p, entities[i].text, entities[i].len) == 0)
		{
			*character = entities[i].character;
			return entities[i].len;
		}
	return 0;
}

/*
 * The length of a character that is not ASCII, or 0 if XML does not allow it;
 * AFTER_TEXT bytes are readable.
 */
static inline size_t
read_character(const char *p)
{
	DcfUtf8 utf8 = {0};
	size_t len = 0;

	do
	{
		if (!dcf_utf8_step(&utf8, (unsigned char) p[len++]))
			return 0;
	} while (utf8.need > 0);
	/* U+FFFE and U+FFFF */
	return memcmp(p, "\xEF\xBF", 2) == 0 && (unsigned char) p[2] >= 0xBE ? 0 :
																		   len;
}

/*
 * Skip what is_plain() denies, but is text; AFTER_TEXT bytes are readable.
 * False if it is not plain.
 */
static inline bool
skip_odd(const char **p, bool *escaped)
{
	char character;
	size_t len;

	switch (**p)
	{
		case '&':
			len = read_entity(*p, &character);
			*escaped = true;
			break;
		case ']':
			/* The end of a CDATA section is not allowed outside of one. */
			len = (*p)[1] == ']' && (*p)[2] == '>' ? 0 : 1;
			break;
		case '\r':
			/* A line end is always \n. */
			*escaped = true;
			len = 1;
			break;
		case '\n':
		case '\t':
			len = 1;
			break;
		default:
			len = (unsigned char) **p < 0x80 ? 0 : read_character(*p);
			break;
	}
	*p += len;
	return len > 0;
}

size_t
dcf_xml_fast_decode(const char *src, size_t len, char *dst)
{
	const char *end = src + len;
	char *start = dst;

	while (src < end)
	{
		if (*src == '&')
		{
			/* Behind the text there is at least its end tag. */
			src += read_entity(src, dst++);
		}
		else if (*src == '\r')
		{
			*dst++ = '\n';
			src += src + 1 < end && src[1] == '\n' ? 2 : 1;
		}
		else
			*dst++ = *src++;
	}
	return (size_t) (dst - start);
}

/* Skip the text of a field, up to its end tag. */
static ALWAYS_INLINE DcfXmlFastStatus
skip_text(Reading *reading, bool *escaped, bool vector)
{
	const char *p = reading->p;
	const char *limit = reading->end - (vector ? VECTOR : 0);

	for (;;)
	{
		p = skip_plain(p, limit, vector);
		if (p >= limit || reading->end - p < AFTER_TEXT)
			return DCF_XML_FAST_MORE;
		if (*p == '<')
			break;
		if (!skip_odd(&p, escaped))
			return DCF_XML_FAST_OTHER;
	}
	reading->p = p;
	return DCF_XML_FAST_RECORD;
}

/*
 * Find the start tag at reading->p by its name, and remember that it follows.
 * *empty: it is the tag of an empty element.
 */
static DcfXmlFastStatus
find_tag(DcfXmlTags *tags, Reading *reading, uint16_t *next, bool *empty)
{
	const char *name = reading->p + 1;
	const char *p = name;
	uint16_t *slot;

	while (p < reading->end && *p != '>' && *p != '/' && *p != '<' &&
		   p == skip_space(p, reading->end))
	{
		if (p - name == DCF_XML_TAG_SIZE)
			return DCF_XML_FAST_OTHER;
		p++;
	}
	if (p == reading->end)
		return DCF_XML_FAST_MORE;
	slot = find_slot(tags, name, (size_t) (p - name));
	if (slot == NULL || *slot == 0)
		return DCF_XML_FAST_OTHER;
	p = skip_space(p, reading->end);
	if (reading->end - p < 2)
		return DCF_XML_FAST_MORE;
	*empty = *p == '/';
	p += *empty;
	if (*p != '>')
		return DCF_XML_FAST_OTHER;
	reading->p = p + 1;
	*next = *slot;
	return DCF_XML_FAST_RECORD;
}

/* Store a field; of a repeated one the last counts, but the key counts once. */
static inline void
store(Reading *reading, DcfField *field, const char *data, size_t len,
	  bool escaped)
{
	reading->nmatched += field->kind == DCF_FIELD_ABSENT;
	*field = (DcfField){data, len, DCF_FIELD_TEXT, escaped};
	if (escaped)
		reading->escaped += len;
}

/*
 * Take the start tag at reading->p; *last is the tag before it, and becomes this
 * one.
 */
static ALWAYS_INLINE DcfXmlFastStatus
take_start_tag(DcfXmlTags *tags, Reading *reading, DcfXmlTag **last,
			   bool *empty, bool vector)
{
	DcfXmlTag *before = *last;
	DcfXmlTag *tag = before;
	DcfXmlFastStatus status;

	*empty = false;
	for (int i = 0; i < SKIPPED && tag->next != 0; i++)
	{
		tag = &tags->tags[tag->next];
		if (tag_is_at(tag, reading->p + 1, reading->end, vector))
		{
			reading->p += 1 + tag->len;
			*last = tag;
			return DCF_XML_FAST_RECORD;
		}
	}
	status = find_tag(tags, reading, &before->next, empty);
	if (status == DCF_XML_FAST_RECORD)
		*last = &tags->tags[before->next];
	return status;
}

/* Take the text of a field, and its end tag. */
static ALWAYS_INLINE DcfXmlFastStatus
take_text(Reading *reading, const DcfXmlTag *tag, DcfField *fields,
		  bool vector)
{
	const char *text = reading->p;
	bool escaped = false;
	DcfXmlFastStatus status = skip_text(reading, &escaped, vector);
	const char *text_end = reading->p;

	if (status != DCF_XML_FAST_RECORD)
		return status;
	if (reading->end - text_end < (vector ? MARGIN : 2 + tag->len))
		return DCF_XML_FAST_MORE;
	if (text_end[1] != '/' ||
		!tag_is_at(tag, text_end + 2, reading->end, vector))
		return DCF_XML_FAST_OTHER;
	if (tag->key >= 0)
		store(reading, &fields[tag->key], text, (size_t) (text_end - text),
			  escaped);
	reading->p = text_end + 2 + tag->len;
	return DCF_XML_FAST_RECORD;
}

/* Take the record's start tag. */
static DcfXmlFastStatus
begin_record(const DcfXmlTags *tags, Reading *reading)
{
	const DcfXmlTag *tag = &tags->tags[0];

	if (reading->end - reading->p <= tag->len)
		return DCF_XML_FAST_MORE;
	if (tag->len == 0 || *reading->p != '<' ||
		!tag_is_at(tag, reading->p + 1, reading->end, false))
		return DCF_XML_FAST_OTHER;
	reading->p += 1 + tag->len;
	return DCF_XML_FAST_RECORD;
}

/* Take the end tag at reading->p, which must be the record's. */
static DcfXmlFastStatus
end_record(const DcfXmlTags *tags, Reading *reading)
{
	const DcfXmlTag *tag = &tags->tags[0];

	if (reading->end - reading->p < 2 + tag->len)
		return DCF_XML_FAST_MORE;
	if (!tag_is_at(tag, reading->p + 2, reading->end, false))
		return DCF_XML_FAST_OTHER;
	reading->p += 2 + tag->len;
	return DCF_XML_FAST_RECORD;
}

/* Read a record; vector: MARGIN bytes must be readable wherever one looks. */
static ALWAYS_INLINE DcfXmlFastStatus
read_record(DcfXmlTags *tags, Reading *reading, DcfField *fields, bool vector)
{
	DcfXmlTag *tag = &tags->tags[0];
	DcfXmlFastStatus status = begin_record(tags, reading);

	while (status == DCF_XML_FAST_RECORD)
	{
		bool empty;

		reading->p = skip_space(reading->p, reading->end);
		if (reading->end - reading->p < (vector ? MARGIN : 2))
			return DCF_XML_FAST_MORE;
		if (*reading->p != '<')
			return DCF_XML_FAST_OTHER;
		if (reading->p[1] == '/')
			return tag == &tags->tags[0] ? DCF_XML_FAST_OTHER :
										   end_record(tags, reading);
		status = take_start_tag(tags, reading, &tag, &empty, vector);
		if (status != DCF_XML_FAST_RECORD)
			break;
		if (!empty)
			status = take_text(reading, tag, fields, vector);
		else if (tag->key >= 0)
			store(reading, &fields[tag->key], reading->p, 0, false);
	}
	return status;
}

DcfXmlFastStatus
dcf_xml_fast_read(DcfXmlTags *tags, const char *data, size_t len,
				  DcfField *fields, int nfields, DcfXmlFastRecord *record)
{
	const char *start = skip_space(data, data + len);
	DcfXmlFastStatus status = DCF_XML_FAST_MORE;
	Reading reading;

	for (int vector = HAVE_VECTOR; vector >= 0 && status == DCF_XML_FAST_MORE;
		 vector--)
	{
		reading = (Reading){.p = start, .end = data + len};
		memset(fields, 0, (size_t) nfields * sizeof(DcfField));
		status = vector ? read_record(tags, &reading, fields, true) :
						  read_record(tags, &reading, fields, false);
	}
	record->start = (size_t) (start - data);
	record->end = (size_t) (reading.p - data);
	record->escaped = reading.escaped;
	record->nmatched = reading.nmatched;
	return status;
}
