/*
 * reply_private.h
 *	  What the files of a reply share: reply.c, reply_call.c (a request is sent),
 *	  reply_charge.c (what it counts for) and reply_copy.c (copies of its reply).
 */
#ifndef DCF_REPLY_PRIVATE_H
#define DCF_REPLY_PRIVATE_H

#include "postgres.h"

#include "portability/instr_time.h"

#include "net/call.h"
#include "net/copy.h"
#include "reply/reply.h"

/* What is noted of a request for monitoring; see reply_trace.c. */
typedef struct DcfReplyTrace
{
	const DcfRequestSubject *subject; /* NULL: it is not traced */
	bool kept;						  /* in the list and the totals */
	uint64 queryid;
	TimestampTz began;
	instr_time clock;
	int sqlstate; /* of an error that was raised for it; 0: none */
	bool whole;	  /* the reply was read to its end */
	bool halved;
	DcfBodyStats body;	   /* of the last body that has ended */
	int body_try;		   /* the try whose body began last */
	const uint64 *records; /* read so far; or NULL */
	MemoryContextCallback release;
} DcfReplyTrace;

struct DcfReply
{
	MemoryContext context;		/* the reply's own */
	MemoryContext call_context; /* of the call: that one, or a child that can be
								 * reset if a stale copy is read instead */
	char *relation;				/* or NULL */
	char *shown;				/* the request, for messages */
	DcfHintCallback hint;		/* give is NULL if there is none */
	bool can_halve;
	DcfSession *session;
	const DcfRequest *request;
	DcfReplyNotes notes;
	int64 deadline;
	bool has_url; /* the endpoint is known, and the call is set up */
	DcfCall call;
	DcfBody *body; /* once the reply has begun: of the call, or a copy */
	TimestampTz fetched_at;

	/* reply_copy.c; unused without copies */
	DcfCopy *copy;		/* or NULL */
	int stale_if_error; /* in ms; 0: never */
	bool looking;		/* for a copy, or waiting for one */
	bool is_copy;		/* the body is one */
	bool is_stale;
	DcfWarned *warned;
	ErrorData *error; /* before a wait; fails the next step; or NULL */

	/* What it counts for. */
	DcfStatement
		*statement;	 /* for which it counts; NULL before the first step */
	bool counted;	 /* the request is */
	bool over_limit; /* it was not sent, because of the limit on requests */
	uint64 records_counted;
	uint64 bytes_counted;

	DcfReplyTrace trace;
	void (*on_connect)(void *arg); /* or NULL */
	void *on_connect_arg;
};

/*
 * reply_charge.c: before a step of the call: raise if the statement may not send the
 * request.  Then the exchange's on_send; arg is the reply.
 */
extern void dcf_reply_check_limit(DcfReply *reply);
extern void dcf_reply_count_request(void *arg);

/* reply_trace.c: the reply's body begins, from the service or a copy. */
extern void dcf_reply_trace_body(DcfReply *reply, DcfBody *body);

/* reply_call.c: dcf_reply_step() and dcf_reply_plan() of the call alone. */
extern DcfReplyStatus dcf_reply_step_call(DcfReply *reply);
extern void dcf_reply_plan_call(DcfReply *reply, DcfLimiterClaim claim,
								DcfWaitPlan *plan);

/* reply_copy.c: the same with copies. */
extern DcfReplyStatus dcf_reply_step_copy(DcfReply *reply);
extern void dcf_reply_plan_copy(DcfReply *reply, DcfLimiterClaim claim,
								DcfWaitPlan *plan);

#endif /* DCF_REPLY_PRIVATE_H */
