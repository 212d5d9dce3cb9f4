/*
 * csv_reader.h
 *	  A restartable, zero-copy reader of the service's CSV replies.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.  The reader is fed
 * a window of bytes and hands back one record at a time; each field is a span
 * of the window.  It accepts CSV as RFC 4180 describes it, in UTF-8 and with a
 * header: commas between fields; CRLF or LF between records, and behind the last
 * one or not; quotes around a field that holds a comma, a quote or a line end,
 * and two quotes for one inside.  Of a field without quotes everything counts,
 * spaces too.  One leading byte order mark is passed over.
 *
 * An empty field is DCF_FIELD_NULL, unless it is quoted: then, like all others,
 * it is DCF_FIELD_TEXT.  Under a header of one field an empty line is a record of
 * one empty field.  Under any other it is no record, and only empty lines may
 * follow.
 *
 * Refused are: another number of fields than the header has, a quote inside a
 * field without quotes, anything but a comma or a line end behind a closing
 * quote, a carriage return without its line feed outside of quotes, invalid
 * UTF-8, NUL bytes, a key that the header has twice, an empty header, and a
 * text cut short.
 *
 * A text that is cut right behind a line end, or inside the last field of a
 * line, cannot be told from a whole one: what brings the bytes must see to it.
 */
#ifndef DCF_CSV_READER_H
#define DCF_CSV_READER_H

#include "core/field.h"

/*
 * What to read.  It and its arrays must outlive the reader.  The names of keys
 * must be distinct.  nkeys may be 0: records are then only checked and counted.
 */
typedef struct DcfCsvConfig
{
	const DcfKey *keys;
	int nkeys;
} DcfCsvConfig;

typedef struct DcfCsvReader DcfCsvReader;

/* Bytes of memory, aligned as by malloc, that dcf_csv_init() needs. */
extern size_t dcf_csv_size(const DcfCsvConfig *config);

/* Make a reader in memory of dcf_csv_size() bytes; nothing to release. */
extern DcfCsvReader *dcf_csv_init(void *memory, const DcfCsvConfig *config);

/*
 * Read on in the window data[0 .. len).
 *
 * The window starts at the first byte not yet consumed; *consumed says how
 * many of its bytes the caller may now drop.  After DCF_READ_MORE the next
 * window must begin with the bytes not consumed, at any address, followed by
 * at least one more.  The reader remembers how far it looked: bytes are not
 * scanned again, so time is linear however finely the input is cut.
 *
 * After DCF_READ_HEADER dcf_csv_header(), and after DCF_READ_RECORD
 * dcf_csv_fields() are valid until the window's bytes change, also after they
 * count as consumed.  After DCF_READ_WRONG every further call gives
 * DCF_READ_WRONG.
 */
extern DcfReadStatus dcf_csv_next(DcfCsvReader *reader, const char *data,
								  size_t len, size_t *consumed);

/*
 * The input has ended and every byte of it was given; data[0 .. len) are those
 * not consumed, as dcf_csv_next() has them.  DCF_READ_RECORD or DCF_READ_HEADER
 * for a last line without its line end, after which to call again;
 * DCF_READ_END; or DCF_READ_WRONG, with an error of code DCF_READ_E_CUT where
 * the text ended in the middle of something.
 */
extern DcfReadStatus dcf_csv_finish(DcfCsvReader *reader, const char *data,
									size_t len, size_t *consumed);

/* The current record: one field for each configured key, in that order. */
extern const DcfField *dcf_csv_fields(const DcfCsvReader *reader);

/* How many of the configured keys the header has. */
extern int dcf_csv_matched(const DcfCsvReader *reader);

/*
 * After DCF_READ_HEADER, the header as a span of the window, without its line
 * end; else NULL.
 */
extern const char *dcf_csv_header(const DcfCsvReader *reader, size_t *len);

/*
 * Walk the names in a header given by dcf_csv_header().  *pos starts at 0.
 * Gives the next name as a text field, or false after the last.
 */
extern bool dcf_csv_next_name(const char *header, size_t len, size_t *pos,
							  DcfField *name);

extern const DcfReadError *dcf_csv_error(const DcfCsvReader *reader);

/*
 * Make one quote of each two in a text span the reader has accepted.  dst has
 * room for len bytes (the result is never longer); returns the result's length.
 */
extern size_t dcf_csv_unescape(const char *src, size_t len, char *dst);

#endif /* DCF_CSV_READER_H */
