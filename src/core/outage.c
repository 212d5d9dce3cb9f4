/*
 * outage.c
 *	  What is known of a host that cannot be reached.
 */
#include "outage.h"

DcfOutageAnswer
dcf_outage_ask(DcfOutage *outage, int64_t now)
{
	if (!outage->open)
		return DCF_OUTAGE_GO;
	if (outage->probing && outage->settling && outage->probe_until <= now)
	{
		dcf_outage_end(outage);
		return DCF_OUTAGE_GO;
	}
	if (dcf_outage_wait(outage, now) > 0)
		return DCF_OUTAGE_REFUSED;
	outage->probes++;
	outage->probing = true;
	outage->settling = false;
	outage->probe_until = now + DCF_OUTAGE_PROBE_MS;
	return DCF_OUTAGE_PROBE;
}

int64_t
dcf_outage_wait(const DcfOutage *outage, int64_t now)
{
	int64_t until = outage->probing ? outage->probe_until : outage->ask_at;

	return outage->open && until > now ? until - now : 0;
}

void
dcf_outage_end(DcfOutage *outage)
{
	outage->failures = 0;
	outage->since = 0;
	outage->broken = false;
	outage->retry_until = 0;
	outage->open = false;
	outage->pause = 0;
	outage->ask_at = 0;
	outage->probing = false;
	outage->settling = false;
	outage->probe_until = 0;
}

/* Whether a probe is the one that is under way. */
static bool
is_current(const DcfOutage *outage, uint64_t probe)
{
	return outage->probing && probe == outage->probes;
}

void
dcf_outage_connect(DcfOutage *outage, uint64_t probe, int64_t now)
{
	if (!is_current(outage, probe))
		return;
	if (!outage->broken)
	{
		dcf_outage_end(outage);
		return;
	}
	outage->settling = true;
	outage->probe_until = now + DCF_OUTAGE_SETTLE_MS;
}

/* A try of a round is over. */
static void
end_retry(DcfOutage *outage, uint64_t retry)
{
	if (retry == outage->retries)
		outage->retry_until = 0;
}

void
dcf_outage_abandon(DcfOutage *outage, uint64_t probe, uint64_t retry,
				   int64_t now)
{
	end_retry(outage, retry);
	if (!is_current(outage, probe))
		return;
	outage->probing = false;
	outage->ask_at = now;
}

static void
begin_pause(DcfOutage *outage, int64_t pause, int64_t now)
{
	outage->pause =
		pause < DCF_OUTAGE_LAST_PAUSE_MS ? pause : DCF_OUTAGE_LAST_PAUSE_MS;
	outage->ask_at = now + outage->pause;
	outage->probing = false;
}

void
dcf_outage_fail(DcfOutage *outage, bool broken, uint64_t probe, uint64_t retry,
				int64_t now)
{
	if (outage->failures == 0)
		outage->since = now;
	if (outage->failures < INT32_MAX)
		outage->failures++;
	outage->broken = broken;
	if (retry > outage->failed_retry)
		outage->failed_retry = retry;
	end_retry(outage, retry);
	if (is_current(outage, probe))
		begin_pause(outage, 2 * outage->pause, now);
}

void
dcf_outage_give_up(DcfOutage *outage, int64_t first_failed, int64_t now)
{
	if (outage->open || outage->failures == 0 ||
		outage->since > first_failed ||
		(outage->broken && outage->failures == 1))
		return;
	outage->open = true;
	begin_pause(outage, DCF_OUTAGE_FIRST_PAUSE_MS, now);
}

DcfOutageNews
dcf_outage_look(const DcfOutage *outage, int64_t since, uint64_t retries,
				int64_t now)
{
	if (outage->open)
		return DCF_OUTAGE_OPEN;
	if (outage->failures == 0 || outage->since > since)
		return DCF_OUTAGE_ANSWERED;
	if (outage->failed_retry > retries)
		return DCF_OUTAGE_TRIED;
	return outage->retry_until > now ? DCF_OUTAGE_TRYING : DCF_OUTAGE_NONE;
}

uint64_t
dcf_outage_retry(DcfOutage *outage, int64_t now)
{
	outage->retry_until = now + DCF_OUTAGE_PROBE_MS;
	return ++outage->retries;
}
