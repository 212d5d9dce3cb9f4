/*
 * import.c
 *	  IMPORT FOREIGN SCHEMA.  See import.h.
 */
#include "postgres.h"

#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "base/closest_match.h"
#include "catalogue/catalogue.h"
#include "discovery/bridge.h"
#include "discovery/catalogue_table.h"
#include "discovery/import.h"
#include "discovery/import_comment.h"
#include "discovery/sample.h"
#include "discovery/table_def.h"
#include "name_list.h"
#include "options/option.h"
#include "request/request.h"

#define SCHEMA_ALL		  "all"
#define SCHEMA_EVERYTHING "everything" /* the same; needs no quotes */
#define SCHEMA_BRIDGE	  "bridge"

/* Whether a category has an endpoint that can be a table. */
static bool
is_category(const List *endpoints, const char *name)
{
	ListCell *cell;

	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (strcmp(endpoint->category, name) == 0 &&
			dcf_catalogue_is_table(endpoint))
			return true;
	}
	return false;
}

/* "everything, sales, ...": the schemas that have a name. */
static char *
list_schemas(const List *endpoints)
{
	StringInfoData names;
	List *seen = NIL;
	ListCell *cell;

	initStringInfo(&names);
	appendStringInfoString(&names, SCHEMA_EVERYTHING);
	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (dcf_name_list_has(seen, endpoint->category) ||
			!dcf_catalogue_is_table(endpoint))
			continue;
		seen = lappend(seen, endpoint->category);
		appendStringInfo(&names, ", %s", endpoint->category);
	}
	return names.data;
}

/*
 * A request with the parameters that every request of the tables sends.  It
 * is never sent, so any endpoint will do.
 */
static DcfRequest *
common_request(Oid serverid, const DcfImportOptions *options)
{
	DcfServerOptions *server = dcf_option_server(GetForeignServer(serverid));
	DcfTableOptions table = {.endpoint = "/", .params = options->table_params};

	return dcf_request_create(server, &table);
}

/* Table definitions of a schema that is a category, or all. */
static List *
define_catalogue(const char *schema, Oid serverid,
				 const DcfImportOptions *options)
{
	const List *endpoints = dcf_catalogue_load();
	DcfRequest *common = common_request(serverid, options);

	if (strcmp(schema, SCHEMA_ALL) == 0 ||
		strcmp(schema, SCHEMA_EVERYTHING) == 0)
		return dcf_catalogue_tables(endpoints, NULL, options, common);
	if (!is_category(endpoints, schema))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("remote schema \"%s\" does not exist", schema),
				 errhint("Remote schemas are: %s, and the path of an endpoint, "
						 "such as \"/lists/stores\".",
						 list_schemas(endpoints))));
	return dcf_catalogue_tables(endpoints, schema, options, common);
}

/* The same, from the catalogue: an endpoint that writes cannot be sampled. */
static List *
define_writing(char *endpoint, Oid serverid, const DcfImportOptions *options)
{
	const DcfCatalogueEndpoint *found =
		dcf_catalogue_find(dcf_catalogue_load(), endpoint);
	List *defs = NIL;

	if (found)
		defs =
			dcf_catalogue_tables(list_make1(unconstify(DcfCatalogueEndpoint *,
													   found)),
								 found->category, options,
								 common_request(serverid, options));
	if (defs == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("the catalogue has no columns of endpoint \"%s\"",
						endpoint)));
	((DcfTableDef *) linitial(defs))->endpoint =
		dcf_request_path(options->path_prefix, endpoint);
	return defs;
}

/*
 * The definition of a table over one endpoint, from a sample.  The sample
 * decides the columns; what the catalogue has of the endpoint only adds to
 * their comments.
 */
static List *
define_endpoint(char *endpoint, Oid serverid, const DcfImportOptions *options)
{
	const DcfServerOptions *server =
		dcf_option_server(GetForeignServer(serverid));
	DcfTableOptions *table =
		dcf_option_endpoint(dcf_request_path(options->path_prefix, endpoint),
							options->table_params, server);
	DcfSample *sample = dcf_sample_take(serverid, GetUserId(), table, NULL);
	DcfTableDef *def;

	if (sample->fields == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("endpoint \"%s\" returned no records to infer columns "
						"from",
						endpoint),
				 errhint("Set the option \"table_params\" to parameters that "
						 "return records.")));
	def = dcf_sample_table(sample, table, NULL, options);
	dcf_catalogue_describe(def);
	return list_make1(def);
}

/*
 * Table definitions of a remote schema.  *names is set to the names (char *) of
 * all its tables, also of those that get no definition.
 */
static List *
define_schema(ImportForeignSchemaStmt *stmt, Oid serverid,
			  const DcfImportOptions *options, List **names)
{
	List *defs;
	ListCell *cell;

	*names = NIL;
	if (strcmp(stmt->remote_schema, SCHEMA_BRIDGE) == 0)
		return dcf_bridge_tables(serverid, stmt, options, names);
	if (stmt->remote_schema[0] == '/' &&
		dcf_request_writes(stmt->remote_schema))
		defs = define_writing(stmt->remote_schema, serverid, options);
	else if (stmt->remote_schema[0] == '/')
		defs = define_endpoint(stmt->remote_schema, serverid, options);
	else
		defs = define_catalogue(stmt->remote_schema, serverid, options);
	foreach(cell, defs)
		*names = lappend(*names, ((DcfTableDef *) lfirst(cell))->relname);
	return defs;
}

/*
 * The names that the statement does not list.  Only one of these can be meant
 * by a listed name that no table has.
 */
static List *
unlisted(const ImportForeignSchemaStmt *stmt, const List *names)
{
	List *listed = NIL;
	List *result = NIL;
	ListCell *cell;

	foreach(cell, stmt->table_list)
		listed = lappend(listed, lfirst_node(RangeVar, cell)->relname);
	foreach(cell, names)
	{
		if (!dcf_name_list_has(listed, lfirst(cell)))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/*
 * Warn of names in LIMIT TO and EXCEPT that no table has, which PostgreSQL
 * ignores.  EXCEPT may name tables that no longer exist, so there only a name
 * that looks misspelt is worth a warning.
 */
static void
warn_unknown_names(const ImportForeignSchemaStmt *stmt, const List *names)
{
	List *others = unlisted(stmt, names);
	ListCell *cell;

	foreach(cell, stmt->table_list)
	{
		const char *name = lfirst_node(RangeVar, cell)->relname;
		const char *nearest;

		if (dcf_name_list_has(names, name))
			continue;
		nearest = dcf_closest_match(name, others);
		if (!nearest && stmt->list_type == FDW_IMPORT_SCHEMA_EXCEPT)
			continue;
		ereport(WARNING,
				(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
				 errmsg("remote schema \"%s\" has no table \"%s\"",
						stmt->remote_schema, name),
				 nearest ? errhint("Perhaps you meant \"%s\".", nearest) : 0));
	}
}

List *
dcf_import_schema(ImportForeignSchemaStmt *stmt, Oid serverid)
{
	DcfImportOptions *options = dcf_option_import(stmt->options);
	List *names;
	List *defs = define_schema(stmt, serverid, options, &names);
	ForeignServer *server = GetForeignServer(serverid);
	DcfServerOptions *server_options = dcf_option_server(server);
	List *commands = NIL;
	ListCell *cell;

	warn_unknown_names(stmt, names);
	foreach(cell, defs)
	{
		DcfTableDef *def = lfirst(cell);
		char *command;

		/*
		 * PostgreSQL skips these as well, but only after it has parsed them.
		 */
		if (!IsImportableForeignTable(def->relname, stmt))
			continue;
		command = dcf_table_def_ddl(def, server->servername);
		if (options->comments)
			dcf_import_comment_add(command, def, server_options);
		commands = lappend(commands, command);
	}
	return commands;
}
