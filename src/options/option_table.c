/*
 * option_table.c
 *	  The table of all options.  See option_table.h.
 */
#include "postgres.h"

#include <limits.h>

#include "options/option_table.h"

static const DcfOptionChoice methods[] = {{"auto", DCF_METHOD_AUTO},
										  {"get", DCF_METHOD_GET},
										  {"post", DCF_METHOD_POST},
										  {.name = NULL}};

static const DcfOptionChoice post_bodies[] = {{"form", DCF_BODY_FORM},
											  {"json", DCF_BODY_JSON},
											  {.name = NULL}};

static const DcfOptionChoice formats[] = {{"json", DCF_FORMAT_JSON},
										  {"jsondatatable",
										   DCF_FORMAT_JSONDATATABLE},
										  {"csv", DCF_FORMAT_CSV},
										  {"xml", DCF_FORMAT_XML},
										  {.name = NULL}};

static const DcfOptionChoice missing_keys[] = {{"warn", DCF_MISSING_WARN},
											   {"ignore", DCF_MISSING_IGNORE},
											   {"error", DCF_MISSING_ERROR},
											   {.name = NULL}};

static const DcfOptionChoice new_keys[] = {{"notice", DCF_NEW_KEYS_NOTICE},
										   {"ignore", DCF_NEW_KEYS_IGNORE},
										   {.name = NULL}};

static const DcfOptionChoice window_rounds[] = {{"day", true},
												{"none", false},
												{.name = NULL}};

static const DcfOptionChoice empties[] = {{"skip", false},
										  {"send", true},
										  {.name = NULL}};

static const DcfOptionChoice origins[] = {{"fetched_at",
										   DCF_ORIGIN_FETCHED_AT},
										  {"age", DCF_ORIGIN_AGE},
										  {"request", DCF_ORIGIN_REQUEST},
										  {.name = NULL}};

static const DcfOptionChoice column_names[] = {{"snake", DCF_NAMES_SNAKE},
											   {"preserve",
												DCF_NAMES_PRESERVE},
											   {.name = NULL}};

static const DcfOptionChoice windows[] = {{"off", false},
										  {"infer", true},
										  {.name = NULL}};

static const DcfOptionChoice sources[] = {{"documented", false},
										  {"all", true},
										  {.name = NULL}};

#define KB 1024.0
#define MB (1024.0 * KB)

/* The context and name of an option that is stored in a field of that name. */
#define SERVER(field)                             \
	.context = DCF_OPTION_SERVER, .name = #field, \
	.offset = offsetof(DcfServerOptions, field)
#define USER(field)                                     \
	.context = DCF_OPTION_USER_MAPPING, .name = #field, \
	.offset = offsetof(DcfUserOptions, field)
#define TABLE(field)                             \
	.context = DCF_OPTION_TABLE, .name = #field, \
	.offset = offsetof(DcfTableOptions, field)
#define COLUMN(field)                             \
	.context = DCF_OPTION_COLUMN, .name = #field, \
	.offset = offsetof(DcfColumnOptions, field)

#define IMPORT(field)                             \
	.context = DCF_OPTION_IMPORT, .name = #field, \
	.offset = offsetof(DcfImportOptions, field)

const DcfOption dcf_options[] = {
	{SERVER(url), .type = DCF_OPTION_URL, .required = true,
	 .description = "base URL of the service (required)"},
	{SERVER(path_prefix), .type = DCF_OPTION_PATH_PREFIX,
	 .description = "path in front of every table's endpoint"},
	{SERVER(params), .type = DCF_OPTION_QUERY_STRING,
	 .description = "parameters sent with every request"},
	{SERVER(language), .type = DCF_OPTION_LANGUAGE,
	 .description = "language of the service's texts (LanguageCode)"},
	{SERVER(timezone), .type = DCF_OPTION_TIMEZONE, .default_value = "UTC",
	 .description = "time zone of the service's times without zone"},
	{SERVER(method), .type = DCF_OPTION_ENUM, .choices = methods,
	 .default_value = "auto",
	 .description =
		 "HTTP method; auto sends a POST if the URL would exceed 2000 bytes"},
	{SERVER(post_body), .type = DCF_OPTION_ENUM, .choices = post_bodies,
	 .default_value = "form",
	 .description = "encoding of the parameters in a POST"},
	{SERVER(format), .type = DCF_OPTION_ENUM, .choices = formats,
	 .default_value = "json",
	 .description = "format of the replies (Response)"},
	{SERVER(compression), .type = DCF_OPTION_BOOLEAN, .default_value = "true",
	 .description = "ask for compressed replies"},
	{SERVER(connect_timeout), .type = DCF_OPTION_DURATION, .min = 1,
	 .max = INT_MAX, .default_value = "10s",
	 .description = "longest wait for DNS, TCP and TLS together"},
	{SERVER(first_byte_timeout), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "0",
	 .description = "longest wait for a reply's first byte; 0 is no limit"},
	{SERVER(idle_timeout), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "60s",
	 .description = "longest silence within a reply; 0 is no limit"},
	{SERVER(total_timeout), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "0",
	 .description =
		 "longest time for a request, including retries; 0 is no limit"},
	{SERVER(max_concurrency), .type = DCF_OPTION_INTEGER, .min = 1,
	 .max = 1000, .default_value = "8",
	 .description =
		 "largest number of requests of an account under way at once"},
	{SERVER(queue_timeout), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "10min",
	 .description = "longest wait of a request in the queue; 0 is no limit"},
	{SERVER(max_retries), .type = DCF_OPTION_INTEGER, .max = 100,
	 .default_value = "5",
	 .description = "largest number of retries of a failed request"},
	{SERVER(retry_max_wait), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "60s", .description = "longest wait before a retry"},
	{SERVER(max_rows), .type = DCF_OPTION_INTEGER, .min = 1, .max = INT_MAX,
	 .default_value = "1048576",
	 .description =
		 "largest number of records that the service returns for one request"},
	/* max leaves room below MaxAllocSize for the bytes around a record. */
	{SERVER(max_record_size), .type = DCF_OPTION_SIZE, .min = 1 * KB,
	 .max = 1000 * MB, .default_value = "16MB",
	 .description = "largest size of a record"},
	{SERVER(batch_size), .type = DCF_OPTION_INTEGER, .min = 1, .max = 100000,
	 .default_value = "100",
	 .description = "largest number of join keys in one request"},
	{SERVER(async_capable), .type = DCF_OPTION_BOOLEAN,
	 .default_value = "true",
	 .description = "run scans below an Append at the same time"},
	{SERVER(missing_key), .type = DCF_OPTION_ENUM, .choices = missing_keys,
	 .default_value = "warn",
	 .description = "what to do if no record of a reply has a column's key"},
	{SERVER(new_keys), .type = DCF_OPTION_ENUM, .choices = new_keys,
	 .default_value = "ignore",
	 .description = "what to do if no column reads a key of a reply"},
	{SERVER(max_age), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "0",
	 .description =
		 "largest age of a copy of a reply that is read instead of asking; 0 always asks"},
	{SERVER(stale_if_error), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .default_value = "0",
	 .description =
		 "largest age of a copy that is read if the service cannot answer; 0 reads none"},
	{SERVER(use_preferred_endpoint), .type = DCF_OPTION_BOOLEAN,
	 .default_value = "false",
	 .description = "send requests to the host that the service prefers"},
	{SERVER(remote_estimate), .type = DCF_OPTION_BOOLEAN,
	 .default_value = "false",
	 .description = "ask the service how many rows a bridge table has"},
	{SERVER(token_url), .type = DCF_OPTION_URL,
	 .description = "URL of the OAuth token service"},
	{SERVER(ca_file), .type = DCF_OPTION_FILE, .superuser_only = true,
	 .description =
		 "PEM file of certificate authorities to trust instead of the system's"},
	{SERVER(tls_verify), .type = DCF_OPTION_BOOLEAN, .default_value = "true",
	 .superuser_only = true,
	 .description = "check the service's certificate and host name"},
	{SERVER(proxy), .type = DCF_OPTION_URL, .superuser_only = true,
	 .description = "URL of an HTTP proxy"},
	{SERVER(allow_insecure_http), .type = DCF_OPTION_BOOLEAN,
	 .default_value = "false", .superuser_only = true,
	 .description = "send credentials over plain http to any host"},
	{SERVER(allowed_hosts), .type = DCF_OPTION_HOST_LIST,
	 .superuser_only = true,
	 .description = "more hosts that credentials may be sent to"},

	{USER(token), .type = DCF_OPTION_TOKEN, .secret = true,
	 .description = "access token (Bearer)"},
	{USER(username), .type = DCF_OPTION_TEXT, .secret = true,
	 .description = "user name, with password (Basic)"},
	{USER(password), .type = DCF_OPTION_TEXT, .secret = true,
	 .description = "password, with username (Basic)"},
	{USER(client_id), .type = DCF_OPTION_TEXT, .secret = true,
	 .description = "OAuth client, with client_secret, username and "
					"password"},
	{USER(client_secret), .type = DCF_OPTION_TEXT, .secret = true,
	 .description =
		 "secret of the OAuth client, with client_id, username and password"},
	{USER(token_file), .type = DCF_OPTION_FILE, .superuser_only = true,
	 .description = "file with the token"},
	{USER(password_file), .type = DCF_OPTION_FILE, .superuser_only = true,
	 .description = "file with the password"},
	{USER(client_secret_file), .type = DCF_OPTION_FILE, .superuser_only = true,
	 .description = "file with the client_secret"},
	{USER(password_required), .type = DCF_OPTION_BOOLEAN,
	 .default_value = "true", .superuser_only = true,
	 .description = "require credentials unless the user is a superuser"},

	{TABLE(endpoint), .type = DCF_OPTION_ENDPOINT, .required = true,
	 .description = "path below the server's url (required)"},
	{TABLE(params), .type = DCF_OPTION_QUERY_STRING,
	 .description = "parameters sent with every request of this table"},
	{TABLE(rows), .type = DCF_OPTION_REAL, .max = 1e12,
	 .description = "expected number of records in a reply"},
	/*
	 * From here to stale_if_error, a table inherits the server's value: these
	 * entries must not have a default.
	 */
	{TABLE(format), .type = DCF_OPTION_ENUM, .choices = formats,
	 .description = "format of the replies; default is the server's"},
	{TABLE(method), .type = DCF_OPTION_ENUM, .choices = methods,
	 .description = "HTTP method; default is the server's"},
	{TABLE(batch_size), .type = DCF_OPTION_INTEGER, .min = 1, .max = 100000,
	 .description =
		 "largest number of join keys in one request; default is the server's"},
	{TABLE(async_capable), .type = DCF_OPTION_BOOLEAN,
	 .description =
		 "run scans below an Append at the same time; default is the server's"},
	{TABLE(missing_key), .type = DCF_OPTION_ENUM, .choices = missing_keys,
	 .description =
		 "what to do if no record of a reply has a column's key; default is the server's"},
	{TABLE(new_keys), .type = DCF_OPTION_ENUM, .choices = new_keys,
	 .description =
		 "what to do if no column reads a key of a reply; default is the server's"},
	{TABLE(max_age), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .description =
		 "largest age of a copy of a reply that is read instead of asking; default is the server's"},
	{TABLE(stale_if_error), .type = DCF_OPTION_DURATION, .max = INT_MAX,
	 .description =
		 "largest age of a copy that is read if the service cannot answer; default is the server's"},
	{.context = DCF_OPTION_TABLE,
	 .name = "window_round",
	 .type = DCF_OPTION_ENUM_BOOL,
	 .choices = window_rounds,
	 .default_value = "day",
	 .offset = offsetof(DcfTableOptions, window_round_day),
	 .description = "widen windows to whole days"},
	{TABLE(open_from), .type = DCF_OPTION_DAY, .default_value = DCF_OPEN_FROM,
	 .description =
		 "start sent for a required window without one: a date, or a day relative to today such as -90d"},
	{TABLE(open_to), .type = DCF_OPTION_DAY, .default_value = DCF_OPEN_TO,
	 .description =
		 "end sent for a required window without one: a date, or a day relative to today such as tomorrow"},
	{TABLE(split), .type = DCF_OPTION_TEXT,
	 .description =
		 "column by which a request for too many records is halved"},
	{TABLE(analyze_params), .type = DCF_OPTION_QUERY_STRING,
	 .description = "parameters of the request that ANALYZE samples"},
	{TABLE(null_strings), .type = DCF_OPTION_TEXT_LIST,
	 .description = "texts that text columns read as NULL"},

	{COLUMN(name), .type = DCF_OPTION_TEXT,
	 .description = "key in the reply; default is the column's name"},
	{COLUMN(param), .type = DCF_OPTION_PARAMETER,
	 .description = "parameter that takes the column's value"},
	{COLUMN(param_from), .type = DCF_OPTION_PARAMETER,
	 .description = "parameter that takes the column's lower bound"},
	{COLUMN(param_to), .type = DCF_OPTION_PARAMETER,
	 .description = "parameter that takes the column's upper bound"},
	{COLUMN(required), .type = DCF_OPTION_BOOLEAN, .default_value = "false",
	 .description = "refuse a query that gives no value"},
	{.context = DCF_OPTION_COLUMN,
	 .name = "default",
	 .type = DCF_OPTION_OPTIONAL_TEXT,
	 .offset = offsetof(DcfColumnOptions, default_value),
	 .description = "value sent if the query gives none"},
	{COLUMN(list), .type = DCF_OPTION_BOOLEAN, .default_value = "false",
	 .description =
		 "whether the parameter takes several values, separated by commas"},
	{.context = DCF_OPTION_COLUMN,
	 .name = "empty",
	 .type = DCF_OPTION_ENUM_BOOL,
	 .choices = empties,
	 .default_value = "skip",
	 .offset = offsetof(DcfColumnOptions, send_empty),
	 .description = "skip an empty value or send it"},
	{COLUMN(timezone), .type = DCF_OPTION_TIMEZONE,
	 .description = "time zone of the column's times without zone; default is "
					"the server's"},
	{.context = DCF_OPTION_COLUMN,
	 .name = "value",
	 .type = DCF_OPTION_ENUM,
	 .choices = origins,
	 .offset = offsetof(DcfColumnOptions, origin),
	 .description =
		 "what the column shows of its row's reply: when it arrived, how old it is, or the request"},

	{IMPORT(column_names), .type = DCF_OPTION_ENUM, .choices = column_names,
	 .default_value = "snake",
	 .description = "column names: snake_case, or those of the service"},
	{.context = DCF_OPTION_IMPORT,
	 .name = "windows",
	 .type = DCF_OPTION_ENUM_BOOL,
	 .choices = windows,
	 .default_value = "off",
	 .offset = offsetof(DcfImportOptions, infer_windows),
	 .description =
		 "make the only date of a report a window over StartDate and StopDate"},
	{.context = DCF_OPTION_IMPORT,
	 .name = "sources",
	 .type = DCF_OPTION_ENUM_BOOL,
	 .choices = sources,
	 .default_value = "documented",
	 .offset = offsetof(DcfImportOptions, all_sources),
	 .description =
		 "part of the catalogue to import: documented, or also seen in use"},
	{IMPORT(comments), .type = DCF_OPTION_BOOLEAN, .default_value = "true",
	 .description = "create comments on the tables and their columns"},
	{IMPORT(path_prefix), .type = DCF_OPTION_PATH_PREFIX,
	 .description = "path in front of every table's endpoint"},
	{IMPORT(prefix), .type = DCF_OPTION_TEXT,
	 .description = "beginning of the tables' names"},
	{IMPORT(table_params), .type = DCF_OPTION_QUERY_STRING,
	 .description = "parameters sent with every request of the tables"},
};

const int dcf_options_length = lengthof(dcf_options);

/* Properties of the types, indexed by DcfOptionType. */
static const struct
{
	const char *name;
	const char *unit;
	bool is_number;
} types[] = {
	[DCF_OPTION_BOOLEAN] = {.name = "boolean"},
	[DCF_OPTION_INTEGER] = {.name = "integer", .is_number = true},
	[DCF_OPTION_REAL] = {.name = "real", .is_number = true},
	[DCF_OPTION_DURATION] = {.name = "duration",
							 .unit = "ms",
							 .is_number = true},
	[DCF_OPTION_SIZE] = {.name = "size", .unit = "B", .is_number = true},
	[DCF_OPTION_ENUM] = {.name = "enum"},
	[DCF_OPTION_ENUM_BOOL] = {.name = "enum"},
	[DCF_OPTION_TEXT] = {.name = "text"},
	[DCF_OPTION_OPTIONAL_TEXT] = {.name = "text"},
	[DCF_OPTION_TOKEN] = {.name = "token"},
	[DCF_OPTION_PARAMETER] = {.name = "parameter name"},
	[DCF_OPTION_QUERY_STRING] = {.name = "query string"},
	[DCF_OPTION_URL] = {.name = "URL"},
	[DCF_OPTION_ENDPOINT] = {.name = "path"},
	[DCF_OPTION_PATH_PREFIX] = {.name = "path"},
	[DCF_OPTION_FILE] = {.name = "file"},
	[DCF_OPTION_DAY] = {.name = "date"},
	[DCF_OPTION_LANGUAGE] = {.name = "language code"},
	[DCF_OPTION_TIMEZONE] = {.name = "time zone"},
	[DCF_OPTION_HOST_LIST] = {.name = "list of hosts"},
	[DCF_OPTION_TEXT_LIST] = {.name = "list of texts"},
};

const DcfOption *
dcf_option_find(DcfOptionContext context, const char *name)
{
	int i;

	for (i = 0; i < dcf_options_length; i++)
	{
		if (dcf_options[i].context == context &&
			strcmp(dcf_options[i].name, name) == 0)
			return &dcf_options[i];
	}
	return NULL;
}

const char *
dcf_option_context_name(DcfOptionContext context)
{
	/* These words go into messages after an article. */
	static const char *const names[] = {
		[DCF_OPTION_SERVER] = "server",
		[DCF_OPTION_USER_MAPPING] = "user mapping",
		[DCF_OPTION_TABLE] = "table",
		[DCF_OPTION_COLUMN] = "column",
		[DCF_OPTION_IMPORT] = "import",
		[DCF_OPTION_FETCH] = "request",
		[DCF_OPTION_EMAIL] = "request",
	};

	return names[context];
}

const char *
dcf_option_type_name(DcfOptionType type)
{
	return types[type].name;
}

const char *
dcf_option_type_unit(DcfOptionType type)
{
	return types[type].unit;
}

bool
dcf_option_type_is_number(DcfOptionType type)
{
	return types[type].is_number;
}
