/*
 * doctor_sql.c
 *	  The SQL function dataconnect_doctor(): what works between this machine and the
 *	  service, and what to do about the rest.
 *
 * Checks come in the order in which one depends on another.  A fault is a row, never an
 * error; only a cancel, a time-out of PostgreSQL or a lack of resources ends the
 * function.  It uses the caller's user mapping.  The caller needs USAGE on the server.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "base/catch_error.h"
#include "doctor_connection.h"
#include "doctor_here.h"
#include "doctor_service.h"
#include "doctor_session.h"
#include "net/circuit_breaker.h"
#include "net/offline.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_doctor);

#define OPTIONS "server options"

/* What a DcfCatchErrorFn reads; the results are in context. */
typedef struct Reading
{
	DcfDoctor *doctor;
	MemoryContext context;
} Reading;

/* A DcfCatchErrorFn. */
static void
read_options(void *arg)
{
	Reading *reading = arg;

	MemoryContextSwitchTo(reading->context);
	reading->doctor->options = dcf_option_server(reading->doctor->server);
}

/* A DcfCatchErrorFn: find the session, which reads the secrets. */
static void
find_session(void *arg)
{
	Reading *reading = arg;
	DcfDoctor *doctor = reading->doctor;

	MemoryContextSwitchTo(reading->context);
	doctor->session = dcf_session_get(doctor->server->serverid, GetUserId(),
									  reading->context);
	dcf_session_facts_get(doctor->session, &doctor->facts);
}

static void
check_options(DcfDoctor *doctor)
{
	Reading reading = {.doctor = doctor, .context = CurrentMemoryContext};
	const ErrorData *error = dcf_catch_error(read_options, &reading);

	if (error)
	{
		doctor->options = NULL;
		dcf_doctor_row_fail_by(doctor, OPTIONS, error,
							   "Correct the option by ALTER SERVER.");
		dcf_doctor_row_obstruct(doctor, OPTIONS);
		return;
	}
	dcf_doctor_row_pass(doctor, OPTIONS,
						psprintf("Requests go to %s.", doctor->options->url));
}

/*
 * Look at what is known before anything is sent.  The session comes first, because
 * from then on no text shows its secrets.
 */
static void
look_around(DcfDoctor *doctor)
{
	Reading reading = {.doctor = doctor, .context = CurrentMemoryContext};

	if (doctor->options == NULL)
		return;
	doctor->no_session = dcf_catch_error(find_session, &reading);
	if (doctor->no_session)
		doctor->session = NULL;
	doctor->unreachable_since =
		dcf_circuit_breaker_unreachable_since(doctor->options);
	if (dcf_offline)
		doctor->obstacle = "The setting dataconnect_fdw.offline is on.";
}

Datum
dataconnect_doctor(PG_FUNCTION_ARGS)
{
	DcfDoctorAsking session = {0};
	DcfDoctor doctor = {.fcinfo = fcinfo,
						.server = dcf_sample_get_server(
							NameStr(*PG_GETARG_NAME(0)))};

	InitMaterializedSRF(fcinfo, 0);
	check_options(&doctor);
	look_around(&doctor);
	dcf_doctor_connection_check(&doctor);
	dcf_doctor_service_check(&doctor, &session);
	dcf_doctor_session_check(&doctor, &session);
	dcf_doctor_here_check(&doctor);
	return (Datum) 0;
}
