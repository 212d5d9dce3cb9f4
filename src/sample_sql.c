/*
 * sample_sql.c
 *	  The SQL functions that ask the service what its records look like:
 *	  dataconnect_describe(), dataconnect_table_ddl(), dataconnect_check().
 *
 * They send a request under the caller's own user mapping, and need USAGE on
 * the server, or SELECT on the table.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "relation.h"
#include "sample.h"

PG_FUNCTION_INFO_V1(dataconnect_describe);
PG_FUNCTION_INFO_V1(dataconnect_table_ddl);
PG_FUNCTION_INFO_V1(dataconnect_check);

static void
put_texts(FunctionCallInfo fcinfo, const char *const *texts, int n)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[8];
	bool nulls[8];

	Assert(n == result->setDesc->natts && n <= (int) lengthof(values));
	for (int i = 0; i < n; i++)
	{
		nulls[i] = (texts[i] == NULL);
		values[i] = texts[i] ? CStringGetTextDatum(texts[i]) : (Datum) 0;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* One of our servers that the caller may use. */
static ForeignServer *
get_server(const char *name)
{
	ForeignServer *server = GetForeignServerByName(name, false);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	AclResult result =
		dcf_compat_server_aclcheck(server->serverid, GetUserId(), ACL_USAGE);
	const char *handler = get_func_name(wrapper->fdwhandler);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER, server->servername);
	if (handler == NULL || strcmp(handler, "dataconnect_fdw_handler") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not one of dataconnect_fdw",
						server->servername)));
	return server;
}

/* A sample for the arguments (server, endpoint, params). */
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
	ForeignServer *server = get_server(NameStr(*PG_GETARG_NAME(0)));
	DcfTableOptions *table;
	DcfSample *sample = sample_endpoint(fcinfo, server, &table);
	DcfDraft *draft =
		dcf_sample_draft(sample, table, NULL, dcf_option_import(NIL));
	ListCell *field_cell;
	ListCell *column_cell;

	InitMaterializedSRF(fcinfo, 0);
	forboth(field_cell, sample->fields, column_cell, draft->columns)
	{
		const DcfSampleField *field = lfirst(field_cell);
		const DcfDraftColumn *column = lfirst(column_cell);
		const char *texts[] = {column->attname, field->key, field->sql_type,
							   field->type, field->value};

		put_texts(fcinfo, texts, lengthof(texts));
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
	DcfDraft *draft;

	/* Not strict: the table's name may be NULL. */
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	server = get_server(NameStr(*PG_GETARG_NAME(0)));
	sample = sample_endpoint(fcinfo, server, &table);

	if (sample->fields == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("the reply has no records"),
				 errhint("Ask for some by other parameters.")));
	draft = dcf_sample_draft(sample, table, relname, dcf_option_import(NIL));
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("%s;", dcf_draft_ddl(draft, server->servername))));
}

/* The relation, if it is one of our foreign tables that the caller may read. */
static Relation
open_table(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	AclResult result = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_TABLE,
					   RelationGetRelationName(rel));
	if (rel->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table",
						RelationGetRelationName(rel))));
	return rel;
}

static const DcfSampleField *
find_field(const DcfSample *sample, const char *key)
{
	ListCell *cell;

	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);

		if (strcmp(field->key, key) == 0)
			return field;
	}
	return NULL;
}

static const DcfColumn *
find_column(const DcfRelation *relation, const char *key)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (dcf_column_is_read(column) &&
			strcmp(column->options->name, key) == 0)
			return column;
	}
	return NULL;
}

/*
 * Whether a column of a type takes what the service has now: it is of that
 * type, or of one that takes every value of it.
 */
static bool
takes(Oid declared, Oid found)
{
	static const struct
	{
		Oid declared;
		Oid found;
	} wider[] = {
		{INT4OID, INT2OID},		   {INT8OID, INT2OID},
		{INT8OID, INT4OID},		   {NUMERICOID, INT2OID},
		{NUMERICOID, INT4OID},	   {NUMERICOID, INT8OID},
		{NUMERICOID, FLOAT4OID},   {NUMERICOID, FLOAT8OID},
		{FLOAT8OID, FLOAT4OID},	   {FLOAT8OID, INT2OID},
		{FLOAT8OID, INT4OID},	   {TIMESTAMPOID, DATEOID},
		{TIMESTAMPTZOID, DATEOID}, {TIMESTAMPTZOID, TIMESTAMPOID},
		{JSONOID, JSONBOID},	   {CASHOID, NUMERICOID},
	};
	char category;
	bool preferred;

	get_type_category_preferred(declared, &category, &preferred);
	if (declared == found || category == TYPCATEGORY_STRING)
		return true;
	for (int i = 0; i < (int) lengthof(wider); i++)
	{
		if (wider[i].declared == declared && wider[i].found == found)
			return true;
	}
	return false;
}

/*
 * Whether the column's type no longer is what the service has.  Types inferred
 * from values are only a guess at the service's own, and a column may well be
 * narrower than the guess that still takes the values, such as boolean for 0
 * and 1: then only another family of types is a change.
 */
static bool
has_changed(const DcfColumn *column, const DcfSampleField *field)
{
	Oid found;
	int32 typmod;
	char declared_category;
	char found_category;
	bool preferred;

	if (field->sql_type == NULL && field->value == NULL)
		return false;
	dcf_compat_parse_type(field->type, &found, &typmod);
	if (takes(column->basetype, found))
		return false;
	if (field->sql_type)
		return true;
	get_type_category_preferred(column->basetype, &declared_category,
								&preferred);
	get_type_category_preferred(found, &found_category, &preferred);
	if (found == INT4OID &&
		(declared_category == TYPCATEGORY_BOOLEAN ||
		 column->basetype == INT2OID))
		return false;
	return declared_category != found_category ||
		declared_category == TYPCATEGORY_NUMERIC;
}

static void
put_change(FunctionCallInfo fcinfo, const char *attname, const char *key,
		   const char *change, const char *declared, const char *found,
		   const char *command)
{
	const char *texts[] = {attname, key, change, declared, found, command};

	put_texts(fcinfo, texts, lengthof(texts));
}

/* Columns that are gone, or of another type now. */
static void
put_column_changes(FunctionCallInfo fcinfo, const DcfRelation *relation,
				   const DcfSample *sample, const char *table)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		const DcfSampleField *field;
		const char *name;
		const char *declared;

		if (!dcf_column_is_read(column))
			continue;
		name = quote_identifier(column->attname);
		declared = format_type_with_typemod(
			column->type, TupleDescAttr(relation->tupdesc, i)->atttypmod);
		field = find_field(sample, column->options->name);
		if (field == NULL)
			put_change(fcinfo, column->attname, column->options->name, "gone",
					   declared, NULL,
					   psprintf("ALTER FOREIGN TABLE %s DROP COLUMN %s;",
								table, name));
		else if (has_changed(column, field))
			put_change(
				fcinfo, column->attname, field->key, "type", declared,
				field->type,
				psprintf("ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE %s;",
						 table, name, field->type));
	}
}

/* Fields that the table does not have. */
static void
put_new_fields(FunctionCallInfo fcinfo, const DcfRelation *relation,
			   const DcfSample *sample, const char *table)
{
	HTAB *taken = dcf_draft_column_names();
	ListCell *cell;

	for (int i = 0; i < relation->natts; i++)
	{
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			(void) dcf_draft_take_name(taken, relation->columns[i].attname);
	}
	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);
		char *attname;

		if (find_column(relation, field->key))
			continue;
		attname = dcf_draft_take_name(taken, dcf_draft_snake(field->key));
		put_change(fcinfo, attname, field->key, "new", NULL, field->type,
				   psprintf("ALTER FOREIGN TABLE %s ADD COLUMN %s %s OPTIONS "
							"(name %s);",
							table, quote_identifier(attname), field->type,
							quote_literal_cstr(field->key)));
	}
}

Datum
dataconnect_check(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *params = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Relation rel = open_table(relid);
	ForeignTable *foreign = GetForeignTable(relid);
	DcfRelation *relation;
	DcfSample *sample;
	char *table;

	(void) get_server(GetForeignServer(foreign->serverid)->servername);
	relation = dcf_relation_load(rel);
	table = quote_qualified_identifier(get_namespace_name(
										   RelationGetNamespace(rel)),
									   RelationGetRelationName(rel));

	/* Checked as the table's own params would be. */
	(void) dcf_option_endpoint(relation->table->endpoint,
							   params[0] ? params : NULL, relation->server);
	sample = dcf_sample_take(relation->serverid, GetUserId(), relation->table,
							 params[0] ? params : NULL);
	if (sample->fields == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("the reply has no records to compare foreign table "
						"\"%s\" with",
						relation->relname),
				 errhint("Ask for some by other parameters.")));

	InitMaterializedSRF(fcinfo, 0);
	put_column_changes(fcinfo, relation, sample, table);
	put_new_fields(fcinfo, relation, sample, table);
	table_close(rel, AccessShareLock);
	return (Datum) 0;
}
