/*
 * catalogue_table.c
 *	  The documented endpoints as foreign tables.  See catalogue_table.h.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "catalogue_part.h"
#include "discovery/catalogue_table.h"
#include "type_map.h"

bool
dcf_catalogue_is_table(const DcfCatalogueEndpoint *endpoint)
{
	return (strcmp(endpoint->category, DCF_CATEGORY_IMPORT) != 0 ||
			dcf_request_writes(endpoint->path)) &&
		strcmp(endpoint->category, "session") != 0 &&
		(endpoint->columns != NIL || endpoint->variants != NIL);
}

/*
 * Whether an import of a category, or of all (NULL), includes an endpoint.  "All"
 * excludes partners' endpoints, which only the partner itself can use, and those that
 * write: nobody is to get such a table unawares.
 */
static bool
is_wanted(const DcfCatalogueEndpoint *endpoint, const char *category)
{
	if (category == NULL)
		return strcmp(endpoint->category, DCF_CATEGORY_PARTNER) != 0 &&
			strcmp(endpoint->category, DCF_CATEGORY_IMPORT) != 0;
	return pg_strcasecmp(endpoint->category, category) == 0;
}

/* The parts of all endpoints of a category; NULL: as is_wanted() says. */
static List *
collect_parts(const List *endpoints, const char *category)
{
	List *parts = NIL;
	ListCell *cell;

	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (!dcf_catalogue_is_table(endpoint) ||
			!is_wanted(endpoint, category))
			continue;
		parts = list_concat(parts, dcf_catalogue_parts(endpoint));
	}
	return parts;
}

/*
 * Whether another part has the same name.  Parts of all endpoints count, also
 * of those that the options leave out, so that a name is the same in every
 * import of one schema.
 */
static bool
is_clash(const List *parts, const DcfCataloguePart *part)
{
	ListCell *cell;

	foreach(cell, parts)
	{
		const DcfCataloguePart *other = lfirst(cell);

		if (other != part && strcmp(other->relname, part->relname) == 0)
			return true;
	}
	return false;
}

/* Names that clash begin with their endpoint's category. */
static char *
table_name(const List *parts, const DcfCataloguePart *part, const char *prefix)
{
	return psprintf("%s%s%s", prefix ? prefix : "",
					is_clash(parts, part) ?
						psprintf("%s_",
								 dcf_table_def_snake(
									 part->endpoint->category)) :
						"",
					part->relname);
}

/* The option "params": the fixed parameter and those given, or NULL. */
static char *
table_params(const DcfCataloguePart *part, const char *given)
{
	char *fixed = part->fixed && part->fixed_value ?
		dcf_table_def_pair(part->fixed, part->fixed_value) :
		NULL;

	if (fixed && given)
		return psprintf("%s&%s", fixed, given);
	return fixed ? fixed : given ? pstrdup(given) : NULL;
}

/*
 * The type of a column: the catalogue's own, else the one that the vendor
 * documents, else by the vendor's general kind.  A field documented as
 * DATETIME is text if its example is not a date.
 */
static const char *
field_type(const DcfCatalogueColumn *column)
{
	const char *type =
		column->as ? column->as : dcf_type_map_map(column->type);

	if (type == NULL)
		type = dcf_type_map_from_kind(column->kind);
	if (strcmp(type, "timestamp") == 0 &&
		dcf_type_map_is_no_time(column->example))
		type = "text";
	return type;
}

/* Whether a text is certain to fit an integer. */
static bool
is_integer(const char *text)
{
	size_t digits = strspn(text + (text[0] == '-'), "0123456789");

	return digits > 0 && digits < 10 &&
		text[(text[0] == '-') + digits] == '\0';
}

/*
 * The service ignores the time of day (documented), unless the request has
 * DatePercision or the parameter's name ends in DateTime (RowDateTime).  The
 * type has no time zone, so that a literal means the same in every session.
 */
static const char *
time_type(const DcfCatalogueParam *param, bool with_time)
{
	static const char suffix[] = "DateTime";
	size_t len = strlen(param->name);
	size_t suffix_len = strlen(suffix);

	if (with_time ||
		(len >= suffix_len &&
		 pg_strcasecmp(param->name + len - suffix_len, suffix) == 0))
		return "timestamp";
	return "date";
}

/*
 * Whether the service heeds the time of day in parameters: every request of the
 * tables sends DatePercision, which is the service's spelling.
 */
static bool
sends_time(const DcfRequest *common)
{
	const char *value =
		common ? dcf_request_fixed(common, "DatePercision") : NULL;
	bool result;

	return value && parse_bool(value, &result) && result;
}

/* Whether every request of the tables has a value for a parameter. */
static bool
is_fixed(const DcfRequest *common, const char *param)
{
	const char *value = common ? dcf_request_fixed(common, param) : NULL;

	return value && value[0] != '\0';
}

/*
 * The type of a parameter's column.  with_time: the service heeds the time of
 * day.  An enum whose values are all integers becomes an integer.
 */
static const char *
param_type(const DcfCatalogueParam *param, bool with_time)
{
	ListCell *cell;

	if (strcmp(param->type, "datetime") == 0)
		return time_type(param, with_time);
	if (strcmp(param->type, "int") == 0 ||
		strcmp(param->type, "int_list") == 0)
		return "integer";
	if (strcmp(param->type, "bigint") == 0 ||
		strcmp(param->type, "bigint_list") == 0)
		return "bigint";
	if (strcmp(param->type, "bool") == 0)
		return "boolean";
	if (strcmp(param->type, "enum") != 0 || param->values == NIL)
		return "text";
	foreach(cell, param->values)
	{
		if (!is_integer(lfirst(cell)))
			return "text";
	}
	return "integer";
}

/*
 * Whether a parameter's documented default becomes the column's option.
 * LanguageCode's does not, because it would override the server's option
 * "language".
 */
static bool
has_default(const DcfCatalogueParam *param)
{
	return param->default_value &&
		pg_strcasecmp(param->name, "LanguageCode") != 0;
}

/*
 * Add the column of a parameter.  A value that every request sends makes a
 * required parameter optional.  A required column gets no default, because
 * the default would be sent instead of an error for the missing value.
 */
static void
add_param(DcfTableDef *def, HTAB *taken, const DcfCataloguePart *part,
		  const DcfCatalogueParam *param, DcfColumnNames names,
		  const DcfRequest *common)
{
	DcfTableDefColumn *column =
		dcf_table_def_add_param(def, taken, names, param->name,
								param_type(param, sends_time(common)));

	column->param = param;
	column->options.list = strcmp(param->type, "int_list") == 0 ||
		strcmp(param->type, "bigint_list") == 0;
	column->options.required = dcf_catalogue_part_requires(part, param) &&
		!is_fixed(common, param->name);
	if (!column->options.required && has_default(param))
		column->options.default_value = param->default_value;
}

/*
 * The table's only column of type timestamp that has no parameters yet; NULL if
 * there is none, or more than one.
 */
static DcfTableDefColumn *
find_only_time(const DcfTableDef *def)
{
	DcfTableDefColumn *only = NULL;
	ListCell *cell;

	foreach(cell, def->columns)
	{
		DcfTableDefColumn *column = lfirst(cell);

		if (strcmp(column->type, "timestamp") != 0 ||
			column->options.param_from)
			continue;
		if (only)
			return NULL;
		only = column;
	}
	return only;
}

/* Make a time a window column, if the part has both parameters. */
static void
make_window(DcfTableDefColumn *column, const DcfCataloguePart *part,
			const char *from_name, const char *to_name)
{
	const DcfCatalogueParam *from =
		dcf_catalogue_param(part->endpoint, from_name);
	const DcfCatalogueParam *to = dcf_catalogue_param(part->endpoint, to_name);

	if (from == NULL || to == NULL || !dcf_catalogue_part_offers(part, from) ||
		!dcf_catalogue_part_offers(part, to))
		return;
	column->options.param_from = from->name;
	column->options.param_to = to->name;
	column->options.required = dcf_catalogue_part_requires(part, from);
}

/* Whether to import something that is documented or only seen in use. */
static bool
is_sourced(bool in_use, const DcfImportOptions *options)
{
	return !in_use || options->all_sources;
}

/*
 * Make window columns: of the times for which the catalogue names parameters,
 * and of the only other time, with StartDate and StopDate.  The latter not if
 * the parameter ByDate chooses which time these two filter.
 */
static void
infer_windows(DcfTableDef *def, const DcfCataloguePart *part)
{
	DcfTableDefColumn *only;
	ListCell *cell;

	foreach(cell, def->columns)
	{
		DcfTableDefColumn *column = lfirst(cell);

		if (column->field->param_from && column->field->param_to)
			make_window(column, part, column->field->param_from,
						column->field->param_to);
	}
	/* After the others, which find_only_time() passes over. */
	only = find_only_time(def);
	if (only && dcf_catalogue_param(part->endpoint, "ByDate") == NULL)
		make_window(only, part, "StartDate", "StopDate");
}

/*
 * Whether a column that is read sends the parameter.  Addresses are compared:
 * make_window() and send_fields() have set the options to the catalogue's own names.
 */
static bool
is_field_param(const DcfTableDef *def, const DcfCatalogueParam *param)
{
	ListCell *cell;

	foreach(cell, def->columns)
	{
		const DcfColumnOptions *options =
			&((const DcfTableDefColumn *) lfirst(cell))->options;

		if (options->param == param->name ||
			options->param_from == param->name ||
			options->param_to == param->name)
			return true;
	}
	return false;
}

/* Let the columns of a table that is written send the parameters that they show. */
static void
send_fields(DcfTableDef *def, const DcfCataloguePart *part,
			const DcfRequest *common)
{
	ListCell *cell;

	foreach(cell, def->columns)
	{
		DcfTableDefColumn *column = lfirst(cell);
		const DcfCatalogueColumn *field = column->field;
		const DcfCatalogueParam *param =
			dcf_catalogue_param(part->endpoint,
								field->param ? field->param : field->name);

		if (param == NULL)
			continue;
		column->param = param;
		column->options.param = param->name;
		column->options.required =
			param->required && !is_fixed(common, param->name);
	}
}

/*
 * The definition of a part's table.  Columns that are read come first: a
 * parameter of the same name gets another one.  Windows come before
 * parameters, because a parameter that a window sends gets no column.
 */
static DcfTableDef *
make_table_def(const DcfCataloguePart *part, char *relname,
			   const DcfImportOptions *options, const DcfRequest *common)
{
	DcfTableDef *def = palloc0(sizeof(DcfTableDef));
	HTAB *taken = dcf_table_def_column_names();
	ListCell *cell;

	def->relname = relname;
	def->endpoint =
		dcf_request_path(options->path_prefix, part->endpoint->path);
	def->params = table_params(part, options->table_params);
	def->rows = -1;
	def->documented = part->endpoint;
	def->resource = part->resource;
	foreach(cell, part->columns)
	{
		const DcfCatalogueColumn *column = lfirst(cell);

		if (is_sourced(column->in_use, options))
			dcf_table_def_add_field(def, taken, options->column_names,
									column->name, field_type(column))
				->field = column;
	}
	if (dcf_request_writes(part->endpoint->path))
		send_fields(def, part, common);
	else if (options->infer_windows)
		infer_windows(def, part);
	foreach(cell, part->endpoint->params)
	{
		const DcfCatalogueParam *param = lfirst(cell);

		if (is_sourced(param->in_use, options) &&
			dcf_catalogue_part_offers(part, param) &&
			!is_field_param(def, param))
			add_param(def, taken, part, param, options->column_names, common);
	}
	hash_destroy(taken);
	return def;
}

List *
dcf_catalogue_tables(const List *endpoints, const char *category,
					 const DcfImportOptions *options, const DcfRequest *common)
{
	List *parts = collect_parts(endpoints, category);
	HTAB *taken = dcf_table_def_names(NULL, 0);
	List *defs = NIL;
	ListCell *cell;

	foreach(cell, parts)
	{
		const DcfCataloguePart *part = lfirst(cell);
		char *name = table_name(parts, part, options->prefix);

		/* A table's name does not depend on which others are imported. */
		name = dcf_table_def_take_name(taken, name);
		if (is_sourced(part->endpoint->in_use, options))
			defs = lappend(defs, make_table_def(part, name, options, common));
	}
	hash_destroy(taken);
	return defs;
}

void
dcf_catalogue_describe(DcfTableDef *def)
{
	ListCell *cell;

	/* This also finds an endpoint below the option "path_prefix". */
	def->documented = dcf_catalogue_find(dcf_catalogue_load(), def->endpoint);
	if (def->documented == NULL)
		return;
	foreach(cell, def->columns)
	{
		DcfTableDefColumn *column = lfirst(cell);

		if (column->options.name)
			column->field =
				dcf_catalogue_column(def->documented, column->options.name);
	}
}
