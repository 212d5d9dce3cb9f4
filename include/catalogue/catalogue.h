/*
 * catalogue.h
 *	  The catalogue of endpoints: catalogue/endpoints.json, which is installed
 *	  beside the control file, and a DBA's file that extends or overrides it.
 *
 * catalogue/README.md describes the form of the files.  All strings are in the
 * database encoding, and NULL if the file does not give them.
 */
#ifndef DCF_CATALOGUE_H
#define DCF_CATALOGUE_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* A condition: another parameter has one of these values. */
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
	List *values; /* of char *, the allowed ones; NIL if not documented */
	List *labels; /* of char *, one for each value, or NIL */
	List *all;	  /* of char *, values that mean no restriction */
	char *example;
	char *default_value;
	char *lookup;	  /* the endpoint that lists the allowed values */
	char *ignored_if; /* another parameter that makes this one ineffective */
	DcfCatalogueCondition *used_when;	  /* or NULL */
	DcfCatalogueCondition *required_when; /* or NULL */
	bool in_use; /* not documented, only seen in public programs */
} DcfCatalogueParam;

/* A field of an endpoint's records. */
typedef struct DcfCatalogueColumn
{
	char *name;
	char *type; /* SQL Server's type */
	char *kind; /* the vendor's general type */
	char *example;
	char *param; /* the parameter whose value it shows, if that has another
					   * name */
	char *param_from; /* the parameter for its lower bound */
	char *param_to;	  /* the parameter for its upper bound */
	const char *as;	  /* the PostgreSQL type of its values, if it is narrower
						 * than type says; not from the vendor */
	bool in_use;	  /* not documented, only seen in public programs */
} DcfCatalogueColumn;

/* Another row type of an endpoint, selected by a parameter's value. */
typedef struct DcfCatalogueVariant
{
	char *parameter;
	char *value;
	char *resource;
	List *columns; /* of DcfCatalogueColumn * */
} DcfCatalogueVariant;

/* One of several sets of parameters that an endpoint accepts. */
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
	bool dynamic;	/* columns depend on the parameters; these are a sample */
	bool in_use;	/* not documented, only seen in public programs */
} DcfCatalogueEndpoint;

/* The values of "source": in_use is false for the first. */
#define DCF_CATALOGUE_DOCUMENTED "documented"
#define DCF_CATALOGUE_IN_USE	 "seen in use"

/* The setting dataconnect_fdw.catalogue_file; empty: none. */
extern char *dcf_catalogue_file;

/* Define the setting; called from _PG_init(). */
extern void dcf_catalogue_init(void);

/*
 * All endpoints of the files (List of DcfCatalogueEndpoint *) in their order.  If two
 * paths differ at most in case, the later endpoint replaces the earlier.  The list
 * must not be changed, and is valid until the transaction ends.  Raises
 * ERRCODE_CONFIG_FILE_ERROR with the file and the place in it.
 *
 * The backend keeps what it has read until a file changes.
 */
extern const List *dcf_catalogue_load(void);

/*
 * The endpoint with this path, ignoring case.  If there is none, leading segments
 * of the path are dropped one by one.  NULL if no endpoint is found.
 */
extern const DcfCatalogueEndpoint *dcf_catalogue_find(const List *endpoints,
													  const char *path);

/* The parameter with this name, ignoring case, or NULL. */
extern const DcfCatalogueParam *
dcf_catalogue_param(const DcfCatalogueEndpoint *endpoint, const char *name);

/*
 * The column with this name, in any row type of the endpoint; NULL if there is
 * none, or if endpoint is NULL.
 */
extern const DcfCatalogueColumn *
dcf_catalogue_column(const DcfCatalogueEndpoint *endpoint, const char *name);

/* Name and version of the JSON library, for dataconnect_version(); palloc'd. */
extern char *dcf_catalogue_version(void);

#endif /* DCF_CATALOGUE_H */
