/*
 * sample_sql.c
 *	  The SQL functions that infer columns from a sample of an endpoint's
 *	  records: dataconnect_describe(), dataconnect_table_ddl().
 *
 * They send a request under the caller's user mapping.  The caller needs USAGE
 * on the server.
 */
#include "postgres.h"

#include "catalog/pg_foreign_server.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "discovery/catalogue_table.h"
#include "discovery/sample.h"
#include "discovery/table_comment.h"
#include "request/relation.h"
#include "result_row.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_describe);
PG_FUNCTION_INFO_V1(dataconnect_table_ddl);

void
dcf_sample_check_server(const ForeignServer *server)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	AclResult result =
		dcf_compat_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER, server->servername);
	if (!dcf_sample_is_ours(wrapper))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not a dataconnect_fdw server",
						server->servername)));
}

/* The privilege comes first: other errors tell something about the table. */
ForeignServer *
dcf_sample_check_table(Oid relid)
{
	AclResult result = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);
	ForeignServer *server;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	server = dcf_relation_server(relid);
	if (!server)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table",
						get_rel_name(relid))));
	dcf_sample_check_server(server);
	return server;
}

bool
dcf_sample_is_ours(const ForeignDataWrapper *wrapper)
{
	const char *handler = get_func_name(wrapper->fdwhandler);

	return handler && strcmp(handler, "dataconnect_fdw_handler") == 0;
}

ForeignServer *
dcf_sample_get_server(const char *name)
{
	ForeignServer *server = GetForeignServerByName(name, false);

	dcf_sample_check_server(server);
	return server;
}

/*
 * A sample of the endpoint in argument 1 with the params in argument 2, which
 * are empty if there are none.  *table is set to the options that were
 * sampled.
 */
static DcfSample *
sample_endpoint(FunctionCallInfo fcinfo, const ForeignServer *server,
				DcfTableOptions **table)
{
	char *endpoint = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *params = text_to_cstring(PG_GETARG_TEXT_PP(2));

	*table = dcf_option_endpoint(endpoint, params[0] ? params : NULL,
								 dcf_option_server(server));
	return dcf_sample_take(server->serverid, GetUserId(), *table, NULL);
}

Datum
dataconnect_describe(PG_FUNCTION_ARGS)
{
	ForeignServer *server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	DcfTableOptions *table;
	DcfSample *sample = sample_endpoint(fcinfo, server, &table);
	DcfTableDef *def =
		dcf_sample_table(sample, table, NULL, dcf_option_import(NIL));
	ListCell *column_cell = list_head(def->columns);
	ListCell *field_cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(field_cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(field_cell);
		DcfResultRow *row = dcf_result_row_begin(fcinfo);
		const char *attname = NULL;

		/* def has a column for each of these fields, in the same order. */
		if (!field->obstacle)
		{
			attname = ((DcfTableDefColumn *) lfirst(column_cell))->attname;
			column_cell = lnext(def->columns, column_cell);
		}
		dcf_result_row_text(row, "column_name", attname);
		dcf_result_row_text(row, "name", field->key);
		dcf_result_row_text(row, "sql_server_type", field->sql_type);
		dcf_result_row_text(row, "type", field->type);
		dcf_result_row_text(row, "sample", field->value);
		dcf_result_row_end(row);
	}
	return (Datum) 0;
}

Datum
dataconnect_table_ddl(PG_FUNCTION_ARGS)
{
	ForeignServer *server;
	char *relname =
		PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3));
	DcfTableOptions *table;
	DcfSample *sample;
	DcfTableDef *def;

	/* Not strict: the table's name may be NULL. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	server = dcf_sample_get_server(NameStr(*PG_GETARG_NAME(0)));
	sample = sample_endpoint(fcinfo, server, &table);

	if (sample->fields == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("reply has no records"),
				 errhint("Pass parameters that return records.")));
	def = dcf_sample_table(sample, table, relname, dcf_option_import(NIL));
	/* The comments describe the columns as the catalogue does. */
	dcf_catalogue_describe(def);
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("%s;\n%s", dcf_table_def_ddl(def, server->servername),
				 dcf_table_comment_ddl(def, dcf_option_server(server)))));
}
