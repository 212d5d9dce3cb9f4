/*
 * result_row.h
 *	  Fills the rows of a set-returning function by the names of its columns.
 *
 * Setting a column that the function does not return does nothing: an older
 * version of the extension may have declared the function.  Not setting a column
 * that it returns is an error.  A row is in the current memory context.
 */
#ifndef DCF_RESULT_ROW_H
#define DCF_RESULT_ROW_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

typedef struct DcfResultRow DcfResultRow;

/* Begin the next row.  InitMaterializedSRF() must have been called. */
extern DcfResultRow *dcf_result_row_begin(FunctionCallInfo fcinfo);

/* Set a column.  A text that is a NULL pointer sets NULL, and so does time 0. */
extern void dcf_result_row_null(DcfResultRow *row, const char *column);
extern void dcf_result_row_datum(DcfResultRow *row, const char *column,
								 Datum value);
extern void dcf_result_row_text(DcfResultRow *row, const char *column,
								const char *text);
extern void dcf_result_row_name(DcfResultRow *row, const char *column,
								const char *text);
extern void dcf_result_row_bool(DcfResultRow *row, const char *column,
								bool value);
extern void dcf_result_row_int4(DcfResultRow *row, const char *column,
								int32 value);
extern void dcf_result_row_int8(DcfResultRow *row, const char *column,
								int64 value);
extern void dcf_result_row_time(DcfResultRow *row, const char *column,
								TimestampTz time);

/* Set a column of type text[] from a list of char *; NIL is an empty array. */
extern void dcf_result_row_texts(DcfResultRow *row, const char *column,
								 const List *texts);

/* Add the row to the result.  Raises if a column was not set. */
extern void dcf_result_row_end(DcfResultRow *row);

#endif /* DCF_RESULT_ROW_H */
