/*
 * convert_to_param.c
 *	  Converting a column's value to the text of a parameter.  See convert.h.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "convert_private.h"

/* The years that the service can read (assumed: those of .NET's DateTime). */
#define YEAR_MIN 1
#define YEAR_MAX 9999

/* The longest text of a value, in bytes; documented values have some dozens. */
#define MAX_VALUE (1024 * 1024)

static char *to_text(Oid base_type, Datum value, pg_tz *timezone,
					 const char **reason);
static bool is_too_long(Oid base_type, Datum value);
static char *time_to_param(Oid base_type, Datum value, pg_tz *timezone,
						   const char **reason);
static char *float_to_param(Oid base_type, Datum value, const char **reason);
static char *numeric_to_param(Numeric value, const char **reason);
static char *bytea_to_param(bytea *value);
static char *output(Oid type, Datum value);
static char *output_fixed(Oid type, Datum value);

char *
dcf_convert_to_param(Oid type, Datum value, pg_tz *timezone,
					 const char **reason)
{
	Oid base_type = getBaseType(type);
	char *text;

	if (is_too_long(base_type, value))
		text = NULL;
	else
	{
		/*
		 * The text of these and all other types may still be too long: base64
		 * takes a third more.
		 */
		text = to_text(base_type, value, timezone, reason);
		if (!text || strlen(text) <= MAX_VALUE)
			return text;
	}
	*reason =
		psprintf("The value has %zu bytes, and at most %d can be sent.",
				 text ? strlen(text) : toast_raw_datum_size(value) - VARHDRSZ,
				 MAX_VALUE);
	return NULL;
}

/*
 * Check without detoasting, which may take long.  False does not mean that the
 * text will be short enough.
 */
static bool
is_too_long(Oid base_type, Datum value)
{
	return (base_type == TEXTOID || base_type == VARCHAROID ||
			base_type == BYTEAOID) &&
		toast_raw_datum_size(value) - VARHDRSZ > MAX_VALUE;
}

/* The text, of any length; NULL and a reason if the value cannot be sent. */
static char *
to_text(Oid base_type, Datum value, pg_tz *timezone, const char **reason)
{
	char *text;
	char *sent;

	switch (base_type)
	{
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return time_to_param(base_type, value, timezone, reason);
		case BOOLOID:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case BYTEAOID:
			return bytea_to_param(DatumGetByteaPP(value));
		case CASHOID:
			/* Through numeric: money's own text depends on lc_monetary. */
			return numeric_to_param(DatumGetNumeric(
										DirectFunctionCall1(cash_numeric,
															value)),
									reason);
		case NUMERICOID:
			return numeric_to_param(DatumGetNumeric(value), reason);
		case FLOAT4OID:
		case FLOAT8OID:
			return float_to_param(base_type, value, reason);
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case UUIDOID:
		case TEXTOID:
		case VARCHAROID:
			text = output(base_type, value);
			break;
		case BPCHAROID:
			/* Trailing blanks mean nothing here, but perhaps to the service. */
			text = output(base_type, value);
			text[bpchartruelen(text, strlen(text))] = '\0';
			break;
		default:
			text = output_fixed(base_type, value);
			break;
	}

	sent = pg_server_to_any(text, (int) strlen(text), PG_UTF8);
	return sent == text ? text : pstrdup(sent);
}

/* Call the output function, for types that do not depend on settings. */
static char *
output(Oid type, Datum value)
{
	Oid function;
	bool is_varlena;

	getTypeOutputInfo(type, &function, &is_varlena);
	return OidOutputFunctionCall(function, value);
}

/*
 * Call the output function under fixed settings.  After an error, the end of the
 * transaction or subtransaction restores the session's.
 */
static char *
output_fixed(Oid type, Datum value)
{
	static const struct
	{
		const char *name;
		const char *value;
	} settings[] = {
		{"datestyle", "ISO, YMD"}, {"intervalstyle", "postgres"},
		{"timezone", "UTC"},	   {"extra_float_digits", "1"},
		{"bytea_output", "hex"},   {"search_path", "pg_catalog"},
		{"lc_monetary", "C"},	   {"quote_all_identifiers", "off"},
	};
	int level = NewGUCNestLevel();
	char *result;
	int i;

	for (i = 0; i < (int) lengthof(settings); i++)
		(void) set_config_option(settings[i].name, settings[i].value,
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	result = output(type, value);
	AtEOXact_GUC(true, level);
	return result;
}

/*
 * Equal numbers have the same text, whatever their type and scale: a service
 * that knows "7" may not know "7.00" or "7e+00", and equal values should make
 * one request.
 */
static char *
numeric_to_param(Numeric value, const char **reason)
{
	char *text = DatumGetCString(
		DirectFunctionCall1(numeric_out,
							DirectFunctionCall1(numeric_trim_scale,
												NumericGetDatum(value))));

	if (!numeric_is_nan(value) && !numeric_is_inf(value))
		return text;
	*reason = psprintf("Only finite numbers can be sent, not \"%s\".", text);
	return NULL;
}

/* The shortest digits that identify the value. */
static char *
float_to_param(Oid base_type, Datum value, const char **reason)
{
	char text[Max(DOUBLE_SHORTEST_DECIMAL_LEN, FLOAT_SHORTEST_DECIMAL_LEN)];

	if (base_type == FLOAT4OID)
		/* Not the output function: it depends on extra_float_digits. */
		float_to_shortest_decimal_buf(DatumGetFloat4(value), text);
	else
		double_to_shortest_decimal_buf(DatumGetFloat8(value), text);
	return numeric_to_param(
		/* The shortest form may have an exponent, which numeric resolves. */
		DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											ObjectIdGetDatum(InvalidOid),
											Int32GetDatum(-1))),
		reason);
}

/* Base64 with padding and without line breaks. */
static char *
bytea_to_param(bytea *value)
{
	int len = VARSIZE_ANY_EXHDR(value);
	int room = pg_b64_enc_len(len);
	char *result = palloc(room + 1);
	int written;

	written = dcf_compat_b64_encode((const uint8 *) VARDATA_ANY(value), len,
									result, room);
	if (written < 0)
		elog(ERROR, "could not encode %d bytes", len);
	result[written] = '\0';
	return result;
}

/*
 * Split an instant into its fields in UTC, or a local time into its fields; false
 * if it is out of range.
 */
static bool
break_down(Timestamp time, struct pg_tm *tm, fsec_t *fsec)
{
	return !TIMESTAMP_NOT_FINITE(time) &&
		timestamp2tm(time, NULL, tm, fsec, NULL, NULL) == 0 &&
		tm->tm_year >= YEAR_MIN && tm->tm_year <= YEAR_MAX;
}

/* The instant of a local time in timezone; false if it is out of range. */
static bool
local_to_instant(Timestamp local, pg_tz *timezone, TimestampTz *instant)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (!break_down(local, &tm, &fsec))
		return false;
	/* The offset is in seconds west of UTC. */
	*instant = local + DetermineTimeZoneOffset(&tm, timezone) * USECS_PER_SEC;
	return true;
}

/* The instant of a local midnight in timezone; false if it is out of range. */
static bool
date_to_instant(DateADT date, pg_tz *timezone, TimestampTz *instant)
{
	/*
	 * The range is checked first: the product of an infinite date would
	 * overflow.
	 */
	return date >= date2j(YEAR_MIN, 1, 1) - POSTGRES_EPOCH_JDATE &&
		date <= date2j(YEAR_MAX, 12, 31) - POSTGRES_EPOCH_JDATE &&
		local_to_instant(date * USECS_PER_DAY, timezone, instant);
}

/* A date or time in UTC.  A date is sent as its midnight in timezone. */
static char *
time_to_param(Oid base_type, Datum value, pg_tz *timezone, const char **reason)
{
	struct pg_tm tm;
	fsec_t fsec;
	TimestampTz instant = DT_NOEND;
	bool in_range = true;

	if (base_type == DATEOID)
		in_range = date_to_instant(DatumGetDateADT(value), timezone, &instant);
	else if (base_type == TIMESTAMPOID)
		in_range =
			local_to_instant(DatumGetTimestamp(value), timezone, &instant);
	else
		instant = DatumGetTimestampTz(value);

	/* The years count in UTC: the shift from local time may have left them. */
	if (!in_range || !break_down(instant, &tm, &fsec))
	{
		*reason = psprintf(
			"Only dates and times from 0001-01-01 to 9999-12-31 UTC can be sent, not \"%s\".",
			output_fixed(base_type, value));
		return NULL;
	}

	/* Milliseconds are the usual form; microseconds must not be lost. */
	if (fsec % 1000 == 0)
		return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year,
						tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min,
						tm.tm_sec, (int) fsec / 1000);
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year,
					tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
					(int) fsec);
}
