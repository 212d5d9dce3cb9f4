/*
 * catalogue.h
 *	  The documented endpoints: catalogue/endpoints.json as it is installed
 *	  beside the control file, and a file of the DBA's own that adds to it or
 *	  overrides it.
 *
 * The file's form is described in catalogue/README.md.  Strings are in the
 * database encoding; NULL where the file gives none.
 */
#ifndef DCF_CATALOGUE_H
#define DCF_CATALOGUE_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* That another parameter has one of some values. */
typedef struct DcfCatalogueCondition
{
	char *parameter;
	List *values; /* of char * */
} DcfCatalogueCondition;

/* A parameter of an endpoint. */
typedef struct DcfCatalogueParam
{
	char *name;
	bool required;
	char *type;	  /* datetime, int, int_list, bigint, bigint_list,
						   * string, bool, enum */
	List *values; /* of char *, legal ones; NIL where not listed */
	List *labels; /* of char *, in step with values, or NIL */
	List *all;	  /* of char *, values that mean no restriction */
	char *example;
	char *default_value;
	char *lookup;	  /* the endpoint that lists legal values */
	char *ignored_if; /* another parameter; with it, this has no effect */
	DcfCatalogueCondition *used_when; /* or NULL, as the next */
	DcfCatalogueCondition *required_when;
	bool in_use; /* seen in programs alone, not documented */
} DcfCatalogueParam;

/* A field of an endpoint's records. */
typedef struct DcfCatalogueColumn
{
	char *name;
	char *type; /* of SQL Server */
	char *kind; /* the vendor's general type */
	char *example;
	char *param_from; /* parameters that are known to bound it; or NULL */
	char *param_to;
	const char *as; /* the PostgreSQL type that its values have, where type
						 * says less; our own word, or NULL */
	bool in_use;	/* seen in programs alone, not documented */
} DcfCatalogueColumn;

/* Another row type of an endpoint, chosen by the value of a parameter. */
typedef struct DcfCatalogueVariant
{
	char *parameter;
	char *value;
	char *resource;
	List *columns; /* of DcfCatalogueColumn * */
} DcfCatalogueVariant;

/* One of several sets of parameters of an endpoint. */
typedef struct DcfCatalogueForm
{
	List *required; /* of char *, names of parameters */
	List *optional;
} DcfCatalogueForm;

typedef struct DcfCatalogueEndpoint
{
	char *path;
	char *category;
	char *method;
	char *resource; /* the vendor's name for the row type */
	List *params;	/* of DcfCatalogueParam * */
	List *columns;	/* of DcfCatalogueColumn * */
	List *variants; /* of DcfCatalogueVariant *, or NIL */
	List *forms;	/* of DcfCatalogueForm *, or NIL */
	bool dynamic;	/* the columns are a sample for one value of the
						 * parameters */
	bool in_use;	/* seen in programs alone, not documented */
} DcfCatalogueEndpoint;

/* What "source" says of such a thing, and of others. */
#define DCF_CATALOGUE_DOCUMENTED "documented"
#define DCF_CATALOGUE_IN_USE	 "seen in use"

/* The setting dataconnect_fdw.catalogue_file; empty: none. */
extern char *dcf_catalogue_file;

/*
 * Define the setting; from _PG_init().
 */
extern void dcf_catalogue_init(void);

/*
 * All endpoints (of DcfCatalogueEndpoint *) in the order of the files, read
 * anew, in the current memory context.  Of two endpoints with the same path,
 * case apart, the last counts.  Raises ERRCODE_CONFIG_FILE_ERROR naming the file
 * and the place in it.
 */
extern List *dcf_catalogue_load(void);

/*
 * The endpoint with a path, case apart, or with what is left of it without its
 * first segments; NULL if there is none.
 */
extern const DcfCatalogueEndpoint *dcf_catalogue_find(const List *endpoints,
													  const char *path);

/* The parameter with a name, case apart, or NULL. */
extern const DcfCatalogueParam *
dcf_catalogue_param(const DcfCatalogueEndpoint *endpoint, const char *name);

/*
 * The column with a name, of whichever row type; NULL where there is none, or
 * no endpoint.
 */
extern const DcfCatalogueColumn *
dcf_catalogue_column(const DcfCatalogueEndpoint *endpoint, const char *name);

/* For dataconnect_version(): the library that reads it, palloc'd. */
extern char *dcf_catalogue_version(void);

#endif /* DCF_CATALOGUE_H */
