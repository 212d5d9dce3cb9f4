/*
 * request.c
 *	  Requests as data, and the URLs and bodies made of them.  See request.h.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "core/url.h"
#include "request/request.h"

/* The values of the parameter Response. */
static const char *const responses[] = {
	[DCF_FORMAT_JSON] = "Json",
	[DCF_FORMAT_JSONDATATABLE] = "JsonDataTable",
	[DCF_FORMAT_CSV] = "Csv",
	[DCF_FORMAT_XML] = "Xml",
};

static List *sent_params(const DcfRequest *request);
static void remove_param(List **params, const char *name);
static void set_fixed(DcfRequest *request, const char *name,
					  const char *value);
static char *decode(const DcfSpan *span);
static void limit_url(const DcfRequest *request, const char *base,
					  size_t *least, size_t *most);
static void append_encoded(StringInfo buf, const char *text, const char *keep);
static void append_query(StringInfo buf, const DcfRequest *request);
static void append_url(StringInfo buf, const DcfRequest *request,
					   const char *base, bool with_query);
static char *build_form(const DcfRequest *request);
static char *build_json(const DcfRequest *request);

/* Whether two paths have the same first segment, apart from case. */
static bool
same_first_segment(const char *path, const char *other)
{
	size_t len = strcspn(path + 1, "/");

	return strcspn(other + 1, "/") == len &&
		pg_strncasecmp(path + 1, other + 1, len) == 0;
}

char *
dcf_request_path(const char *prefix, char *endpoint)
{
	static const char *const roots[] = {"/session", "/ping", "/master"};

	if (prefix == NULL || same_first_segment(endpoint, prefix))
		return endpoint;
	for (int i = 0; i < (int) lengthof(roots); i++)
	{
		if (same_first_segment(endpoint, roots[i]))
			return endpoint;
	}
	return psprintf("%s%s", prefix, endpoint);
}

/* Whether a path is the endpoint, apart from case, a prefix and slashes behind it. */
static bool
is_endpoint(const char *path, const char *endpoint)
{
	size_t len = strlen(path);
	size_t endpoint_len = strlen(endpoint);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return len >= endpoint_len &&
		pg_strncasecmp(path + len - endpoint_len, endpoint, endpoint_len) == 0;
}

const char *
dcf_request_writes(const char *endpoint)
{
	static const struct
	{
		const char *endpoint;
		const char *id;
	} endpoints[] = {
		{"/Import/TrafficCount", "TrafficCountID"},
	};

	for (int i = 0; i < (int) lengthof(endpoints); i++)
	{
		if (is_endpoint(endpoint, endpoints[i].endpoint))
			return endpoints[i].id;
	}
	return NULL;
}

DcfRequest *
dcf_request_create(const DcfServerOptions *server,
				   const DcfTableOptions *table)
{
	DcfRequest *request = palloc0(sizeof(DcfRequest));

	request->endpoint = dcf_option_utf8(
		dcf_request_path(server->path_prefix, table->endpoint));
	request->method = table->method;
	request->post_body = server->post_body;
	request->format = table->format;
	request->once = dcf_request_writes(table->endpoint) != NULL;

	/*
	 * Later ones replace earlier ones of the same name: the table's params
	 * those of the server, and Response any other value, because the reader of
	 * the reply depends on it.
	 */
	if (server->language)
		set_fixed(request, "LanguageCode", server->language);
	if (server->params)
		dcf_request_set_query(request, dcf_option_utf8(server->params));
	if (table->params)
		dcf_request_set_query(request, dcf_option_utf8(table->params));
	set_fixed(request, "Response", responses[table->format]);
	return request;
}

void
dcf_request_set(DcfRequest *request, const char *name, const char *value,
				bool placeholder)
{
	DcfParam *param = palloc(sizeof(DcfParam));

	remove_param(&request->fixed, name);
	remove_param(&request->params, name);
	param->name = pstrdup(name);
	param->value = pstrdup(value);
	param->placeholder = placeholder;
	request->params = lappend(request->params, param);
}

/* The value of a parameter in a list, or NULL. */
static const char *
find_value(List *params, const char *name)
{
	ListCell *lc;

	foreach(lc, params)
	{
		const DcfParam *param = lfirst(lc);

		if (pg_strcasecmp(param->name, name) == 0)
			return param->value;
	}
	return NULL;
}

const char *
dcf_request_fixed(const DcfRequest *request, const char *name)
{
	return find_value(request->fixed, name);
}

const char *
dcf_request_value(const DcfRequest *request, const char *name)
{
	const char *value = find_value(request->params, name);

	return value ? value : find_value(request->fixed, name);
}

void
dcf_request_omit(DcfRequest *request, const char *name)
{
	remove_param(&request->fixed, name);
}

char *
dcf_request_encode(const char *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_encoded(&buf, value, "");
	return buf.data;
}

bool
dcf_request_is_post(const DcfRequest *request, const char *base)
{
	StringInfoData buf;
	size_t least;
	size_t most;
	bool too_long;

	if (request->method != DCF_METHOD_AUTO)
		return request->method == DCF_METHOD_POST;
	limit_url(request, base, &least, &most);
	if (least > DCF_REQUEST_MAX_URL)
		return true;
	if (most <= DCF_REQUEST_MAX_URL)
		return false;

	initStringInfo(&buf);
	append_url(&buf, request, base, true);
	too_long = buf.len > DCF_REQUEST_MAX_URL;
	pfree(buf.data);
	return too_long;
}

/*
 * The least and the most bytes of the URL, without building it: encoding makes
 * no text shorter, and none longer than three times.
 */
static void
limit_url(const DcfRequest *request, const char *base, size_t *least,
		  size_t *most)
{
	List *lists[] = {request->params, request->fixed};

	*least = 0;
	*most = strlen(base) + 3 * strlen(request->endpoint);
	for (size_t i = 0; i < lengthof(lists); i++)
	{
		ListCell *lc;

		foreach(lc, lists[i])
		{
			const DcfParam *param = lfirst(lc);
			size_t len = strlen(param->value);

			*least += len;
			/* With "?" or "&", and "=". */
			*most += 3 * (strlen(param->name) + len) + 2;
		}
	}
}

char *
dcf_request_url(const DcfRequest *request, const char *base)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_url(&buf, request, base, !dcf_request_is_post(request, base));
	return buf.data;
}

char *
dcf_request_body(const DcfRequest *request, const char **content_type)
{
	if (request->post_body == DCF_BODY_JSON)
	{
		*content_type = "application/json";
		return build_json(request);
	}
	*content_type = "application/x-www-form-urlencoded";
	return build_form(request);
}

char *
dcf_request_show(const DcfRequest *request, const char *base)
{
	StringInfoData buf;
	bool post = dcf_request_is_post(request, base);

	initStringInfo(&buf);
	appendStringInfoString(&buf, post ? "POST " : "GET ");

	/* A POST is shown with its parameters in the URL, too. */
	append_url(&buf, request, "", true);
	if (buf.len > DCF_REQUEST_MAX_SHOWN)
	{
		int whole = buf.len;

		buf.len = pg_mbcliplen(buf.data, whole, DCF_REQUEST_MAX_SHOWN);
		appendStringInfo(&buf, "... (%d bytes)", whole);
	}

	/* This is ASCII, except for placeholders in the database encoding. */
	return buf.data;
}

/*
 * The parameters that are sent (DcfParam *): those of this request, and of those
 * that every request sends the ones that are not empty.  The service treats an
 * empty one as missing, so a table's params can remove one of the server's.
 */
static List *
sent_params(const DcfRequest *request)
{
	List *sent = list_copy(request->params);
	ListCell *lc;

	foreach(lc, request->fixed)
	{
		DcfParam *param = lfirst(lc);

		if (param->value[0] != '\0')
			sent = lappend(sent, param);
	}
	return sent;
}

/* For list_sort(): by name, of which there is only one. */
static int
compare_names(const ListCell *a, const ListCell *b)
{
	return pg_strcasecmp(((const DcfParam *) lfirst(a))->name,
						 ((const DcfParam *) lfirst(b))->name);
}

char *
dcf_request_identity(const DcfRequest *request)
{
	List *params = sent_params(request);
	StringInfoData buf;
	ListCell *lc;

	list_sort(params, compare_names);
	initStringInfo(&buf);
	foreach(lc, params)
	{
		const DcfParam *param = lfirst(lc);

		for (const char *p = param->name; *p; p++)
			appendStringInfoChar(&buf,
								 (char) pg_ascii_tolower((unsigned char) *p));
		/* A length in between: no name or value can look like another. */
		appendStringInfo(&buf, "\n%zu\n%s\n", strlen(param->value),
						 param->value);
	}
	list_free(params);
	return buf.data;
}

/*
 * Remove the parameter of this name, if the list has it.  There is at most
 * one, because every insertion removes the one before it.
 */
static void
remove_param(List **params, const char *name)
{
	ListCell *lc;

	foreach(lc, *params)
	{
		if (pg_strcasecmp(((DcfParam *) lfirst(lc))->name, name) == 0)
		{
			*params = foreach_delete_current(*params, lc);
			return;
		}
	}
}

/* Set a parameter that every request sends. */
static void
set_fixed(DcfRequest *request, const char *name, const char *value)
{
	DcfParam *param = palloc0(sizeof(DcfParam));

	remove_param(&request->fixed, name);
	param->name = pstrdup(name);
	param->value = pstrdup(value);
	request->fixed = lappend(request->fixed, param);
}

void
dcf_request_set_query(DcfRequest *request, const char *query)
{
	size_t pos = 0;
	DcfSpan name;
	DcfSpan value;

	while (dcf_url_next_pair(query, strlen(query), &pos, &name, &value))
		set_fixed(request, decode(&name), decode(&value));
}

/*
 * Percent-decode a name or value that the validator has checked.  Decoding
 * never makes a text longer.
 */
static char *
decode(const DcfSpan *span)
{
	char *result = palloc(span->len + 1);
	size_t len;

	if (!dcf_url_decode(span->data, span->len, result, &len))
		elog(ERROR, "query string does not decode");
	result[len] = '\0';
	return result;
}

/*
 * Append a text percent-encoded, except for the characters in keep.  Encodes
 * piece by piece, between those characters, to notice interrupts in a long
 * list.  Measures each piece first: enlargeStringInfo() takes an int, and its
 * own error would not say what is too long.
 */
static void
append_encoded(StringInfo buf, const char *text, const char *keep)
{
	while (*text != '\0')
	{
		size_t len = strcspn(text, keep);
		size_t need = dcf_url_encode(text, len, NULL, 0);

		CHECK_FOR_INTERRUPTS();
		if (need > MaxAllocSize)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("request is too long")));
		enlargeStringInfo(buf, (int) need);
		dcf_url_encode(text, len, buf->data + buf->len, need);
		buf->len += (int) need;
		buf->data[buf->len] = '\0';
		text += len;
		if (*text != '\0')
			appendStringInfoChar(buf, *text++);
	}
}

/* Append the parameters as a query string; placeholders unencoded. */
static void
append_query(StringInfo buf, const DcfRequest *request)
{
	List *params = sent_params(request);
	ListCell *lc;

	foreach(lc, params)
	{
		const DcfParam *param = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(buf, '&');
		append_encoded(buf, param->name, "");
		appendStringInfoChar(buf, '=');
		if (param->placeholder)
			appendStringInfoString(buf, param->value);
		else
			append_encoded(buf, param->value, ",");
	}
	list_free(params);
}

/* Append base, the encoded endpoint and optionally the query string. */
static void
append_url(StringInfo buf, const DcfRequest *request, const char *base,
		   bool with_query)
{
	appendStringInfoString(buf, base);
	append_encoded(buf, request->endpoint, "/");
	if (with_query)
	{
		appendStringInfoChar(buf, '?');
		append_query(buf, request);
	}
}

/* A body in the form of a query string. */
static char *
build_form(const DcfRequest *request)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_query(&buf, request);
	return buf.data;
}

/*
 * A body as one JSON object.  All values are strings, because the
 * documentation gives no types for a body.
 */
static char *
build_json(const DcfRequest *request)
{
	List *params = sent_params(request);
	ListCell *lc;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	foreach(lc, params)
	{
		const DcfParam *param = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(&buf, ',');
		escape_json(&buf, param->name);
		appendStringInfoChar(&buf, ':');
		escape_json(&buf, param->value);
	}
	list_free(params);
	appendStringInfoChar(&buf, '}');
	return buf.data;
}
