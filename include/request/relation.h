/*
 * relation.h
 *	  A foreign table's definition: its options, and the kind and options of
 *	  each of its columns.
 */
#ifndef DCF_RELATION_H
#define DCF_RELATION_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "options/option.h"
#include "request/request.h"

typedef enum DcfColumnKind
{
	DCF_COLUMN_DROPPED,
	DCF_COLUMN_RESPONSE,  /* read from the reply */
	DCF_COLUMN_PARAMETER, /* not in the reply: shows what was sent */
	DCF_COLUMN_FILTERED,  /* read, and can be filtered by equality */
	DCF_COLUMN_WINDOW,	  /* read, and can be filtered by a range of time */
	DCF_COLUMN_ORIGIN, /* neither sent nor read: shows where its row is from */
	DCF_COLUMN_GENERATED /* generated: neither sent nor read */
} DcfColumnKind;

typedef struct DcfColumn
{
	DcfColumnKind kind;
	AttrNumber attnum;
	char *attname;
	Oid type;	  /* as declared */
	Oid basetype; /* below any domain */
	int32 basetypmod;
	Oid collation;

	/* generated and STORED, so PostgreSQL does not compute it */
	bool is_stored;
	DcfColumnOptions *options;

	/* of its dates and timestamps: its own, or the server's */
	pg_tz *timezone;

	/*
	 * something is sent if a query does not mention the column: its default,
	 * or what every request sends
	 */
	bool is_preset;
} DcfColumn;

typedef struct DcfRelation
{
	Oid relid;
	char *relname;
	Oid serverid;
	uint32 version; /* see dcf_relation_version() */
	DcfServerOptions *server;
	DcfTableOptions *table;
	TupleDesc tupdesc; /* a copy */
	int natts;
	DcfColumn *columns; /* natts of them, by attnum - 1 */

	/*
	 * the column by which requests are halved: a window with both parameters,
	 * or a list; or NULL
	 */
	const DcfColumn *split;
} DcfRelation;

/*
 * A table's definition, which lives at least as long as the current memory
 * context.  It is shared and never changes; after an ALTER, the next load
 * returns a new one.
 *
 * Raises what option.h says; ERRCODE_SYNTAX_ERROR if two columns use one
 * parameter; ERRCODE_FDW_INVALID_DATA_TYPE if a window column is not date,
 * timestamp or timestamptz, or an origin column not of its value's type; ERRCODE_FDW_COLUMN_NAME_NOT_FOUND if the column
 * that "split" names does not exist, and ERRCODE_SYNTAX_ERROR if requests
 * cannot be halved by it.
 */
extern const DcfRelation *dcf_relation_load(Relation rel);

/*
 * The definition of a table that is in no catalog, for requests of the
 * wrapper's own: columns of type text with these keys, over an endpoint of a
 * server.  In the current memory context. params is a query string or NULL;
 * params and endpoint are checked like the options of these names.
 */
extern DcfRelation *dcf_relation_create(Oid serverid, const char *endpoint,
										const char *params,
										const char *const *keys, int nkeys);

/*
 * The SQL command that makes a column read another key, palloc'd. key is in
 * the database encoding.
 */
extern char *dcf_relation_rename_key(const DcfRelation *relation,
									 const DcfColumn *column, const char *key);

/* The server of a foreign table; NULL if relid is none (any more). */
extern ForeignServer *dcf_relation_server(Oid relid);

/*
 * A hash of the options that determine what is requested and returned; 0 if
 * relid is no foreign table (any more).  No lock is needed.
 */
extern uint32 dcf_relation_version(Oid relid);

/* The number of columns, with dropped ones; 0 if the relation is gone. */
extern AttrNumber dcf_relation_count_columns(Oid relid);

/* A column's options, a list of DefElem *; NIL also if it is gone. */
extern List *dcf_relation_column_options(Oid relid, AttrNumber attnum);

/*
 * Raise ERRCODE_FEATURE_NOT_SUPPORTED if a wanted column (attnums) is
 * generated and STORED, because nothing computes it.
 */
extern void dcf_relation_check_generated(const DcfRelation *relation,
										 const Bitmapset *wanted);

/*
 * Set the parameter of the column's option param to a value in UTF-8.  An
 * empty value is left out, because the service treats it as missing, unless
 * the column's option says that it is sent.
 */
extern void dcf_column_send(DcfRequest *request, const DcfColumn *column,
							const char *value);

/*
 * Raise ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE: a value for the column cannot be
 * sent.  hint is NULL if there is none.
 */
pg_noreturn extern void dcf_column_raise_not_sent(const DcfRelation *relation,
												  const DcfColumn *column,
												  const char *detail,
												  const char *hint);

/* Whether values of the column are sent. */
static inline bool
dcf_column_is_sent(const DcfColumn *column)
{
	return column->kind == DCF_COLUMN_PARAMETER ||
		column->kind == DCF_COLUMN_FILTERED ||
		column->kind == DCF_COLUMN_WINDOW;
}

/* Whether the reply contains the column's value. */
static inline bool
dcf_column_is_read(const DcfColumn *column)
{
	return column->kind == DCF_COLUMN_RESPONSE ||
		column->kind == DCF_COLUMN_FILTERED ||
		column->kind == DCF_COLUMN_WINDOW;
}

#endif /* DCF_RELATION_H */
