/*
 * origin.c
 *	  Origin columns.  See origin.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "origin.h"

/* A column with its value. */
typedef struct Origin
{
	const DcfColumn *column;
	Datum value;
} Origin;

struct DcfOrigins
{
	int n;
	Origin columns[FLEXIBLE_ARRAY_MEMBER];
};

static Datum make_value(const DcfColumn *column, const DcfReply *reply,
						TimestampTz asked_at);

DcfOrigins *
dcf_origins_create(const DcfRelation *relation, const Bitmapset *fetched)
{
	DcfOrigins *origins = NULL;

	for (int i = 0; i < relation->natts; i++)
	{
		if (relation->columns[i].kind != DCF_COLUMN_ORIGIN ||
			!bms_is_member(i + 1, fetched))
			continue;
		if (!origins)
			origins = palloc0(offsetof(DcfOrigins, columns) +
							  sizeof(Origin) * relation->natts);
		origins->columns[origins->n++].column = &relation->columns[i];
	}
	return origins;
}

void
dcf_origins_begin(DcfOrigins *origins, const DcfReply *reply,
				  TimestampTz asked_at, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);

	for (int i = 0; i < origins->n; i++)
	{
		Origin *origin = &origins->columns[i];

		origin->value = make_value(origin->column, reply, asked_at);
	}
	MemoryContextSwitchTo(old);
}

/* A column's value, palloc'd, with the column's precision. */
static Datum
make_value(const DcfColumn *column, const DcfReply *reply,
		   TimestampTz asked_at)
{
	TimestampTz fetched_at = dcf_reply_fetched_at(reply);
	Datum typmod = Int32GetDatum(column->basetypmod);

	switch (column->options->origin)
	{
		case DCF_ORIGIN_FETCHED_AT:
			return DirectFunctionCall2(timestamptz_scale,
									   TimestampTzGetDatum(fetched_at),
									   typmod);
		case DCF_ORIGIN_AGE:
			/* As SQL subtracts, so hours beyond 24 are days. */
			return DirectFunctionCall2(
				interval_scale,
				DirectFunctionCall2(timestamp_mi,
									TimestampTzGetDatum(
										Max(asked_at, fetched_at)),
									TimestampTzGetDatum(fetched_at)),
				typmod);
		case DCF_ORIGIN_REQUEST:
			return CStringGetTextDatum(dcf_reply_request(reply));
		case DCF_ORIGIN_NONE:
			break;
	}
	elog(ERROR, "column \"%s\" is no origin column", column->attname);
}

void
dcf_origins_fill(const DcfOrigins *origins, Datum *values, bool *isnull)
{
	for (int i = 0; i < origins->n; i++)
	{
		const Origin *origin = &origins->columns[i];

		values[origin->column->attnum - 1] = origin->value;
		isnull[origin->column->attnum - 1] = false;
	}
}
