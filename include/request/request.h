/*
 * request.h
 *	  One request: an endpoint and the parameters to send, in order.
 *
 * bind.c makes requests for scans and for EXPLAIN; the transport reads them.
 * Names and values are plain UTF-8.  They are encoded when a URL or a body is
 * made of them, so no value can inject anything.
 */
#ifndef DCF_REQUEST_H
#define DCF_REQUEST_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "options/option.h"

/* A URL longer than this many bytes becomes a POST under method auto. */
#define DCF_REQUEST_MAX_URL 2000

/* A request longer than this many bytes is not shown whole. */
#define DCF_REQUEST_MAX_SHOWN 2500

typedef struct DcfParam
{
	char *name;
	char *value;

	/*
	 * value stands for one that is not known, such as $1: it is shown, but
	 * never sent
	 */
	bool placeholder;
} DcfParam;

typedef struct DcfRequest
{
	char *endpoint; /* path, starts with '/' */
	List *params;	/* of DcfParam *: from the query */

	/*
	 * of DcfParam *: sent with every request of the table, after params.  An
	 * empty value is not sent
	 */
	List *fixed;
	DcfMethod method;
	DcfPostBody post_body;
	DcfFormat format; /* of the reply */

	/*
	 * send it only once, and wait only seconds: the caller can do without the
	 * reply
	 */
	bool brief;

	/*
	 * take a reply of any 2xx status and any format.  Only where Response is no
	 * XML, markup is no reply
	 */
	bool raw;

	/*
	 * it changes something: send it again only if the service has not taken it,
	 * and take a reply of any 2xx status
	 */
	bool once;

	/*
	 * > 0: how the service answers is what the caller wants to know.  Send it only
	 * once, wait at most so many ms, and take a reply of any status, with any body
	 */
	int any_reply_within;
} DcfRequest;

/*
 * The path of an endpoint below the option path_prefix, which may be NULL.
 * Unchanged are paths whose first segment is that of the prefix, and those
 * that belong to no company: /session, /ping and /master.  Returns endpoint
 * itself, or a palloc'd string.
 */
extern char *dcf_request_path(const char *prefix, char *endpoint);

/*
 * If a request to this endpoint changes data of the service: the parameter that
 * names what is changed, without which something is added.  Else NULL.
 */
extern const char *dcf_request_writes(const char *endpoint);

/*
 * A request with the parameters that each request of the table sends:
 * LanguageCode, the server's params, the table's params (which replace those
 * of the same name), and Response.  In the current memory context.  It is sent
 * once if it writes.
 */
extern DcfRequest *dcf_request_create(const DcfServerOptions *server,
									  const DcfTableOptions *table);

/*
 * Set a parameter of the query.  It replaces any parameter of that name,
 * compared without regard to case.  Copies both strings.  Commas in a value
 * are not encoded: they separate the values of a list.
 */
extern void dcf_request_set(DcfRequest *request, const char *name,
							const char *value, bool placeholder);

/*
 * Set the parameters of a query string among those that every request sends.
 * It replaces those of the same name. query is UTF-8, and the option's
 * validator has checked that it decodes; else elog(ERROR).
 */
extern void dcf_request_set_query(DcfRequest *request, const char *query);

/* The value of a parameter that every request sends, or NULL. */
extern const char *dcf_request_fixed(const DcfRequest *request,
									 const char *name);

/*
 * The value of a parameter, from the query or sent by every request; or NULL.
 */
extern const char *dcf_request_value(const DcfRequest *request,
									 const char *name);

/* Leave out a parameter that every other request sends. */
extern void dcf_request_omit(DcfRequest *request, const char *name);

/*
 * The parameters as a text, palloc'd: equal for requests that send the same values
 * to the same names, whatever the names' case and order.
 */
extern char *dcf_request_identity(const DcfRequest *request);

/* A value percent-encoded, palloc'd: to build placeholders. */
extern char *dcf_request_encode(const char *value);

/* Whether to send it as a POST. base is the URL in front of the endpoint. */
extern bool dcf_request_is_post(const DcfRequest *request, const char *base);

/*
 * The URL: base, the endpoint, and for a GET the query string.  Palloc'd.
 * Raises ERRCODE_PROGRAM_LIMIT_EXCEEDED if it exceeds PostgreSQL's largest
 * allocation; so do dcf_request_body() and dcf_request_show().
 */
extern char *dcf_request_url(const DcfRequest *request, const char *base);

/* The POST's body, palloc'd, and its content type, which is constant. */
extern char *dcf_request_body(const DcfRequest *request,
							  const char **content_type);

/*
 * The request as "GET /path?a=1&b=2", palloc'd, for EXPLAIN and messages.  It
 * contains no secret, and is cut at DCF_REQUEST_MAX_SHOWN bytes.
 */
extern char *dcf_request_show(const DcfRequest *request, const char *base);

#endif /* DCF_REQUEST_H */
