/*
 * company_sql.c
 *	  The SQL function dataconnect_companies().
 *
 * It asks under the caller's own user mapping, and needs USAGE on the server.
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "net/company.h"
#include "sample_sql.h"

enum
{
	COLUMN_COMPANY_ID,
	COLUMN_COMPANY_NAME,
	COLUMN_DOING_BUSINESS_AS,
	COLUMN_PREFERRED_ENDPOINT,
	COLUMNS
};

PG_FUNCTION_INFO_V1(dataconnect_companies);

static DcfRelationships
parse_relationships(const char *name)
{
	if (pg_strcasecmp(name, "partner") == 0)
		return DCF_RELATIONSHIPS_PARTNER;
	if (pg_strcasecmp(name, "master") == 0)
		return DCF_RELATIONSHIPS_MASTER;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there are no relationships \"%s\"", name),
			 errhint("Valid values are \"partner\", \"master\", and NULL for "
					 "whichever the log-in has.")));
}

/* utf8 may be NULL. */
static void
set_text(Datum *values, bool *nulls, int column, const char *utf8)
{
	nulls[column] = (utf8 == NULL);
	if (utf8)
		values[column] =
			CStringGetTextDatum(pg_any_to_server(utf8, strlen(utf8), PG_UTF8));
}

static void
put_company(ReturnSetInfo *result, const DcfCompany *company)
{
	Datum values[COLUMNS] = {0};
	bool nulls[COLUMNS] = {false};

	values[COLUMN_COMPANY_ID] = Int64GetDatum(company->id);
	set_text(values, nulls, COLUMN_COMPANY_NAME, company->name);
	set_text(values, nulls, COLUMN_DOING_BUSINESS_AS, company->brand);
	set_text(values, nulls, COLUMN_PREFERRED_ENDPOINT, company->endpoint);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
dataconnect_companies(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	DcfRelationships which = DCF_RELATIONSHIPS_ANY;
	ListCell *cell;

	/* Not strict: relationships may be NULL. */
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (!PG_ARGISNULL(1))
		which = parse_relationships(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	server = GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false);
	dcf_sample_check_server(server);
	foreach(cell, dcf_company_of_user(server->serverid, GetUserId(), which))
		put_company((ReturnSetInfo *) fcinfo->resultinfo, lfirst(cell));
	return (Datum) 0;
}
