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
#include "net/call.h"
#include "net/company.h"
#include "net/offline.h"
#include "net/preferred_endpoint.h"
#include "net/trust.h"
#include "body_json.h"
#include "errand.h"
#include "session_private.h"

/* After a failure that may pass, the service is asked again after this time. */
#define ASK_AGAIN_MS (60 * 1000)

/* Another company's endpoint. */
typedef struct Endpoint
{
	int64 company;
	char *url; /* base of the URLs of its requests */
} Endpoint;

/* A question that is being asked, for all calls of the session that wait for it. */
typedef struct Asking
{
	DcfErrand errand; /* has to be first */
	ErrorData *error; /* before a wait; fails the question; or NULL */
	DcfCall call;	  /* GET /session */
	DcfCompanyQuery *companies; /* or the relationships; else NULL */
} Asking;

/* The state of a question to the service. */
typedef struct Question
{
	bool settled;	/* answered, or not worth asking again */
	bool warned;	/* a WARNING has reported its failure */
	int64 again;	/* not to be asked before, by dcf_wait_now() */
	Asking *asking; /* NULL while it is not being asked */
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

bool
dcf_preferred_endpoint_is_trusted(const DcfServerOptions *options,
								  const char *url)
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

	if (!dcf_preferred_endpoint_is_trusted(session->options, url))
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

/* Take over the answer to GET /session; NULL if it is no JSON. */
static void
learn_own(DcfSession *session, json_t *document)
{
	struct DcfPreferred *preferred = session->preferred;
	const char *url;
	char *company;

	if (!json_is_object(document))
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

/* Go on to ask for the endpoint of the log-in's own company; true once done. */
static bool
ask_for_own(DcfSession *session)
{
	Question *question = &session->preferred->own;
	DcfCall *call = &question->asking->call;
	json_t *document;
	int status;

	if (!dcf_call_step(call))
		return false;
	status = dcf_call_status(call);
	if (status == 200 &&
		!dcf_body_read_json(call->exchange.body, DCF_JSON_DOCUMENT_MAX,
							&document))
		return false;
	/* Other statuses are final: do not ask again. */
	question->settled = !(status == 401 || status == 429 || status >= 500);
	if (status == 200)
		learn_own(session, document);
	else
		warn_no_answer(question,
					   psprintf("GET /session was answered with status %d.",
								status));
	return true;
}

/* Take over the endpoints of other companies. */
static void
learn_others(DcfSession *session, List *companies)
{
	struct DcfPreferred *preferred = session->preferred;
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
}

/* Go on to ask for the endpoints of other companies; true once done. */
static bool
ask_for_others(DcfSession *session)
{
	Question *question = &session->preferred->others;
	List *companies;

	if (!dcf_company_step(question->asking->companies, &companies))
		return false;
	learn_others(session, companies);
	question->settled = true;
	return true;
}

static void
end_asking(Question *question)
{
	Asking *asking = question->asking;

	question->asking = NULL;
	dcf_errand_end((DcfErrand *) asking);
}

static void
begin_asking(DcfSession *session, Question *question, int64 deadline)
{
	Asking *asking = dcf_errand_begin(session->context, sizeof(Asking));
	MemoryContext old = MemoryContextSwitchTo(asking->errand.context);

	question->asking = asking;
	if (question == &session->preferred->own)
		dcf_call_ask(&asking->call, session, "/session", true, deadline);
	else
		asking->companies =
			dcf_company_begin(session, DCF_RELATIONSHIPS_ANY, true, deadline);
	MemoryContextSwitchTo(old);
}

/* The arguments of call_ask(). */
typedef struct AskArgs
{
	DcfSession *session;
	Question *question;
	int64 deadline;
	bool done;
} AskArgs;

/* A DcfCatchErrorFn: begin to ask, or go on. */
static void
call_ask(void *arg)
{
	AskArgs *args = arg;
	Question *question = args->question;
	ResourceOwner owner;

	if (question->asking == NULL)
		begin_asking(args->session, question, args->deadline);
	if (question->asking->error)
		ReThrowError(question->asking->error);
	owner = dcf_errand_enter(&question->asking->errand);
	args->done = question == &args->session->preferred->own ?
		ask_for_own(args->session) :
		ask_for_others(args->session);
	dcf_errand_leave(&question->asking->errand, owner);
}

/*
 * Ask the question if it is due, without waiting; true once there is nothing to wait
 * for.  Its failure does not fail the request.
 */
static bool
settle(DcfSession *session, Question *question, int64 deadline)
{
	AskArgs args = {.session = session,
					.question = question,
					.deadline = deadline};
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *error;

	if (question->asking && !dcf_errand_lives(&question->asking->errand))
		end_asking(question);
	if (question->asking == NULL &&
		(dcf_offline || question->settled || question->again > dcf_wait_now()))
		return true;
	/*
	 * Without a token the request itself fails, too: raise that here.  A question
	 * that is being asked gets a new token itself.
	 */
	if (question->asking == NULL &&
		!dcf_token_step(session->token, session->pool, deadline))
		return false;
	error = dcf_catch_error(call_ask, &args);
	CurrentResourceOwner = owner;
	if (error)
	{
		question->settled =
			error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ||
			error->sqlerrcode == ERRCODE_FDW_TABLE_NOT_FOUND;
		warn_no_answer(question, dcf_catch_error_show(error));
	}
	else if (!args.done)
		return false;
	end_asking(question);
	/* Also after a reply that did not settle the question. */
	question->again = dcf_wait_now() + ASK_AGAIN_MS;
	return true;
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

bool
dcf_preferred_endpoint_step(DcfSession *session, const DcfRequest *request,
							int64 deadline, const char **url)
{
	struct DcfPreferred *preferred;
	const char *id = dcf_request_value(request, DCF_COMPANY_PARAM);
	int64 company;

	*url = session->options->url;
	dcf_call_check_confidential(session);
	if (!session->options->use_preferred_endpoint)
		return true;
	preferred = get_preferred(session);
	/* The service is to judge an invalid number. */
	if (id && !dcf_company_parse_id(id, &company))
		return true;
	if (!settle(session, &preferred->own, deadline))
		return false;
	if (id == NULL ||
		(preferred->has_company && company == preferred->company))
	{
		*url = preferred->url;
		return true;
	}
	if (!settle(session, &preferred->others, deadline))
		return false;
	*url = base_of_other(session, company);
	return true;
}

/* The arguments of call_plan(). */
typedef struct PlanArgs
{
	Asking *asking;
	DcfWaitPlan *plan;
} PlanArgs;

/* A DcfCatchErrorFn: take part in a wait. */
static void
call_plan(void *arg)
{
	PlanArgs *args = arg;

	if (args->asking->companies)
		dcf_company_plan(args->asking->companies, args->plan);
	else
		dcf_call_plan(&args->asking->call, DCF_CLAIM_NEEDED, args->plan);
}

/* Let a question take part in a wait.  If that fails, settle() fails the question. */
static void
plan_asking(Asking *asking, DcfWaitPlan *plan)
{
	PlanArgs args = {.asking = asking, .plan = plan};
	MemoryContext old = MemoryContextSwitchTo(asking->errand.context);
	ResourceOwner owner = dcf_errand_enter(&asking->errand);

	asking->error = dcf_catch_error(call_plan, &args);
	dcf_errand_leave(&asking->errand, owner);
	MemoryContextSwitchTo(old);
	if (asking->error)
		plan->ready = true;
}

/* A question has taken part in a wait. */
static void
end_wait(Asking *asking)
{
	ResourceOwner owner = dcf_errand_enter(&asking->errand);

	if (asking->companies)
		dcf_company_waited(asking->companies);
	else
		dcf_call_waited(&asking->call);
	dcf_errand_leave(&asking->errand, owner);
}

void
dcf_preferred_endpoint_plan(DcfSession *session, DcfWaitPlan *plan)
{
	struct DcfPreferred *preferred = get_preferred(session);

	if (dcf_errand_lives((DcfErrand *) preferred->own.asking))
		plan_asking(preferred->own.asking, plan);
	else if (dcf_errand_lives((DcfErrand *) preferred->others.asking))
		plan_asking(preferred->others.asking, plan);
	else
		/* A question waits for a token before it is asked. */
		dcf_token_plan(session->token, plan);
}

void
dcf_preferred_endpoint_waited(DcfSession *session)
{
	struct DcfPreferred *preferred = get_preferred(session);

	if (dcf_errand_lives((DcfErrand *) preferred->own.asking))
		end_wait(preferred->own.asking);
	if (dcf_errand_lives((DcfErrand *) preferred->others.asking))
		end_wait(preferred->others.asking);
	dcf_token_waited(session->token);
}
