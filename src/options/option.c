/*
 * option.c
 *	  Validating and reading the options of one object.  See option.h.
 *
 * The validator reads the options with the scan's own readers and discards the
 * result, so the two cannot disagree.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"

#include "options/day.h"
#include "options/option_table.h"

/* Whether an object's own options, defaults aside, include this one. */
static bool
is_given(List *options, const char *name)
{
	ListCell *cell;

	foreach(cell, options)
	{
		if (strcmp(((DefElem *) lfirst(cell))->defname, name) == 0)
			return true;
	}
	return false;
}

/*
 * Read the options of one object into the struct of its context.  A field whose
 * option is neither given nor has a default keeps its value.
 */
static void
read_options(DcfOptionContext context, List *options, void *dest)
{
	ListCell *cell;
	int i;

	/* Names first: a misspelt one may be why a required one is missing. */
	foreach(cell, options)
		(void) dcf_option_require(context,
								  ((DefElem *) lfirst(cell))->defname);

	/* Defaults come before the given values, which then replace them. */
	for (i = 0; i < dcf_options_length; i++)
	{
		const DcfOption *option = &dcf_options[i];

		if (option->context != context)
			continue;
		if (option->required && !is_given(options, option->name))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
					 errmsg("option \"%s\" of a %s is required", option->name,
							dcf_option_context_name(context))));
		if (option->default_value)
			dcf_option_parse(option, option->default_value,
							 (char *) dest + option->offset);
	}

	foreach(cell, options)
	{
		DefElem *def = lfirst(cell);
		const DcfOption *option = dcf_option_require(context, def->defname);

		dcf_option_parse(option, defGetString(def),
						 (char *) dest + option->offset);
	}
}

/* Refuse options that are valid only apart; detail may be NULL. */
pg_noreturn static void
reject_combination(const char *message, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s", message),
			 detail ? errdetail_internal("%s", detail) : 0));
}

/* Refuse two options that exclude each other. */
pg_noreturn static void
reject_pair(const char *option, const char *other)
{
	reject_combination(psprintf("options \"%s\" and \"%s\" contradict each "
								"other",
								option, other),
					   NULL);
}

/* required: one or more option names with their quotes. */
pg_noreturn static void
reject_missing(const char *option, const char *required)
{
	reject_combination(psprintf("option \"%s\" requires option %s", option,
								required),
					   NULL);
}

static DcfServerOptions *
read_server(List *options)
{
	DcfServerOptions *server = palloc0(sizeof(DcfServerOptions));
	size_t len;

	read_options(DCF_OPTION_SERVER, options, server);

	/* Endpoints start with a slash, so the URL must not end with one. */
	for (len = strlen(server->url); server->url[len - 1] == '/'; len--)
		server->url[len - 1] = '\0';
	return server;
}

/*
 * The name of that one of two options which is given, NULL if neither is.  A value
 * and the name of its file exclude each other.
 */
static const char *
name_of_given(const char *value, const char *option, const char *file,
			  const char *file_option)
{
	if (value && file)
		reject_pair(option, file_option);
	return value ? option : file ? file_option : NULL;
}

/*
 * Refuse credentials that make no complete method: token; username and
 * password; or these two with client_id and client_secret.  Each secret may be in a
 * file.
 */
static void
check_user(const DcfUserOptions *user)
{
	const char *token =
		name_of_given(user->token, "token", user->token_file, "token_file");
	const char *password = name_of_given(user->password, "password",
										 user->password_file, "password_file");
	const char *client_secret =
		name_of_given(user->client_secret, "client_secret",
					  user->client_secret_file, "client_secret_file");

	if (token && user->username)
		reject_pair(token, "username");
	if (token && password)
		reject_pair(token, password);
	if (token && user->client_id)
		reject_pair(token, "client_id");
	if (token && client_secret)
		reject_pair(token, client_secret);
	/* A token excludes all others; below, half of a pair is refused. */
	if (user->username && !password)
		reject_missing("username", "\"password\" or \"password_file\"");
	if (password && !user->username)
		reject_missing(password, "\"username\"");
	if (user->client_id && !client_secret)
		reject_missing("client_id",
					   "\"client_secret\" or \"client_secret_file\"");
	if (client_secret && !user->client_id)
		reject_missing(client_secret, "\"client_id\"");
	if (user->client_id && !user->username)
		reject_missing("client_id", "\"username\"");

	/* RFC 7617: the first colon ends the user name. */
	if (user->username && !user->client_id && strchr(user->username, ':'))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("invalid value for option \"username\""),
				 errdetail("A user name for Basic authentication cannot "
						   "contain a colon.")));
}

static DcfUserOptions *
read_user(List *options)
{
	DcfUserOptions *user = palloc0(sizeof(DcfUserOptions));

	read_options(DCF_OPTION_USER_MAPPING, options, user);
	check_user(user);
	return user;
}

/* The server's options are the defaults; server is NULL when validating. */
static DcfTableOptions *
read_table(List *options, const DcfServerOptions *server)
{
	DcfTableOptions *table = palloc0(sizeof(DcfTableOptions));
	DcfDay from;
	DcfDay to;

	table->rows = -1;
	/*
	 * These options have no default in the table of options, so read_options()
	 * leaves these values alone unless the table has its own.
	 */
	if (server)
	{
		table->format = server->format;
		table->method = server->method;
		table->batch_size = server->batch_size;
		table->async_capable = server->async_capable;
		table->missing_key = server->missing_key;
		table->new_keys = server->new_keys;
		table->max_age = server->max_age;
		table->stale_if_error = server->stale_if_error;
	}
	read_options(DCF_OPTION_TABLE, options, table);

	/*
	 * Two days are comparable only if both are dates or both are relative: the
	 * date of a relative day changes.
	 */
	if (dcf_day_parse(table->open_from, &from) &&
		dcf_day_parse(table->open_to, &to) &&
		from.is_relative == to.is_relative && from.number > to.number)
		reject_combination("options \"open_from\" and \"open_to\" contradict "
						   "each other",
						   psprintf("The window would be from %s to %s.",
									table->open_from, table->open_to));
	return table;
}

/* Refuse options that make no kind of column together. */
static void
check_column(const DcfColumnOptions *column)
{
	const char *bound = column->param_from ? "param_from" : "param_to";
	bool is_window = column->param_from || column->param_to;

	/* An origin column is neither read nor sent. */
	if (column->origin != DCF_ORIGIN_NONE && column->name)
		reject_pair("value", "name");
	if (column->origin != DCF_ORIGIN_NONE && column->param)
		reject_pair("value", "param");
	if (column->origin != DCF_ORIGIN_NONE && is_window)
		reject_pair("value", bound);
	if (column->origin != DCF_ORIGIN_NONE && column->timezone)
		reject_pair("value", "timezone");

	if (is_window && column->param)
		reject_pair("param", bound);
	if (is_window && !column->name)
		reject_missing(bound, "\"name\"");
	if (column->param_from && column->param_to &&
		pg_strcasecmp(column->param_from, column->param_to) == 0)
		reject_combination("options \"param_from\" and \"param_to\" "
						   "contradict each other",
						   "They name the same parameter.");
	/* A default and a list are for a single parameter, not for two bounds. */
	if (is_window && column->default_value)
		reject_pair("default", bound);
	if (is_window && column->list)
		reject_pair("list", bound);
	/* With a default, there is always a value. */
	if (column->required && column->default_value)
		reject_pair("required", "default");
	if (column->default_value && !column->param)
		reject_missing("default", "\"param\"");
	if (column->list && !column->param)
		reject_missing("list", "\"param\"");
	if (column->send_empty && !column->param)
		reject_missing("empty", "\"param\"");
	if (column->required && !column->param && !is_window)
		reject_missing("required",
					   "\"param\", \"param_from\" or \"param_to\"");
}

static DcfColumnOptions *
read_column(List *options)
{
	DcfColumnOptions *column = palloc0(sizeof(DcfColumnOptions));

	read_options(DCF_OPTION_COLUMN, options, column);
	check_column(column);
	return column;
}

DcfImportOptions *
dcf_option_import(List *options)
{
	DcfImportOptions *import = palloc0(sizeof(DcfImportOptions));

	read_options(DCF_OPTION_IMPORT, options, import);
	return import;
}

DcfServerOptions *
dcf_option_server(const ForeignServer *server)
{
	return read_server(server->options);
}

DcfUserOptions *
dcf_option_user(const UserMapping *user)
{
	DcfUserOptions *options = read_user(user->options);

	dcf_option_read_secrets(options);
	return options;
}

DcfTableOptions *
dcf_option_table(const ForeignTable *table, const DcfServerOptions *server)
{
	return read_table(table->options, server);
}

/* Append an option as CREATE FOREIGN TABLE would; none if value is NULL. */
static List *
append_option(List *options, const char *name, const char *value)
{
	if (value == NULL)
		return options;
	return lappend(options,
				   makeDefElem(pstrdup(name),
							   (Node *) makeString(pstrdup(value)), -1));
}

DcfTableOptions *
dcf_option_endpoint(const char *endpoint, const char *params,
					const DcfServerOptions *server)
{
	List *options = append_option(NIL, "endpoint", endpoint);

	return read_table(append_option(options, "params", params), server);
}

DcfColumnOptions *
dcf_option_column(Oid relid, AttrNumber attnum, const char *attname)
{
	DcfColumnOptions *column;

	column = read_column(GetForeignColumnOptions(relid, attnum));
	column->is_named = column->name != NULL;
	/* A column with a parameter has a key only if "name" says so. */
	if (!column->name && !column->param && column->origin == DCF_ORIGIN_NONE)
		column->name = pstrdup(attname);
	return column;
}

char *
dcf_option_utf8(char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* Whether value spells out the default of a boolean option. */
static bool
is_default(const DcfOption *option, const char *value)
{
	bool given;
	bool normal;

	/*
	 * A boolean has several spellings ("on", "yes"), so the values are
	 * compared, not the texts.
	 */
	return option->type == DCF_OPTION_BOOLEAN && parse_bool(value, &given) &&
		parse_bool(option->default_value, &normal) && given == normal;
}

/*
 * The validator sees all options that the object will have, but not which of
 * them the command changes.  So only a superuser may alter the options of an
 * object that has a superuser's option.
 */
static void
check_privilege(DcfOptionContext context, List *options)
{
	ListCell *cell;

	if (superuser())
		return;
	foreach(cell, options)
	{
		DefElem *def = lfirst(cell);
		const DcfOption *option = dcf_option_require(context, def->defname);

		if (option->superuser_only && !is_default(option, defGetString(def)))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied to set option \"%s\"",
							option->name),
					 errdetail("Only a superuser may set this option, or "
							   "change the options of a %s that has it.",
							   dcf_option_context_name(context))));
	}
}

void
dcf_option_validate(List *options, Oid catalog)
{
	DcfOptionContext context;

	/* PostgreSQL passes the catalog in which the options are stored. */
	switch (catalog)
	{
		case ForeignServerRelationId:
			context = DCF_OPTION_SERVER;
			break;
		case UserMappingRelationId:
			context = DCF_OPTION_USER_MAPPING;
			break;
		case ForeignTableRelationId:
			context = DCF_OPTION_TABLE;
			break;
		case AttributeRelationId:
			context = DCF_OPTION_COLUMN;
			break;
		default:
			/* The foreign-data wrapper itself. */
			if (options != NIL)
				ereport(ERROR,
						(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
						 errmsg("invalid option \"%s\"",
								((DefElem *) linitial(options))->defname),
						 errhint("Options belong on servers, user mappings, "
								 "tables and columns.")));
			return;
	}

	check_privilege(context, options);
	switch (context)
	{
		case DCF_OPTION_SERVER:
			(void) read_server(options);
			break;
		case DCF_OPTION_USER_MAPPING:
			(void) read_user(options);
			break;
		case DCF_OPTION_TABLE:
			/* Defaults of the server do not matter for validity. */
			(void) read_table(options, NULL);
			break;
		case DCF_OPTION_COLUMN:
			(void) read_column(options);
			break;
		case DCF_OPTION_IMPORT:
		case DCF_OPTION_FETCH:
		case DCF_OPTION_EMAIL:
			/* These belong to a statement, not to an object. */
			break;
	}
}
