/*
 * csv_reader.h
 *	  A restartable, zero-copy reader of the service's CSV replies.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.  The caller passes a
 * buffer of bytes, and gets one record at a time; each field is a span of the
 * buffer.  The reader accepts CSV as in RFC 4180, in UTF-8 and with a header:
 * commas between fields; CRLF or LF after each record, optional after the last;
 * quotes around a field that contains a comma, a quote or a line end; a quote
 * inside such a field is doubled.  In a field without quotes, spaces are part of
 * the value.  A leading byte order mark is skipped.
 *
 * An empty field is DCF_FIELD_NULL if it has no quotes; any other field is
 * DCF_FIELD_TEXT.  If the header has one field, an empty line is a record with an
 * empty field.  Otherwise an empty line is no record, and only empty lines may
 * follow it.
 *
 * The reader refuses a record whose number of fields differs from the header's,
 * a quote in a field without quotes, anything but a comma or a line end after a
 * closing quote, a carriage return without a line feed outside quotes, invalid
 * UTF-8, NUL bytes, a wanted key that the header has twice, an empty header, and
 * a truncated text.
 *
 * The reader cannot detect a text that was truncated after a line end or in the
 * last field of a line.  The transport must detect that.
 */
#ifndef DCF_CSV_READER_H
#define DCF_CSV_READER_H

#include "core/field.h"
#include "core/simd.h"

/*
 * What to read.  The struct and its arrays must outlive the reader.  The names of
 * the keys must be distinct.  With nkeys 0, records are only checked and counted.
 */
typedef struct DcfCsvConfig
{
	const DcfKey *keys;
	int nkeys;
	DcfSimd simd; /* must be supported, see dcf_simd_has() */
} DcfCsvConfig;

typedef struct DcfCsvReader DcfCsvReader;

/* The size in bytes of the memory for dcf_csv_init(), aligned as by malloc(). */
extern size_t dcf_csv_size(const DcfCsvConfig *config);

/* Create a reader in the caller's memory; there is nothing else to release. */
extern DcfCsvReader *dcf_csv_init(void *memory, const DcfCsvConfig *config);

/*
 * Continue reading in the buffer data[0 .. len).
 *
 * The buffer starts at the first byte that is not consumed; *consumed is set to
 * the number of bytes that the caller may now drop.  After DCF_READ_MORE, the
 * next buffer must begin with the bytes not consumed, at any address, followed by
 * at least one more.  The reader remembers how far it looked and scans no byte
 * twice, so the time is linear however finely the input is cut.
 *
 * The results of dcf_csv_header() after DCF_READ_HEADER, and of dcf_csv_fields()
 * after DCF_READ_RECORD, are valid until the buffer's bytes change, even if they
 * are consumed.  After DCF_READ_WRONG, every call returns DCF_READ_WRONG.
 */
extern DcfReadStatus dcf_csv_next(DcfCsvReader *reader, const char *data,
								  size_t len, size_t *consumed);

/*
 * The input has ended after data[0 .. len), the bytes that dcf_csv_next() did not
 * consume.  Returns DCF_READ_RECORD or DCF_READ_HEADER for a last line without a
 * line end (call again afterwards), DCF_READ_END, or DCF_READ_WRONG, with the
 * error code DCF_READ_E_CUT if the text is truncated.
 */
extern DcfReadStatus dcf_csv_finish(DcfCsvReader *reader, const char *data,
									size_t len, size_t *consumed);

/* The current record: one field for each configured key, in that order. */
extern const DcfField *dcf_csv_fields(const DcfCsvReader *reader);

/* How many of the configured keys the header has. */
extern int dcf_csv_matched(const DcfCsvReader *reader);

/*
 * After DCF_READ_HEADER, the header as a span of the buffer, without its line
 * end; else NULL.
 */
extern const char *dcf_csv_header(const DcfCsvReader *reader, size_t *len);

/*
 * Iterate over the names in a header from dcf_csv_header().  *pos starts at 0.
 * Sets *name to the next one as a text field; returns false after the last.
 */
extern bool dcf_csv_next_name(const char *header, size_t len, size_t *pos,
							  DcfField *name);

/* The error after DCF_READ_WRONG; its code is DCF_READ_OK before. */
extern const DcfReadError *dcf_csv_error(const DcfCsvReader *reader);

/*
 * Undouble the quotes in a text span that the reader has accepted.  dst has room
 * for len bytes, which the result never exceeds; returns the result's length.
 */
extern size_t dcf_csv_unescape(const char *src, size_t len, char *dst);

#endif /* DCF_CSV_READER_H */
