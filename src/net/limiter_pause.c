/*
 * limiter_pause.c
 *	  The pauses that the service asks for: what messages say of them, and their
 *	  early end.  See limiter.h.
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "base/wait.h"
#include "limiter_private.h"

char *
dcf_limiter_show_time(int64 ms)
{
	TimestampTz then = GetCurrentTimestamp() + ms * 1000;

	then += USECS_PER_SEC - 1;
	then -= then % USECS_PER_SEC;
	return pstrdup(timestamptz_to_str(then));
}

/*
 * The SQL that ends the account's pause.  The server may have been dropped in
 * the meantime.
 */
static char *
show_command(const DcfLimiter *limiter)
{
	ForeignServer *server =
		GetForeignServerExtended(limiter->serverid, FSV_MISSING_OK);

	return psprintf("SELECT dataconnect_resume(%s)",
					quote_literal_cstr(server ? server->servername : "?"));
}

void
dcf_limiter_raise_paused(const DcfLimiter *limiter, int64 ms)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("service is limiting the rate of requests"),
			 errdetail("The service asked for a pause. No request of this "
					   "account is sent before %s, which is longer than "
					   "\"retry_max_wait\" allows.",
					   dcf_limiter_show_time(ms)),
			 errhint("Try again then, or raise the server's option "
					 "\"retry_max_wait\". To try at once: %s.",
					 show_command(limiter))));
}

int64
dcf_limiter_paused(const DcfLimiterWait *wait, int64 now)
{
	if (wait->claimed_at == 0)
		return wait->paused;
	return wait->paused + Max(Min(now, wait->send_at) - wait->claimed_at, 0);
}

void
dcf_limiter_note_pause(DcfLimiterWait *wait, const DcfLimiterAccount *account,
					   int64 now)
{
	if (wait->claimed_at == 0)
		wait->paused = 0;
	else
		wait->paused += Max(Min(now, account->send_at) -
								Max(wait->claimed_at, account->held_at),
							0);
	wait->claimed_at = now;
	wait->send_at = account->send_at;
}

/* A DcfLimiterVisit; arg points to the longest pause so far, in ms. */
static void
find_longest_pause(DcfLimiterAccount *account, void *arg)
{
	int64 *longest = arg;

	*longest = Max(*longest, account->paused_until - dcf_wait_now());
}

bool
dcf_limiter_show_pause(const DcfLimiter *limiter, DcfLimiterPause *pause)
{
	int64 longest = 0;

	dcf_limiter_visit(limiter, find_longest_pause, &longest);
	if (longest == 0)
		return false;
	pause->until = dcf_limiter_show_time(longest);
	pause->command = show_command(limiter);
	return true;
}

/* A DcfLimiterVisit; sets the bool at arg if there was a pause. */
static void
end_pause(DcfLimiterAccount *account, void *arg)
{
	bool *ended = arg;

	*ended |= account->send_at > dcf_wait_now();
	account->send_at = Min(account->send_at, dcf_wait_now());
	account->paused_until = 0;
	account->refusals = 0;
	dcf_limiter_wake(account);
}

bool
dcf_limiter_resume(const DcfLimiter *limiter)
{
	bool ended = false;

	dcf_limiter_visit(limiter, end_pause, &ended);
	return ended;
}
