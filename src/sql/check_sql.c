/*
 * check_sql.c
 *	  The SQL functions that compare foreign tables with the service's current
 *	  records: dataconnect_check(), dataconnect_check_schema().
 *
 * They send one request for each table under the caller's user mapping.  The
 * caller needs SELECT on the table and USAGE on its server.
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

/* A difference, as a row of the result; each text may be NULL. */
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

/* A table being compared with a sample. */
typedef struct Comparison
{
	const DcfRelation *relation;
	const DcfSample *sample;
	const char *table;						/* quoted, with its schema */
	const DcfCatalogueEndpoint *documented; /* loaded when needed; or NULL */
	bool documented_loaded;
	List *unread_keys; /* of char *: keys that no column reads */
	List *changes;	   /* of Change * */
} Comparison;

/*
 * Lock and open a table that the caller may check.  The first check keeps
 * callers without the privilege from waiting for the lock.  It is repeated
 * under the lock, because the table may have changed in the meantime.
 */
static Relation
open_table(Oid relid)
{
	Relation rel;

	(void) dcf_sample_check_table(relid);
	rel = try_table_open(relid, AccessShareLock);
	if (!rel)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	(void) dcf_sample_check_table(relid);
	return rel;
}

/* The field that can be a column, by its key; or NULL. */
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

/* The column that reads a key, or NULL. */
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

/* Append a change.  declared, found and command may be NULL. */
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

/*
 * The field that the column's key may have been renamed to, or NULL.  Its key
 * is taken off the list of unread keys, so it is neither new nor another
 * column's.
 */
static const DcfSampleField *
take_renamed(Comparison *comparison, const DcfColumn *column)
{
	const char *nearest =
		dcf_closest_match(column->options->name, comparison->unread_keys);

	if (!nearest)
		return NULL;
	comparison->unread_keys =
		list_delete_ptr(comparison->unread_keys, (void *) nearest);
	return find_field(comparison->sample, nearest);
}

/* The catalogue's description of a key, or NULL; loads the catalogue once. */
static const DcfCatalogueColumn *
find_documented(Comparison *comparison, const char *key)
{
	if (!comparison->documented_loaded)
		comparison->documented =
			dcf_catalogue_find(dcf_catalogue_load(),
							   comparison->relation->table->endpoint);
	comparison->documented_loaded = true;
	return dcf_catalogue_column(comparison->documented, key);
}

/*
 * Whether the catalogue says that the values are of the column's type, although
 * the service gives another one: the service calls texts numbers (category
 * numbers), for example.
 */
static bool
is_documented_type(Comparison *comparison, const DcfColumn *column)
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

/*
 * Add the changes, if any, of a column that is read.  A key that was renamed
 * may have another type as well: then there are two.
 */
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
		!is_documented_type(comparison, column))
		add_change(comparison, column->attname, field->key, "type", declared,
				   field->type,
				   psprintf("ALTER FOREIGN TABLE %s ALTER COLUMN %s TYPE %s;",
							comparison->table, name, field->type));
}

/* Add columns whose key is gone or renamed, or has another type now. */
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
 * The commands that add a column for a field.  If more is known than the key,
 * they add the comment that an import would add.
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

/* Add fields that no column reads. */
static void
add_new_fields(Comparison *comparison)
{
	const DcfRelation *relation = comparison->relation;
	HTAB *taken = dcf_table_def_column_names();
	ListCell *cell;

	for (int i = 0; i < relation->natts; i++)
	{
		/* A dropped column no longer has its name. */
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED)
			(void) dcf_table_def_take_name(taken,
										   relation->columns[i].attname);
	}
	foreach(cell, comparison->unread_keys)
	{
		const DcfSampleField *field =
			find_field(comparison->sample, lfirst(cell));
		char *attname =
			dcf_table_def_take_name(taken, dcf_table_def_snake(field->key));

		add_change(comparison, attname, field->key, "new", NULL, field->type,
				   propose_column(comparison, attname, field));
	}
}

/* The keys (char *) of fields that no column reads, in the sample's order. */
static List *
find_unread_keys(const DcfRelation *relation, const DcfSample *sample)
{
	List *keys = NIL;
	ListCell *cell;

	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);

		if (!field->obstacle && !find_column(relation, field->key))
			keys = lappend(keys, field->key);
	}
	return keys;
}

/*
 * Compare a table with a sample.  params is a query string, perhaps empty, which
 * is sent with the table's own params.  Returns a list of Change *.
 */
static List *
compare_table(Oid relid, char *params)
{
	Relation rel = open_table(relid);
	const DcfRelation *relation = dcf_relation_load(rel);
	Comparison comparison = {.relation = relation};
	DcfSample *sample;

	/* Check params as the option "params" is checked. */
	(void) dcf_option_endpoint(relation->table->endpoint,
							   params[0] ? params : NULL, relation->server);
	sample = dcf_sample_take(relation->serverid, GetUserId(), relation->table,
							 params[0] ? params : NULL);
	if (sample->fields == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("reply has no records to compare foreign table "
						"\"%s\" with",
						relation->relname),
				 errhint("Pass parameters that return records.")));
	comparison.sample = sample;
	comparison.table =
		quote_qualified_identifier(get_namespace_name(
									   RelationGetNamespace(rel)),
								   RelationGetRelationName(rel));
	comparison.unread_keys = find_unread_keys(relation, sample);
	compare_columns(&comparison);
	/* Last, because compare_columns() takes renamed keys off the list. */
	add_new_fields(&comparison);
	table_close(rel, AccessShareLock);
	return comparison.changes;
}

/*
 * Add the row of a change.  dataconnect_check() returns neither foreign_table
 * nor error; to set them does nothing then.
 */
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

/* A call of compare_table(). */
typedef struct Call
{
	Oid relid;
	char *params;
	List *changes; /* the result */
} Call;

/* A DcfCatchErrorFn; arg is a Call. */
static void
call_compare_table(void *arg)
{
	Call *call = arg;

	call->changes = compare_table(call->relid, call->params);
}

/*
 * compare_table(), which returns an error as a change of kind "error".
 * compare_table() takes a lock, which a subtransaction releases on error.
 */
static List *
try_table(Oid relid, char *params)
{
	Call call = {.relid = relid, .params = params};
	const ErrorData *error =
		dcf_catch_error_in_subtransaction(call_compare_table, &call);
	Change *change;

	if (error == NULL)
		return call.changes;
	change = palloc0(sizeof(Change));
	change->kind = "error";
	change->error = dcf_catch_error_show(error);
	return list_make1(change);
}

/*
 * The OIDs of this wrapper's foreign tables in a schema, ordered by name.
 * The wrapper may have any name, so its handler tells.  The list is in the
 * caller's context: SPI_finish() frees its own.
 */
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
		elog(ERROR, "could not list the foreign tables of a schema");
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
		/* put_change() copies, so each table can free its sample. */
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
