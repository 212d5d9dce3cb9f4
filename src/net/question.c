/*
 * question.c
 *	  Short questions.  See question.h.
 */
#include "postgres.h"

#include "body_json.h"
#include "net/call.h"
#include "net/offline.h"
#include "net/question.h"

/* Wait for a reply, with a call's credentials. */
static void
await_call(DcfCall *call, DcfAnswer *answer)
{
	while (!dcf_call_step(call))
	{
		DcfWaitPlan plan;

		answer->queuing = call->authorized && call->exchange.tries == 0;
		dcf_wait_plan_begin(&plan);
		dcf_call_plan(call, DCF_CLAIM_NEEDED, &plan);
		dcf_wait(&plan);
		dcf_call_waited(call);
	}
	answer->queuing = false;
}

/* The same without credentials. */
static void
await_exchange(DcfExchange *exchange)
{
	while (!dcf_exchange_step(exchange))
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_exchange_plan(exchange, DCF_CLAIM_NEEDED, &plan);
		dcf_wait(&plan);
		dcf_exchange_waited(exchange);
	}
}

/* Wait for the rest of the body. */
static void
await_document(DcfBody *body, json_t **document)
{
	while (!dcf_body_read_json(body, DCF_JSON_DOCUMENT_MAX, document))
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_body_plan(body, &plan);
		dcf_wait(&plan);
		dcf_body_waited(body);
	}
}

/* Take over the answer of an exchange that is done. */
static void
take_answer(const DcfExchange *exchange, const char *path, DcfAnswer *answer)
{
	answer->answered = GetCurrentTimestamp();
	answer->head = *dcf_transfer_head(exchange->transfer);
	if (answer->head.status != 200)
	{
		dcf_exchange_describe(exchange, &answer->refusal);
		answer->refusal.request = psprintf("GET %s", path);
		return;
	}
	await_document(exchange->body, &answer->document);
	dcf_body_stats(exchange->body, &answer->stats);
}

void
dcf_question_ask(DcfSession *session, const char *path, DcfAnswer *answer)
{
	DcfCall call;

	memset(answer, 0, sizeof(DcfAnswer));
	dcf_call_ask(&call, session, path, true, 0);
	answer->asked = GetCurrentTimestamp();
	await_call(&call, answer);
	take_answer(&call.exchange, path, answer);
}

void
dcf_question_ask_openly(const DcfServerOptions *options, const char *path,
						DcfAnswer *answer)
{
	DcfExchange exchange;

	memset(answer, 0, sizeof(DcfAnswer));
	dcf_offline_check();
	dcf_exchange_init(&exchange,
					  dcf_http_pool_create(1, 0, CurrentMemoryContext),
					  options, 0);
	dcf_call_set_question(&exchange, path, true);
	answer->asked = GetCurrentTimestamp();
	await_exchange(&exchange);
	take_answer(&exchange, path, answer);
}
