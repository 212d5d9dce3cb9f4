/*
 * recording_text.c
 *	  What a recording says of a request and a reply's head.  See recording_text.h.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/json.h"

#include "base/json_document.h"
#include "base/url_parts.h"
#include "core/secret.h"
#include "core/url.h"
#include "recording_body.h"
#include "recording_text.h"

/* The form of what is recorded; a reader refuses one that it does not know. */
#define RECORD_FORMAT 1

/* Parts of a name, in lower case, that say that its value is secret. */
static const char *const secret_parts[] = {"auth",		"cookie",  "token",
										   "passw",		"secret",  "apikey",
										   "api_key",	"api-key", "signature",
										   "credential"};

/* Names that contain such a part, of values that are no secrets. */
static const char *const open_names[] = {"www-authenticate",
										 "proxy-authenticate", "token_type",
										 "author", "authors"};

/* Texts of a reply to a log-in that are no secrets. */
static const char *const open_fields[] = {"token_type", "scope",
										  "error",		"error_description",
										  "error_uri",	"expires_in"};

/* Whether a name is one of these, whatever its case. */
static bool
is_one_of(const char *name, size_t len, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strlen(names[i]) == len &&
			pg_strncasecmp(names[i], name, len) == 0)
			return true;
	}
	return false;
}

/* Whether a value of this name is secret, whatever it is. */
static bool
is_secret_name(const char *name, size_t len)
{
	if (is_one_of(name, len, open_names, lengthof(open_names)))
		return false;
	for (int i = 0; i < (int) lengthof(secret_parts); i++)
	{
		size_t n = strlen(secret_parts[i]);

		for (size_t at = 0; at + n <= len; at++)
		{
			if (pg_strncasecmp(name + at, secret_parts[i], n) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Replace the secrets in a text by as many bytes.  Returns how many.  foreign: the
 * service has sent the text, and may have cut it within a secret.
 */
static uint64
hide(char *text, size_t len, bool foreign, const List *secrets)
{
	bool *marks = palloc0(len + 1);
	uint64 hidden = 0;
	const ListCell *lc;

	foreach(lc, secrets)
		(void) dcf_secret_mark(text, len, foreign, lfirst(lc),
							   strlen(lfirst(lc)), marks);
	dcf_recording_body_replace(text, marks, len);
	for (size_t i = 0; i < len; i++)
		hidden += marks[i];
	pfree(marks);
	return hidden;
}

/* Append a text of the service's without secrets. */
static void
append_hidden(StringInfo out, const char *text, size_t len,
			  const List *secrets)
{
	int at = out->len;

	appendBinaryStringInfo(out, text, (int) len);
	(void) hide(out->data + at, len, true, secrets);
}

/* Whether a text has one of the secrets. */
static bool
has_secret(const char *text, size_t len, const List *secrets)
{
	char *copy = pnstrdup(text, len);
	bool has = hide(copy, len, false, secrets) > 0;

	pfree(copy);
	return has;
}

/* Whether the value of a pair in a query string must not be shown. */
static bool
is_secret_pair(const char *name, size_t name_len, const char *value,
			   size_t value_len, const List *secrets)
{
	char *decoded = palloc(name_len + 1);
	size_t len = 0;
	bool is_secret;

	if (!dcf_url_decode(name, name_len, decoded, &len))
	{
		memcpy(decoded, name, name_len);
		len = name_len;
	}
	is_secret =
		is_secret_name(decoded, len) || has_secret(value, value_len, secrets);
	pfree(decoded);
	return is_secret;
}

/*
 * Append pairs such as "a=1&b=2", without those values that are secret.  login: all are
 * but the kind of log-in.  Names and paths are from options, which hold no secrets.
 */
static void
append_pairs(StringInfo out, const char *text, size_t len, bool login,
			 const List *secrets)
{
	const char *end = text + len;

	for (;;)
	{
		const char *next = memchr(text, '&', end - text);
		const char *stop = next ? next : end;
		const char *equals = memchr(text, '=', stop - text);
		const char *value = equals ? equals + 1 : stop;
		const char *name_end = equals ? equals : stop;
		bool is_open = login && name_end - text == strlen("grant_type") &&
			memcmp(text, "grant_type", strlen("grant_type")) == 0;

		appendBinaryStringInfo(out, text, (int) (value - text));
		if (!is_open &&
			(login ||
			 is_secret_pair(text, name_end - text, value, stop - value,
							secrets)))
			appendStringInfoString(out, DCF_RECORDING_REPLACED);
		else
			appendBinaryStringInfo(out, value, (int) (stop - value));
		if (next == NULL)
			break;
		appendStringInfoChar(out, '&');
		text = next + 1;
	}
}

/* Append a URL without the secrets that its parameters may have. */
static void
append_url(StringInfo out, const char *url, size_t len, const List *secrets)
{
	const char *query = memchr(url, '?', len);
	size_t path_len = query ? (size_t) (query + 1 - url) : len;

	appendBinaryStringInfo(out, url, (int) path_len);
	if (query)
		append_pairs(out, url + path_len, len - path_len, false, secrets);
}

/* Append a value that the service sent, which may be a URL with parameters. */
static void
append_foreign(StringInfo out, const char *value, size_t len,
			   const List *secrets)
{
	StringInfoData url;

	initStringInfo(&url);
	append_url(&url, value, len, secrets);
	append_hidden(out, url.data, url.len, secrets);
	pfree(url.data);
}

/* Append a member of a JSON object. */
static void
append_member(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, ",\n \"%s\": ", name);
	if (value)
		escape_json(out, value);
	else
		appendStringInfoString(out, "null");
}

/* Append a header to the list of those that are sent. */
static void
append_header(StringInfo out, const char *name, const char *value,
			  const List *secrets)
{
	char *copy;

	if (value == NULL)
		return;
	copy = pstrdup(value);
	(void) hide(copy, strlen(copy), false, secrets);
	appendStringInfo(out, "%s\n  [\"%s\", ",
					 out->data[out->len - 1] == '[' ? "" : ",", name);
	escape_json(out, copy);
	appendStringInfoChar(out, ']');
	pfree(copy);
}

/* The value of an Authorization header without its secret. */
static const char *
show_authorization(const char *authorization)
{
	if (authorization == NULL)
		return NULL;
	return psprintf("%.*s %s", (int) strcspn(authorization, " "),
					authorization, DCF_RECORDING_REPLACED);
}

static void
append_headers(StringInfo out, const DcfHttpRequest *request, bool cookies,
			   const List *secrets)
{
	appendStringInfoString(out, ",\n \"headers\": [");
	append_header(out, "User-Agent", "dataconnect_fdw/" DCF_VERSION, NIL);
	append_header(out, "Accept-Encoding",
				  request->compression ? "gzip, deflate" : "identity", NIL);
	append_header(out, "Accept", request->accept ? request->accept : "*/*",
				  secrets);
	append_header(out, "Authorization",
				  show_authorization(request->authorization), NIL);
	append_header(out, "Cookie", cookies ? DCF_RECORDING_REPLACED : NULL, NIL);
	if (request->post_body)
		append_header(out, "Content-Type", request->content_type, secrets);
	appendStringInfoString(out, "]");
}

/* Append the members of a JSON object whose values are texts. */
static void
append_members(StringInfo out, json_t *document, const List *secrets)
{
	const char *name;
	json_t *member;
	char separator = '{';

	json_object_foreach(document, name, member)
	{
		const char *value = json_string_value(member);
		bool is_secret = value == NULL || is_secret_name(name, strlen(name)) ||
			has_secret(value, strlen(value), secrets);

		appendStringInfoChar(out, separator);
		escape_json(out, name);
		appendStringInfoChar(out, ':');
		escape_json(out, is_secret ? DCF_RECORDING_REPLACED : value);
		separator = ',';
	}
	appendStringInfoString(out, separator == '{' ? "{}" : "}");
}

/* The body of a request, without secrets; palloc'd. */
static char *
show_body(const DcfHttpRequest *request, const List *secrets)
{
	const char *body = request->post_body;
	size_t len = strlen(body);
	json_t *document = NULL;
	StringInfoData out;

	initStringInfo(&out);
	if (strcmp(request->content_type, "application/json") == 0)
		document = dcf_json_document_parse(body, len);
	if (json_is_object(document))
		append_members(&out, document, secrets);
	else
		append_pairs(&out, body, len, request->confidential, secrets);
	return out.data;
}

void
dcf_recording_text_request(StringInfo out, const DcfHttpRequest *request,
						   bool cookies, const char *at, const List *secrets)
{
	StringInfoData url;

	initStringInfo(&url);
	append_url(&url, request->url, strlen(request->url), secrets);
	appendStringInfo(out, "{\"format\": %d", RECORD_FORMAT);
	append_member(out, "by", "dataconnect_fdw " DCF_VERSION);
	append_member(out, "at", at);
	append_member(out, "method", request->post_body ? "POST" : "GET");
	append_member(out, "url", url.data);
	append_member(out, "proxy",
				  request->proxy ? dcf_url_parts_origin(request->proxy) :
								   NULL);
	append_headers(out, request, cookies, secrets);
	append_member(out, "body",
				  request->post_body ? show_body(request, secrets) : NULL);
	appendStringInfoString(out, "}\n");
}

/* Append a line of a head that sets a cookie: its name, and what follows the value. */
static void
append_cookie(StringInfo out, const char *value, size_t len,
			  const List *secrets)
{
	const char *equals = memchr(value, '=', len);
	size_t name_len = equals ? (size_t) (equals + 1 - value) : 0;
	const char *rest = memchr(value, ';', len);
	size_t rest_len = rest ? (size_t) (value + len - rest) : 0;

	if (rest && equals > rest)
		name_len = 0;
	append_hidden(out, value, name_len, secrets);
	appendStringInfoString(out, DCF_RECORDING_REPLACED);
	append_hidden(out, rest ? rest : value, rest_len, secrets);
}

/* Append a line of a head, without its line end. */
static void
append_line(StringInfo out, const char *line, size_t len, const List *secrets)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon ? (size_t) (colon - line) : 0;
	const char *value = colon ? colon + 1 : line;

	while (value < line + len && *value == ' ')
		value++;
	append_hidden(out, line, value - line, secrets);
	len -= value - line;
	if (name_len == strlen("Set-Cookie") &&
		pg_strncasecmp(line, "Set-Cookie", name_len) == 0)
		append_cookie(out, value, len, secrets);
	else if (is_secret_name(line, name_len))
		appendStringInfoString(out, DCF_RECORDING_REPLACED);
	else
		append_foreign(out, value, len, secrets);
}

void
dcf_recording_text_head(StringInfo out, const char *head, size_t len,
						const List *secrets)
{
	const char *end = head + len;

	while (head < end)
	{
		const char *feed = memchr(head, '\n', end - head);
		size_t whole = (feed ? feed + 1 : end) - head;
		size_t text = whole;

		while (text > 0 && (head[text - 1] == '\n' || head[text - 1] == '\r'))
			text--;
		append_line(out, head, text, secrets);
		appendBinaryStringInfo(out, head + text, (int) (whole - text));
		head += whole;
	}
}

bool
dcf_recording_text_is_login(const char *url)
{
	static const char name[] = "/session";
	const char *authority = strstr(url, "://");
	const char *path = authority ? authority + strlen("://") : url;
	size_t len;
	char *decoded;
	size_t decoded_len = 0;
	bool is_login;

	path += strcspn(path, "/?#");
	len = strcspn(path, "?#");
	decoded = palloc(len + 1);
	if (!dcf_url_decode(path, len, decoded, &decoded_len))
	{
		memcpy(decoded, path, len);
		decoded_len = len;
	}
	while (decoded_len > 0 && decoded[decoded_len - 1] == '/')
		decoded_len--;
	is_login = decoded_len >= strlen(name) &&
		pg_strncasecmp(decoded + decoded_len - strlen(name), name,
					   strlen(name)) == 0;
	pfree(decoded);
	return is_login;
}

/* Append a member of a reply to a log-in; value is in jansson's notation. */
static void
append_field(StringInfo out, const char *name, json_t *member,
			 const List *secrets)
{
	bool is_open =
		is_one_of(name, strlen(name), open_fields, lengthof(open_fields));

	escape_json(out, name);
	appendStringInfoChar(out, ':');
	if (json_is_integer(member))
		appendStringInfo(out, INT64_FORMAT,
						 (int64) json_integer_value(member));
	else if (json_is_real(member))
		appendStringInfo(out, "%.17g", json_real_value(member));
	else if (json_is_boolean(member))
		appendStringInfoString(out, json_is_true(member) ? "true" : "false");
	else if (json_is_null(member))
		appendStringInfoString(out, "null");
	else if (json_is_string(member) && is_open)
	{
		char *value = pstrdup(json_string_value(member));

		(void) hide(value, strlen(value), true, secrets);
		escape_json(out, value);
	}
	else
		appendStringInfoString(out, "\"" DCF_RECORDING_REPLACED "\"");
}

uint64
dcf_recording_text_login(StringInfo out, const char *bytes, size_t len,
						 const List *secrets)
{
	json_t *document = dcf_json_document_parse(bytes, len);
	const char *name;
	json_t *member;
	bool *marks;
	char separator = '{';

	if (json_is_object(document))
	{
		json_object_foreach(document, name, member)
		{
			appendStringInfoChar(out, separator);
			append_field(out, name, member, secrets);
			separator = ',';
		}
		appendStringInfoString(out, separator == '{' ? "{}" : "}");
		return len;
	}
	marks = palloc(len + 1);
	for (size_t i = 0; i < len; i++)
		marks[i] =
			IS_HIGHBIT_SET(bytes[i]) || isalnum((unsigned char) bytes[i]);
	appendBinaryStringInfo(out, bytes, (int) len);
	dcf_recording_body_replace(out->data + out->len - len, marks, len);
	pfree(marks);
	return len;
}
