/*
 * record_private.h
 *	  What the files of the reader of records share: record.c (the way through),
 *	  record_ahead.c (reading in a thread), record_rows.c (taking what that has
 *	  read), record_error.c (what is refused).
 */
#ifndef DCF_RECORD_PRIVATE_H
#define DCF_RECORD_PRIVATE_H

#include "postgres.h"

#include "access/htup_details.h"

#include "ahead.h"
#include "compat.h"
#include "convert.h"
#include "format.h"
#include "record.h"

/* A column to fill. */
typedef struct DcfTarget
{
	int column; /* index into values */
	int key;	/* index into the reader's fields */
	DcfConverter *converter;
} DcfTarget;

/*
 * What records are read from, and into what.  A thread that reads needs no more,
 * and none of it changes meanwhile.
 */
typedef struct DcfRecordSource
{
	const DcfFormatRoutine *format;
	void *in; /* the format's reader; the thread's while it reads */
	const DcfField *fields; /* by key */
	DcfTarget *targets;
	int ntargets;
	bool has_keys; /* a record without any needs a look */
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
typedef struct DcfRows
{
	int nrows;
	int npending;
	DcfReadStatus status;
	size_t consumed;
	uint32 ends[DCF_ROWS_MAX]; /* bytes consumed up to each row's end */
	Datum values[DCF_VALUES_MAX];
	bool isnull[DCF_VALUES_MAX];
	DcfPendingValue pending[DCF_VALUES_MAX];
} DcfRows;

struct DcfRecordReader
{
	const DcfRelation *relation;
	DcfReply *reply;
	DcfFormatConfig config;
	DcfKey *keys;
	DcfRecordSource source;
	const DcfRows *rows; /* what a thread has read of the window, or NULL */
	const char *window;	 /* of which it has read them */
	int row;			 /* the next one */
	int pending;		 /* the next value to make */
	bool in_order;		 /* the targets are the first columns */
	uint64 records;
	uint64 records_ahead; /* of them, by a thread */
	uint64 bytes;		  /* of windows before this one */
	bool begun;			  /* bytes of the reply are gone */
	bool stopped;		  /* for want of bytes that nobody waited for */
};

/* record_ahead.c */

/* A DcfAheadReadFn: arg is a DcfRecordSource, rows a DcfRows. */
extern DcfAheadRead dcf_record_read_ahead(void *arg, char *data, size_t len,
										  void *rows, size_t *consumed);

/* record_rows.c */

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
