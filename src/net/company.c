/*
 * company.c
 *	  Lists of companies.  See company.h.
 */
#include "postgres.h"

#include "common/int.h"

#include "base/json_document.h"
#include "net/call.h"
#include "net/company.h"
#include "net/refusal.h"
#include "body_json.h"

/* A question for a list, or for one and then the other. */
struct DcfCompanyQuery
{
	MemoryContext context; /* of the query and its result */
	DcfSession *session;
	bool brief;
	int64 deadline;
	bool any;		  /* whichever list there is */
	bool refused;	  /* the list of partners was */
	const char *path; /* of the present call */
	DcfCall call;
	List *companies; /* of DcfCompany * */
	ErrorContextCallback callback;
	MemoryContext caller; /* between push_context() and pop_context() */
};

static const char *const paths[] = {
	[DCF_RELATIONSHIPS_PARTNER] = "/partner/relationships",
	[DCF_RELATIONSHIPS_MASTER] = "/master/relationships",
};

bool
dcf_company_parse_id(const char *text, int64 *id)
{
	int64 n = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++)
	{
		if (*text < '0' || *text > '9' || pg_mul_s64_overflow(n, 10, &n) ||
			pg_add_s64_overflow(n, *text - '0', &n))
			return false;
	}
	*id = n;
	return true;
}

/* Raise that a reply is no list of companies; reason follows the path. */
pg_noreturn static void
raise_no_list(const char *path, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("service did not answer with a list of companies"),
			 errdetail("The reply to GET %s %s.", path, reason)));
}

static char *
copy_text(json_t *record, const char *name)
{
	const char *text = dcf_json_document_text(record, name);

	return text ? pstrdup(text) : NULL;
}

/* Convert one record; raises if it has no valid number. */
static DcfCompany *
read_company(json_t *record, const char *path)
{
	DcfCompany *company = palloc0(sizeof(DcfCompany));
	char *id = dcf_json_document_number(record, DCF_COMPANY_PARAM);

	if (id == NULL || !dcf_company_parse_id(id, &company->id))
		raise_no_list(path, "has a record without a " DCF_COMPANY_PARAM);
	company->name = copy_text(record, "CompanyName");
	company->brand = copy_text(record, "DoingBusinessAs");
	company->endpoint = copy_text(record, "PreferredEndpoint");
	return company;
}

/* Convert a reply into a list of companies. */
static List *
read_list(json_t *document, const char *path)
{
	List *companies = NIL;
	json_t *record;
	size_t i;

	if (document == NULL)
		raise_no_list(path, "is not JSON, or too long");
	/* A single record may come without an array around it. */
	if (json_is_object(document))
		return list_make1(read_company(document, path));
	if (!json_is_array(document))
		raise_no_list(path, "is neither an array nor an object");
	json_array_foreach(document, i, record) companies =
		lappend(companies, read_company(record, path));
	return companies;
}

/* Error context callback. */
static void
add_context(void *arg)
{
	errcontext("request: GET %s", ((DcfCompanyQuery *) arg)->path);
}

/* Until pop_context(), errors show the request, and memory is the query's. */
static void
push_context(DcfCompanyQuery *query)
{
	query->callback.previous = error_context_stack;
	query->callback.callback = add_context;
	query->callback.arg = query;
	error_context_stack = &query->callback;
	query->caller = MemoryContextSwitchTo(query->context);
}

static void
pop_context(DcfCompanyQuery *query)
{
	MemoryContextSwitchTo(query->caller);
	error_context_stack = query->callback.previous;
}

/* Begin to ask for one of the lists. */
static void
ask(DcfCompanyQuery *query, DcfRelationships which)
{
	query->path = paths[which];
	dcf_call_ask(&query->call, query->session, query->path, query->brief,
				 query->deadline);
}

DcfCompanyQuery *
dcf_company_begin(DcfSession *session, DcfRelationships which, bool brief,
				  int64 deadline)
{
	DcfCompanyQuery *query = palloc0(sizeof(DcfCompanyQuery));

	query->context = CurrentMemoryContext;
	query->session = session;
	query->brief = brief;
	query->deadline = deadline;
	query->any = which == DCF_RELATIONSHIPS_ANY;
	push_context(query);
	ask(query, query->any ? DCF_RELATIONSHIPS_PARTNER : which);
	pop_context(query);
	return query;
}

/* Raise that the service refused to list companies. */
pg_noreturn static void
raise_refused(const DcfCompanyQuery *query)
{
	DcfRefusal refusal;

	dcf_exchange_describe(&query->call.exchange, &refusal);
	refusal.request = psprintf("GET %s", query->path);
	if (refusal.status == 403 || refusal.status == 404)
		refusal.hint = "Only the log-in of a partner or of several "
					   "companies has such a list.";
	dcf_refusal_raise(&refusal);
}

/*
 * Read the reply of a call that is done; false if more of it has to come.  Which
 * log-ins have which list is not known before it is requested, so of two lists the
 * first may be refused, or the second if the first is there.
 */
static bool
read_reply(DcfCompanyQuery *query)
{
	int status = dcf_call_status(&query->call);
	bool may_be_refused = query->any && !query->refused;
	json_t *document;

	if (status != 200)
	{
		if (!may_be_refused || (status != 403 && status != 404))
			raise_refused(query);
		query->refused = true;
		return true;
	}
	if (!dcf_body_read_json(query->call.exchange.body, DCF_CALL_ANSWER_MAX,
							&document))
		return false;
	query->companies = read_list(document, query->path);
	return true;
}

/* dcf_company_step() with the error context set up. */
static bool
step(DcfCompanyQuery *query)
{
	while (dcf_call_step(&query->call))
	{
		if (!read_reply(query))
			return false;
		dcf_transfer_close(query->call.exchange.transfer);
		/* A log-in of several companies need not be a partner's. */
		if (!query->any || query->companies != NIL ||
			query->path == paths[DCF_RELATIONSHIPS_MASTER])
			return true;
		ask(query, DCF_RELATIONSHIPS_MASTER);
	}
	return false;
}

bool
dcf_company_step(DcfCompanyQuery *query, List **companies)
{
	bool done;

	push_context(query);
	done = step(query);
	pop_context(query);
	*companies = query->companies;
	return done;
}

void
dcf_company_plan(DcfCompanyQuery *query, DcfWaitPlan *plan)
{
	push_context(query);
	dcf_call_plan(&query->call, DCF_CLAIM_NEEDED, plan);
	pop_context(query);
}

void
dcf_company_waited(DcfCompanyQuery *query)
{
	dcf_call_waited(&query->call);
}

List *
dcf_company_of_user(Oid serverid, Oid userid, DcfRelationships which)
{
	DcfSession *session =
		dcf_session_get(serverid, userid, CurrentMemoryContext);
	int64 deadline = dcf_exchange_deadline(dcf_session_options(session));
	DcfCompanyQuery *query =
		dcf_company_begin(session, which, false, deadline);
	List *companies;

	while (!dcf_company_step(query, &companies))
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_company_plan(query, &plan);
		dcf_wait(&plan);
		dcf_company_waited(query);
	}
	return companies;
}
