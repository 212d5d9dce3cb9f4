/*
 * limits.c
 *	  What a statement may ask of the service.  See limits.h.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "base/role_setting.h"
#include "reply/limits.h"

/* A kind of limit: its setting, and how messages speak of it. */
typedef struct LimitSetting
{
	const char *setting;
	const char *subject; /* of the primary message */
	const char *planned;
	const char *before; /* of what was used before the rest was planned */
	const char *used;
	int unit; /* of the setting's value */
	int value;
} LimitSetting;

static LimitSetting limits[DCF_LIMIT_KINDS] =
	{[DCF_LIMIT_REQUESTS] = {"max_requests_per_statement", "statement",
							 "Requests planned", "sent before",
							 "Requests sent", 1, -1},
	 [DCF_LIMIT_RECORDS] = {"max_records_per_statement", "statement",
							"Records expected", "read before", "Records read",
							1, -1},
	 [DCF_LIMIT_BYTES] = {"max_bytes_per_statement", "statement", "",
						  "received before", "Bytes received", 1024, -1},
	 [DCF_LIMIT_DAYS] = {"max_days_per_request", "request",
						 "Days in a request", "", "", 1, -1}};

void
dcf_limits_init(void)
{
	dcf_role_setting_define(
		"dataconnect_fdw.max_requests_per_statement",
		"Sets the most requests that one statement may send.",
		"-1 is no limit; with 0, only copies of replies are read.",
		&limits[DCF_LIMIT_REQUESTS].value, -1, -1, INT_MAX, 0);
	dcf_role_setting_define(
		"dataconnect_fdw.max_records_per_statement",
		"Sets the most records that one statement may read, or be expected to.",
		"-1 is no limit.", &limits[DCF_LIMIT_RECORDS].value, -1, -1, INT_MAX,
		0);
	dcf_role_setting_define(
		"dataconnect_fdw.max_bytes_per_statement",
		"Sets the most bytes, as received, of one statement's replies.",
		"-1 is no limit.", &limits[DCF_LIMIT_BYTES].value, -1, -1,
		MAX_KILOBYTES, GUC_UNIT_KB);
	dcf_role_setting_define(
		"dataconnect_fdw.max_days_per_request",
		"Sets the longest period, in days, that one request may ask for.",
		"-1 is no limit.", &limits[DCF_LIMIT_DAYS].value, -1, -1, INT_MAX, 0);
}

double
dcf_limits_get(DcfLimitKind kind)
{
	const LimitSetting *limit = &limits[kind];

	return limit->value < 0 ? -1 : (double) limit->value * limit->unit;
}

static bool
is_set(DcfLimitKind kind)
{
	return limits[kind].value >= 0;
}

bool
dcf_limits_are_planned(void)
{
	return is_set(DCF_LIMIT_REQUESTS) || is_set(DCF_LIMIT_RECORDS) ||
		is_set(DCF_LIMIT_DAYS);
}

bool
dcf_limits_are_counted(void)
{
	return is_set(DCF_LIMIT_RECORDS) || is_set(DCF_LIMIT_BYTES);
}

char *
dcf_limits_show(const DcfLimitExcess *excess)
{
	const LimitSetting *limit = &limits[excess->kind];

	return psprintf("%s: %s %.0f, allowed %.0f", limit->setting,
					excess->kind == DCF_LIMIT_DAYS		  ? "days" :
						excess->kind == DCF_LIMIT_RECORDS ? "expected" :
															"planned",
					excess->more, dcf_limits_get(excess->kind));
}

/* The facts, as one sentence. */
static char *
explain(const DcfLimitExcess *excess)
{
	const LimitSetting *limit = &limits[excess->kind];
	double allowed = dcf_limits_get(excess->kind);

	if (!excess->planned)
		return psprintf(
			"%s: %.0f, allowed: %.0f (setting \"dataconnect_fdw.%s\").",
			limit->used, excess->before, allowed, limit->setting);
	if (excess->before == 0)
		return psprintf(
			"%s: %.0f, allowed: %.0f (setting \"dataconnect_fdw.%s\").",
			limit->planned, excess->more, allowed, limit->setting);
	return psprintf(
		"%s: %.0f, %s: %.0f, allowed: %.0f (setting \"dataconnect_fdw.%s\").",
		limit->planned, excess->more, limit->before, excess->before, allowed,
		limit->setting);
}

void
dcf_limits_raise(const DcfLimitExcess *excess, const char *hint)
{
	const LimitSetting *limit = &limits[excess->kind];

	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("%s exceeds %s", limit->subject, limit->setting),
			 errdetail_internal("%s", explain(excess)),
			 errhint("%s",
					 hint ? hint :
							"Ask for less in one statement, or divide it into "
							"several.")));
}

/* Whether the statement has used more of a kind than it may with so much more. */
static bool
is_over(DcfLimitKind kind, int64 used, int64 more, DcfLimitExcess *excess)
{
	if (!is_set(kind) || (double) (used + more) <= dcf_limits_get(kind))
		return false;
	*excess = (DcfLimitExcess){.kind = kind, .before = (double) used};
	return true;
}

bool
dcf_limits_stop_request(const DcfStatement *statement, DcfLimitExcess *excess)
{
	dcf_role_setting_check();
	return is_set(DCF_LIMIT_REQUESTS) &&
		is_over(DCF_LIMIT_REQUESTS, dcf_statement_use(statement).requests, 1,
				excess);
}

bool
dcf_limits_stop_planned(const DcfStatement *statement, int64 requests,
						DcfLimitExcess *excess)
{
	DcfStatementUse use = {0};

	if (!is_set(DCF_LIMIT_REQUESTS))
		return false;
	if (statement)
		use = dcf_statement_use(statement);
	*excess = (DcfLimitExcess){.kind = DCF_LIMIT_REQUESTS,
							   .planned = true,
							   .more = (double) requests,
							   .before = (double) use.requests};
	return excess->more + excess->before > dcf_limits_get(DCF_LIMIT_REQUESTS);
}

bool
dcf_limits_stop_data(const DcfStatement *statement, DcfLimitExcess *excess)
{
	DcfStatementUse use = dcf_statement_use(statement);

	return is_over(DCF_LIMIT_RECORDS, use.records, 0, excess) ||
		is_over(DCF_LIMIT_BYTES, use.bytes, 0, excess);
}

bool
dcf_limits_allow_request(void)
{
	DcfLimitExcess unused;

	return !is_set(DCF_LIMIT_REQUESTS) ||
		!is_over(DCF_LIMIT_REQUESTS, dcf_statement_use(NULL).requests, 1,
				 &unused);
}
