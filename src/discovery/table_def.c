/*
 * table_def.c
 *	  The definition of a foreign table.  See table_def.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "core/snake_case.h"
#include "discovery/table_def.h"
#include "request/request.h"

HTAB *
dcf_table_def_names(const char *const *reserved, int nreserved)
{
	HASHCTL control = {.keysize = NAMEDATALEN,
					   .entrysize = NAMEDATALEN,
					   .hcxt = CurrentMemoryContext};
	HTAB *taken = hash_create("dataconnect_fdw names", 64, &control,
							  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	for (int i = 0; i < nreserved; i++)
		(void) hash_search(taken, reserved[i], HASH_ENTER, NULL);
	return taken;
}

bool
dcf_table_def_is_taken(HTAB *taken, const char *name)
{
	return hash_search(taken, name, HASH_FIND, NULL) != NULL;
}

/* The first len bytes of a name at most, cut between characters; palloc'd. */
static char *
clip(const char *name, int len)
{
	return pnstrdup(name, pg_mbcliplen(name, strlen(name), len));
}

char *
dcf_table_def_take_name(HTAB *taken, const char *wanted)
{
	char *name = clip(wanted, NAMEDATALEN - 1);
	bool found;

	/* Names are compared as cut: long ones may differ only behind that. */
	(void) hash_search(taken, name, HASH_ENTER, &found);
	for (int n = 2; found; n++)
	{
		char *suffix = psprintf("_%d", n);

		name = psprintf("%s%s",
						clip(wanted, NAMEDATALEN - 1 - (int) strlen(suffix)),
						suffix);
		(void) hash_search(taken, name, HASH_ENTER, &found);
	}
	return name;
}

char *
dcf_table_def_snake(const char *name)
{
	const char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);
	size_t len = strlen(utf8);
	size_t size = dcf_snake_case(utf8, len, NULL, 0);
	char *snake = palloc(size + 1);

	(void) dcf_snake_case(utf8, len, snake, size);
	snake[size] = '\0';
	return pg_any_to_server(snake, size, PG_UTF8);
}

HTAB *
dcf_table_def_column_names(void)
{
	static const char *const system[] = {"ctid", "xmin", "cmin",
										 "xmax", "cmax", "tableoid"};

	return dcf_table_def_names(system, lengthof(system));
}

/* The wanted name of a column, for a name at the service; it may be taken. */
static char *
column_name(DcfColumnNames names, const char *name)
{
	return names == DCF_NAMES_SNAKE ? dcf_table_def_snake(name) :
									  pstrdup(name);
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

const char *
dcf_table_def_timezone(const char *name, const char *type)
{
	/* date, time, timetz, timestamp, timestamptz */
	if (strncmp(type, "date", 4) != 0 && strncmp(type, "time", 4) != 0)
		return NULL;
	/*
	 * In "CHANGEDUTC", all in capitals, snake_case sees only one word.  The
	 * "_" in front lets the name "utc" alone match.
	 */
	return ends_in(name, "UTC") ||
			ends_in(psprintf("_%s", dcf_table_def_snake(name)), "_utc") ?
		"UTC" :
		NULL;
}

/* name is the service's name, attname the column's, which def takes over. */
static DcfTableDefColumn *
add_column(DcfTableDef *def, char *attname, const char *name, const char *type)
{
	DcfTableDefColumn *column = palloc0(sizeof(DcfTableDefColumn));
	const char *timezone = dcf_table_def_timezone(name, type);

	column->attname = attname;
	column->type = type;
	column->options.timezone = timezone ? pg_tzset(timezone) : NULL;
	def->columns = lappend(def->columns, column);
	return column;
}

DcfTableDefColumn *
dcf_table_def_add_field(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *key, const char *type)
{
	DcfTableDefColumn *column;

	column =
		add_column(def,
				   dcf_table_def_take_name(taken, column_name(names, key)),
				   key, type);
	column->options.name = pstrdup(key);
	return column;
}

DcfTableDefColumn *
dcf_table_def_add_param(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *param, const char *type)
{
	char *wanted = clip(column_name(names, param), NAMEDATALEN - 1);
	DcfTableDefColumn *column;

	/* The set has names as cut, so wanted had to be cut as well. */
	if (dcf_table_def_is_taken(taken, wanted))
		wanted = psprintf("p_%s", wanted);
	column =
		add_column(def, dcf_table_def_take_name(taken, wanted), param, type);
	column->options.param = pstrdup(param);
	return column;
}

/* Percent-encode a text in the database encoding, as UTF-8. */
static char *
encode(const char *text)
{
	return dcf_request_encode(pg_server_to_any(text, strlen(text), PG_UTF8));
}

char *
dcf_table_def_pair(const char *name, const char *value)
{
	return psprintf("%s=%s", encode(name), encode(value));
}

/* Append "name 'value'" to a list of options; nothing if value is NULL. */
static void
append_option(StringInfo options, const char *name, const char *value)
{
	if (value)
		appendStringInfo(options, "%s%s %s", options->len > 0 ? ", " : "",
						 quote_identifier(name), quote_literal_cstr(value));
}

/*
 * Append a column definition.  The type needs no quotes, because it is never
 * foreign text.
 */
static void
append_column(StringInfo ddl, const DcfTableDefColumn *column)
{
	const DcfColumnOptions *given = &column->options;
	StringInfoData options;

	initStringInfo(&options);

	/* Columns that send nothing have their own name as the default. */
	if (given->name &&
		(given->param || given->param_from || given->param_to ||
		 strcmp(given->name, column->attname) != 0))
		append_option(&options, "name", given->name);
	append_option(&options, "param", given->param);
	append_option(&options, "param_from", given->param_from);
	append_option(&options, "param_to", given->param_to);
	append_option(&options, "required", given->required ? "true" : NULL);
	append_option(&options, "list", given->list ? "true" : NULL);
	append_option(&options, "default", given->default_value);
	append_option(&options, "timezone",
				  given->timezone ? pg_get_timezone_name(given->timezone) :
									NULL);

	appendStringInfo(ddl, "    %s %s", quote_identifier(column->attname),
					 column->type);
	if (options.len > 0)
		appendStringInfo(ddl, " OPTIONS (%s)", options.data);
}

char *
dcf_table_def_ddl(const DcfTableDef *def, const char *server)
{
	StringInfoData ddl;
	StringInfoData options;
	ListCell *cell;

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "CREATE FOREIGN TABLE %s (",
					 quote_identifier(def->relname));
	foreach(cell, def->columns)
	{
		appendStringInfoString(&ddl,
							   foreach_current_index(cell) > 0 ? ",\n" : "\n");
		append_column(&ddl, lfirst(cell));
	}

	initStringInfo(&options);
	append_option(&options, "endpoint", def->endpoint);
	append_option(&options, "params", def->params);
	if (def->rows >= 0)
		append_option(&options, "rows", psprintf("%.0f", def->rows));
	appendStringInfo(&ddl, "\n) SERVER %s\nOPTIONS (%s)",
					 quote_identifier(server), options.data);
	return ddl.data;
}
