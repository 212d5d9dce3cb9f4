/*
 * json_reader.h
 *	  A restartable, zero-copy reader of the service's JSON replies.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.  The reader is fed
 * a window of bytes and hands back one flat record at a time; each field is a
 * span of the window.  It accepts exactly what RFC 8259 calls JSON text in
 * UTF-8, and of that only the shapes a reply can have:
 *
 *	- records_member == NULL: an array of objects; or one bare object, which is
 *	  the only record (/ping, /session and some reports are seen to answer so);
 *	- records_member == "Records": an object one of whose members, by that
 *	  name, is an array of objects.  Other members may stand before or after
 *	  it; they are checked for well-formedness and passed over.
 *
 * A bare object is no record but a shape of its own, and refused, where a
 * member "Error" is true, or is false and no key to look for (the service's
 * words about a request), or where a member "Records" or "Schema" is an array
 * (records in another format).
 *
 * Everything jansson (flags 0) refuses is refused, also in fields that nobody
 * wants: invalid UTF-8, lone surrogates, U+0000, bare control characters,
 * leading zeros, trailing garbage, a text cut short.  Stated exceptions: one
 * leading byte order mark is passed over; numbers of any size are taken, as
 * text; nesting is limited to DCF_JSON_MAX_DEPTH; a NUL byte behind a number,
 * which jansson overlooks, is refused.  Of duplicate keys in a record the last
 * counts; the records' member itself may not be given twice.
 */
#ifndef DCF_JSON_READER_H
#define DCF_JSON_READER_H

#include "core/field.h"
#include "core/simd.h"

/* Containers open at the same time, the outermost included. */
#define DCF_JSON_MAX_DEPTH 512

/*
 * What to read.  It and its arrays must outlive the reader.  The names of keys must
 * be distinct.  nkeys may be 0: records are then only checked and counted.
 */
typedef struct DcfJsonConfig
{
	const char *records_member;
	const DcfKey *keys;
	int nkeys;
	DcfSimd simd; /* that dcf_simd_has(); 0 for the best */
} DcfJsonConfig;

typedef struct DcfJsonReader DcfJsonReader;

/* Bytes of memory, aligned as by malloc, that dcf_json_init() needs. */
extern size_t dcf_json_size(const DcfJsonConfig *config);

/* Make a reader in memory of dcf_json_size() bytes; nothing to release. */
extern DcfJsonReader *dcf_json_init(void *memory, const DcfJsonConfig *config);

/*
 * Read on in the window data[0 .. len).
 *
 * The window starts at the first byte not yet consumed; *consumed says how
 * many of its bytes the caller may now drop.  After DCF_READ_MORE the next
 * window must begin with the bytes not consumed, at any address, followed by
 * at least one more.  The reader remembers how far it looked: bytes are not
 * scanned again, so time is linear however finely the input is cut.
 *
 * After DCF_READ_RECORD dcf_json_fields() are valid until the window's bytes
 * change, also after they count as consumed.  After DCF_READ_WRONG every
 * further call gives DCF_READ_WRONG.
 */
extern DcfReadStatus dcf_json_next(DcfJsonReader *reader, const char *data,
								   size_t len, size_t *consumed);

/*
 * The input has ended and every byte of it was given.  True if it was one
 * whole reply; else false, with an error of code DCF_READ_E_CUT (or the
 * earlier one).
 */
extern bool dcf_json_finish(DcfJsonReader *reader);

/* The current record: one field for each configured key, in that order. */
extern const DcfField *dcf_json_fields(const DcfJsonReader *reader);

/* How many of the configured keys the current record has. */
extern int dcf_json_matched(const DcfJsonReader *reader);

/*
 * The current record as a span of the window, braces included; NULL where
 * there is none.
 */
extern const char *dcf_json_record(const DcfJsonReader *reader, size_t *len);

/*
 * Walk the top-level keys of a record given by dcf_json_record().  *pos starts
 * at 0.  Gives the next key as a string field, or false after the last.
 */
extern bool dcf_json_next_key(const char *record, size_t len, size_t *pos,
							  DcfField *key);

extern const DcfReadError *dcf_json_error(const DcfJsonReader *reader);

/*
 * Decode the escapes of a string span the reader has accepted.  dst has room
 * for len bytes (the result is never longer); returns the result's length.
 */
extern size_t dcf_json_unescape(const char *src, size_t len, char *dst);

#endif /* DCF_JSON_READER_H */
