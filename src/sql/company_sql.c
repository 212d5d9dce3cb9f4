/*
 * company_sql.c
 *	  The SQL function dataconnect_companies().
 *
 * It sends requests under the caller's user mapping.  The caller needs USAGE on
 * the server.
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "net/company.h"
#include "result_row.h"
#include "sample_sql.h"

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
			 errmsg("invalid value for relationships: \"%s\"", name),
			 errhint("Valid values are \"partner\", \"master\", and NULL for "
					 "those that the user mapping's user has.")));
}

/* Set a text that is in UTF-8, or NULL. */
static void
set_utf8(DcfResultRow *row, const char *column, const char *utf8)
{
	dcf_result_row_text(row, column,
						utf8 ? pg_any_to_server(utf8, strlen(utf8), PG_UTF8) :
							   NULL);
}

static void
put_company(FunctionCallInfo fcinfo, const DcfCompany *company)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);

	dcf_result_row_int8(row, "company_id", company->id);
	set_utf8(row, "company_name", company->name);
	set_utf8(row, "doing_business_as", company->brand);
	set_utf8(row, "preferred_endpoint", company->endpoint);
	dcf_result_row_end(row);
}

Datum
dataconnect_companies(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	DcfRelationships which = DCF_RELATIONSHIPS_ANY;
	ListCell *cell;

	/*
	 * Not strict: relationships may be NULL.  Without a server there are no
	 * rows, as in a strict function.
	 */
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (!PG_ARGISNULL(1))
		which = parse_relationships(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	server = GetForeignServerByName(NameStr(*PG_GETARG_NAME(0)), false);
	dcf_sample_check_server(server);
	foreach(cell, dcf_company_of_user(server->serverid, GetUserId(), which))
		put_company(fcinfo, lfirst(cell));
	return (Datum) 0;
}
