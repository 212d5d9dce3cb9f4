/*
 * http_error.c
 *	  Time-outs and unreachable services as PostgreSQL errors.  See http.h.
 */
#include "postgres.h"

#include "http_private.h"

/*
 * For each phase: its name, its option, what follows "Waited 10 s for", and a
 * remedy other than waiting longer.
 */
static const struct
{
	const char *name;
	const char *option;
	const char *what;
	const char *remedy;
} phases[] = {
	[DCF_PHASE_CONNECT] = {"connect", "connect_timeout",
						   "a connection to be made",
						   "check the option \"url\""},
	[DCF_PHASE_FIRST_BYTE] = {"first byte", "first_byte_timeout",
							  "the first byte of the reply's body",
							  "narrow the request"},
	[DCF_PHASE_IDLE] = {"idle", "idle_timeout", "more bytes of the reply",
						"run the query again"},
	[DCF_PHASE_TOTAL] = {"total", "total_timeout",
						 "the request as a whole, retries included",
						 "narrow the request"},
};

/* Milliseconds as "10 s" or "1500 ms". */
static char *
show_time(int ms)
{
	return ms % 1000 == 0 ? psprintf("%d s", ms / 1000) :
							psprintf("%d ms", ms);
}

/* Raise the time-out of a phase. */
pg_noreturn static void
raise_timeout(DcfHttpPhase phase, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("request to the service timed out in phase \"%s\"",
					phases[phase].name),
			 errdetail_internal("%s", detail),
			 errhint("Raise the server's option \"%s\", or %s.",
					 phases[phase].option, phases[phase].remedy)));
}

void
dcf_http_raise_timeout(DcfHttpPhase phase, int ms)
{
	raise_timeout(phase,
				  psprintf("Waited %s for %s.", show_time(ms),
						   phases[phase].what));
}

void
dcf_http_raise_total(int total_timeout)
{
	dcf_http_raise_timeout(DCF_PHASE_TOTAL, total_timeout);
}

void
dcf_http_raise_unreachable(DcfHttpFailure failure, const char *detail)
{
	if (failure == DCF_FAILURE_TIMEOUT)
		raise_timeout(DCF_PHASE_CONNECT, detail);
	if (failure == DCF_FAILURE_BROKEN)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("service closed the connection without a reply"),
				 errdetail_internal("%s", detail)));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("could not connect to the service"),
			 errdetail_internal("%s", detail),
			 errhint("Check the server's option \"url\" and the network.")));
}
