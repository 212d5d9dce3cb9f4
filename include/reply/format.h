/*
 * format.h
 *	  The interface of the formats of replies: a table of functions for each.
 *
 * A format's reader is fed a buffer of bytes and returns one record at a time, as fields
 * in the order of the configured keys.  It accepts only a complete reply: malformed
 * bytes, another structure, or (where the format shows it) a premature end give
 * DCF_READ_WRONG.  It never waits, and raises nothing but ERRCODE_OUT_OF_MEMORY.
 */
#ifndef DCF_FORMAT_H
#define DCF_FORMAT_H

#include "postgres.h"

#include "core/field.h"
#include "options/option.h"

/* The member of a reply in the format JsonDataTable that holds the records. */
#define DCF_FORMAT_RECORDS_MEMBER "Records"

/*
 * What to read.  The configuration and its keys, which must be distinct, must outlive the
 * reader.  Without any key, records are only checked and counted.
 */
typedef struct DcfFormatConfig
{
	DcfFormat format;
	const DcfKey *keys;
	int nkeys;
	size_t max_record_size; /* in bytes; for readers that buffer a record
								 * themselves, otherwise the caller checks */
} DcfFormatConfig;

typedef struct DcfFormatRoutine
{
	const char *name;	   /* for messages, such as "JSON" */
	const char *keys_in;   /* for messages: what next_key() walks */
	bool shows_cut;		   /* a reply cut anywhere is DCF_READ_WRONG */
	bool nulls_have_keys;  /* a record of NULLs alone still has keys */
	bool leaves_nulls_out; /* a NULL field has no key */

	/*
	 * A thread may read records: next(), matched() and
	 * record_length() are pure C.
	 */
	bool reads_in_thread;

	/*
	 * The byte in front of a text belongs to no field, and is needed no more
	 * after DCF_READ_RECORD.  The buffer may begin with a text.
	 */
	bool separates_texts;

	/* Create a reader in the current memory context, which frees it. */
	void *(*create)(const DcfFormatConfig *config);

	/* Begin a reply, whatever state the reader is in. */
	void (*start)(void *reader);

	/*
	 * Read on in the buffer data[0 .. len), which starts at the first byte not
	 * yet consumed.  *consumed is how many bytes the caller may drop now.
	 * DCF_READ_MORE asks for a buffer with more bytes after the unconsumed
	 * ones.
	 *
	 * After DCF_READ_RECORD the fields are valid until the next call or until
	 * the buffer's bytes change, even after they have been consumed.
	 */
	DcfReadStatus (*next)(void *reader, const char *data, size_t len,
						  size_t *consumed);

	/*
	 * The input has ended, and next() has seen all bytes of the buffer.
	 * DCF_READ_END if the reply was complete; or the last DCF_READ_RECORD or
	 * DCF_READ_HEADER, after which finish() must be called again.
	 */
	DcfReadStatus (*finish)(void *reader, const char *data, size_t len,
							size_t *consumed);

	/* One field for each configured key; the array never moves. */
	const DcfField *(*fields)(const void *reader);

	/* How many configured keys the current record (or header) has. */
	int (*matched)(const void *reader);

	/*
	 * Walk all keys of the current record (or header).  Returns the next key,
	 * decoded and palloc'd, or NULL after the last.  *pos starts at 0.
	 */
	char *(*next_key)(const void *reader, size_t *pos, size_t *len);

	/*
	 * Length of the current record in bytes; 0 if the reader itself enforces
	 * max_record_size.  NULL if it is the bytes that next() consumed.
	 */
	size_t (*record_length)(const void *reader);

	/* After DCF_READ_WRONG: what is wrong. */
	const DcfReadError *(*error)(const void *reader);
} DcfFormatRoutine;

/* The functions of a format; never NULL. */
extern const DcfFormatRoutine *dcf_format_routine(DcfFormat format);

/*
 * The format's name if markup is never a valid reply in it, so that an HTML page can be
 * recognized; NULL for XML.
 */
extern const char *dcf_format_unlike_markup(DcfFormat format);

#endif /* DCF_FORMAT_H */
