/*
 * refusal.c
 *	  The service's refusals as PostgreSQL errors.
 *
 * The meanings of 400, 401, 403, 404, 413, 429, 500 and 503 follow the service's
 * documentation; those of other statuses are HTTP's.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "core/markup.h"
#include "net/refusal.h"

typedef struct Meaning
{
	int status;
	int sqlstate;
	const char *message;
	const char *hint;
} Meaning;

static const Meaning meanings[] = {
	{DCF_STATUS_BAD_VALUE, ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE,
	 "service rejected the request's parameters",
	 "Check the values in WHERE and the options \"params\" of the server and the "
	 "table."},
	{401, ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
	 "service did not accept the credentials",
	 "Check the options of the user mapping; a token may have expired."},
	{403, ERRCODE_INSUFFICIENT_PRIVILEGE, "service denied permission",
	 "Ask for access to this endpoint for the user of the user mapping. The "
	 "account may not be mapped to an employee."},
	{404, ERRCODE_FDW_TABLE_NOT_FOUND, "service has no such endpoint",
	 "Check the table's option \"endpoint\" and the server's option \"url\"."},
	{DCF_STATUS_TOO_MUCH, ERRCODE_PROGRAM_LIMIT_EXCEEDED, NULL,
	 "Narrow the request, for example to fewer days or locations."},
	{429, ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
	 "service is limiting the rate of requests",
	 "Run fewer queries at once, or raise the server's options "
	 "\"max_retries\" and \"retry_max_wait\"."},
	{502, ERRCODE_FDW_ERROR, "gateway could not reach the service",
	 "Try again later."},
	{503, ERRCODE_FDW_ERROR, "service is overloaded or out of order",
	 "Try again later."},
	{504, ERRCODE_FDW_ERROR, "service did not answer its gateway in time",
	 "Try again later, or narrow the request."},
};

/* For statuses without a meaning of their own, by class. */
static const Meaning meaning_3xx =
	{300, ERRCODE_FDW_ERROR, "service redirects the request",
	 "Redirects are not followed. Check the server's option \"url\"."};
static const Meaning meaning_5xx = {500, ERRCODE_FDW_ERROR,
									"service failed on the request",
									"Try again later, or narrow the request."};
static const Meaning meaning_other =
	{0, ERRCODE_FDW_ERROR, "service gave no usable reply",
	 "Check the table's option \"endpoint\" and the server's option \"url\"."};

/* The meaning of a status, or else of its class. */
static const Meaning *
find_meaning(int status)
{
	int i;

	for (i = 0; i < (int) lengthof(meanings); i++)
	{
		if (meanings[i].status == status)
			return &meanings[i];
	}
	if (status >= 300 && status <= 399)
		return &meaning_3xx;
	if (status >= 500 && status <= 599)
		return &meaning_5xx;
	return &meaning_other;
}

/*
 * Whether the body is a page for a browser, of which only the title is shown.
 * The type alone is not reliable (markup.h), so the body counts as well.
 */
static bool
is_html(const DcfRefusal *refusal)
{
	return (refusal->content_type && strstr(refusal->content_type, "html")) ||
		dcf_markup_look(refusal->body, refusal->body_len) == DCF_BODY_MARKUP;
}

/* A sentence about such a page. */
static char *
show_page(const DcfRefusal *refusal)
{
	char *title = dcf_foreign_text_title(refusal->body, refusal->body_len);

	return title ?
		psprintf("The reply is an HTML page with the title \"%s\".", title) :
		pstrdup("The reply is an HTML page.");
}

/*
 * The error message in a JSON object, or NULL. Message and ExceptionMessage
 * are the names of ASP.NET, error_description and error those of OAuth, detail
 * and title those of RFC 9457.  A text comes before a mere code or heading of
 * the same source.
 */
static const char *
get_error_message(json_t *document)
{
	static const char *const names[] = {"Message",
										"error_description",
										"ExceptionMessage",
										"Error",
										"detail",
										"title"};
	const char *text = NULL;
	int i;

	for (i = 0; i < (int) lengthof(names) && text == NULL; i++)
		text = dcf_json_document_text(document, names[i]);
	return text;
}

/*
 * Whether a text is an error code of OAuth (RFC 6749 and 6750).  It is shown as it
 * is: it reveals nothing, even if a part of it equals a secret, such as a
 * client_id "client".
 */
static bool
is_oauth_code(const char *text)
{
	static const char *const codes[] =
		{"invalid_request",		   "invalid_client",
		 "invalid_grant",		   "unauthorized_client",
		 "unsupported_grant_type", "invalid_scope",
		 "access_denied",		   "unsupported_response_type",
		 "server_error",		   "temporarily_unavailable",
		 "invalid_token",		   "insufficient_scope"};
	int i;

	for (i = 0; i < (int) lengthof(codes); i++)
	{
		if (strcmp(text, codes[i]) == 0)
			return true;
	}
	return false;
}

/* A sentence with the body's error message, or with its start. */
static char *
show_body(const DcfRefusal *refusal)
{
	json_t *document;
	const char *message;
	char *shown;
	size_t len;

	if (refusal->body_len == 0)
		return pstrdup("The reply has no body.");
	if (is_html(refusal))
		return show_page(refusal);
	document = dcf_json_document_parse(refusal->body, refusal->body_len);
	message = get_error_message(document);
	/* The body may have a token, which is not known as a secret yet. */
	if (message == NULL && refusal->is_login)
		return pstrdup("The reply has no error message.");
	/* The whole body may be one JSON string. */
	if (message == NULL)
		message = json_string_value(document);
	len = message ? strlen(message) : refusal->body_len;
	if (message && is_oauth_code(message))
		shown = pstrdup(message);
	else
		shown = message ? dcf_foreign_text(message, len) :
						  dcf_foreign_text_start(refusal->body, len);
	len = strlen(shown);
	return psprintf("The service says: \"%s\"%s", shown,
					len > 0 && strchr(".!?", shown[len - 1]) ? "" : ".");
}

/* The detail: the request, the status, the message, and known limits. */
static char *
build_detail(const DcfRefusal *refusal)
{
	StringInfoData detail;

	initStringInfo(&detail);
	appendStringInfo(&detail, "%s was answered with status %d",
					 refusal->request ? refusal->request : "The request",
					 refusal->status);
	if (refusal->tries > 1)
		appendStringInfo(&detail, " after %d tries", refusal->tries);
	appendStringInfo(&detail, ". %s", show_body(refusal));
	if (refusal->location[0] != '\0')
		appendStringInfo(&detail, " It points to \"%s\".", refusal->location);
	if (refusal->status == DCF_STATUS_TOO_MUCH && refusal->max_rows > 0)
		appendStringInfo(&detail,
						 " The service allows %d records in one reply, by its "
						 "own estimate.",
						 refusal->max_rows);
	if (refusal->requested_wait > 0)
		appendStringInfo(&detail,
						 " The service asks to wait " INT64_FORMAT
						 " s, longer than \"retry_max_wait\" allows.",
						 (refusal->requested_wait + 999) / 1000);
	if (refusal->paused_until)
		appendStringInfo(&detail,
						 " No request of this account is sent before %s.",
						 refusal->paused_until);
	return detail.data;
}

/* The primary message; that of DCF_STATUS_TOO_MUCH names the foreign table. */
static char *
build_message(const DcfRefusal *refusal, const Meaning *meaning)
{
	if (meaning->message)
		return pstrdup(meaning->message);
	if (refusal->relation)
		return psprintf("request for foreign table \"%s\" asks for too many "
						"records",
						refusal->relation);
	return pstrdup("request asks for too many records");
}

void
dcf_refusal_raise(const DcfRefusal *refusal)
{
	int status = refusal->status;
	const Meaning *meaning;
	const char *hint;

	/* OAuth answers a wrong password with 400. */
	if (refusal->is_login && (status == 400 || status == 403))
		status = 401;
	meaning = find_meaning(status);
	hint = meaning->hint;
	if (refusal->is_order && status == DCF_STATUS_BAD_VALUE)
		hint =
			"Check the values that are written, and the options \"params\" of the server and the table.";
	if (refusal->hint)
		hint = refusal->status == DCF_STATUS_TOO_MUCH ?
			refusal->hint :
			psprintf("%s %s", hint, refusal->hint);
	if (refusal->resume)
		hint = psprintf("%s To try at once: %s.", hint, refusal->resume);
	ereport(ERROR,
			(errcode(meaning->sqlstate),
			 errmsg_internal("%s", build_message(refusal, meaning)),
			 errdetail_internal("%s", build_detail(refusal)),
			 errhint("%s", hint)));
}

void
dcf_refusal_raise_too_long(size_t max)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("record in the service's reply is too long"),
			 errdetail("It is longer than the server's option "
					   "\"max_record_size\" allows (%zu bytes).",
					   max),
			 errhint("Raise the server's option \"max_record_size\".")));
}
