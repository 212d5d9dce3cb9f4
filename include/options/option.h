/*
 * option.h
 *	  The options of servers, user mappings, tables and columns, and of IMPORT
 *	  FOREIGN SCHEMA.
 *
 * One table (option_table.c) has for each option the kind of object it belongs
 * to, its type, unit, range and default, and whether it is secret or only for
 * superusers.  The validator, the readers below, the hint with the closest valid
 * name, dataconnect_options() and the reference in doc/options.md follow it.
 *
 * The readers return structs in the current memory context, with defaults filled
 * in.  Their strings are in that context, too, and in the database encoding;
 * callers convert a query string to UTF-8 before they decode it.
 *
 * The readers check the catalog's options again.  They raise what
 * dcf_option_validate() raises, and ERRCODE_FDW_OPTION_NAME_NOT_FOUND if a
 * required option is missing.
 */
#ifndef DCF_OPTION_H
#define DCF_OPTION_H

#include "postgres.h"
#include "foreign/foreign.h"
#include "nodes/pg_list.h"
#include "pgtime.h"

#include "base/secret_file.h"

typedef enum DcfMethod
{
	DCF_METHOD_AUTO, /* POST if the URL would be long, else GET */
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

/* What to do if no record of a reply has the key of a fetched column. */
typedef enum DcfMissingKey
{
	DCF_MISSING_WARN,
	DCF_MISSING_IGNORE,
	DCF_MISSING_ERROR
} DcfMissingKey;

/* What to do if a reply has a key that no column reads. */
typedef enum DcfNewKeys
{
	DCF_NEW_KEYS_NOTICE,
	DCF_NEW_KEYS_IGNORE
} DcfNewKeys;

/* Times in milliseconds, 0 = no limit; sizes in bytes. */
typedef struct DcfServerOptions
{
	char *url;		   /* scheme://host[:port][/path], without query and
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
	int batch_size;			   /* default of the tables' option */
	bool async_capable;		   /* likewise */
	DcfMissingKey missing_key; /* likewise */
	DcfNewKeys new_keys;	   /* likewise */
	int max_age;			   /* likewise; 0: always ask (freshness.h) */
	int stale_if_error;		   /* likewise; 0: never */
	bool use_preferred_endpoint;
	bool remote_estimate;
	char *token_url; /* or NULL */
	char *ca_file;	 /* or NULL: libcurl's default */
	bool tls_verify;
	char *proxy; /* or NULL: none; the environment is ignored */
	bool allow_insecure_http;
	List *allowed_hosts; /* of char *, lower case host names */
} DcfServerOptions;

/* Number of options that name the file of a secret. */
#define DCF_OPTION_SECRET_FILES 3

/* The first five are secrets; all strings are NULL if not given. */
typedef struct DcfUserOptions
{
	char *token; /* this, password and client_secret may be from a file */
	char *username;
	char *password;
	char *client_id;
	char *client_secret;
	char *token_file; /* absolute paths */
	char *password_file;
	char *client_secret_file;
	bool password_required;
	DcfSecretFileId files[DCF_OPTION_SECRET_FILES]; /* private: when read */
} DcfUserOptions;

/* The range of SQL Server's DATETIME, so no record is outside (assumed). */
#define DCF_OPEN_FROM "1753-01-01"
#define DCF_OPEN_TO	  "9999-12-31"

typedef struct DcfTableOptions
{
	char *endpoint;	  /* starts with '/' */
	char *params;	  /* query string or NULL */
	double rows;	  /* -1 if not given */
	DcfFormat format; /* this and the next: the server's if not given */
	DcfMethod method;
	int batch_size; /* values of a join's key in one request */
	bool async_capable;
	DcfMissingKey missing_key;
	DcfNewKeys new_keys;
	int max_age;
	int stale_if_error; /* the last of those */
	bool window_round_day;
	char *open_from;	  /* accepted by dcf_day_parse(), never NULL */
	char *open_to;		  /* likewise */
	char *split;		  /* a column's name, or NULL */
	char *analyze_params; /* query string or NULL */
	List *null_strings;	  /* of char *: texts that mean NULL in text columns */
} DcfTableOptions;

/* What an origin column shows of its row's reply. */
typedef enum DcfOrigin
{
	DCF_ORIGIN_NONE, /* it is no origin column */
	DCF_ORIGIN_FETCHED_AT,
	DCF_ORIGIN_AGE,
	DCF_ORIGIN_REQUEST
} DcfOrigin;

/*
 * The options make the kind of column: only read (name alone), parameter column
 * (param alone), filtered (name and param), window (name with param_from or
 * param_to or both), or origin column (value alone).
 */
typedef struct DcfColumnOptions
{
	char *name;		  /* key in the reply; NULL for parameter and origin
					   * columns */
	bool is_named;	  /* the option "name" was given */
	char *param;	  /* or NULL */
	char *param_from; /* or NULL */
	char *param_to;	  /* or NULL */
	bool required;
	char *default_value; /* or NULL */
	bool list;
	bool send_empty;  /* send the parameter if its value is empty */
	pg_tz *timezone;  /* NULL: the server's */
	DcfOrigin origin; /* the option "value" */
} DcfColumnOptions;

/* How IMPORT names columns after the service's keys. */
typedef enum DcfColumnNames
{
	DCF_NAMES_SNAKE,
	DCF_NAMES_PRESERVE
} DcfColumnNames;

/* The options of IMPORT FOREIGN SCHEMA. */
typedef struct DcfImportOptions
{
	DcfColumnNames column_names;
	bool infer_windows;
	bool all_sources; /* also endpoints that were only seen in use */
	bool comments;
	char *path_prefix;	/* in front of the tables' endpoints, or NULL */
	char *prefix;		/* in front of the tables' names, or NULL */
	char *table_params; /* query string or NULL */
} DcfImportOptions;

extern DcfServerOptions *dcf_option_server(const ForeignServer *server);

/*
 * A mapping without options gives a struct without credentials.  Secrets in files are
 * read, in the database encoding, and wiped with the current memory context.  Raises
 * for them what dcf_secret_file_read() does, and
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE if the option itself could not have the value.
 */
extern DcfUserOptions *dcf_option_user(const UserMapping *user);

/*
 * Whether the files have other secrets now than *user.  They are only read if
 * something about them has changed, or with reread.  Raises as dcf_option_user().
 */
extern bool dcf_option_has_new_secrets(DcfUserOptions *user, bool reread);

/* server has the defaults of the options that both have. */
extern DcfTableOptions *dcf_option_table(const ForeignTable *table,
										 const DcfServerOptions *server);

/*
 * The options of a table that does not exist, checked like those of one that
 * does.  params is a query string or NULL.
 */
extern DcfTableOptions *dcf_option_endpoint(const char *endpoint,
											const char *params,
											const DcfServerOptions *server);

/*
 * The same for a request that a function sends, which may have any format: params may
 * set Response.  method is NULL for the server's.  Raises what options do.
 */
extern DcfTableOptions *dcf_option_fetch(const char *endpoint,
										 const char *params,
										 const char *method,
										 const DcfServerOptions *server);

/*
 * The same for one whose reply is sent by e-mail: params may also set parameters of
 * e-mails, except those of to and cc.  cc may be NULL.
 */
extern DcfTableOptions *dcf_option_email(const char *endpoint,
										 const char *params, const char *to,
										 const char *cc,
										 const DcfServerOptions *server);

/* attname is the default of "name", unless "param" or "value" is given. */
extern DcfColumnOptions *dcf_option_column(Oid relid, AttrNumber attnum,
										   const char *attname);

/* Deep copies in the current memory context. */
extern DcfServerOptions *
dcf_option_copy_server(const DcfServerOptions *server);
extern DcfTableOptions *dcf_option_copy_table(const DcfTableOptions *table);
extern DcfColumnOptions *
dcf_option_copy_column(const DcfColumnOptions *column);

/* options is the statement's list of DefElem *. */
extern DcfImportOptions *dcf_option_import(List *options);

/*
 * Convert an option's text or a column's name from the database encoding to
 * UTF-8, the encoding of requests and replies.  Returns text itself if nothing
 * changes, else a palloc'd text.
 */
extern char *dcf_option_utf8(char *text);

/*
 * The longest key, in bytes, that can become a column: it is stored with the
 * column's options in a row of pg_attribute, which must fit into a page.
 */
#define DCF_OPTION_KEY_MAX 2000

/*
 * Convert a key of a reply (UTF-8) to a value of the option "name": palloc'd, in
 * the database encoding.  Returns NULL if no value can stand for the key, and
 * sets *reason to a static text that completes "The key ...".
 */
extern char *dcf_option_key(const char *utf8, size_t len, const char **reason);

/*
 * Check the options that CREATE or ALTER passes to the validator function.
 * catalog is the OID of the system catalog that stores the object.  Raises
 * ERRCODE_FDW_INVALID_OPTION_NAME for an unknown or misplaced option, with the
 * closest valid name as a hint; ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value
 * of the wrong type or out of range; ERRCODE_SYNTAX_ERROR for options that
 * contradict or lack each other; ERRCODE_INSUFFICIENT_PRIVILEGE for an option
 * that only a superuser may set.  No message shows a secret's value.
 */
extern void dcf_option_validate(List *options, Oid catalog);

#endif /* DCF_OPTION_H */
