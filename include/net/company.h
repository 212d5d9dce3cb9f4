/*
 * company.h
 *	  The companies whose data a log-in can read, as the service lists them.
 *
 * The log-in of a partner gets the list from /partner/relationships, that of
 * several companies from /master/relationships, which has no DoingBusinessAs
 * (both documented).  Other log-ins are refused.
 */
#ifndef DCF_COMPANY_H
#define DCF_COMPANY_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "net/session.h"

/* The parameter that names the company of a request; also a field of replies. */
#define DCF_COMPANY_PARAM "CompanyID"

/* Which list to ask for. */
typedef enum DcfRelationships
{
	DCF_RELATIONSHIPS_ANY, /* the partner's; if it is refused, missing or
								 * empty, the other */
	DCF_RELATIONSHIPS_PARTNER,
	DCF_RELATIONSHIPS_MASTER
} DcfRelationships;

/* One company of a list; texts are in UTF-8, NULL if missing. */
typedef struct DcfCompany
{
	int64 id;
	char *name;
	char *brand;	/* DoingBusinessAs */
	char *endpoint; /* PreferredEndpoint, a URL */
} DcfCompany;

/*
 * Parse the number of a company (CompanyID, ParentEntityId).  False if text is
 * not a number of decimal digits alone that fits.
 */
extern bool dcf_company_parse_id(const char *text, int64 *id);

typedef struct DcfCompanyQuery DcfCompanyQuery;

/*
 * Begin to request the list.  The query and its result live in the current memory
 * context.  With brief, there is one short try (exchange.h).  deadline is by
 * dcf_wait_now(), 0 for none.
 */
extern DcfCompanyQuery *dcf_company_begin(DcfSession *session,
										  DcfRelationships which, bool brief,
										  int64 deadline);

/*
 * Go on without waiting.  True once *companies is the result: a List of DcfCompany *,
 * in the order of the reply.  Raises the errors of refusal.h, and
 * ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a reply that is no list of companies.
 */
extern bool dcf_company_step(DcfCompanyQuery *query, List **companies);

/* Before and after a wait, as for an exchange. */
extern void dcf_company_plan(DcfCompanyQuery *query, DcfWaitPlan *plan);
extern void dcf_company_waited(DcfCompanyQuery *query);

/* The whole query, with the session of a user on a server; waits for its end. */
extern List *dcf_company_of_user(Oid serverid, Oid userid,
								 DcfRelationships which);

#endif /* DCF_COMPANY_H */
