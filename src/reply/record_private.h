/*
 * record_private.h
 *	  What the files of the reader of records share: record.c (the way through),
 *	  record_thread.c (reading in a thread), record_thread_rows.c (taking what that has
 *	  read), record_held.c (records held back), record_missing_keys.c (keys that no
 *	  record has), record_new_keys.c (keys that no column reads), record_error.c (what
 *	  is refused).
 *
 * A thread reads records only where many columns are wanted: with few it is
 * slower than the backend.  CSV is never read there: its texts have no room
 * for a header, so each has to be copied.  The format's reader changes hands
 * with the bytes that it has not consumed.
 *
 * What the thread wrote is in another processor's cache, so the next row is
 * prefetched while one is handed out.
 *
 * In XML only a key that may have been renamed counts as missing, because a
 * NULL has no element there.
 */
#ifndef DCF_RECORD_PRIVATE_H
#define DCF_RECORD_PRIVATE_H

#include "postgres.h"

#include "access/htup_details.h"

#include "base/compat.h"
#include "convert/convert.h"
#include "net/inflate_thread.h"
#include "record.h"
#include "reply/format.h"
#include "reply/reply.h"

/* A column to fill. */
typedef struct DcfRecordTarget
{
	int column; /* index into values */
	int key;	/* index into the reader's fields */
	DcfConverter *converter;
} DcfRecordTarget;

/*
 * What records are read from, and into what.  A thread that reads needs no more,
 * and none of it changes meanwhile.
 */
typedef struct DcfRecordSource
{
	const DcfFormatRoutine *format;
	void *in; /* the format's reader; the thread's while it reads */
	const DcfField *fields; /* by key */
	DcfRecordTarget *targets;
	int ntargets;
	bool has_keys; /* a record without any needs a look */
	bool seeks;	   /* keys that no record has are to be told of */
	size_t max_record_size;
} DcfRecordSource;

/* A value that the backend has to make; they come in order. */
typedef struct DcfPendingValue
{
	int row;
	int target;
	DcfPending pending;
} DcfPendingValue;

#define DCF_ROWS_MAX   (16 * 1024)
#define DCF_VALUES_MAX (16 * 1024)
StaticAssertDecl(DCF_VALUES_MAX >= MaxTupleAttributeNumber,
				 "a row must find room");

/*
 * What a thread has read of the window: rows, each of a value for each target,
 * and how it ended.  DCF_READ_MORE: read on behind consumed bytes when there
 * are more; else that is what the last call gave, for a record that is no row
 * here, or for an error.
 */
typedef struct DcfThreadRows
{
	int nrows;
	int npending;
	DcfReadStatus status;
	size_t consumed;
	int nunseen;
	int16 unseen[MaxTupleAttributeNumber]; /* targets whose keys none of the
											* rows has; where seeks */
	uint32 ends[DCF_ROWS_MAX]; /* bytes consumed up to each row's end */
	Datum values[DCF_VALUES_MAX];
	bool isnull[DCF_VALUES_MAX];
	DcfPendingValue pending[DCF_VALUES_MAX];
} DcfThreadRows;

struct DcfRecordReader
{
	const DcfRelation *relation;
	DcfWarned *warned;
	DcfReply *reply;
	DcfFormatConfig config;
	DcfKey *keys;
	DcfRecordSource source;
	const DcfThreadRows
		*rows;			/* what a thread has read of the window, or NULL */
	const char *window; /* of which it has read them */
	int row;			/* the next one */
	int pending;		/* the next value to make */
	bool in_order;		/* the targets are the first columns */
	uint64 records;
	uint64 records_ahead; /* of them, by a thread */
	uint64 bytes;		  /* of windows before this one */
	bool begun;			  /* bytes of the reply are gone */
	bool stopped;		  /* for want of bytes that nobody waited for */

	/* record_held.c */
	bool holding;		  /* the next record needs a look there */
	uint64 nheld;		  /* records that are NULL, and not handed out yet */
	DcfReadStatus behind; /* what follows them; DCF_READ_MORE: not known */

	/* record_missing_keys.c */
	MemoryContext context; /* of the reader */
	int nunseen;
	int16 *unseen; /* targets whose keys no record of the reply has had yet */
	bool looked;   /* at a record of the reply */
	List *strangers; /* of char *: its keys that no column reads */

	/* record_new_keys.c */
	bool wants_new; /* no record with keys of the reply was looked at yet */
};

/* record.c */

/*
 * The next record into the format's fields, or one that a thread has read:
 * DCF_READ_RECORD, DCF_READ_END at the end of a whole reply, or DCF_READ_MORE
 * where more would have to be waited for, and is not.
 */
extern DcfReadStatus dcf_record_read(DcfRecordReader *reader, bool wait);

/* record_thread.c */

/* A DcfInflateThreadReadFn: arg is a DcfRecordSource, rows a DcfThreadRows. */
extern DcfInflateThreadRead dcf_record_read_ahead(void *arg, char *data,
												  size_t len, void *rows,
												  size_t *consumed);

/* record_thread_rows.c */

/* Look for rows that a thread has read of the window: they are taken first. */
extern void dcf_record_begin_rows(DcfRecordReader *reader);

/* Whether the next record is one of them. */
static inline bool
dcf_record_has_row(const DcfRecordReader *reader)
{
	return reader->rows && reader->row < reader->rows->nrows;
}

/* Take it; records has counted it. */
extern void dcf_record_take_row(DcfRecordReader *reader, Datum *values,
								bool *isnull);

/*
 * All are taken.  What the thread stopped at, if it did, is to be dealt with as
 * if it had been read here, with *consumed bytes.
 */
extern DcfReadStatus dcf_record_leave_rows(DcfRecordReader *reader,
										   size_t *consumed);

/* Bytes of the window are done with. */
extern void dcf_record_use_bytes(DcfRecordReader *reader, size_t n);

/* record_held.c */

/* Begin a reply. */
extern void dcf_record_begin_held(DcfRecordReader *reader);

/*
 * In place of dcf_record_read() while the reader is holding: of a format that
 * leaves NULLs out, records without any of the table's keys are held back until
 * one has some, and refused at the end of the reply where none has.  *is_null:
 * the record is one of those held back.
 */
extern DcfReadStatus dcf_record_read_held(DcfRecordReader *reader, bool wait,
										  bool *is_null);

/* record_missing_keys.c */

/* Begin a reply: no key of it has been seen. */
extern void dcf_record_begin_missing(DcfRecordReader *reader);

/* Look at the current record, if a wanted key has not been seen. */
extern void dcf_record_look(DcfRecordReader *reader);

/* Whether some column reads a key (UTF-8). */
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

/* Tell of the keys of the current record, or header; once a reply. */
extern void dcf_record_look_new(DcfRecordReader *reader);

/* The header has its keys, and no record has others. */
extern void dcf_record_see_header(DcfRecordReader *reader);

/* The rows that a thread has read have theirs. */
extern void dcf_record_see_rows(DcfRecordReader *reader);

/* The reply has ended: warn of wanted keys that none of its records had. */
extern void dcf_record_tell_missing(DcfRecordReader *reader);

/*
 * Of n targets, keep those whose keys the current record does not have; returns
 * how many.  Pure C.
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

/* record_error.c */

/* Before any row is handed out: whether all have come nobody will know. */
pg_noreturn extern void
dcf_record_raise_unmarked(const DcfRecordReader *reader);

/* Raise what the format's reader says is wrong. */
pg_noreturn extern void dcf_record_raise_wrong(DcfRecordReader *reader);

/* Raise unless a record of so many bytes is short enough. */
extern void dcf_record_check_length(const DcfRecordReader *reader, size_t len);

/* Raise unless the current record, or header, is one of this table. */
extern void dcf_record_check_keys(DcfRecordReader *reader);

/* Raise if the reply has keys, none of which is one of the table's. */
extern void dcf_record_check_held(DcfRecordReader *reader);

/*
 * Bytes of a record that was just read: those that were consumed with it, but
 * where the format knows better.
 */
static inline size_t
dcf_record_length(const DcfRecordSource *source, size_t consumed)
{
	return source->format->record_length ?
		source->format->record_length(source->in) :
		consumed;
}

#endif /* DCF_RECORD_PRIVATE_H */
