/*
 * allowance.c
 *	  How many requests at once a service lets through.
 */
#include "allowance.h"

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static int
most(int a, int b)
{
	return a > b ? a : b;
}

void
dcf_allowance_init(DcfAllowance *allowance)
{
	allowance->in_flight = 0;
	allowance->allowed = INT_MAX;
	allowance->ceiling = INT_MAX;
	allowance->probing = false;
	allowance->probe_at = 0;
	allowance->probe_wait = DCF_PROBE_FIRST_MS;
}

int
dcf_allowance_limit(const DcfAllowance *allowance, int max)
{
	return least(allowance->allowed, max);
}

void
dcf_allowance_accept(DcfAllowance *allowance, int max, int64_t now)
{
	if (allowance->allowed >= max)
		return;
	if (allowance->allowed < allowance->ceiling)
	{
		allowance->allowed++;
		return;
	}

	/* Only who uses all that is allowed needs to know whether there is more. */
	if (allowance->in_flight < allowance->allowed || now < allowance->probe_at)
		return;
	if (allowance->probing)
		allowance->probe_wait = DCF_PROBE_FIRST_MS;
	allowance->probing = true;
	allowance->probe_at = now + DCF_PROBE_STEP_MS;
	allowance->ceiling++;
	allowance->allowed++;
}

void
dcf_allowance_refuse(DcfAllowance *allowance, int max, int64_t now)
{
	int limit = dcf_allowance_limit(allowance, max);
	int others = allowance->in_flight;

	if (others == 0 || others < limit - 1)
	{
		allowance->allowed =
			least(allowance->allowed, most(limit / 2, most(others, 1)));
		return;
	}

	/* More than are allowed go at times; that they are refused is no news. */
	if (others >= allowance->allowed)
		return;
	if (allowance->probing && allowance->probe_wait < DCF_PROBE_LAST_MS)
		allowance->probe_wait *= 2;
	allowance->probing = false;
	allowance->probe_at = now + allowance->probe_wait;
	allowance->allowed = allowance->ceiling = others;
}
