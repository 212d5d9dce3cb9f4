/*
 * catalogue_part.h
 *	  The parts of an endpoint that become one table each.  See
 *	  catalogue_table.h.
 */
#ifndef DCF_CATALOGUE_PART_H
#define DCF_CATALOGUE_PART_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "catalogue/catalogue.h"

typedef struct DcfCataloguePart
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
} DcfCataloguePart;

/*
 * The parts (DcfCataloguePart *) of an endpoint, which must outlive them: one for
 * each variant or form, else the whole endpoint.
 */
extern List *dcf_catalogue_parts(const DcfCatalogueEndpoint *endpoint);

/* Whether the part's table has a column for a parameter of the endpoint. */
extern bool dcf_catalogue_part_offers(const DcfCataloguePart *part,
									  const DcfCatalogueParam *param);

/* Whether a request for the part must have a value for a parameter. */
extern bool dcf_catalogue_part_requires(const DcfCataloguePart *part,
										const DcfCatalogueParam *param);

#endif /* DCF_CATALOGUE_PART_H */
