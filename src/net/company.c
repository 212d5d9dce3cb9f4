/*
 * company.c
 *	  Lists of companies.  See company.h.
 */
#include "postgres.h"

#include "common/int.h"

#include "base/json_document.h"
#include "net/company.h"
#include "net/refusal.h"
#include "net/session_run.h"
#include "body_json.h"

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

/* Read the whole reply as a list of companies. */
static List *
read_list(DcfBody *body, const char *path)
{
	json_t *document = dcf_body_read_any_json(body, DCF_SESSION_ANSWER_MAX);
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
add_context(void *path)
{
	errcontext("request: GET %s", (const char *) path);
}

/*
 * Request one of the lists.  With may_be_refused, a status 403 or 404 is not an
 * error: returns false.
 */
static bool
ask(DcfSession *session, const char *path, bool may_be_refused, bool brief,
	int64 deadline, List **companies)
{
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = add_context,
									 .arg = unconstify(char *, path)};
	DcfExchange exchange;
	DcfBody *body;
	int status;
	bool refused;

	error_context_stack = &callback;
	body = dcf_session_ask(session, path, brief, deadline, &exchange);
	status = dcf_transfer_head(dcf_body_transfer(body))->status;
	/* Which log-ins have which list is not known before it is requested. */
	refused = may_be_refused && (status == 403 || status == 404);
	if (status != 200 && !refused)
	{
		DcfRefusal refusal;

		dcf_exchange_describe(&exchange, body, &refusal);
		refusal.request = psprintf("GET %s", path);
		if (status == 403 || status == 404)
			refusal.hint = "Only the log-in of a partner or of several "
						   "companies has such a list.";
		dcf_refusal_raise(&refusal);
	}
	if (!refused)
		*companies = read_list(body, path);
	dcf_transfer_close(dcf_body_transfer(body));
	error_context_stack = callback.previous;
	return !refused;
}

List *
dcf_company_list(DcfSession *session, DcfRelationships which, bool brief,
				 int64 deadline)
{
	List *companies = NIL;

	if (which != DCF_RELATIONSHIPS_ANY)
		(void) ask(session, paths[which], false, brief, deadline, &companies);
	else
	{
		bool listed = ask(session, paths[DCF_RELATIONSHIPS_PARTNER], true,
						  brief, deadline, &companies);

		/*
		 * A log-in of several companies need not be a partner's.  If both
		 * lists are refused, the second refusal is raised; an empty list of
		 * partners stands.
		 */
		if (companies == NIL)
			(void) ask(session, paths[DCF_RELATIONSHIPS_MASTER], listed, brief,
					   deadline, &companies);
	}
	return companies;
}

List *
dcf_company_of_user(Oid serverid, Oid userid, DcfRelationships which)
{
	DcfSession *session =
		dcf_session_get(serverid, userid, CurrentMemoryContext);
	const DcfServerOptions *options = dcf_session_options(session);

	return dcf_company_list(session, which, false,
							dcf_exchange_deadline(options));
}
