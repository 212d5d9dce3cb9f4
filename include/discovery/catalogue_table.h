/*
 * catalogue_table.h
 *	  The documented endpoints as foreign tables.
 *
 * An endpoint is one table, but for those whose records depend on a parameter
 * (variants): one table for each value, which is fixed in the table's option
 * params; and those with several sets of parameters (forms): one table for
 * each set.
 */
#ifndef DCF_CATALOGUE_TABLE_H
#define DCF_CATALOGUE_TABLE_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "catalogue/catalogue.h"
#include "discovery/table_def.h"
#include "options/option.h"
#include "request/request.h"

/* The category of what is below /partner and /master. */
#define DCF_CATEGORY_PARTNER "partner"

/*
 * Drafts (of DcfTableDef *) of the endpoints of a category, or of all categories
 * but "partner" where it is NULL, in the order of endpoints, which must outlive
 * them.  Endpoints that are no tables, and what options->all_sources leaves
 * out, are passed over.  sent is a request with what all the tables' requests
 * will have (dcf_request_create()), or NULL where that is not known: it tells
 * whether more than the days of dates counts, and which parameters need no value.
 */
extern List *dcf_catalogue_tables(const List *endpoints, const char *category,
								  const DcfImportOptions *options,
								  const DcfRequest *sent);

/*
 * Add what the catalogue knows of a draft of another source, by its endpoint
 * and the keys of its columns.
 */
extern void dcf_catalogue_describe(DcfTableDef *def);

/*
 * Whether the endpoint's replies are a table: not where a request changes the
 * service's data, nor where the reply is credentials, nor where no column is
 * known.
 */
extern bool dcf_catalogue_is_table(const DcfCatalogueEndpoint *endpoint);

#endif /* DCF_CATALOGUE_TABLE_H */
