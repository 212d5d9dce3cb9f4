/*
 * record_private.h
 *	  What the backend, in record.c, and a thread, in record_ahead.c, share of a
 *	  reader of records.
 */
#ifndef DCF_RECORD_PRIVATE_H
#define DCF_RECORD_PRIVATE_H

#include "postgres.h"

#include "ahead.h"
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

/* All that the thread needs: none of it changes while it reads. */
typedef struct DcfAheadRecords
{
	const DcfFormatRoutine *format;
	void *in; /* the format's reader; the thread's while it reads */
	const DcfField *fields;
	const DcfTarget *targets;
	int ntargets;
	bool has_keys; /* a record without any needs a look */
	size_t max_record_size;
} DcfAheadRecords;

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

/* A DcfAheadReadFn: arg is a DcfAheadRecords, rows a DcfRows. */
extern DcfAheadRead dcf_record_read_ahead(void *arg, char *data, size_t len,
										  void *rows, size_t *consumed);

/*
 * Bytes of a record that was just read: those that were consumed with it, but
 * where the format knows better.
 */
static inline size_t
dcf_record_length(const DcfFormatRoutine *format, const void *in,
				  size_t consumed)
{
	return format->record_length ? format->record_length(in) : consumed;
}

#endif /* DCF_RECORD_PRIVATE_H */
