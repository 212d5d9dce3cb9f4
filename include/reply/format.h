/*
 * format.h
 *	  The seam between the formats of replies and what is made of records: each
 *	  format is a table of functions around its reader.
 *
 * A reader is fed a window of bytes and hands back one record at a time, as
 * fields in the order of the configured keys.  It takes a reply whole or not
 * at all: what is malformed, of another shape, or cut short is DCF_READ_WRONG
 * where the format can tell.  It never waits, and raises nothing but lack of
 * memory.
 */
#ifndef DCF_FORMAT_H
#define DCF_FORMAT_H

#include "postgres.h"

#include "core/field.h"
#include "options/option.h"

/*
 * What to read.  It and its keys, which are distinct, must outlive the reader.
 * Without any key records are only checked and counted.
 */
typedef struct DcfFormatConfig
{
	const DcfKey *keys;
	int nkeys;
	size_t max_record_size; /* where a reader keeps records itself: else the
								 * window's limit holds */
} DcfFormatConfig;

typedef struct DcfFormatRoutine
{
	const char *name;	   /* for messages */
	const char *keys_in;   /* what next_key() walks, for messages */
	bool shows_cut;		   /* a reply cut anywhere is DCF_READ_WRONG */
	bool nulls_have_keys;  /* a record of NULLs alone has keys, too */
	bool leaves_nulls_out; /* a NULL has no key */

	/*
	 * A thread had better read: next(), matched() and record_length() are pure
	 * C, and most texts need not be copied.
	 */
	bool reads_in_thread;

	/* A reader in the current memory context, and gone with it. */
	void *(*create)(const DcfFormatConfig *config);

	/* Begin a reply, whatever became of the one before. */
	void (*start)(void *reader);

	/*
	 * Read on in the window data[0 .. len), which starts at the first byte not
	 * yet consumed; *consumed says how many of its bytes the caller may now
	 * drop.  DCF_READ_MORE asks for a window with more bytes behind those not
	 * consumed.
	 *
	 * After DCF_READ_RECORD the fields are valid until the next call, or until
	 * the window's bytes change, also after they count as consumed.
	 */
	DcfReadStatus (*next)(void *reader, const char *data, size_t len,
						  size_t *consumed);

	/*
	 * The input has ended, and the window has nothing that next() has not seen:
	 * DCF_READ_END if it was one whole reply, or a last DCF_READ_RECORD or
	 * DCF_READ_HEADER as of next(), after which to call again.
	 */
	DcfReadStatus (*finish)(void *reader, const char *data, size_t len,
							size_t *consumed);

	/* One field for each key; always the same array. */
	const DcfField *(*fields)(const void *reader);

	/* How many of the keys the current record (or header) has. */
	int (*matched)(const void *reader);

	/*
	 * Walk all keys of the current record (or header): the next one, decoded
	 * and palloc'd, or NULL after the last.  *pos starts at 0.
	 */
	char *(*next_key)(const void *reader, size_t *pos, size_t *len);

	/*
	 * Bytes of the current record; 0 where the reader itself limits them.  NULL
	 * if they are those that next() has consumed with it.
	 */
	size_t (*record_length)(const void *reader);

	const DcfReadError *(*error)(const void *reader);
} DcfFormatRoutine;

extern const DcfFormatRoutine *dcf_format_routine(DcfFormat format);

/* The name of a format in which no reply is markup; NULL for XML. */
extern const char *dcf_format_unlike_markup(DcfFormat format);

#endif /* DCF_FORMAT_H */
