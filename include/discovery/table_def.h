/*
 * table_def.h
 *	  A foreign table that is to be: names, types and options, and the CREATE
 *	  FOREIGN TABLE that makes it.
 *
 * Drafts are made of the catalogue, of the bridge's schema and of replies; they
 * are written out here alone, so every foreign name and text is quoted in one
 * place.
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
	const char *type; /* as in a column definition; our own words, no
						   * foreign text */
	DcfColumnOptions options;

	/* What of the catalogue it was made of; both NULL for other sources. */
	const DcfCatalogueColumn *field;
	const DcfCatalogueParam *param;

	/* What the service says of the type, or NULL; foreign text. */
	const char *sql_type;
} DcfTableDefColumn;

typedef struct DcfTableDef
{
	char *relname;
	char *endpoint;
	char *params;  /* a query string, or NULL */
	double rows;   /* the option rows; -1: not given */
	List *columns; /* of DcfTableDefColumn * */

	/* What it was made of, or what else is known; NULL for none. */
	const DcfCatalogueEndpoint *documented;
	const char *resource; /* of the records, where there are several kinds */
} DcfTableDef;

/* Names that are taken; lives in the current memory context. */
extern HTAB *dcf_table_def_names(const char *const *reserved, int nreserved);

/*
 * A name of less than NAMEDATALEN bytes that nobody has yet, and take it:
 * the one wanted, cut at a character, or, if it is taken, with _2, _3, ... at
 * its end.  palloc'd.
 */
extern char *dcf_table_def_take_name(HTAB *taken, const char *wanted);

/* Whether somebody has the name. */
extern bool dcf_table_def_is_taken(HTAB *taken, const char *name);

/* The name in snake_case; both in the database encoding.  palloc'd. */
extern char *dcf_table_def_snake(const char *name);

/* The names that no column may have: PostgreSQL's own. */
extern HTAB *dcf_table_def_column_names(void);

/*
 * Append a column that is read from the reply under a key.  type must live as
 * long as the draft.
 */
extern DcfTableDefColumn *
dcf_table_def_add_field(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *key, const char *type);

/*
 * Append a column that is a parameter; where its name is taken by a response
 * column it begins with "p_".
 */
extern DcfTableDefColumn *
dcf_table_def_add_param(DcfTableDef *def, HTAB *taken, DcfColumnNames names,
						const char *param, const char *type);

/*
 * The time zone that a name tells of its column's times (DateCreatedUTC), for
 * the option timezone; NULL where it tells none, or the type has no zone to
 * read.  It is given whatever the server's zone is, which may change.
 */
extern const char *dcf_table_def_timezone(const char *name, const char *type);

/* "name=value", encoded for the option params.  palloc'd. */
extern char *dcf_table_def_pair(const char *name, const char *value);

/* "CREATE FOREIGN TABLE ...", without a semicolon, for a server. */
extern char *dcf_table_def_ddl(const DcfTableDef *def, const char *server);

#endif /* DCF_TABLE_DEF_H */
