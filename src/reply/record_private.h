/*
 * record_private.h
 *	  What the files of the record reader share: record.c (a record becomes a row),
 *	  record_read.c (bytes into the format's reader), record_thread.c (reading in a
 *	  thread), record_thread_rows.c (taking over what it has read),
 *	  record_held.c (records held back), record_missing_keys.c (keys that no record
 *	  has), record_new_keys.c (keys that no column reads), record_error.c (what is
 *	  refused).
 *
 * A thread that also decompresses reads records only if many columns are fetched: with
 * few columns it is slower than the backend.  The format's reader moves between thread and backend
 * together with the bytes that it has not consumed.
 *
 * In XML a NULL has no element, so a missing key is reported only if the reply has a
 * similar key that no column reads.
 */
#ifndef DCF_RECORD_PRIVATE_H
#define DCF_RECORD_PRIVATE_H

#include "postgres.h"

#include "access/htup_details.h"

#include "base/compat.h"
#include "convert/convert.h"
#include "net/body.h"
#include "record.h"
#include "reply/format.h"
#include "reply/reply.h"

/* A column to fill. */
typedef struct DcfRecordTarget
{
	int column; /* index into values, from 0 */
	int key;	/* index into the format reader's fields */
	DcfConverter *converter;
} DcfRecordTarget;

/*
 * Everything that reading and converting a record needs.  Nothing here changes while the
 * thread uses it.
 */
typedef struct DcfRecordSource
{
	const DcfFormatRoutine *format;
	void *in; /* the format's reader; the thread's while it reads */
	const DcfField *fields; /* by key */
	DcfRecordTarget *targets;
	int ntargets;
	bool has_keys;	  /* some column reads a key, so a record must have one */
	bool tracks_keys; /* the table's missing_key is not "ignore" */
	size_t max_record_size;
} DcfRecordSource;

/* A value that only the backend can convert; they are in the order of rows. */
typedef struct DcfPendingValue
{
	int row;
	int target;
	DcfField field;
} DcfPendingValue;

/* The most rows and values that one DcfThreadRows holds. */
#define DCF_ROWS_MAX   (16 * 1024)
#define DCF_VALUES_MAX (16 * 1024)
StaticAssertDecl(DCF_VALUES_MAX >= MaxTupleAttributeNumber,
				 "a row must find room");

/*
 * Rows that a thread has read from the buffer, each with one value for each
 * target, and how it stopped.  status is DCF_READ_MORE if reading goes on after
 * "consumed" bytes once more have arrived.  Otherwise it is the format reader's last
 * status, for a record that is not a plain row or for an error; the backend handles it.
 */
typedef struct DcfThreadRows
{
	int nrows;
	int npending;
	int nrooms;
	DcfReadStatus status;
	size_t consumed;
	int nunseen;
	int16 unseen[MaxTupleAttributeNumber]; /* with tracks_keys: targets whose
											* keys none of the rows has */
	uint32 ends[DCF_ROWS_MAX]; /* offset in the buffer of each row's end */
	Datum values[DCF_VALUES_MAX];
	bool isnull[DCF_VALUES_MAX];
	DcfConvertRoom rooms[DCF_VALUES_MAX]; /* of values that take room */
	DcfPendingValue pending[DCF_VALUES_MAX];
} DcfThreadRows;

struct DcfRecordReader
{
	const DcfRelation *relation;
	DcfWarned *warned; /* columns that the statement was warned of */
	DcfReply *reply;
	DcfBody *body; /* of the reply */
	DcfFormatConfig config;
	DcfKey *keys;
	DcfRecordSource source;
	DcfThreadRows *pieces; /* what the thread has read, by piece; NULL before the
							* first */
	const DcfThreadRows *rows; /* those of the buffer, or NULL */
	const char *buffer;		   /* where the last record, or rows, begin */
	int row;				   /* index of the next row in rows */
	int pending;			   /* index of the next pending value in rows */
	bool in_order;			   /* targets are columns 0, 1, ... without gaps */
	uint64 records;
	uint64 records_in_thread; /* those of them that the thread has read */
	uint64 bytes;			  /* consumed so far, without rows */
	bool begun;				  /* some bytes of the reply have been consumed */
	bool stopped; /* the last call wanted more bytes, which had not come */

	/* record_held.c */
	bool holding; /* no record of the reply has had a known key yet */
	uint64 nheld; /* records held back, all NULL, and not returned yet */
	DcfReadStatus following; /* what follows them; DCF_READ_MORE: not known */

	/* record_missing_keys.c */
	MemoryContext context; /* of the reader */
	int nunseen;
	int16 *unseen;	   /* targets whose keys no record of the reply had yet */
	bool collected;	   /* unread_keys is set for this reply */
	List *unread_keys; /* of char *: keys of a record that no column reads */

	/* record_new_keys.c */
	bool wants_new; /* the reply's keys are still to be reported */
};

/* record_read.c */

/*
 * Read the next record into the format's fields, or find one that the thread has read:
 * DCF_READ_RECORD, DCF_READ_END at the end of a complete reply, or DCF_READ_MORE if no
 * whole record has arrived.
 */
extern DcfReadStatus dcf_record_read(DcfRecordReader *reader);

/* record_thread.c */

/* The functions of a DcfBodyReader, whose arg is the DcfRecordReader. */
extern void dcf_record_begin_thread(void *arg);
extern DcfInflateThreadRead dcf_record_read_in_thread(void *arg, int piece,
													  char *data, size_t len,
													  size_t *consumed);

/* record_thread_rows.c */

/* Fetch the rows, if any, that the thread has read from the current buffer. */
extern void dcf_record_begin_rows(DcfRecordReader *reader);

/* Whether the next record is one of these rows. */
static inline bool
dcf_record_has_row(const DcfRecordReader *reader)
{
	return reader->rows && reader->row < reader->rows->nrows;
}

/* Return this row.  The caller has already counted it in records. */
extern void dcf_record_take_row(DcfRecordReader *reader, Datum *values,
								bool *isnull);

/*
 * All rows have been returned.  Returns the status with which the thread stopped, and in
 * *consumed the bytes that belong to it, as if the backend had just called the format's
 * reader.
 */
extern DcfReadStatus dcf_record_finish_rows(DcfRecordReader *reader,
											size_t *consumed);

/* Consume bytes of the buffer. */
extern void dcf_record_use_bytes(DcfRecordReader *reader, size_t n);

/* record_held.c */

/* Begin a reply. */
extern void dcf_record_begin_held(DcfRecordReader *reader);

/*
 * Replaces dcf_record_read() while the reader is holding, which it does in formats that
 * leave NULLs out.  Records without any of the table's keys are held back until one has
 * a key; if none has, an error is raised at the end of the reply.  *is_null: the record
 * is one that was held back, and has only NULLs.
 */
extern DcfReadStatus dcf_record_read_held(DcfRecordReader *reader,
										  bool *is_null);

/* record_missing_keys.c */

/* Begin a reply: none of its keys has been seen. */
extern void dcf_record_begin_missing(DcfRecordReader *reader);

/* Note the current record's keys; needed only while nunseen > 0. */
extern void dcf_record_note_keys(DcfRecordReader *reader);

/* Note the keys of a header; no record has others. */
extern void dcf_record_note_header(DcfRecordReader *reader);

/* Note the keys of the rows that the thread has read. */
extern void dcf_record_note_rows(DcfRecordReader *reader);

/*
 * At the end of a reply: warn of fetched keys that none of its records had, or raise
 * ERRCODE_FDW_COLUMN_NAME_NOT_FOUND if missing_key is "error".
 */
extern void dcf_record_report_missing(DcfRecordReader *reader);

/*
 * Of n targets, keep those whose keys the current record does not have; returns how many
 * are left.  Pure C.
 */
static inline int
dcf_record_keep_unseen(const DcfRecordSource *source, int16 *unseen, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (source->fields[source->targets[unseen[i]].key].kind ==
			DCF_FIELD_ABSENT)
			unseen[kept++] = unseen[i];
	return kept;
}

/* Whether some column reads this key (UTF-8, not NUL-terminated). */
static inline bool
dcf_record_reads_key(const DcfRecordReader *reader, const char *name,
					 size_t len)
{
	for (int i = 0; i < reader->config.nkeys; i++)
		if (reader->keys[i].len == len &&
			memcmp(reader->keys[i].name, name, len) == 0)
			return true;
	return false;
}

/* record_new_keys.c */

/* Begin a reply. */
extern void dcf_record_begin_new(DcfRecordReader *reader);

/*
 * Report the keys of the current record, or header, that no column reads.  Once a
 * reply, if the table's new_keys is "notice".
 */
extern void dcf_record_report_new(DcfRecordReader *reader);

/* record_error.c, all with ERRCODE_FDW_UNABLE_TO_CREATE_REPLY if not stated */

/*
 * Raise before any row is returned: neither format nor transfer marks the end of the
 * reply, so a cut would not be noticed.
 */
pg_noreturn extern void
dcf_record_raise_unmarked(const DcfRecordReader *reader);

/* Raise the format reader's error. */
pg_noreturn extern void dcf_record_raise_wrong(DcfRecordReader *reader);

/*
 * Raise ERRCODE_PROGRAM_LIMIT_EXCEEDED if a record of len bytes is longer than
 * max_record_size.
 */
extern void dcf_record_check_length(const DcfRecordReader *reader, size_t len);

/* Raise unless the current record, or header, has one of the table's keys. */
extern void dcf_record_check_keys(DcfRecordReader *reader);

/* Raise if the records held back have keys, none of which is the table's. */
extern void dcf_record_check_held(DcfRecordReader *reader);

/*
 * Bytes of the record that was just read: those that were consumed with it, unless the
 * format tells.
 */
static inline size_t
dcf_record_length(const DcfRecordSource *source, size_t consumed)
{
	return source->format->record_length ?
		source->format->record_length(source->in) :
		consumed;
}

#endif /* DCF_RECORD_PRIVATE_H */
