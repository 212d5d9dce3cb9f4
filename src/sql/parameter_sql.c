/*
 * parameter_sql.c
 *	  Warnings about parameters that are not in the catalogue.
 *
 * The service ignores unknown parameters: a misspelt one makes a request return
 * everything, without an error.  The options' validator cannot check for this,
 * because it sees the options of one column and not its table's.  An event
 * trigger sees the whole table after CREATE and ALTER, and calls this.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/catch_error.h"
#include "base/closest_match.h"
#include "base/foreign_text.h"
#include "catalogue/catalogue.h"
#include "core/url.h"
#include "net/company.h"
#include "options/option.h"
#include "request/relation.h"
#include "sample_sql.h"
#include "sql/parameter_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_warn_parameters);

static bool warn_unknown_parameters = true;

/* Parameters of every endpoint.  Those that end in a point are prefixes. */
static const char *const universal[] = {DCF_COMPANY_PARAM,
										"DatePercision",
										"LanguageCode",
										"Response",
										"Auth",
										"CSV.",
										"Email."};

void
dcf_parameter_sql_init(void)
{
	DefineCustomBoolVariable(
		"dataconnect_fdw.warn_unknown_parameters",
		"Warns about parameters that are not in the catalogue.",
		"This applies when a foreign table or server is created or altered.",
		&warn_unknown_parameters, true, PGC_USERSET, 0, NULL, NULL, NULL);
}

/* An object whose options are checked. */
typedef struct Check
{
	const List *endpoints;				  /* the catalogue's */
	const DcfCatalogueEndpoint *endpoint; /* the table's; NULL for a server */
	const char *kind;					  /* "server" or "foreign table" */
	const char *name;
} Check;

/* Whether every endpoint has the parameter, or one with its prefix. */
static bool
is_universal(const char *name)
{
	for (size_t i = 0; i < lengthof(universal); i++)
	{
		size_t len = strlen(universal[i]);

		if (pg_strncasecmp(name, universal[i], len) == 0 &&
			(universal[i][len - 1] == '.' || name[len] == '\0'))
			return true;
	}
	return false;
}

/* A name of the catalogue, made fit to show. */
static char *
show(const char *name)
{
	const char *utf8 = dcf_option_utf8(pstrdup(name));

	return dcf_foreign_text(utf8, strlen(utf8));
}

/* Append the names of an endpoint's parameters. */
static List *
add_names(List *names, const DcfCatalogueEndpoint *endpoint)
{
	ListCell *cell;

	foreach(cell, endpoint->params)
	{
		const DcfCatalogueParam *param = lfirst(cell);

		names = lappend(names, param->name);
	}
	return names;
}

/*
 * The parameters that the object can send, without the universal prefixes.  A
 * server's parameters go to all endpoints, so any of theirs is known.
 */
static List *
known_names(const Check *check)
{
	List *names = NIL;
	ListCell *cell;

	if (check->endpoint)
		names = add_names(names, check->endpoint);
	else
		foreach(cell, check->endpoints)
			names = add_names(names, lfirst(cell));
	for (size_t i = 0; i < lengthof(universal); i++)
		if (universal[i][strlen(universal[i]) - 1] != '.')
			names = lappend(names, unconstify(char *, universal[i]));
	return names;
}

/*
 * Warn if a parameter is unknown.  name is in UTF-8, because the database
 * encoding may lack some of its characters.
 */
static void
check_name(const Check *check, const char *name)
{
	const char *shown = dcf_foreign_text(name, strlen(name));
	List *names;
	ListCell *cell;
	const char *nearest;

	if (is_universal(name))
		return;
	names = known_names(check);
	foreach(cell, names)
		if (pg_strcasecmp(dcf_option_utf8(lfirst(cell)), name) == 0)
			return;
	nearest = dcf_closest_match(shown, names);

	/* A server may serve endpoints that are not in the catalogue. */
	if (!check->endpoint && !nearest)
		return;
	ereport(
		WARNING,
		(errmsg("unknown parameter \"%s\" of %s \"%s\"", shown, check->kind,
				check->name),
		 check->endpoint ?
			 errdetail(
				 "The catalogue has no such parameter for \"%s\". The service ignores unknown parameters.",
				 check->endpoint->path) :
			 errdetail(
				 "The catalogue has no such parameter for any endpoint. The service ignores unknown parameters."),
		 nearest ?
			 errhint("Perhaps you meant \"%s\".", show(nearest)) :
			 errhint(
				 "If the name is right, set \"dataconnect_fdw.warn_unknown_parameters\" to off.")));
}

/* Check the names in a query string, which the validator has checked to decode. */
static void
check_query(const Check *check, char *query)
{
	const char *utf8 = dcf_option_utf8(query);
	size_t pos = 0;
	DcfSpan name;
	DcfSpan value;

	while (dcf_url_next_pair(utf8, strlen(utf8), &pos, &name, &value))
	{
		char *decoded = palloc(name.len + 1);
		size_t len;

		if (!dcf_url_decode(name.data, name.len, decoded, &len))
			return;
		decoded[len] = '\0';
		check_name(check, decoded);
	}
}

/* Check the options (DefElem *) that name parameters. */
static void
check_options(const Check *check, List *options)
{
	ListCell *cell;

	foreach(cell, options)
	{
		DefElem *option = lfirst(cell);

		if (strcmp(option->defname, "params") == 0 ||
			strcmp(option->defname, "analyze_params") == 0)
			check_query(check, defGetString(option));
		else if (strcmp(option->defname, "param") == 0 ||
				 strcmp(option->defname, "param_from") == 0 ||
				 strcmp(option->defname, "param_to") == 0)
			check_name(check, dcf_option_utf8(defGetString(option)));
	}
}

static const char *
option_value(List *options, const char *name)
{
	ListCell *cell;

	foreach(cell, options)
	{
		DefElem *option = lfirst(cell);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

/*
 * Whether an object is a foreign table or a server of this wrapper.  False
 * also for one that is gone: another event trigger may have dropped it.
 */
static bool
is_ours(Oid classid, Oid objid)
{
	const ForeignServer *server = NULL;

	if (classid == ForeignServerRelationId)
		server = GetForeignServerExtended(objid, FSV_MISSING_OK);
	else if (classid == RelationRelationId &&
			 get_rel_relkind(objid) == RELKIND_FOREIGN_TABLE)
		server = dcf_relation_server(objid);
	return server && dcf_sample_is_ours(GetForeignDataWrapper(server->fdwid));
}

/* Check a foreign table, unless its endpoint is not in the catalogue. */
static void
check_table(const List *endpoints, Oid relid)
{
	ForeignTable *table = GetForeignTable(relid);
	const char *path = option_value(table->options, "endpoint");
	Check check = {.endpoints = endpoints,
				   .kind = "foreign table",
				   .name = get_rel_name(relid)};
	int natts = dcf_relation_count_columns(relid);

	check.endpoint = path ? dcf_catalogue_find(endpoints, path) : NULL;
	if (!check.endpoint)
		return;
	check_options(&check, table->options);
	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		HeapTuple tuple = SearchSysCacheAttNum(relid, attnum);

		/* Skip dropped columns, which keep their options. */
		if (!HeapTupleIsValid(tuple))
			continue;
		ReleaseSysCache(tuple);
		check_options(&check, dcf_relation_column_options(relid, attnum));
	}
}

/*
 * Check the options of a server.  Without an endpoint, check_name() compares
 * with the parameters of all endpoints.
 */
static void
check_server(const List *endpoints, Oid serverid)
{
	const ForeignServer *server = GetForeignServer(serverid);
	Check check = {.endpoints = endpoints,
				   .kind = "server",
				   .name = server->servername};

	check_options(&check, server->options);
}

/* A DcfCatchErrorFn; arg points to the list to set. */
static void
load_catalogue(void *arg)
{
	const List **endpoints = arg;

	*endpoints = dcf_catalogue_load();
}

/*
 * The catalogue, or NIL if it cannot be read.  A broken catalogue file of the
 * DBA's should not fail an ALTER TABLE; importing raises its error.
 */
static const List *
try_catalogue(void)
{
	const List *endpoints = NIL;

	if (dcf_catch_error_in_subtransaction(load_catalogue, &endpoints) != NULL)
		return NIL;
	return endpoints;
}

/* OIDs of this wrapper's objects that the command has created or altered. */
typedef struct Altered
{
	List *tables;
	List *servers;
} Altered;

/*
 * The objects of the command, from the event trigger's own function.  An
 * object may be listed once for each subcommand.  The lists are in the
 * caller's context, because SPI_finish() frees what SPI has allocated.
 */
static Altered
list_altered(void)
{
	MemoryContext context = CurrentMemoryContext;
	Altered altered = {NIL, NIL};

	SPI_connect();
	if (SPI_execute("SELECT classid, objid"
					" FROM pg_catalog.pg_event_trigger_ddl_commands()",
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list the command's objects");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool isnull;
		HeapTuple tuple = SPI_tuptable->vals[i];
		Oid classid = DatumGetObjectId(
			SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &isnull));
		Oid objid = DatumGetObjectId(
			SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &isnull));
		List **list =
			classid == RelationRelationId ? &altered.tables : &altered.servers;
		MemoryContext old = MemoryContextSwitchTo(context);

		if (is_ours(classid, objid))
			*list = list_append_unique_oid(*list, objid);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return altered;
}

/*
 * The event trigger's function.  It warns of nothing during a restore, which
 * shows in check_function_bodies: pg_dump's scripts turn it off.
 */
Datum
dataconnect_warn_parameters(PG_FUNCTION_ARGS)
{
	Altered altered;
	const List *endpoints;
	ListCell *cell;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("dataconnect_warn_parameters() can only be called by "
						"an event trigger")));
	if (!warn_unknown_parameters || !check_function_bodies)
		PG_RETURN_NULL();

	/* A session's first reading takes longer than most DDL: only if needed. */
	altered = list_altered();
	if (altered.tables == NIL && altered.servers == NIL)
		PG_RETURN_NULL();
	endpoints = try_catalogue();
	if (endpoints == NIL)
		PG_RETURN_NULL();
	foreach(cell, altered.tables)
		check_table(endpoints, lfirst_oid(cell));
	foreach(cell, altered.servers)
		check_server(endpoints, lfirst_oid(cell));
	PG_RETURN_NULL();
}
