/*
 * session_facts.h
 *	  What is known of a session, without its secrets: for dataconnect_doctor().
 */
#ifndef DCF_SESSION_FACTS_H
#define DCF_SESSION_FACTS_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "net/limiter.h"
#include "net/session.h"

/* How a user mapping logs in. */
typedef enum DcfLogIn
{
	DCF_LOG_IN_NONE,   /* it has no credentials */
	DCF_LOG_IN_TOKEN,  /* a token of the mapping (Bearer) */
	DCF_LOG_IN_BASIC,  /* user name and password */
	DCF_LOG_IN_SERVICE /* these, for a token of the token service */
} DcfLogIn;

/* A token.  Times are in milliseconds from now. */
typedef struct DcfTokenFacts
{
	bool held;		  /* there is one */
	bool can_refresh; /* with a refresh token */
	int64 issued_ago; /* of a token of the token service */
	int64 ends_in;	  /* 0: it is over; -1: its life is not known */
	int64 renewed_in; /* by the first request from then on; likewise */
} DcfTokenFacts;

typedef struct DcfSessionFacts
{
	Oid userid; /* of the mapping; InvalidOid for PUBLIC */
	DcfLogIn log_in;
	List *files; /* of char *: the mapping's options that name files */
	DcfTokenFacts token;
	List *cookies;			  /* of char *: their names, safe to show */
	bool counted;			  /* the limiter knows the account */
	DcfLimiterState requests; /* then: its state */
} DcfSessionFacts;

/* Describe the session, in the current memory context. */
extern void dcf_session_facts_get(DcfSession *session, DcfSessionFacts *facts);

#endif /* DCF_SESSION_FACTS_H */
