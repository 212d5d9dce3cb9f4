/*
 * outcome.h
 *	  What a reply is: data, a refusal, or a reason to try again.
 *
 * These replies mean that the service may answer later: 429 (too many requests),
 * 503 (overload), 502 and 504 (a gateway), a page of HTML with another status
 * from 500 on (also a gateway's), and status 200 without a body or, if another
 * format was requested, with an empty XML table (seen).  The last two are not
 * empty results, which are "[]".
 */
#ifndef DCF_OUTCOME_H
#define DCF_OUTCOME_H

#include "postgres.h"

#include "net/body.h"
#include "net/transfer.h"

/* Result of a try that was answered. */
typedef enum DcfOutcome
{
	DCF_OUTCOME_UNKNOWN,	 /* more of the body has to come first */
	DCF_OUTCOME_REPLY,		 /* data to be read */
	DCF_OUTCOME_REFUSAL,	 /* another status, final */
	DCF_OUTCOME_LATER,		 /* another status; a retry may succeed */
	DCF_OUTCOME_BLANK,		 /* no body, or white space alone */
	DCF_OUTCOME_EMPTY_TABLE, /* an empty XML table, though not requested */
	DCF_OUTCOME_PAGE,		 /* other markup, though not requested */
} DcfOutcome;

/*
 * The outcome of a reply, without waiting; raises what dcf_body_fill() does.  expects
 * names the requested format, NULL if markup is expected.  For idle_timeout and
 * *until see dcf_outcome_gather().
 */
extern DcfOutcome dcf_outcome_judge(const char *expects,
									const DcfHttpHead *head, DcfBody *body,
									int idle_timeout, int64 *until);

/*
 * Whether a body that is at most shown in a message has come: to its end or its
 * failure, or DCF_JSON_DOCUMENT_MAX bytes of it, or what came within idle_timeout
 * milliseconds.  *until is 0 before the first call, and then the time when that is
 * over (0 if idle_timeout is 0).  Never waits; raises nothing.
 */
extern bool dcf_outcome_gather(DcfBody *body, int idle_timeout, int64 *until);

/* The wait in milliseconds that a reply asks for in its head; 0 for none. */
extern int64 dcf_outcome_requested_wait(const DcfHttpHead *head);

#endif /* DCF_OUTCOME_H */
