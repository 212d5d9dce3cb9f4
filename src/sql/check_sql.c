/*
 * check_sql.c
 *	  The SQL functions that compare foreign tables with what the service answers
 *	  now: dataconnect_check(), dataconnect_check_schema().
 *
 * They send a request under the caller's own user mapping, and need SELECT on
 * the table and USAGE on its server.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_namespace.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/catch_error.h"
#include "base/closest_match.h"
#include "base/compat.h"
#include "catalogue/catalogue.h"
#include "discovery/sample.h"
#include "discovery/table_comment.h"
#include "discovery/type_check.h"
#include "request/relation.h"
#include "result_row.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_check);
PG_FUNCTION_INFO_V1(dataconnect_check_schema);

/* A difference; each text may be NULL. */
typedef struct Change
{
	const char *attname;
	const char *key;
	const char *kind;
	const char *declared;
	const char *found;
	const char *command;
	const char *error;
} Change;

/* What is compared, and what was found. */
typedef struct Comparison
{
	const DcfRelation *relation;
	const DcfSample *sample;
	const char *table;						/* quoted, with its schema */
	const DcfCatalogueEndpoint *documented; /* once needed; or NULL */
	bool documented_known;
	List *strangers; /* of char *: keys that no column reads */
	List *changes;	 /* of Change * */
} Comparison;

/* Raise unless the caller may ask about the table; nothing is locked. */
static void
check_table(Oid relid)
{
	char relkind = get_rel_relkind(relid);
	AclResult result = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT);
	ForeignServer *server;

	if (result != ACLCHECK_OK)
		aclcheck_error(result, get_relkind_objtype(relkind),
					   get_rel_name(relid));
	server = dcf_relation_server(relid);
	if (!server)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a foreign table",
						get_rel_name(relid))));
	dcf_sample_check_server(server);
}

/* Checked again under the lock, for another may have changed it meanwhile. */
static Relation
open_table(Oid relid)
{
	Relation rel;

	check_table(relid);
	rel = try_table_open(relid, AccessShareLock);
	if (!rel)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	check_table(relid);
	return rel;
}

static const DcfSampleField *
find_field(const DcfSample *sample, const char *key)
{
	ListCell *cell;

	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);

		if (!field->obstacle && strcmp(field->key, key) == 0)
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

/* A change of a key: kind, and types and command that may be NULL. */
static void
add_change(Comparison *comparison, const char *attname, const char *key,
		   const char *kind, const char *declared, const char *found,
		   const char *command)
{
	Change *change = palloc0(sizeof(Change));

	change->attname = attname;
	change->key = key;
	change->kind = kind;
	change->declared = declared;
	change->found = found;
	change->command = command;
	comparison->changes = lappend(comparison->changes, change);
}

/* The field whose key the column's may be now; it is no stranger any more. */
static const DcfSampleField *
take_renamed(Comparison *comparison, const DcfColumn *column)
{
	const char *nearest =
		dcf_closest_match(column->options->name, comparison->strangers);

	if (!nearest)
		return NULL;
	comparison->strangers =
		list_delete_ptr(comparison->strangers, (void *) nearest);
	return find_field(comparison->sample, nearest);
}

/* What the catalogue, which is read only if need be, knows of a key; or NULL. */
static const DcfCatalogueColumn *
find_documented(Comparison *comparison, const char *key)
{
	if (!comparison->documented_known)
		comparison->documented =
			dcf_catalogue_find(dcf_catalogue_load(),
							   comparison->relation->table->endpoint);
	comparison->documented_known = true;
	return dcf_catalogue_column(comparison->documented, key);
}

/*
 * Whether the column's type is the one that the catalogue knows its values to
 * have, although the service calls them something else: category numbers are
 * texts there.
 */
static bool
is_known_as(Comparison *comparison, const DcfColumn *column)
{
	const DcfCatalogueColumn *documented =
		find_documented(comparison, column->options->name);
	Oid type;
	int32 typmod;

	if (documented == NULL || documented->as == NULL)
		return false;
	dcf_compat_parse_type(documented->as, &type, &typmod);
	return type == column->basetype;
}

/* What has become of a column that is read. */
static void
compare_column(Comparison *comparison, const DcfColumn *column,
			   const char *declared)
{
	const DcfRelation *relation = comparison->relation;
	const char *name = quote_identifier(column->attname);
	const DcfSampleField *field =
		find_field(comparison->sample, column->options->name);

	if (!field)
	{
		field = take_renamed(comparison, column);
		if (field)
			add_change(comparison, column->attname, field->key, "renamed",
					   declared, field->type,
					   dcf_relation_rename_key(relation, column, field->key));
		else
			add_change(comparison, column->attname, column->options->name,
					   "gone", declared, NULL,
					   psprintf("ALTER FOREIGN TABLE %s DROP COLUMN %s;",
								comparison->table, name));
	}
	if (field && dcf_type_check_changed(column->basetype, field) &&
		!is_known_as(comparison, column))
		add_change(comparison, column->attname, field->key, "type", declared,
				   field->type,
				   psprintf("ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE %s;",
							comparison->table, name, field->type));
}

/* Columns whose keys are gone or renamed, or of another type now. */
static void
compare_columns(Comparison *comparison)
{
	const DcfRelation *relation = comparison->relation;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (dcf_column_is_read(column))
			compare_column(comparison, column,
						   format_type_with_typemod(
							   column->type,
							   TupleDescAttr(relation->tupdesc, i)->atttypmod));
	}
}

/*
 * The commands that add a column for a field, with a comment as an import has
 * it, where more is known than the key.
 */
static char *
propose_column(Comparison *comparison, char *attname,
			   const DcfSampleField *field)
{
	const char *timezone = dcf_table_def_timezone(field->key, field->type);
	DcfTableDefColumn column = {.attname = attname,
								.options.name = field->key,
								.field =
									find_documented(comparison, field->key),
								.sql_type = field->sql_type};
	char *command =
		psprintf("ALTER FOREIGN TABLE %s ADD COLUMN %s %s OPTIONS "
				 "(name %s%s);",
				 comparison->table, quote_identifier(attname), field->type,
				 quote_literal_cstr(field->key),
				 timezone ?
					 psprintf(", timezone %s", quote_literal_cstr(timezone)) :
					 "");

	if (column.field == NULL && column.sql_type == NULL)
		return command;
	return psprintf("%s\n%s", command,
					dcf_table_comment_column_ddl(comparison->table, &column));
}

/* Fields that the table does not have. */
static void
add_new_fields(Comparison *comparison)
{
	const DcfRelation *relation = comparison->relation;
	HTAB *taken = dcf_table_def_column_names();
	ListCell *cell;

	for (int i = 0; i < relation->natts; i++)
	{
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			(void) dcf_table_def_take_name(taken,
										   relation->columns[i].attname);
	}
	foreach(cell, comparison->strangers)
	{
		const DcfSampleField *field =
			find_field(comparison->sample, lfirst(cell));
		char *attname =
			dcf_table_def_take_name(taken, dcf_table_def_snake(field->key));

		add_change(comparison, attname, field->key, "new", NULL, field->type,
				   propose_column(comparison, attname, field));
	}
}

static List *
find_strangers(const DcfRelation *relation, const DcfSample *sample)
{
	List *strangers = NIL;
	ListCell *cell;

	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);

		if (!field->obstacle && !find_column(relation, field->key))
			strangers = lappend(strangers, field->key);
	}
	return strangers;
}

/* Ask the service; params is a query string, perhaps empty.  List of Change *. */
static List *
compare_table(Oid relid, char *params)
{
	Relation rel = open_table(relid);
	const DcfRelation *relation = dcf_relation_load(rel);
	Comparison comparison = {.relation = relation};
	DcfSample *sample;

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
	comparison.sample = sample;
	comparison.table =
		quote_qualified_identifier(get_namespace_name(
									   RelationGetNamespace(rel)),
								   RelationGetRelationName(rel));
	comparison.strangers = find_strangers(relation, sample);
	compare_columns(&comparison);
	add_new_fields(&comparison);
	table_close(rel, AccessShareLock);
	return comparison.changes;
}

/* dataconnect_check() has neither the table nor an error among its columns. */
static void
put_change(FunctionCallInfo fcinfo, Oid relid, const Change *change)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);

	dcf_result_row_datum(row, "foreign_table", ObjectIdGetDatum(relid));
	dcf_result_row_text(row, "column_name", change->attname);
	dcf_result_row_text(row, "name", change->key);
	dcf_result_row_text(row, "change", change->kind);
	dcf_result_row_text(row, "declared", change->declared);
	dcf_result_row_text(row, "found", change->found);
	dcf_result_row_text(row, "command", change->command);
	dcf_result_row_text(row, "error", change->error);
	dcf_result_row_end(row);
}

Datum
dataconnect_check(PG_FUNCTION_ARGS)
{
	List *changes =
		compare_table(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, changes)
		put_change(fcinfo, InvalidOid, lfirst(cell));
	return (Datum) 0;
}

/* compare_table() as an attempt. */
typedef struct Trial
{
	Oid relid;
	char *params;
	List *changes;
} Trial;

/* A DcfCatchErrorFn; arg is a Trial. */
static void
run_trial(void *arg)
{
	Trial *trial = arg;

	trial->changes = compare_table(trial->relid, trial->params);
}

/* compare_table(), but an error is a change of the kind "error". */
static List *
try_table(Oid relid, char *params)
{
	Trial trial = {.relid = relid, .params = params};
	const ErrorData *error =
		dcf_catch_error_in_subtransaction(run_trial, &trial);
	Change *change;

	if (error == NULL)
		return trial.changes;
	change = palloc0(sizeof(Change));
	change->kind = "error";
	change->error = dcf_catch_error_show(error);
	return list_make1(change);
}

/* Foreign tables of ours in a schema, by name; list of OIDs. */
static List *
list_tables(Oid schema)
{
	static const char query[] =
		"SELECT c.oid FROM pg_catalog.pg_class c"
		" JOIN pg_catalog.pg_foreign_table t ON t.ftrelid = c.oid"
		" JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver"
		" JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
		" JOIN pg_catalog.pg_proc p ON p.oid = w.fdwhandler"
		" WHERE c.relnamespace = $1 AND p.proname = 'dataconnect_fdw_handler'"
		" ORDER BY c.relname";
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(schema)};
	MemoryContext context = CurrentMemoryContext;
	List *tables = NIL;

	SPI_connect();
	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL,
							  true, 0) != SPI_OK_SELECT)
		elog(ERROR, "the foreign tables of a schema cannot be listed");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		Datum oid = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
								  1, &isnull);
		MemoryContext old = MemoryContextSwitchTo(context);

		tables = lappend_oid(tables, DatumGetObjectId(oid));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return tables;
}

Datum
dataconnect_check_schema(PG_FUNCTION_ARGS)
{
	Oid schema = PG_GETARG_OID(0);
	char *params = text_to_cstring(PG_GETARG_TEXT_PP(1));
	MemoryContext each =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw check",
							  ALLOCSET_DEFAULT_SIZES);
	List *tables = list_tables(schema);
	ListCell *table;

	InitMaterializedSRF(fcinfo, 0);
	foreach(table, tables)
	{
		MemoryContext old = MemoryContextSwitchTo(each);
		List *changes;
		ListCell *cell;

		CHECK_FOR_INTERRUPTS();
		changes = try_table(lfirst_oid(table), params);
		foreach(cell, changes)
			put_change(fcinfo, lfirst_oid(table), lfirst(cell));
		MemoryContextSwitchTo(old);
		MemoryContextReset(each);
	}
	return (Datum) 0;
}
