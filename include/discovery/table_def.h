/*
 * table_def.h
 *	  The definition of a foreign table to be created: names, types and options,
 *	  and its CREATE FOREIGN TABLE.
 *
 * Definitions come from the catalogue, from the bridge's schema and from
 * replies.  Only this module writes them as SQL, so foreign names and texts are
 * quoted in one place.
 */
#ifndef DCF_TABLE_DEF_H
#define DCF_TABLE_DEF_H

#include "postgres.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"

#include "catalogue/catalogue.h"
#include "options/option.h"

typedef struct DcfTableDefColumn
{
	char *attname;
	const char *type; /* as in a column definition; never foreign text */
	DcfColumnOptions options;

	/* The catalogue's description; both only in a table that is written. */
	const DcfCatalogueColumn *field;
	const DcfCatalogueParam *param;

	/* The type as the service spells it, or NULL; foreign text. */
	const char *sql_type;
} DcfTableDefColumn;

typedef struct DcfTableDef
{
	char *relname;
	char *endpoint;
	char *params;  /* the option: a query string, or NULL */
	double rows;   /* the option; -1: not given */
	List *columns; /* of DcfTableDefColumn * */

	const DcfCatalogueEndpoint *documented; /* or NULL */
	const char *resource; /* name of the row type, or NULL; the endpoint may
						   * have several */
} DcfTableDef;

/*
 * A set of names that are taken, at first the reserved ones, in the current
 * memory context.
 */
extern HTAB *dcf_table_def_names(const char *const *reserved, int nreserved);

/*
 * Take a free name of less than NAMEDATALEN bytes: the wanted one, cut at a
 * character, with _2, _3, ... at its end if it is taken.  palloc'd.
 */
extern char *dcf_table_def_take_name(HTAB *taken, const char *wanted);
extern bool dcf_table_def_is_taken(HTAB *taken, const char *name);

/* The name in snake_case; both are in the database encoding.  palloc'd. */
extern char *dcf_table_def_snake(const char *name);

/* A set of the names that no column may have: those of system columns. */
extern HTAB *dcf_table_def_column_names(void);

/* Append a column that is read under a key.  type must outlive def. */
extern DcfTableDefColumn *
dcf_table_def_add_field(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *key, const char *type);

/*
 * Append a column that sends a parameter.  Its name begins with "p_" if a column
 * has its name already.  type must outlive def.
 */
extern DcfTableDefColumn *
dcf_table_def_add_param(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *param, const char *type);

/*
 * The option "timezone" for a column whose name at the service says which zone
 * its times are in (DateCreatedUTC); NULL if it says none, or if the type is not
 * one of date and time.  The option is set even if the server's "timezone" is
 * the same, because that may change.
 */
extern const char *dcf_table_def_timezone(const char *name, const char *type);

/* "name=value", percent-encoded for the option "params".  palloc'd. */
extern char *dcf_table_def_pair(const char *name, const char *value);

/* CREATE FOREIGN TABLE on a server, without a semicolon.  palloc'd. */
extern char *dcf_table_def_ddl(const DcfTableDef *def, const char *server);

#endif /* DCF_TABLE_DEF_H */
