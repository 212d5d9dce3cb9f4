/*
 * convert.h
 *	  Converting a field of a record to the Datum of a column, and a Datum to the
 *	  text of a parameter.
 *
 * A value is accepted by every type whose text form it has.  A value that does
 * not fit raises an error that names table, column, record and value.  JSON null
 * and a missing key are NULL.  So are the texts "null" and "" for types outside
 * the string category; for those in it, the option "null_strings" lists the
 * texts that are NULL.
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
 * Create a converter for one column, in the current memory context.  relation is
 * the table's name, for messages.  timezone is the zone of times without one in
 * a timestamptz column, and the zone that times with one are shifted to in a
 * timestamp, date or time column.  null_strings is a List of char * in the
 * database encoding.  All arguments but attribute must outlive the converter.
 */
extern DcfConverter *dcf_convert_create(const char *relation,
										Form_pg_attribute attribute,
										pg_tz *timezone, List *null_strings);

/*
 * Let the converter make a short text's Datum in place, inside the bytes of the
 * reply: the varlena header overwrites the quote, comma or line end in front of
 * the text.  Allowed only if no other converter reads the same field, and the
 * format's reader needs these bytes no more.
 */
extern void dcf_convert_allow_in_place(DcfConverter *converter);

/* Room for a value that is passed by reference: a short numeric or a uuid. */
typedef struct DcfConvertRoom
{
	int64 words[2];
} DcfConvertRoom;

/*
 * Convert a value without allocating memory and without calling anything in
 * PostgreSQL that could raise.  No byte before buffer is overwritten.  The value
 * may be in *room, and then is a pointer to it.  A thread may call this, even
 * while the backend runs dcf_convert_field() with the same converter.  Returns
 * false, and leaves the field alone, if the value needs more than that.
 */
extern bool dcf_convert_pure(const DcfConverter *converter,
							 const DcfField *field, const char *buffer,
							 DcfConvertRoom *room, Datum *value, bool *isnull);

/*
 * Convert a field.  No byte before buffer is overwritten; if that is NULL, none is
 * at all.  record is the number of the field's record, from 1.  The result is in the
 * current memory context, in the converter until its next value, or in the field's
 * own bytes if that was allowed.  It does not depend on the session's settings.
 *
 * A value that does not fit raises ERRCODE_INVALID_TEXT_REPRESENTATION,
 * ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, or the SQLSTATE of the type's input
 * function if that is in class 22 (data exception) or 54 (limit exceeded).  A
 * value that a domain's check refuses raises the SQLSTATE of the check.  The
 * message is always this extension's, with the value made safe and shortened.
 * A character that the database encoding lacks raises PostgreSQL's error, with
 * table, column, record and value as context.  Errors of the classes 40, 53, 57
 * and 58 do not concern the value and pass unchanged.
 */
extern Datum dcf_convert_field(DcfConverter *converter, const DcfField *field,
							   const char *buffer, uint64 record,
							   bool *isnull);

/*
 * Convert the text of the option "default" (in the database encoding) to a Datum
 * of the column: by the type's input function under fixed settings, except that
 * ISO 8601 dates and times and .NET time spans mean what they mean in a reply.
 * Raises like dcf_convert_field().
 */
extern Datum dcf_convert_default(DcfConverter *converter, const char *text);

/*
 * Convert a column's value to the text of a parameter, palloc'd, in UTF-8:
 * - date, timestamp and timestamptz as YYYY-MM-DDTHH:MM:SS.mmmZ in UTC, with six
 *   digits if there are microseconds; date and timestamp are in timezone;
 * - numbers of any type in decimal digits, without exponent, leading plus and
 *   trailing zeros of a fraction;
 * - boolean as true or false, bytea as base64;
 * - other types as their output function writes them under fixed settings.
 * The result does not depend on the session's settings.
 *
 * Returns NULL for a date or time outside the years 1 to 9999, a number that is
 * not finite, and a text longer than 1 MB, and sets *reason to a palloc'd
 * sentence; else *reason is unchanged.
 */
extern char *dcf_convert_to_param(Oid type, Datum value, pg_tz *timezone,
								  const char **reason);

#endif /* DCF_CONVERT_H */
