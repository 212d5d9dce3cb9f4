/*
 * catalogue_part.c
 *	  The parts of an endpoint that become one table each.  See
 *	  catalogue_part.h.
 */
#include "postgres.h"

#include "catalogue_part.h"
#include "core/snake_case.h"
#include "discovery/catalogue_table.h"
#include "name_list.h"

/* The documented names of row types end in this. */
#define RESOURCE_SUFFIX "Data"

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
static DcfCataloguePart *
make_part(const DcfCatalogueEndpoint *endpoint)
{
	DcfCataloguePart *part = palloc0(sizeof(DcfCataloguePart));

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
		DcfCataloguePart *part = make_part(endpoint);

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
		DcfCataloguePart *part = make_part(endpoint);
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
	DcfCataloguePart *part = make_part(endpoint);
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

List *
dcf_catalogue_parts(const DcfCatalogueEndpoint *endpoint)
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
 * Whether a condition holds for a part that fixes the parameter in question;
 * otherwise if there is no condition or the part leaves the parameter open.
 */
static bool
holds(const DcfCataloguePart *part, const DcfCatalogueCondition *condition,
	  bool otherwise)
{
	if (condition == NULL || part->variant == NULL ||
		pg_strcasecmp(condition->parameter, part->variant->parameter) != 0)
		return otherwise;
	return part->variant->value &&
		dcf_name_list_has(condition->values, part->variant->value);
}

bool
dcf_catalogue_part_offers(const DcfCataloguePart *part,
						  const DcfCatalogueParam *param)
{
	if (part->fixed && pg_strcasecmp(param->name, part->fixed) == 0)
		return false;
	if (part->form)
		return dcf_name_list_has(part->form->required, param->name) ||
			dcf_name_list_has(part->form->optional, param->name);
	return holds(part, param->used_when, true);
}

bool
dcf_catalogue_part_requires(const DcfCataloguePart *part,
							const DcfCatalogueParam *param)
{
	if (part->form)
		return dcf_name_list_has(part->form->required, param->name);
	return holds(part, param->required_when, param->required);
}
