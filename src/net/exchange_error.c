/*
 * exchange_error.c
 *	  Errors of an exchange, and refusals.  See exchange_error.h, exchange.h.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "exchange_error.h"

void
dcf_exchange_raise_empty(const DcfExchange *exchange)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service was empty"),
			 errdetail_plural("The service answered with status 200 but "
							  "without any data, after %d try.",
							  "The service answered with status 200 but "
							  "without any data, after %d tries.",
							  exchange->tries, exchange->tries),
			 errhint("Try again later.")));
}

void
dcf_exchange_raise_empty_table(const DcfExchange *exchange)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("service sent markup instead of %s", exchange->expects),
			 errdetail_plural("The service answered with status 200 and an "
							  "empty XML table, after %d try.",
							  "The service answered with status 200 and an "
							  "empty XML table, after %d tries.",
							  exchange->tries, exchange->tries),
			 errhint("Try again later.")));
}

void
dcf_exchange_raise_page(const DcfExchange *exchange)
{
	size_t len;
	const char *body = dcf_body_buffer(exchange->body, &len);
	char *title = dcf_foreign_text_title(body, len);

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 errmsg("service sent markup instead of %s", exchange->expects),
		 title ?
			 errdetail("The service answered with status 200 and a page with "
					   "the title \"%s\".",
					   title) :
			 errdetail("The service answered with status 200 and a text that "
					   "begins with: %s",
					   dcf_foreign_text_start(body, len)),
		 errhint("Check the server's option \"url\", and that the credentials "
				 "are valid: it may be a page to log in.")));
}

void
dcf_exchange_describe(const DcfExchange *exchange, DcfRefusal *refusal)
{
	const DcfHttpHead *head = dcf_transfer_head(exchange->transfer);
	DcfLimiterPause pause;
	const char *body;
	char *copy;

	memset(refusal, 0, sizeof(DcfRefusal));
	refusal->status = head->status;
	refusal->content_type = head->content_type;
	refusal->location =
		dcf_foreign_text_buffer(head->location, sizeof(head->location));
	body = dcf_body_buffer(exchange->body, &refusal->body_len);
	refusal->body_len = Min(refusal->body_len, DCF_JSON_DOCUMENT_MAX);
	copy = palloc(refusal->body_len + 1);
	memcpy(copy, body, refusal->body_len);
	refusal->body = copy;
	refusal->max_rows = exchange->options->max_rows;
	refusal->tries = exchange->tries;
	refusal->requested_wait = exchange->requested_wait;
	if (exchange->limiter && head->status == 429 &&
		dcf_limiter_show_pause(exchange->limiter, &pause))
	{
		refusal->paused_until = pause.until;
		refusal->resume = pause.command;
	}
}
