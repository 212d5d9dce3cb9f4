/*
 * result_row.c
 *	  Rows of a set-returning function.  See result_row.h.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "result_row.h"

struct DcfResultRow
{
	ReturnSetInfo *result;
	Datum *values;
	bool *nulls;
	bool *set;
};

DcfResultRow *
dcf_result_row_begin(FunctionCallInfo fcinfo)
{
	DcfResultRow *row = palloc(sizeof(DcfResultRow));
	int natts;

	row->result = (ReturnSetInfo *) fcinfo->resultinfo;
	natts = row->result->setDesc->natts;
	row->values = palloc0(sizeof(Datum) * natts);
	row->nulls = palloc0(sizeof(bool) * natts);
	row->set = palloc0(sizeof(bool) * natts);
	return row;
}

/*
 * Set the column of this name.  The names are those that CREATE FUNCTION gave
 * to the result's columns.  A name that is not among them is no error.
 */
static void
set_column(DcfResultRow *row, const char *column, Datum value, bool isnull)
{
	TupleDesc desc = row->result->setDesc;

	for (int i = 0; i < desc->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), column) != 0)
			continue;
		row->values[i] = value;
		row->nulls[i] = isnull;
		row->set[i] = true;
	}
}

void
dcf_result_row_null(DcfResultRow *row, const char *column)
{
	set_column(row, column, (Datum) 0, true);
}

void
dcf_result_row_datum(DcfResultRow *row, const char *column, Datum value)
{
	set_column(row, column, value, false);
}

void
dcf_result_row_text(DcfResultRow *row, const char *column, const char *text)
{
	set_column(row, column, text ? CStringGetTextDatum(text) : (Datum) 0,
			   text == NULL);
}

void
dcf_result_row_name(DcfResultRow *row, const char *column, const char *text)
{
	set_column(row, column,
			   text ? DirectFunctionCall1(namein, CStringGetDatum(text)) :
					  (Datum) 0,
			   text == NULL);
}

void
dcf_result_row_bool(DcfResultRow *row, const char *column, bool value)
{
	set_column(row, column, BoolGetDatum(value), false);
}

void
dcf_result_row_int4(DcfResultRow *row, const char *column, int32 value)
{
	set_column(row, column, Int32GetDatum(value), false);
}

void
dcf_result_row_int8(DcfResultRow *row, const char *column, int64 value)
{
	set_column(row, column, Int64GetDatum(value), false);
}

void
dcf_result_row_time(DcfResultRow *row, const char *column, TimestampTz time)
{
	set_column(row, column, TimestampTzGetDatum(time), time == 0);
}

void
dcf_result_row_texts(DcfResultRow *row, const char *column, const List *texts)
{
	ArrayBuildState *state =
		initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell *cell;

	foreach(cell, texts)
		state = accumArrayResult(state, CStringGetTextDatum(lfirst(cell)),
								 false, TEXTOID, CurrentMemoryContext);
	set_column(row, column, makeArrayResult(state, CurrentMemoryContext),
			   false);
}

void
dcf_result_row_end(DcfResultRow *row)
{
	TupleDesc desc = row->result->setDesc;

	for (int i = 0; i < desc->natts; i++)
		if (!row->set[i])
			elog(ERROR, "column \"%s\" of the result was not set",
				 NameStr(TupleDescAttr(desc, i)->attname));
	/* The tuplestore copies the values. */
	tuplestore_putvalues(row->result->setResult, desc, row->values,
						 row->nulls);
}
