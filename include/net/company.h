/*
 * company.h
 *	  The companies that a log-in reaches, as the service lists them.
 *
 * A partner of companies finds them at /partner/relationships (documented), a
 * log-in over several companies at /master/relationships (documented; it has no
 * DoingBusinessAs).  Other log-ins are refused both.
 */
#ifndef DCF_COMPANY_H
#define DCF_COMPANY_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "net/session.h"

/* The parameter that says which company a request is about; also a field. */
#define DCF_COMPANY_PARAM "CompanyID"

/* Which list to ask for. */
typedef enum DcfRelationships
{
	DCF_RELATIONSHIPS_ANY, /* the partner's; the other where that is refused
								 * or missing */
	DCF_RELATIONSHIPS_PARTNER,
	DCF_RELATIONSHIPS_MASTER
} DcfRelationships;

/* Texts are UTF-8; NULL where the service has none. */
typedef struct DcfCompany
{
	int64 id;
	char *name;
	char *brand; /* DoingBusinessAs */
	char *endpoint;
} DcfCompany;

/*
 * A number that names a company, as a text (CompanyID, ParentEntityId).  False
 * if it is none.
 */
extern bool dcf_company_parse_id(const char *text, int64 *id);

/*
 * Ask for the list: of DcfCompany *, in the order of the reply, in the current
 * memory context.  A brief one is made so (exchange.h).  deadline as in http.h.
 * Raises what a refusal means, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a
 * reply that is no list of companies.
 */
extern List *dcf_company_list(DcfSession *session, DcfRelationships which,
							  bool brief, int64 deadline);

/* The same, of the user whose mapping for the server is used. */
extern List *dcf_company_of_user(Oid serverid, Oid userid,
								 DcfRelationships which);

#endif /* DCF_COMPANY_H */
