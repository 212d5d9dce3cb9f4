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
#include "options/option.h"
#include "request/request.h"

/* The remote schemas of all categories, and of the tables behind the bridge. */
#define SCHEMA_ALL		  "all"
#define SCHEMA_EVERYTHING "everything" /* the same, without quotes */
#define SCHEMA_BRIDGE	  "bridge"

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

/* "everything", "sales", ...: what there is to import. */
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
		bool is_new = true;
		ListCell *other;

		foreach(other, seen)
		{
			if (strcmp(lfirst(other), endpoint->category) == 0)
				is_new = false;
		}
		if (!is_new || !dcf_catalogue_is_table(endpoint))
			continue;
		seen = lappend(seen, endpoint->category);
		appendStringInfo(&names, ", %s", endpoint->category);
	}
	return names.data;
}

/* What all requests of the tables will have. */
static DcfRequest *
common_request(Oid serverid, const DcfImportOptions *options)
{
	DcfServerOptions *server = dcf_option_server(GetForeignServer(serverid));
	DcfTableOptions table = {.endpoint = "/", .params = options->table_params};

	return dcf_request_create(server, &table);
}

static List *
catalogue_drafts(const char *schema, Oid serverid,
				 const DcfImportOptions *options)
{
	List *endpoints = dcf_catalogue_load();
	DcfRequest *sent = common_request(serverid, options);

	if (strcmp(schema, SCHEMA_ALL) == 0 ||
		strcmp(schema, SCHEMA_EVERYTHING) == 0)
		return dcf_catalogue_tables(endpoints, NULL, options, sent);
	if (!is_category(endpoints, schema))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("there is no remote schema \"%s\"", schema),
				 errhint("Remote schemas are: %s, and the path of an endpoint, "
						 "such as \"/lists/stores\".",
						 list_schemas(endpoints))));
	return dcf_catalogue_tables(endpoints, schema, options, sent);
}

/* One table over one endpoint, of which a sample is asked for. */
static List *
endpoint_drafts(char *endpoint, Oid serverid, const DcfImportOptions *options)
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
				 errmsg("endpoint \"%s\" has no records to make a table of",
						endpoint),
				 errhint("Ask for some by the option table_params.")));
	def = dcf_sample_table(sample, table, NULL, options);
	dcf_catalogue_describe(def);
	return list_make1(def);
}

/* names is set to those of all tables, also where not all are drafted. */
static List *
schema_drafts(ImportForeignSchemaStmt *stmt, Oid serverid,
			  const DcfImportOptions *options, List **names)
{
	List *defs;
	ListCell *cell;

	*names = NIL;
	if (strcmp(stmt->remote_schema, SCHEMA_BRIDGE) == 0)
		return dcf_bridge_tables(serverid, stmt, options, names);
	if (stmt->remote_schema[0] == '/')
		defs = endpoint_drafts(stmt->remote_schema, serverid, options);
	else
		defs = catalogue_drafts(stmt->remote_schema, serverid, options);
	foreach(cell, defs)
		*names = lappend(*names, ((DcfTableDef *) lfirst(cell))->relname);
	return defs;
}

static bool
is_listed(const List *names, const char *name)
{
	ListCell *cell;

	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

/* Those of the names that the statement does not list. */
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
		if (!is_listed(listed, lfirst(cell)))
			result = lappend(result, lfirst(cell));
	}
	return result;
}

/*
 * A name in LIMIT TO or EXCEPT that no table has would go unnoticed.  EXCEPT may
 * well name tables that are gone: there only what looks misspelt counts.
 */
static void
check_named(const ImportForeignSchemaStmt *stmt, const List *names)
{
	List *others = unlisted(stmt, names);
	ListCell *cell;

	foreach(cell, stmt->table_list)
	{
		const char *name = lfirst_node(RangeVar, cell)->relname;
		const char *nearest;

		if (is_listed(names, name))
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
	List *defs = schema_drafts(stmt, serverid, options, &names);
	ForeignServer *server = GetForeignServer(serverid);
	DcfServerOptions *server_options = dcf_option_server(server);
	List *commands = NIL;
	ListCell *cell;

	check_named(stmt, names);
	foreach(cell, defs)
	{
		DcfTableDef *def = lfirst(cell);
		char *command;

		if (!IsImportableForeignTable(def->relname, stmt))
			continue;
		command = dcf_table_def_ddl(def, server->servername);
		if (options->comments)
			dcf_import_comment_add(command, def, server_options);
		commands = lappend(commands, command);
	}
	return commands;
}
