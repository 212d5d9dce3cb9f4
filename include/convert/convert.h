/*
 * convert.h
 *	  One field of a record into the Datum of a column.
 *
 * A value goes to any type whose text form it fits, and to no other: what does
 * not fit is an error naming table, column, record and value.  null, a missing
 * key, and (except into text) "null" and "" are NULL; for text columns the
 * table's null_strings say which texts are.
 */
#ifndef DCF_CONVERT_H
#define DCF_CONVERT_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "pgtime.h"

#include "core/field.h"

typedef struct DcfConverter DcfConverter;

/*
 * A converter for one column, in the current memory context.  relation is the
 * table's name; timezone is where zoneless times are read that go into
 * timestamptz, and what times with a zone are brought to for timestamp, date
 * and time columns; null_strings is a list of char *.  All must outlive it.
 */
extern DcfConverter *dcf_convert_create(const char *relation,
										Form_pg_attribute attribute,
										pg_tz *timezone, List *null_strings);

/*
 * Let a short text stay where the reader found it: its length is written over
 * the quote in front of it.  For a field that no other converter is given.
 */
extern void dcf_convert_allow_in_place(DcfConverter *converter);

/* What is left to do for a value that dcf_convert_pure() could not make. */
typedef struct DcfPending
{
	DcfField field;
	int64 digits; /* the field's number is digits / 10^scale */
	int scale;	  /* or -1: not known */
} DcfPending;

/*
 * Convert what takes neither memory nor anything of PostgreSQL's that could
 * raise: a thread may call it, also while dcf_convert_field() runs.  False for
 * all else; the field is then as it was, and *pending has what is left to do.
 */
extern bool dcf_convert_pure(const DcfConverter *converter,
							 const DcfField *field, Datum *value, bool *isnull,
							 DcfPending *pending);

/* Do it: as dcf_convert_field(). */
extern Datum dcf_convert_pending(DcfConverter *converter,
								 const DcfPending *pending, uint64 record,
								 bool *isnull);

/*
 * Convert; the result is in the current memory context, or in the field's own
 * bytes where that was allowed.  record counts from 1.
 * It depends on no setting of the session.
 * What does not fit raises ERRCODE_INVALID_TEXT_REPRESENTATION,
 * ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, or the data exception (class 22) or
 * exceeded limit (54) of the type's input function; what a domain's check
 * refuses, the SQLSTATE of that check.  The message is ours always, names all
 * said above, and shows the value safe and cut.  A character that the database's
 * encoding lacks raises PostgreSQL's error with the same facts as context.
 * Errors that are not about the value pass: classes 40, 53, 57, 58.
 */
extern Datum dcf_convert_field(DcfConverter *converter, const DcfField *field,
							   uint64 record, bool *isnull);

/*
 * A value for a parameter column given as an option's text (default '...', in
 * the database encoding): by the type's input function under fixed settings, but
 * a date or time in ISO 8601, and a span of .NET's, as in a reply.
 */
extern Datum dcf_convert_text(DcfConverter *converter, const char *text);

/*
 * What is sent for a value of a column: text in UTF-8, palloc'd.  date,
 * timestamp and timestamptz as YYYY-MM-DDTHH:MM:SS.mmmZ, in UTC, with six
 * digits for microseconds (date and timestamp are taken to be in timezone);
 * a number of any type in decimal digits, without exponent, leading plus and
 * zeros at the end of a fraction; boolean as true or false; bytea as base64; all
 * else as the type's output function says under fixed settings.  No setting of
 * the session counts.  For a date or time outside the years 1 to 9999, a
 * number that is not finite, and a text of more than 1 MB it is NULL, and
 * *reason says so in a sentence; else *reason is left alone.
 */
extern char *dcf_convert_to_param(Oid type, Datum value, pg_tz *timezone,
								  const char **reason);

#endif /* DCF_CONVERT_H */
