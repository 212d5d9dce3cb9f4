/*
 * catalogue_table.h
 *	  The documented endpoints as foreign tables.
 *
 * Most endpoints become one table.  An endpoint whose records depend on the
 * value of a parameter (variants) becomes a table for each value, which the
 * table's option "params" fixes.  An endpoint with several sets of parameters
 * (forms) becomes a table for each set.
 */
#ifndef DCF_CATALOGUE_TABLE_H
#define DCF_CATALOGUE_TABLE_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "catalogue/catalogue.h"
#include "discovery/table_def.h"
#include "options/option.h"
#include "request/request.h"

/* The category of the endpoints below /partner and /master. */
#define DCF_CATEGORY_PARTNER "partner"

/* The category of the endpoints that write. */
#define DCF_CATEGORY_IMPORT "import"

/*
 * Table definitions (DcfTableDef *) of the endpoints of one category, in the
 * order of endpoints; category NULL means all but "partner" and "import".  endpoints must
 * outlive the result.  Left out are endpoints that are not tables and, unless
 * options->all_sources, what is not documented.
 *
 * common is a request with the parameters that every request of the tables
 * sends (dcf_request_create()), or NULL if they are not known.  It decides
 * whether parameters for dates take a time of day, and which parameters need no
 * value from a query.
 */
extern List *dcf_catalogue_tables(const List *endpoints, const char *category,
								  const DcfImportOptions *options,
								  const DcfRequest *common);

/*
 * Link a table definition that did not come from the catalogue to what the
 * catalogue has of its endpoint and, by their keys, of its columns.
 */
extern void dcf_catalogue_describe(DcfTableDef *def);

/*
 * Whether the endpoint can be a table.  It cannot if a request changes data in a way
 * that is not known, if the reply has credentials, or if no column is known.
 */
extern bool dcf_catalogue_is_table(const DcfCatalogueEndpoint *endpoint);

#endif /* DCF_CATALOGUE_TABLE_H */
