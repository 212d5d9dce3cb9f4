/*
 * record.h
 *	  From a reply's bytes to rows of a foreign table.
 *
 * A reader has the format's reader and one converter for each fetched column.  It reads
 * one reply after another.
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
 * A reader that fills the columns in fetched (attribute numbers).  It lives in the
 * current memory context; relation and warned must live as long.  warned has the columns
 * about which the statement has already warned because their keys were missing.
 */
extern DcfRecordReader *dcf_record_create(const DcfRelation *relation,
										  const Bitmapset *fetched,
										  DcfWarned *warned);

/*
 * Read this reply from now on, which must have begun.  Raises
 * ERRCODE_FDW_UNABLE_TO_CREATE_REPLY if neither the format nor the transfer shows
 * where it ends.
 */
extern void dcf_record_attach(DcfRecordReader *reader, DcfReply *reply);

typedef enum DcfRecordStatus
{
	DCF_RECORD_ROW,
	DCF_RECORD_END,	 /* of the reply */
	DCF_RECORD_LATER /* no whole record has arrived */
} DcfRecordStatus;

/*
 * Read the next record, without waiting.  Sets values and isnull for the columns that are
 * both read from records and fetched; the others are not touched.  Values passed by
 * reference are in the current memory context, in the reader, or in the reply's buffer,
 * and are valid until the next call or until the reply is closed.
 *
 * Returns DCF_RECORD_END after the last record of a reply that is complete and
 * well-formed to its last byte.  Raises ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for any other
 * reply; for a first record with none of the table's keys; and in JSON for a later
 * record that has only other keys.  A record longer than max_record_size raises
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED.
 */
extern DcfRecordStatus dcf_record_next(DcfRecordReader *reader, Datum *values,
									   bool *isnull);

/*
 * Counters of the attached reply: records read, records among them that the inflate
 * thread read, and bytes up to the end of the last record.
 */
extern uint64 dcf_record_count(const DcfRecordReader *reader);
extern uint64 dcf_record_count_in_thread(const DcfRecordReader *reader);
extern uint64 dcf_record_bytes(const DcfRecordReader *reader);

#endif /* DCF_RECORD_H */
