/*
 * reply_charge.c
 *	  For which statement a request counts.  See reply.h and limits.h.
 *
 * A request counts when its first try is sent, so one that waits in the queue in vain
 * counts for nothing.
 */
#include "postgres.h"

#include "net/status.h"
#include "reply/limits.h"
#include "reply_private.h"

void
dcf_reply_charge(DcfReply *reply, DcfStatement *statement)
{
	reply->statement = statement;
}

void
dcf_reply_check_limit(DcfReply *reply)
{
	DcfLimitExcess excess;

	if (reply->counted)
		return;
	if (reply->statement == NULL)
		reply->statement = dcf_statement_join(reply->context);
	if (!dcf_limits_stop_request(reply->statement, &excess))
		return;
	reply->over_limit = true;
	dcf_limits_raise(&excess,
					 reply->hint.give ?
						 reply->hint.give(reply->hint.arg, DCF_STATUS_UNSENT) :
						 NULL);
}

void
dcf_reply_count_request(void *arg)
{
	DcfReply *reply = arg;

	reply->counted = true;
	/* The extension's own questions count for nobody. */
	if (!reply->request->brief)
		dcf_statement_add(reply->statement, &(DcfStatementUse){.requests = 1});
}
