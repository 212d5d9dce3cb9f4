/*
 * circuit.c
 *	  The rules of the circuit breaker.  See circuit.h.
 */
#include "core/circuit.h"

DcfCircuitAdmission
dcf_circuit_admit(DcfCircuit *circuit, int64_t now)
{
	if (!circuit->open)
		return DCF_CIRCUIT_GO;
	/*
	 * The probe's connection has lasted, although its reply may not have
	 * begun.
	 */
	if (circuit->probing && circuit->settling && circuit->probe_until <= now)
	{
		dcf_circuit_close(circuit);
		return DCF_CIRCUIT_GO;
	}
	if (dcf_circuit_wait(circuit, now) > 0)
		return DCF_CIRCUIT_REFUSED;
	/*
	 * A probe that was given up may still report.  Its number is outdated, so
	 * it changes nothing.
	 */
	circuit->probes++;
	circuit->probing = true;
	circuit->settling = false;
	circuit->probe_until = now + DCF_CIRCUIT_PROBE_MS;
	return DCF_CIRCUIT_PROBE;
}

int64_t
dcf_circuit_wait(const DcfCircuit *circuit, int64_t now)
{
	int64_t until =
		circuit->probing ? circuit->probe_until : circuit->probe_at;

	return circuit->open && until > now ? until - now : 0;
}

void
dcf_circuit_close(DcfCircuit *circuit)
{
	/*
	 * The counters of probes and retries stay: they tell later reports from
	 * current ones.
	 */
	circuit->failures = 0;
	circuit->since = 0;
	circuit->broken = false;
	circuit->retry_until = 0;
	circuit->open = false;
	circuit->pause = 0;
	circuit->probe_at = 0;
	circuit->probing = false;
	circuit->settling = false;
	circuit->probe_until = 0;
}

/* Whether this is the probe that is under way. */
static bool
is_current(const DcfCircuit *circuit, uint64_t probe)
{
	return circuit->probing && probe == circuit->probes;
}

void
dcf_circuit_connect(DcfCircuit *circuit, uint64_t probe, int64_t now)
{
	if (!is_current(circuit, probe))
		return;
	/*
	 * The host could not be reached before, so a connection is an answer.  If
	 * connections were broken off, it is none yet.
	 */
	if (!circuit->broken)
	{
		dcf_circuit_close(circuit);
		return;
	}
	circuit->settling = true;
	circuit->probe_until = now + DCF_CIRCUIT_SETTLE_MS;
}

/* A retry is over, unless a later one has replaced it. */
static void
end_retry(DcfCircuit *circuit, uint64_t retry)
{
	if (retry == circuit->retries)
		circuit->retry_until = 0;
}

void
dcf_circuit_abandon(DcfCircuit *circuit, uint64_t probe, uint64_t retry,
					int64_t now)
{
	end_retry(circuit, retry);
	if (!is_current(circuit, probe))
		return;
	circuit->probing = false;
	/* The probe has learned nothing, so another may follow at once. */
	circuit->probe_at = now;
}

/* No request is sent during the pause, whose length is limited. */
static void
begin_pause(DcfCircuit *circuit, int64_t pause, int64_t now)
{
	circuit->pause =
		pause < DCF_CIRCUIT_LAST_PAUSE_MS ? pause : DCF_CIRCUIT_LAST_PAUSE_MS;
	circuit->probe_at = now + circuit->pause;
	circuit->probing = false;
}

void
dcf_circuit_fail(DcfCircuit *circuit, bool broken, uint64_t probe,
				 uint64_t retry, int64_t now)
{
	if (circuit->failures == 0)
		circuit->since = now;
	if (circuit->failures < INT32_MAX)
		circuit->failures++;
	circuit->broken = broken;
	/* Retries may fail in another order than they began. */
	if (retry > circuit->failed_retry)
		circuit->failed_retry = retry;
	end_retry(circuit, retry);
	/*
	 * Only the probe's failure prolongs the pause: other requests were sent
	 * before the circuit opened.
	 */
	if (is_current(circuit, probe))
		begin_pause(circuit, 2 * circuit->pause, now);
}

void
dcf_circuit_give_up(DcfCircuit *circuit, int64_t first_failed, int64_t now)
{
	/*
	 * since is later than first_failed if the host has answered in between:
	 * dcf_circuit_close() cleared the earlier failures.
	 */
	if (circuit->open || circuit->failures == 0 ||
		circuit->since > first_failed ||
		(circuit->broken && circuit->failures == 1))
		return;
	circuit->open = true;
	begin_pause(circuit, DCF_CIRCUIT_FIRST_PAUSE_MS, now);
}

DcfCircuitNews
dcf_circuit_check(const DcfCircuit *circuit, int64_t since, uint64_t retries,
				  int64_t now)
{
	if (circuit->open)
		return DCF_CIRCUIT_OPEN;
	/*
	 * The request's own failure came before its wait.  If it is no longer
	 * counted, the host has answered in between.
	 */
	if (circuit->failures == 0 || circuit->since > since)
		return DCF_CIRCUIT_ANSWERED;
	if (circuit->failed_retry > retries)
		return DCF_CIRCUIT_TRIED;
	return circuit->retry_until > now ? DCF_CIRCUIT_TRYING : DCF_CIRCUIT_NONE;
}

uint64_t
dcf_circuit_retry(DcfCircuit *circuit, int64_t now)
{
	circuit->retry_until = now + DCF_CIRCUIT_PROBE_MS;
	return ++circuit->retries;
}
