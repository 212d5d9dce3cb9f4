/*
 * option.h
 *	  The options of servers, user mappings, tables and columns, and of IMPORT
 *	  FOREIGN SCHEMA.
 *
 * One table in option_table.c says of each option where it may stand, its
 * type, unit, range, default, and whether it is a secret or only for superusers.
 * The validator, the readers below, the hint with the nearest valid name,
 * dataconnect_options() and the reference in doc/options.md all follow it.
 *
 * The readers return structs allocated in the current memory context, with
 * defaults filled in.  Strings are in that context too, and in the database
 * encoding: a query string is converted to UTF-8 before it is decoded.
 *
 * The readers raise ERRCODE_FDW_OPTION_NAME_NOT_FOUND (a required option is
 * missing) and what the validator raises: what is in the catalog is checked
 * again when it is read.
 */
#ifndef DCF_OPTION_H
#define DCF_OPTION_H

#include "postgres.h"
#include "foreign/foreign.h"
#include "nodes/pg_list.h"
#include "pgtime.h"

typedef enum DcfMethod
{
	DCF_METHOD_AUTO, /* GET, but POST for a long URL */
	DCF_METHOD_GET,
	DCF_METHOD_POST
} DcfMethod;

typedef enum DcfPostBody
{
	DCF_BODY_FORM,
	DCF_BODY_JSON
} DcfPostBody;

typedef enum DcfFormat
{
	DCF_FORMAT_JSON,
	DCF_FORMAT_JSONDATATABLE,
	DCF_FORMAT_CSV,
	DCF_FORMAT_XML
} DcfFormat;

/* What to do about a wanted key that no record of a reply has. */
typedef enum DcfMissingKey
{
	DCF_MISSING_WARN,
	DCF_MISSING_IGNORE,
	DCF_MISSING_ERROR
} DcfMissingKey;

/* What to do about a key that no column reads. */
typedef enum DcfNewKeys
{
	DCF_NEW_KEYS_NOTICE,
	DCF_NEW_KEYS_IGNORE
} DcfNewKeys;

/* Times in milliseconds, 0 = no limit; sizes in bytes. */
typedef struct DcfServerOptions
{
	char *url;		   /* scheme://host[:port][/path], no query, no
								 * trailing slash */
	char *path_prefix; /* as dcf_request_path() takes it, or NULL */
	char *params;	   /* query string or NULL */
	char *language;	   /* or NULL */
	pg_tz *timezone;
	DcfMethod method;
	DcfPostBody post_body;
	DcfFormat format;
	bool compression;
	int connect_timeout;
	int first_byte_timeout;
	int idle_timeout;
	int total_timeout;
	int max_concurrency;
	int queue_timeout;
	int max_retries;
	int retry_max_wait;
	int max_rows;
	int max_record_size;
	int batch_size;			   /* of table, where that gives none */
	bool async_capable;		   /* likewise */
	DcfMissingKey missing_key; /* likewise */
	DcfNewKeys new_keys;	   /* likewise */
	bool use_preferred_endpoint;
	bool remote_estimate;
	char *token_url; /* or NULL */
	char *ca_file;	 /* or NULL: libcurl's own */
	bool tls_verify;
	char *proxy; /* or NULL: none, whatever the environment
								 * says */
	bool allow_insecure_http;
	List *allowed_hosts; /* of char *, lower case host names */
} DcfServerOptions;

/* All of these are secrets but password_required.  NULL where not given. */
typedef struct DcfUserOptions
{
	char *token;
	char *username;
	char *password;
	char *client_id;
	char *client_secret;
	bool password_required;
} DcfUserOptions;

/* What SQL Server's DATETIME can hold, so no record lies outside. */
#define DCF_OPEN_FROM "1753-01-01"
#define DCF_OPEN_TO	  "9999-12-31"

typedef struct DcfTableOptions
{
	char *endpoint;		/* starts with '/' */
	char *params;		/* query string or NULL */
	double rows;		/* -1 where not given */
	DcfFormat format;	/* the server's where not given */
	DcfMethod method;	/* the server's where not given */
	int batch_size;		/* the server's where not given; values of a join's
								 * key in one request */
	bool async_capable; /* the server's where not given */
	DcfMissingKey missing_key; /* the server's where not given */
	DcfNewKeys new_keys;	   /* the server's where not given */
	bool window_round_day;
	char *open_from;	  /* as dcf_day_parse() takes it, never NULL */
	char *open_to;		  /* likewise */
	char *split;		  /* a column's name, or NULL */
	char *analyze_params; /* query string or NULL */
	List *null_strings;	  /* of char *, texts that text columns read as
								 * NULL */
} DcfTableOptions;

/*
 * A column is a response column (name), a parameter column (param alone), or a
 * filtered response column (name with param or with param_from/param_to).
 */
typedef struct DcfColumnOptions
{
	char *name;		  /* key in the reply; NULL for a parameter column */
	bool is_named;	  /* the option was given: else name is the column's */
	char *param;	  /* or NULL */
	char *param_from; /* or NULL */
	char *param_to;	  /* or NULL */
	bool required;
	char *default_value; /* or NULL */
	bool list;
	bool send_empty; /* an empty value is sent, and not left out */
	pg_tz *timezone; /* NULL: the server's */
} DcfColumnOptions;

/* How the service's names become names of columns. */
typedef enum DcfColumnNames
{
	DCF_NAMES_SNAKE,
	DCF_NAMES_PRESERVE
} DcfColumnNames;

/* Of IMPORT FOREIGN SCHEMA. */
typedef struct DcfImportOptions
{
	DcfColumnNames column_names;
	bool infer_windows;
	bool all_sources; /* also what was seen in use alone */
	bool comments;
	char *path_prefix;	/* of the tables' endpoints; or NULL */
	char *prefix;		/* of the tables' names; or NULL */
	char *table_params; /* query string or NULL */
} DcfImportOptions;

extern DcfServerOptions *dcf_option_server(const ForeignServer *server);

/* An empty struct for a mapping without options. */
extern DcfUserOptions *dcf_option_user(const UserMapping *user);

/* server's options give the defaults of format and method. */
extern DcfTableOptions *dcf_option_table(const ForeignTable *table,
										 const DcfServerOptions *server);

/*
 * The options of a table that no catalog has, checked as others are.  params
 * is a query string or NULL.
 */
extern DcfTableOptions *dcf_option_endpoint(const char *endpoint,
											const char *params,
											const DcfServerOptions *server);

/* attname is the default of name where the column has no param options. */
extern DcfColumnOptions *dcf_option_column(Oid relid, AttrNumber attnum,
										   const char *attname);

/* Copies, with all that they point to, in the current memory context. */
extern DcfServerOptions *
dcf_option_copy_server(const DcfServerOptions *server);
extern DcfTableOptions *dcf_option_copy_table(const DcfTableOptions *table);
extern DcfColumnOptions *
dcf_option_copy_column(const DcfColumnOptions *column);

/* options is a list of DefElem *, as the statement has it. */
extern DcfImportOptions *dcf_option_import(List *options);

/*
 * An option's text, or a column's name, in UTF-8: as it is sent to the service
 * and looked for in its replies.  palloc'd, or text itself.
 */
extern char *dcf_option_utf8(char *text);

/*
 * Bytes of the longest key that becomes a column: its options stand in
 * pg_attribute, whose rows have to fit into a page.
 */
#define DCF_OPTION_KEY_MAX 2000

/*
 * A key of a reply (UTF-8) as the option name would have it, in the database
 * encoding, palloc'd.  NULL if no option can: *obstacle then says why, as the
 * end of a sentence about the key.
 */
extern char *dcf_option_key(const char *utf8, size_t len,
							const char **obstacle);

/*
 * Check the options of one object of the catalog given by its OID, as CREATE
 * and ALTER hand them over.  ERRCODE_FDW_INVALID_OPTION_NAME for an unknown or
 * misplaced option, with the nearest valid name as a hint;
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value out of its type or range;
 * ERRCODE_SYNTAX_ERROR for options that contradict each other;
 * ERRCODE_INSUFFICIENT_PRIVILEGE for one that only a superuser may set.  A
 * secret's value is never part of a message.
 */
extern void dcf_option_validate(List *options, Oid catalog);

#endif /* DCF_OPTION_H */
