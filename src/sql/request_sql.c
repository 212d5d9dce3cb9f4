/*
 * request_sql.c
 *	  The SQL functions behind the views dataconnect_requests, dataconnect_stats and
 *	  dataconnect_progress, and dataconnect_stats_reset().
 *
 * As in pg_stat_activity, each role sees its own rows, and members of
 * pg_read_all_stats see all.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "account_sql.h"
#include "reply/progress.h"
#include "reply/request_log.h"
#include "reply/request_stats.h"
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_request_lines);
PG_FUNCTION_INFO_V1(dataconnect_stats_lines);
PG_FUNCTION_INFO_V1(dataconnect_progress_lines);
PG_FUNCTION_INFO_V1(dataconnect_stats_reset);

static bool
may_see(const DcfRequestSubject *subject)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		has_privs_of_role(GetUserId(), subject->userid);
}

/*
 * A text of a database, whose encoding may be another one; "" is NULL.  What was cut
 * may end in the middle of a character.
 */
static const char *
convert(const char *text, int encoding)
{
	int len = (int) strlen(text);

	if (len == 0)
		return NULL;
	len = pg_encoding_mbcliplen(encoding, text, len, len);
	return pg_any_to_server(pnstrdup(text, (Size) len), len, encoding);
}

static void
put_subject(DcfResultRow *row, const DcfRequestSubject *subject)
{
	int encoding = subject->encoding;

	dcf_result_row_name(row, "database_name",
						get_database_name(subject->databaseid));
	dcf_result_row_name(row, "user_name",
						GetUserNameFromId(subject->userid, true));
	dcf_result_row_name(row, "server_name",
						convert(NameStr(subject->server), encoding));
	dcf_result_row_name(row, "schema_name",
						convert(NameStr(subject->schema), encoding));
	dcf_result_row_name(row, "table_name",
						convert(NameStr(subject->table), encoding));
}

/* Set a number, rounded to thousandths; one below 0 is not known: NULL. */
static void
put_number(DcfResultRow *row, const char *column, double number)
{
	if (number < 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_datum(row, column,
							 Float8GetDatum(rint(number * 1000) / 1000));
}

static void
put_queryid(DcfResultRow *row, uint64 queryid)
{
	if (queryid == 0)
		dcf_result_row_null(row, "query_id");
	else
		dcf_result_row_int8(row, "query_id", (int64) queryid);
}

/* How a copy was used, or NULL. */
static const char *
name_copy(const DcfRequestFacts *facts)
{
	if (!facts->is_copy)
		return NULL;
	if (facts->is_stale)
		return "stale";
	return facts->waited ? "waited" : "hit";
}

static void
put_request(FunctionCallInfo fcinfo, const DcfRequestFacts *facts)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);

	dcf_result_row_datum(row, "started_at", TimestampTzGetDatum(facts->began));
	put_subject(row, &facts->subject);
	dcf_result_row_int4(row, "pid", facts->pid);
	put_queryid(row, facts->queryid);
	dcf_result_row_text(row, "request",
						convert(facts->request, facts->subject.encoding));
	dcf_result_row_text(row, "outcome", dcf_request_end_name(facts->end));
	if (facts->status == 0)
		dcf_result_row_null(row, "status");
	else
		dcf_result_row_int4(row, "status", facts->status);
	dcf_result_row_text(row, "sqlstate",
						facts->sqlstate ? unpack_sql_state(facts->sqlstate) :
										  NULL);
	dcf_result_row_int4(row, "tries", facts->tries);
	put_number(row, "queue_ms", facts->queued);
	put_number(row, "backoff_ms", facts->backed_off);
	put_number(row, "first_byte_ms", facts->first_byte);
	put_number(row, "total_ms", facts->total);
	dcf_result_row_int8(row, "bytes", (int64) facts->bytes);
	dcf_result_row_int8(row, "records", (int64) facts->records);
	dcf_result_row_text(row, "copy", name_copy(facts));
	dcf_result_row_end(row);
}

Datum
dataconnect_request_lines(PG_FUNCTION_ARGS)
{
	int n;
	DcfRequestFacts *requests = dcf_request_log_list(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&requests[i].subject))
			put_request(fcinfo, &requests[i]);
	return (Datum) 0;
}

static void
put_totals(FunctionCallInfo fcinfo, const DcfRequestTotals *totals)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	int64 errors = 0;

	for (int i = 0; i < DCF_REQUEST_ERRORS; i++)
		errors += totals->errors[i];
	put_subject(row, &totals->subject);
	dcf_result_row_int8(row, "requests", totals->requests);
	dcf_result_row_int8(row, "copies", totals->copies);
	dcf_result_row_int8(row, "stale_copies", totals->stale);
	dcf_result_row_int8(row, "records", totals->records);
	dcf_result_row_int8(row, "bytes", totals->bytes);
	dcf_result_row_int8(row, "retries", totals->retries);
	dcf_result_row_int8(row, "refused_429", totals->refused);
	dcf_result_row_int8(row, "cancelled", totals->cancelled);
	dcf_result_row_int8(row, "errors", errors);
	dcf_result_row_int8(row, "errors_unreachable",
						totals->errors[DCF_REQUEST_UNREACHABLE]);
	dcf_result_row_int8(row, "errors_credentials",
						totals->errors[DCF_REQUEST_CREDENTIALS]);
	dcf_result_row_int8(row, "errors_refused",
						totals->errors[DCF_REQUEST_REFUSED]);
	dcf_result_row_int8(row, "errors_service",
						totals->errors[DCF_REQUEST_SERVICE]);
	dcf_result_row_int8(row, "errors_reply",
						totals->errors[DCF_REQUEST_REPLY]);
	dcf_result_row_int8(row, "errors_other",
						totals->errors[DCF_REQUEST_OTHER]);
	put_number(row, "seconds", totals->total / 1000);
	put_number(row, "queue_seconds", totals->queued / 1000);
	put_number(row, "backoff_seconds", totals->backed_off / 1000);
	dcf_result_row_datum(row, "since", TimestampTzGetDatum(totals->since));
	dcf_result_row_datum(row, "last_request",
						 TimestampTzGetDatum(totals->last));
	dcf_result_row_end(row);
}

Datum
dataconnect_stats_lines(PG_FUNCTION_ARGS)
{
	int n;
	DcfRequestTotals *totals = dcf_request_stats_list(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&totals[i].subject))
			put_totals(fcinfo, &totals[i]);
	return (Datum) 0;
}

static void
put_progress(FunctionCallInfo fcinfo, const DcfProgressLine *line)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);
	const DcfProgressState *state = &line->state;

	dcf_result_row_int4(row, "pid", line->pid);
	put_subject(row, &line->subject);
	put_queryid(row, line->queryid);
	dcf_result_row_datum(row, "started_at", TimestampTzGetDatum(line->began));
	dcf_result_row_text(row, "phase", dcf_scan_phase_name(state->phase));
	dcf_result_row_datum(row, "phase_since",
						 TimestampTzGetDatum(line->phase_since));
	dcf_result_row_int8(row, "requests_done", state->done);
	dcf_result_row_int4(row, "requests_open", state->open);
	put_number(row, "requests_planned", state->planned);
	dcf_result_row_int8(row, "records", state->records);
	dcf_result_row_int8(row, "bytes", state->bytes);
	put_number(row, "expected_records", rint(state->expected));
	dcf_result_row_end(row);
}

Datum
dataconnect_progress_lines(PG_FUNCTION_ARGS)
{
	int n;
	DcfProgressLine *lines = dcf_progress_list(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&lines[i].subject))
			put_progress(fcinfo, &lines[i]);
	return (Datum) 0;
}

Datum
dataconnect_stats_reset(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(dcf_request_stats_reset());
}
