/*
 * preferred_endpoint.c
 *	  The host to which the requests about a company go.  See
 *	  preferred_endpoint.h.
 *
 * Each company has an endpoint (documented for lists of relationships).  GET
 * /session names that of the log-in's own company, whose number is ParentEntityId
 * (seen).  The lists of relationships name those of other companies.  A request is
 * about the company in its parameter CompanyID, or about the log-in's own
 * company.  If the endpoint is not certain, the option url is used, which always
 * works.
 *
 * Credentials go to the endpoint, so its host must belong to the service: it is
 * the host of the option url, has the same registrable domain, or is in the
 * server's option allowed_hosts.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/catch_error.h"
#include "base/foreign_text.h"
#include "base/json_document.h"
#include "base/url_parts.h"
#include "base/wait.h"
#include "net/company.h"
#include "net/offline.h"
#include "net/preferred_endpoint.h"
#include "net/session_run.h"
#include "net/trust.h"
#include "body_json.h"
#include "session_private.h"

/* After a failure that may pass, the service is asked again after this time. */
#define ASK_AGAIN_MS (60 * 1000)

/* Another company's endpoint. */
typedef struct Endpoint
{
	int64 company;
	char *url; /* base of the URLs of its requests */
} Endpoint;

/* The state of a question to the service. */
typedef struct Question
{
	bool settled; /* answered, or not worth asking again */
	bool warned;  /* a WARNING has reported its failure */
	int64 again;  /* not to be asked before, by dcf_wait_now() */
} Question;

/* What is known about endpoints.  All in the session's context. */
struct DcfPreferred
{
	Question own;  /* GET /session */
	char *url;	   /* base for the log-in's own company */
	int64 company; /* its number, if has_company */
	bool has_company;
	Question others; /* the relationships */
	List *endpoints; /* of Endpoint * */
};

typedef void (*Ask)(DcfSession *session, int64 deadline);

/* The arguments of call_ask(). */
typedef struct AskArgs
{
	DcfSession *session;
	int64 deadline;
	Ask ask;
} AskArgs;

/* The session's knowledge, created at its first use. */
static struct DcfPreferred *
get_preferred(DcfSession *session)
{
	if (session->preferred == NULL)
	{
		session->preferred =
			MemoryContextAllocZero(session->context,
								   sizeof(struct DcfPreferred));
		session->preferred->url = session->options->url;
	}
	return session->preferred;
}

/* Report by a WARNING, once for a question, that an endpoint is not used. */
static void
warn_not_used(Question *question, const char *why, const char *hint)
{
	ereport(question->warned ? DEBUG1 : WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("preferred endpoint of the service is not used"),
			 errdetail_internal("%s", why), errhint("%s", hint)));
	question->warned = true;
}

/* Whether requests with credentials may be sent to a URL. */
static bool
is_trusted(const DcfServerOptions *options, const char *url)
{
	DcfUrlParts own;
	DcfUrlParts other;

	if (dcf_url_parts_parse(options->url, &own) != NULL ||
		dcf_url_parts_parse(url, &other) != NULL)
		return false;
	return dcf_trust_is_confidential(&other, options) &&
		(dcf_trust_same_site(own.host, other.host) ||
		 dcf_trust_in_list(other.host, options->allowed_hosts));
}

/*
 * The URL without final slashes, in the session's context; the option url, with a
 * WARNING, if it is not trusted.
 */
static char *
accept_endpoint(DcfSession *session, Question *question, const char *url)
{
	size_t len = strlen(url);
	char *taken;

	if (!is_trusted(session->options, url))
	{
		warn_not_used(question,
					  psprintf("The service names \"%s\", which is not known "
							   "to belong to the service.",
							   dcf_foreign_text(url, len)),
					  "If it does, add its host to the server's option "
					  "\"allowed_hosts\". Otherwise set "
					  "\"use_preferred_endpoint\" to off.");
		return session->options->url;
	}
	while (len > 0 && url[len - 1] == '/')
		len--;
	taken = MemoryContextAllocZero(session->context, len + 1);
	memcpy(taken, url, len);
	return taken;
}

/* Report that the question got no usable reply. */
static void
warn_no_answer(Question *question, const char *why)
{
	warn_not_used(question, why,
				  "Set the server's option \"use_preferred_endpoint\" to off "
				  "if the service need not name one.");
}

/* An Ask: the endpoint of the log-in's own company. */
static void
ask_for_own(DcfSession *session, int64 deadline)
{
	struct DcfPreferred *preferred = session->preferred;
	DcfExchange exchange;
	DcfBody *body =
		dcf_session_ask(session, "/session", true, deadline, &exchange);
	int status = dcf_transfer_head(dcf_body_transfer(body))->status;
	json_t *document = NULL;
	const char *url;
	char *company;

	/* Other statuses are final: do not ask again. */
	preferred->own.settled =
		!(status == 401 || status == 429 || status >= 500);
	if (status != 200)
	{
		warn_no_answer(&preferred->own,
					   psprintf("GET /session was answered with status %d.",
								status));
		return;
	}
	document = dcf_body_read_json(body);
	if (document == NULL)
	{
		warn_no_answer(&preferred->own,
					   "GET /session was not answered with a JSON object.");
		return;
	}
	company = dcf_json_document_number(document, "ParentEntityId");
	preferred->has_company =
		company && dcf_company_parse_id(company, &preferred->company);
	url = dcf_json_document_text(document, "PreferredEndpoint");
	if (url)
		preferred->url = accept_endpoint(session, &preferred->own, url);
}

/* An Ask: the endpoints of other companies. */
static void
ask_for_others(DcfSession *session, int64 deadline)
{
	struct DcfPreferred *preferred = session->preferred;
	List *companies =
		dcf_company_list(session, DCF_RELATIONSHIPS_ANY, true, deadline);
	ListCell *cell;

	foreach(cell, companies)
	{
		const DcfCompany *company = lfirst(cell);
		Endpoint *endpoint;
		MemoryContext old;

		if (company->endpoint == NULL)
			continue;
		endpoint = MemoryContextAlloc(session->context, sizeof(Endpoint));
		endpoint->company = company->id;
		endpoint->url =
			accept_endpoint(session, &preferred->others, company->endpoint);
		old = MemoryContextSwitchTo(session->context);
		preferred->endpoints = lappend(preferred->endpoints, endpoint);
		MemoryContextSwitchTo(old);
	}
	preferred->others.settled = true;
}

/* A DcfCatchErrorFn. */
static void
call_ask(void *arg)
{
	const AskArgs *args = arg;

	args->ask(args->session, args->deadline);
}

/* Ask the question if it is due.  Its failure does not fail the request. */
static void
ask_if_due(DcfSession *session, Question *question, Ask ask, int64 deadline)
{
	AskArgs args = {.session = session, .deadline = deadline, .ask = ask};
	ErrorData *error;

	if (dcf_offline || question->settled || question->again > dcf_wait_now())
		return;
	/* Without a token the request itself fails, too: raise that here. */
	(void) dcf_token_authorization(session->token, session->pool, deadline);
	error = dcf_catch_error(call_ask, &args);
	if (error)
	{
		question->settled =
			error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ||
			error->sqlerrcode == ERRCODE_FDW_TABLE_NOT_FOUND;
		warn_no_answer(question, dcf_catch_error_show(error));
	}
	/* Also after a reply that did not settle the question. */
	question->again = dcf_wait_now() + ASK_AGAIN_MS;
}

/* The URL for another company; the option url if it is not known. */
static const char *
base_of_other(const DcfSession *session, int64 company)
{
	ListCell *cell;

	foreach(cell, session->preferred->endpoints)
	{
		const Endpoint *endpoint = lfirst(cell);

		if (endpoint->company == company)
			return endpoint->url;
	}
	return session->options->url;
}

const char *
dcf_preferred_endpoint_url(DcfSession *session, const DcfRequest *request,
						   int64 deadline)
{
	struct DcfPreferred *preferred;
	const char *id = dcf_request_value(request, DCF_COMPANY_PARAM);
	int64 company;

	dcf_session_check_confidential(session);
	if (!session->options->use_preferred_endpoint)
		return session->options->url;
	preferred = get_preferred(session);
	/* The service is to judge an invalid number. */
	if (id && !dcf_company_parse_id(id, &company))
		return session->options->url;
	ask_if_due(session, &preferred->own, ask_for_own, deadline);
	if (id == NULL ||
		(preferred->has_company && company == preferred->company))
		return preferred->url;
	ask_if_due(session, &preferred->others, ask_for_others, deadline);
	return base_of_other(session, company);
}
