/*
 * record.h
 *	  From a reply's bytes to rows of a foreign table: one reader and one
 *	  converter for each column, over one reply after another.
 */
#ifndef DCF_RECORD_H
#define DCF_RECORD_H

#include "postgres.h"
#include "nodes/bitmapset.h"

#include "base/warned.h"
#include "net/session.h"
#include "reply/reply.h"
#include "request/relation.h"

typedef struct DcfRecordReader DcfRecordReader;

/*
 * A reader for the table's replies that fills the columns in fetched, in the
 * current memory context, which must outlive it as must relation and told: the
 * columns that are missing and were told of.
 */
extern DcfRecordReader *dcf_record_create(const DcfRelation *relation,
										  const Bitmapset *fetched,
										  DcfWarned *warned);

/* Start over with another reply. */
extern void dcf_record_attach(DcfRecordReader *reader, DcfReply *reply);

typedef enum DcfRecordStatus
{
	DCF_RECORD_ROW,
	DCF_RECORD_END,	 /* of the reply */
	DCF_RECORD_LATER /* not there yet */
} DcfRecordStatus;

/*
 * Read the next record, and wait for it if need be and wanted.  Columns that
 * are read and fetched are set in values and isnull; the others are left
 * alone.  What is passed by reference is in the current memory context or in
 * the reply's window, and valid until the next call, or until the reply is
 * closed, at the longest.  DCF_RECORD_END after the last record of a reply
 * that is complete and well-formed to its last byte; raises
 * ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for any other, and for a first record
 * that has none of the table's keys, or, in JSON, a later one that has others
 * instead.
 */
extern DcfRecordStatus dcf_record_next(DcfRecordReader *reader, bool wait,
									   Datum *values, bool *isnull);

/*
 * Of this reply: records read; those of them that a thread read; and bytes up to
 * the end of the last one.
 */
extern uint64 dcf_record_count(const DcfRecordReader *reader);
extern uint64 dcf_record_count_ahead(const DcfRecordReader *reader);
extern uint64 dcf_record_bytes(const DcfRecordReader *reader);

#endif /* DCF_RECORD_H */
