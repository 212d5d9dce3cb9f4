/*
 * result_row.h
 *	  Rows of a function that returns a set, filled by the names of its columns.
 *
 * A name that the function as it was created does not have is passed over: its
 * declaration may be of an older version of the extension.  A column that was
 * not set is an error.  All is in the current memory context.
 */
#ifndef DCF_RESULT_ROW_H
#define DCF_RESULT_ROW_H

#include "postgres.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

typedef struct DcfResultRow DcfResultRow;

/* The next row; InitMaterializedSRF() has been called. */
extern DcfResultRow *dcf_result_row_begin(FunctionCallInfo fcinfo);

/* Set a column; a text that is NULL is NULL. */
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

/* An array of texts, a list of char *. */
extern void dcf_result_row_texts(DcfResultRow *row, const char *column,
								 const List *texts);

/* The row is complete. */
extern void dcf_result_row_end(DcfResultRow *row);

#endif /* DCF_RESULT_ROW_H */
