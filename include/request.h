/*
 * request.h
 *	  One request: an endpoint and the parameters to send, in order.
 *
 * Built by bind.c for the scan and for EXPLAIN, read by the transport.
 * Names and values are plain UTF-8; encoding happens when a URL or a body is
 * made of them, so nothing in a value can inject anything.
 */
#ifndef DCF_REQUEST_H
#define DCF_REQUEST_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "option.h"

/* A URL longer than this many bytes becomes a POST under method auto. */
#define DCF_REQUEST_MAX_URL 2000

/* A request longer than this many bytes is not shown whole. */
#define DCF_REQUEST_MAX_SHOWN 2500

typedef struct DcfParam
{
	char *name;
	char *value;
	bool placeholder; /* value only stands for one, such as $1: for
								 * display, never sent */
} DcfParam;

typedef struct DcfRequest
{
	char *endpoint; /* path, starts with '/' */
	List *params;	/* of DcfParam *, what the query asks for */
	List *fixed;	/* of DcfParam *, what goes with every request of
								 * the table; sent after params */
	DcfMethod method;
	DcfPostBody post_body;
	DcfFormat format; /* that the reply is to have */
	bool brief;		  /* one try of some seconds, as there is another way if it
				 * fails */
} DcfRequest;

/*
 * The path of an endpoint below the option path_prefix, which may be NULL.  One
 * that begins with the prefix's first segment stays as it is, and so do those
 * that belong to no company: /session, /ping and /master.  endpoint itself, or
 * palloc'd.
 */
extern char *dcf_request_path(const char *prefix, char *endpoint);

/*
 * A request with the parameters that go with every request of this table: the
 * server's params, the table's params (which win over the server's of the same
 * name), LanguageCode and Response.  Those without a value are not sent.  In the
 * current memory context.
 */
extern DcfRequest *dcf_request_create(const DcfServerOptions *server,
									  const DcfTableOptions *table);

/*
 * Set a parameter of the query, in place of an earlier or fixed one of that
 * name (names are compared without regard to case).  Copies both strings.  A
 * list's values are separated by commas that stand for themselves.
 */
extern void dcf_request_set(DcfRequest *request, const char *name,
							const char *value, bool placeholder);

/*
 * Set the parameters of a query string, which is UTF-8 and has been checked as
 * an option, in place of fixed ones of their names.
 */
extern void dcf_request_set_query(DcfRequest *request, const char *query);

/* The value of a parameter that goes with every request, or NULL. */
extern const char *dcf_request_fixed(const DcfRequest *request,
									 const char *name);

/* The value of a parameter of the query or of every request, or NULL. */
extern const char *dcf_request_value(const DcfRequest *request,
									 const char *name);

/* Do not send a parameter that goes with every other request. */
extern void dcf_request_omit(DcfRequest *request, const char *name);

/* A value as it would stand in a URL, palloc'd: to build placeholders. */
extern char *dcf_request_encode(const char *value);

/* Whether to send it as a POST, base being the URL before the endpoint. */
extern bool dcf_request_is_post(const DcfRequest *request, const char *base);

/* base + endpoint, with the query string unless it goes into a POST's body. */
extern char *dcf_request_url(const DcfRequest *request, const char *base);

/* The POST's body and its content type. */
extern char *dcf_request_body(const DcfRequest *request,
							  const char **content_type);

/*
 * "GET /path?a=1&b=2", for EXPLAIN and messages: never a secret in it,
 * and cut if it is long.
 */
extern char *dcf_request_show(const DcfRequest *request, const char *base);

#endif /* DCF_REQUEST_H */
