/*
 * catalogue_table.c
 *	  The documented endpoints as foreign tables.  See catalogue_table.h.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "core/snake_case.h"
#include "discovery/catalogue_table.h"
#include "name_list.h"
#include "type_map.h"

/* The documented names of row types end in this. */
#define RESOURCE_SUFFIX "Data"

/* The part of an endpoint that becomes one table. */
typedef struct Part
{
	const DcfCatalogueEndpoint *endpoint;
	const char *resource;
	const List *columns;
	const DcfCatalogueVariant *variant; /* or NULL */
	const DcfCatalogueForm *form;		/* or NULL */
	const char *fixed;					/* a parameter whose value goes into
										 * the option "params"; or NULL */
	const char *fixed_value;
	char *relname; /* without prefix and category */
} Part;

bool
dcf_catalogue_is_table(const DcfCatalogueEndpoint *endpoint)
{
	return strcmp(endpoint->category, "import") != 0 &&
		strcmp(endpoint->category, "session") != 0 &&
		(endpoint->columns != NIL || endpoint->variants != NIL);
}

/* The name of a row type without RESOURCE_SUFFIX, palloc'd; "" for NULL. */
static char *
resource_stem(const char *resource)
{
	char *stem = pstrdup(resource ? resource : "");
	size_t len = strlen(stem);
	size_t suffix = strlen(RESOURCE_SUFFIX);

	if (len > suffix && strcmp(stem + len - suffix, RESOURCE_SUFFIX) == 0)
		stem[len - suffix] = '\0';
	return stem;
}

/*
 * A table's name, from the path's last segment.  The row type's name shows where
 * the words of a segment in lower case begin.
 */
static char *
path_name(const char *path, const char *resource)
{
	const char *segment = strrchr(path, '/') + 1;
	size_t len = strlen(segment);
	char *stem = resource_stem(resource);
	char *name = palloc(len + 1);

	dcf_snake_case_borrow(segment, len, stem, strlen(stem), name);
	name[len] = '\0';
	return dcf_table_def_snake(name);
}

/*
 * The table's name with what tells partners' endpoints from others of the same
 * name: "/partner/StatFlo/ProductDetailReport" becomes
 * stat_flo_product_detail_report.  Endpoints below /partner and /master that
 * belong to no partner ("/partner/reports/...", "/partner/relationships") begin
 * with the first segment.
 */
static char *
owned_name(const DcfCatalogueEndpoint *endpoint, char *name)
{
	const char *first = endpoint->path + 1;
	size_t len = strcspn(first, "/");
	const char *second = first + len + strspn(first + len, "/");
	size_t second_len = strcspn(second, "/");

	if (strcmp(endpoint->category, DCF_CATEGORY_PARTNER) != 0)
		return name;
	if (second[second_len] == '/' &&
		!(second_len == strlen("reports") &&
		  pg_strncasecmp(second, "reports", second_len) == 0))
	{
		first = second;
		len = second_len;
	}
	return psprintf("%s_%s", dcf_table_def_snake(pnstrdup(first, len)), name);
}

/* The whole endpoint as one part. */
static Part *
make_part(const DcfCatalogueEndpoint *endpoint)
{
	Part *part = palloc0(sizeof(Part));

	part->endpoint = endpoint;
	part->resource = endpoint->resource;
	part->columns = endpoint->columns;
	part->relname =
		owned_name(endpoint, path_name(endpoint->path, endpoint->resource));
	return part;
}

/* A part for each variant, named after its row type. */
static List *
variant_parts(const DcfCatalogueEndpoint *endpoint)
{
	List *parts = NIL;
	ListCell *cell;

	foreach(cell, endpoint->variants)
	{
		const DcfCatalogueVariant *variant = lfirst(cell);
		Part *part = make_part(endpoint);

		part->variant = variant;
		part->resource = variant->resource;
		part->columns = variant->columns;
		part->fixed = variant->parameter;
		part->fixed_value = variant->value;
		part->relname =
			owned_name(endpoint,
					   dcf_table_def_snake(resource_stem(variant->resource)));
		parts = lappend(parts, part);
	}
	return parts;
}

/*
 * A part for each form.  The first has the endpoint's name; the others add the
 * name of the first parameter that they require and the first form does not.
 */
static List *
form_parts(const DcfCatalogueEndpoint *endpoint)
{
	const DcfCatalogueForm *first = linitial(endpoint->forms);
	List *parts = NIL;
	ListCell *cell;

	foreach(cell, endpoint->forms)
	{
		const DcfCatalogueForm *form = lfirst(cell);
		Part *part = make_part(endpoint);
		ListCell *name;

		part->form = form;
		foreach(name, form->required)
		{
			if (form == first ||
				dcf_name_list_has(first->required, lfirst(name)))
				continue;
			part->relname = psprintf("%s_by_%s", part->relname,
									 dcf_table_def_snake(lfirst(name)));
			break;
		}
		parts = lappend(parts, part);
	}
	return parts;
}

/*
 * If the columns depend on a parameter in no documented way, only those of the
 * documented example are known: fix the required parameter at its example.
 */
static List *
dynamic_parts(const DcfCatalogueEndpoint *endpoint)
{
	Part *part = make_part(endpoint);
	ListCell *cell;

	foreach(cell, endpoint->params)
	{
		const DcfCatalogueParam *param = lfirst(cell);

		if (!param->required || part->fixed)
			continue;
		part->fixed = param->name;
		part->fixed_value = param->example;
	}
	return list_make1(part);
}

static List *
endpoint_parts(const DcfCatalogueEndpoint *endpoint)
{
	if (endpoint->variants != NIL)
		return variant_parts(endpoint);
	if (endpoint->forms != NIL)
		return form_parts(endpoint);
	if (endpoint->dynamic)
		return dynamic_parts(endpoint);
	return list_make1(make_part(endpoint));
}

/*
 * Whether an import of a category, or of all (NULL), includes an endpoint.  "All"
 * excludes partners' endpoints, which only the partner itself can use.
 */
static bool
is_wanted(const DcfCatalogueEndpoint *endpoint, const char *category)
{
	if (category == NULL)
		return strcmp(endpoint->category, DCF_CATEGORY_PARTNER) != 0;
	return pg_strcasecmp(endpoint->category, category) == 0;
}

/* The parts of all endpoints of a category; NULL: of all but "partner". */
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
		parts = list_concat(parts, endpoint_parts(endpoint));
	}
	return parts;
}

/* Whether another part has the same name. */
static bool
is_clash(const List *parts, const Part *part)
{
	ListCell *cell;

	foreach(cell, parts)
	{
		const Part *other = lfirst(cell);

		if (other != part && strcmp(other->relname, part->relname) == 0)
			return true;
	}
	return false;
}

/* Names that clash begin with their endpoint's category. */
static char *
table_name(const List *parts, const Part *part, const char *prefix)
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
table_params(const Part *part, const char *given)
{
	char *fixed = part->fixed && part->fixed_value ?
		dcf_table_def_pair(part->fixed, part->fixed_value) :
		NULL;

	if (fixed && given)
		return psprintf("%s&%s", fixed, given);
	return fixed ? fixed : given ? pstrdup(given) : NULL;
}

/* A field documented as DATETIME is text if its example is not a date. */
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

/* with_time: the service heeds the time of day. */
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
 * Whether a condition holds for a part that fixes the parameter in question;
 * otherwise if there is no condition or the part leaves the parameter open.
 */
static bool
holds(const Part *part, const DcfCatalogueCondition *condition, bool otherwise)
{
	if (condition == NULL || part->variant == NULL ||
		pg_strcasecmp(condition->parameter, part->variant->parameter) != 0)
		return otherwise;
	return part->variant->value &&
		dcf_name_list_has(condition->values, part->variant->value);
}

/* Whether the part's table has a column for a parameter. */
static bool
is_offered(const Part *part, const DcfCatalogueParam *param)
{
	if (part->fixed && pg_strcasecmp(param->name, part->fixed) == 0)
		return false;
	if (part->form)
		return dcf_name_list_has(part->form->required, param->name) ||
			dcf_name_list_has(part->form->optional, param->name);
	return holds(part, param->used_when, true);
}

static bool
is_required(const Part *part, const DcfCatalogueParam *param)
{
	if (part->form)
		return dcf_name_list_has(part->form->required, param->name);
	return holds(part, param->required_when, param->required);
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

static void
add_param(DcfTableDef *def, HTAB *taken, const Part *part,
		  const DcfCatalogueParam *param, DcfColumnNames names,
		  const DcfRequest *common)
{
	DcfTableDefColumn *column =
		dcf_table_def_add_param(def, taken, names, param->name,
								param_type(param, sends_time(common)));

	column->param = param;
	column->options.list = strcmp(param->type, "int_list") == 0 ||
		strcmp(param->type, "bigint_list") == 0;
	column->options.required =
		is_required(part, param) && !is_fixed(common, param->name);
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
make_window(DcfTableDefColumn *column, const Part *part, const char *from_name,
			const char *to_name)
{
	const DcfCatalogueParam *from =
		dcf_catalogue_param(part->endpoint, from_name);
	const DcfCatalogueParam *to = dcf_catalogue_param(part->endpoint, to_name);

	if (from == NULL || to == NULL || !is_offered(part, from) ||
		!is_offered(part, to))
		return;
	column->options.param_from = from->name;
	column->options.param_to = to->name;
	column->options.required = is_required(part, from);
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
infer_windows(DcfTableDef *def, const Part *part)
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
	only = find_only_time(def);
	if (only && dcf_catalogue_param(part->endpoint, "ByDate") == NULL)
		make_window(only, part, "StartDate", "StopDate");
}

/* Whether a window column sends the parameter. */
static bool
is_window_param(const DcfTableDef *def, const DcfCatalogueParam *param)
{
	ListCell *cell;

	foreach(cell, def->columns)
	{
		const DcfColumnOptions *options =
			&((const DcfTableDefColumn *) lfirst(cell))->options;

		if (options->param_from == param->name ||
			options->param_to == param->name)
			return true;
	}
	return false;
}

static DcfTableDef *
make_table_def(const Part *part, char *relname,
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
	if (options->infer_windows)
		infer_windows(def, part);
	foreach(cell, part->endpoint->params)
	{
		const DcfCatalogueParam *param = lfirst(cell);

		if (is_sourced(param->in_use, options) && is_offered(part, param) &&
			!is_window_param(def, param))
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
		const Part *part = lfirst(cell);
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
