/*
 * table_comment.c
 *	  The texts of comments.  See table_comment.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/foreign_text.h"
#include "catalogue/catalogue.h"
#include "discovery/table_comment.h"
#include "request/request.h"

/* At most so many values of a parameter are listed. */
#define MAX_VALUES 50

/* A text of the catalogue or the service, made fit to show. */
static char *
show(const char *text)
{
	const char *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	return dcf_foreign_text(utf8, strlen(utf8));
}

/*
 * Append a full stop, unless the text ends in one.  The comment must not be
 * empty.
 */
static void
end_sentence(StringInfo comment)
{
	if (comment->data[comment->len - 1] != '.')
		appendStringInfoChar(comment, '.');
}

/* " Default: 1." */
static void
append_fact(StringInfo comment, const char *what, const char *text)
{
	appendStringInfo(comment, " %s %s", what, show(text));
	end_sentence(comment);
}

/* "a, b or c", of a list of char *; last is " or " or " and ". */
static void
append_texts(StringInfo comment, const List *texts, const char *last)
{
	int length = list_length(texts);
	ListCell *cell;

	foreach(cell, texts)
	{
		int i = foreach_current_index(cell);

		appendStringInfo(comment, "%s%s",
						 i == 0				 ? "" :
							 i == length - 1 ? last :
											   ", ",
						 show(lfirst(cell)));
	}
}

/* "1 (Product SKU), 2 (Manufacturer)" */
static void
append_values(StringInfo comment, const DcfCatalogueParam *param)
{
	ListCell *cell;

	if (param->values == NIL)
		return;
	appendStringInfoString(comment, " Values: ");
	foreach(cell, param->values)
	{
		int i = foreach_current_index(cell);

		if (i > 0)
			appendStringInfoString(comment, ", ");
		if (i == MAX_VALUES)
		{
			appendStringInfoString(comment, "...");
			break;
		}
		appendStringInfoString(comment, show(lfirst(cell)));
		if (param->labels != NIL)
			appendStringInfo(comment, " (%s)",
							 show(list_nth(param->labels, i)));
	}
	end_sentence(comment);
}

/* " Used where SearchMethod is 1 or 3." */
static void
append_condition(StringInfo comment, const char *what,
				 const DcfCatalogueCondition *condition)
{
	if (condition == NULL)
		return;
	appendStringInfo(comment, " %s where %s is ", what,
					 show(condition->parameter));
	append_texts(comment, condition->values, " or ");
	end_sentence(comment);
}

/* An example, unless it is empty. */
static void
append_example(StringInfo comment, const char *example)
{
	if (example && example[0] != '\0' && strcmp(example, "null") != 0)
		append_fact(comment, "Example:", example);
}

/*
 * What the catalogue says about a parameter.  Each sentence begins with a
 * blank, because append_sent() came before.
 */
static void
append_param(StringInfo comment, const DcfCatalogueParam *param)
{
	append_values(comment, param);
	if (param->all != NIL)
	{
		appendStringInfoString(comment, " No restriction: ");
		append_texts(comment, param->all, " or ");
		end_sentence(comment);
	}
	if (param->default_value && param->default_value[0] != '\0')
		append_fact(comment, "Default:", param->default_value);
	if (param->lookup)
		append_fact(comment, "Listed by", param->lookup);
	append_condition(comment, "Used", param->used_when);
	append_condition(comment, "Required", param->required_when);
	if (param->ignored_if)
		append_fact(comment, "Ignored beside", param->ignored_if);

	/* The documented examples of dates are out of date. */
	if (param->values == NIL && strcmp(param->type, "datetime") != 0)
		append_example(comment, param->example);
}

/*
 * "Read from the reply: StoreID, INT." The type that the service gave is
 * newer than the catalogue's.
 */
static void
append_read(StringInfo comment, const DcfTableDefColumn *column)
{
	const char *type = column->sql_type;

	if (type == NULL && column->field)
		type = column->field->type;
	appendStringInfo(comment, "Read from the reply: %s",
					 show(column->options.name));
	if (type)
		appendStringInfo(comment, ", %s", show(type));
	end_sentence(comment);
}

/*
 * "Sent as StoreID, required." A parameter column sends only, so this begins
 * its comment; other columns are also read, so this follows append_read().
 */
static void
append_sent(StringInfo comment, const DcfTableDefColumn *column)
{
	const DcfColumnOptions *options = &column->options;

	if (options->param)
		appendStringInfo(comment, "%sSent as %s", comment->len > 0 ? " " : "",
						 show(options->param));
	else if (options->param_from || options->param_to)
		appendStringInfo(comment, " Comparisons with it are sent as %s%s%s",
						 options->param_from ? show(options->param_from) : "",
						 options->param_from && options->param_to ? " and " :
																	"",
						 options->param_to ? show(options->param_to) : "");
	else
		return;
	appendStringInfoString(comment, options->required ? ", required" : "");
	appendStringInfoString(comment,
						   options->list ? ", several values at once." : ".");
}

char *
dcf_table_comment_column(const DcfTableDefColumn *column)
{
	bool in_use = (column->field && column->field->in_use) ||
		(column->param && column->param->in_use);
	StringInfoData comment;

	initStringInfo(&comment);
	if (column->options.name)
		append_read(&comment, column);
	append_sent(&comment, column);
	if (column->param)
		append_param(&comment, column->param);
	else if (column->field)
		append_example(&comment, column->field->example);
	if (in_use)
		appendStringInfoString(&comment, " Seen in use, not documented.");
	return comment.data;
}

/* " A query must give start_date and stop_date." */
static void
append_required(StringInfo comment, const DcfTableDef *def)
{
	List *names = NIL;
	ListCell *cell;

	foreach(cell, def->columns)
	{
		const DcfTableDefColumn *column = lfirst(cell);

		if (column->options.required)
			names = lappend(names, (char *) quote_identifier(column->attname));
	}
	if (names == NIL)
		return;
	appendStringInfoString(comment, " A query must give ");
	append_texts(comment, names, " and ");
	end_sentence(comment);
}

char *
dcf_table_comment_table(const DcfTableDef *def, const DcfServerOptions *server)
{
	const DcfCatalogueEndpoint *documented = def->documented;
	const char *path = dcf_request_path(server->path_prefix, def->endpoint);
	const char *resource = def->resource;
	StringInfoData comment;

	if (resource == NULL && documented)
		resource = documented->resource;
	initStringInfo(&comment);
	appendStringInfo(&comment, "DataConnect endpoint %s", show(path));
	if (documented)
		appendStringInfo(&comment, ", category %s",
						 show(documented->category));
	if (resource)
		appendStringInfo(&comment, ", records %s", show(resource));
	end_sentence(&comment);
	if (def->params)
		append_fact(&comment, "Always sent:", def->params);
	append_required(&comment, def);
	if (documented && documented->in_use)
		appendStringInfoString(&comment, " Seen in use, not documented.");
	return comment.data;
}

char *
dcf_table_comment_column_ddl(const char *table,
							 const DcfTableDefColumn *column)
{
	const char *attname = quote_identifier(column->attname);

	return psprintf("COMMENT ON COLUMN %s.%s IS %s;", table, attname,
					quote_literal_cstr(dcf_table_comment_column(column)));
}

char *
dcf_table_comment_ddl(const DcfTableDef *def, const DcfServerOptions *server)
{
	const char *relname = pstrdup(quote_identifier(def->relname));
	StringInfoData ddl;
	ListCell *cell;

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "COMMENT ON FOREIGN TABLE %s IS %s;", relname,
					 quote_literal_cstr(dcf_table_comment_table(def, server)));
	foreach(cell, def->columns)
		appendStringInfo(&ddl, "\n%s",
						 dcf_table_comment_column_ddl(relname, lfirst(cell)));
	return ddl.data;
}
