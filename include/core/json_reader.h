/*
 * json_reader.h
 *	  A restartable, zero-copy reader of the service's JSON replies.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.  The caller passes a
 * buffer of bytes, and gets one record at a time; each field is a span of the
 * buffer.  The reader accepts JSON as in RFC 8259, in UTF-8, if it has one of the
 * shapes of a reply:
 *
 *	- records_member == NULL: an array of objects; or a bare object, which is the
 *	  only record (seen from /ping, /session and some reports);
 *	- records_member == "Records": an object with a member of that name that is
 *	  an array of objects.  Its other members are checked and skipped.
 *
 * Some bare objects are no records, and are refused: those with a member "Error"
 * that is true, or that is false and no wanted key (the service's message about
 * a request), and those with a member "Records" or "Schema" that is an array
 * (records in the other format).
 *
 * The reader refuses whatever jansson (with flags 0) refuses, also in fields that
 * are not wanted: invalid UTF-8, lone surrogates, U+0000, bare control
 * characters, leading zeros, trailing garbage, a truncated text.  It differs from
 * jansson in this: a leading byte order mark is skipped; numbers of any size are
 * accepted, as text; nesting is limited to DCF_JSON_MAX_DEPTH; a NUL byte after a
 * number is refused.  If a record has a key twice, the last one counts; the
 * member with the records must not occur twice.
 */
#ifndef DCF_JSON_READER_H
#define DCF_JSON_READER_H

#include "core/field.h"
#include "core/simd.h"

/* The most containers that may be open at once, including the outermost. */
#define DCF_JSON_MAX_DEPTH 512

/*
 * What to read.  The struct and its arrays must outlive the reader.  The names of
 * the keys must be distinct.  With nkeys 0, records are only checked and counted.
 */
typedef struct DcfJsonConfig
{
	const char *records_member;
	const DcfKey *keys;
	int nkeys;
	DcfSimd simd; /* must be supported, see dcf_simd_has() */
} DcfJsonConfig;

typedef struct DcfJsonReader DcfJsonReader;

/* The size in bytes of the memory for dcf_json_init(), aligned as by malloc(). */
extern size_t dcf_json_size(const DcfJsonConfig *config);

/* Create a reader in the caller's memory; there is nothing else to release. */
extern DcfJsonReader *dcf_json_init(void *memory, const DcfJsonConfig *config);

/*
 * Continue reading in the buffer data[0 .. len).
 *
 * The buffer starts at the first byte that is not consumed; *consumed is set to
 * the number of bytes that the caller may now drop.  After DCF_READ_MORE, the
 * next buffer must begin with the bytes not consumed, at any address, followed by
 * at least one more.  The reader remembers how far it looked and scans no byte
 * twice, so the time is linear however finely the input is cut.
 *
 * After DCF_READ_RECORD, the result of dcf_json_fields() is valid until the
 * buffer's bytes change, even if they are consumed.  After DCF_READ_WRONG, every
 * call returns DCF_READ_WRONG.
 */
extern DcfReadStatus dcf_json_next(DcfJsonReader *reader, const char *data,
								   size_t len, size_t *consumed);

/*
 * The input has ended after the bytes passed so far.  Returns true if the reply
 * is complete; else false, with the error code DCF_READ_E_CUT or an earlier
 * error.
 */
extern bool dcf_json_finish(DcfJsonReader *reader);

/* The current record: one field for each configured key, in that order. */
extern const DcfField *dcf_json_fields(const DcfJsonReader *reader);

/* How many of the configured keys the current record has. */
extern int dcf_json_matched(const DcfJsonReader *reader);

/*
 * The current record as a span of the buffer, including the braces; NULL if
 * there is none.
 */
extern const char *dcf_json_record(const DcfJsonReader *reader, size_t *len);

/*
 * Iterate over the top-level keys of a record from dcf_json_record().  *pos
 * starts at 0.  Sets *key to the next one as a string field; returns false after
 * the last.
 */
extern bool dcf_json_next_key(const char *record, size_t len, size_t *pos,
							  DcfField *key);

/* The error after DCF_READ_WRONG; its code is DCF_READ_OK before. */
extern const DcfReadError *dcf_json_error(const DcfJsonReader *reader);

/*
 * Decode the escapes of a string span that the reader has accepted.  dst has room
 * for len bytes, which the result never exceeds; returns the result's length.
 */
extern size_t dcf_json_unescape(const char *src, size_t len, char *dst);

#endif /* DCF_JSON_READER_H */
