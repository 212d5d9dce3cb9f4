/*
 * question.h
 *	  A short question to the service, and its whole answer.
 *
 * It is sent once, without retries, and waits at most DCF_EXCHANGE_BRIEF_MS
 * (exchange.h), a slot of the limiter included.
 */
#ifndef DCF_QUESTION_H
#define DCF_QUESTION_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "net/body.h"
#include "net/refusal.h"
#include "net/session.h"

/* Of jansson.h, whose names clash with those of PostgreSQL. */
struct json_t;

typedef struct DcfAnswer
{
	bool queuing; /* it waits for a slot, and was not sent yet */
	TimestampTz
		asked; /* before it was sent; valid once answered, as all below */
	TimestampTz answered; /* after its head had come */
	DcfHttpHead head;
	DcfBodyStats stats; /* of status 200, as the next one */
	struct json_t
		*document;		/* released with the memory context; NULL: no JSON */
	DcfRefusal refusal; /* of another status */
} DcfAnswer;

/*
 * GET a path below the server's url with the session's credentials and cookies and a
 * slot, and wait for the answer.  A refusal is not raised.
 *
 * The current memory context owns the request and the answer, so delete it soon.
 * Raises what dcf_call_ask() and dcf_call_step() do; answer->queuing is valid then,
 * too.
 */
extern void dcf_question_ask(DcfSession *session, const char *path,
							 DcfAnswer *answer);

/*
 * The same without session, credentials, cookies and slot.  Raises what
 * dcf_offline_check() and dcf_exchange_step() do.
 */
extern void dcf_question_ask_openly(const DcfServerOptions *options,
									const char *path, DcfAnswer *answer);

#endif /* DCF_QUESTION_H */
