/*
 * relation.h
 *	  A foreign table as this wrapper sees it: its options and, for each
 *	  column, which of the kinds of column it is.
 */
#ifndef DCF_RELATION_H
#define DCF_RELATION_H

#include "postgres.h"
#include "access/tupdesc.h"
#include "utils/rel.h"

#include "options/option.h"
#include "request/request.h"

typedef enum DcfColumnKind
{
	DCF_COLUMN_DROPPED,
	DCF_COLUMN_RESPONSE,  /* read from the reply */
	DCF_COLUMN_PARAMETER, /* never in the reply: what was sent */
	DCF_COLUMN_FILTERED,  /* read, and can be filtered by equality */
	DCF_COLUMN_WINDOW,	  /* read, and can be filtered by a range of time */
	DCF_COLUMN_GENERATED  /* of an expression: neither sent nor read */
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
	bool is_stored; /* of a generated one: PostgreSQL does not expand it */
	DcfColumnOptions *options;
	pg_tz *timezone; /* of its times without zone: its own or the server's */
	bool is_preset;	 /* something is sent of which a query says nothing: a
					  * default, or what goes with every request */
} DcfColumn;

typedef struct DcfRelation
{
	Oid relid;
	char *relname;
	Oid serverid;
	uint32 version; /* of what decides on the requests and replies: see
							 * dcf_relation_version() */
	DcfServerOptions *server;
	DcfTableOptions *table;
	TupleDesc tupdesc; /* a copy */
	int natts;
	DcfColumn *columns;		/* natts of them, by attnum - 1 */
	const DcfColumn *split; /* by which a request that asks for too much is
							 * halved, or NULL: a window with both parameters,
							 * or a list */
} DcfRelation;

/*
 * A table's definition, as long as the current memory context lasts.  It is
 * shared, and never changes: what ALTER changes is in the next that is loaded.
 * Raises what option.h says; ERRCODE_SYNTAX_ERROR if two columns feed one
 * parameter; ERRCODE_FDW_INVALID_DATA_TYPE for a window on a column that is not
 * date, timestamp or timestamptz; ERRCODE_FDW_COLUMN_NAME_NOT_FOUND and
 * ERRCODE_SYNTAX_ERROR for a column to split by that is not there or cannot be
 * split by.
 */
extern const DcfRelation *dcf_relation_load(Relation rel);

/*
 * A table that no catalog has: columns of type text with these keys, over an
 * endpoint of a server, for the wrapper's own questions, in the current memory
 * context.  params is a query string or NULL; both are checked as the options
 * are that they become.
 */
extern DcfRelation *dcf_relation_create(Oid serverid, const char *endpoint,
										const char *params,
										const char *const *keys, int nkeys);

/*
 * The command that has a column read another key, which is in the database
 * encoding.
 */
extern char *dcf_relation_rename_key(const DcfRelation *relation,
									 const DcfColumn *column, const char *key);

/* The server of a foreign table; NULL if that is gone, or is none. */
extern ForeignServer *dcf_relation_server(Oid relid);

/*
 * A hash of the options on which it depends what the service is asked for and
 * returns; 0 if the table is gone, or is none.
 */
extern uint32 dcf_relation_version(Oid relid);

/* Dropped ones among them; 0 if the relation is gone. */
extern AttrNumber dcf_relation_count_columns(Oid relid);

/* A column's options (list of DefElem *); NIL also if it is gone. */
extern List *dcf_relation_column_options(Oid relid, AttrNumber attnum);

/*
 * Raise ERRCODE_FEATURE_NOT_SUPPORTED if a wanted column (by attnum) is
 * generated and stored: nobody would compute it.
 */
extern void dcf_relation_check_generated(const DcfRelation *relation,
										 const Bitmapset *wanted);

/*
 * Send a value (UTF-8) for the column's option param.  An empty one is left out,
 * as the service takes it for none, unless the column sends it.
 */
extern void dcf_column_send(DcfRequest *request, const DcfColumn *column,
							const char *value);

/* Whether values of the column go into a request. */
static inline bool
dcf_column_is_sent(const DcfColumn *column)
{
	return column->kind == DCF_COLUMN_PARAMETER ||
		column->kind == DCF_COLUMN_FILTERED ||
		column->kind == DCF_COLUMN_WINDOW;
}

/* Whether the column's value stands in the reply. */
static inline bool
dcf_column_is_read(const DcfColumn *column)
{
	return column->kind == DCF_COLUMN_RESPONSE ||
		column->kind == DCF_COLUMN_FILTERED ||
		column->kind == DCF_COLUMN_WINDOW;
}

#endif /* DCF_RELATION_H */
