/*
 * doctor_here.c
 *	  The checks on this machine.  See doctor_here.h.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/catch_error.h"
#include "base/shared.h"
#include "catalogue/catalogue.h"
#include "doctor_here.h"
#include "net/http.h"
#include "options/option_table.h"
#include "reply/xml_reader.h"

#define LIBRARIES "libraries"
#define PRELOAD	  "preload"
#define CATALOGUE "catalogue"
#define TIME_ZONE "time zone"

static void
check_libraries(DcfDoctor *doctor)
{
	const char *problem = dcf_http_library_problem();
	char *versions = psprintf("dataconnect_fdw %s, %s, %s, %s.", DCF_VERSION,
							  dcf_http_version(), dcf_xml_version(),
							  dcf_catalogue_version());

	if (problem)
		dcf_doctor_row_fail(doctor, LIBRARIES,
							psprintf("%s %s", problem, versions),
							"Install libcurl 7.88 or newer with TLS and a "
							"threaded resolver, and restart the server.");
	else
		dcf_doctor_row_pass(doctor, LIBRARIES, versions);
}

static void
check_preload(DcfDoctor *doctor)
{
	if (dcf_shared_is_preloaded())
		dcf_doctor_row_pass(doctor, PRELOAD,
							"The library is in shared_preload_libraries.");
	else
		dcf_doctor_row_fail(
			doctor, PRELOAD,
			"The library is not in shared_preload_libraries, so each session has a "
			"limiter, a circuit breaker, copies, statistics and a list of requests "
			"of its own, until it ends.",
			"Add dataconnect_fdw to shared_preload_libraries in postgresql.conf, "
			"and restart the server.");
}

/* A DcfCatchErrorFn; arg is an int, the number of endpoints. */
static void
count_endpoints(void *arg)
{
	*(int *) arg = list_length(dcf_catalogue_load());
}

static void
check_catalogue(DcfDoctor *doctor)
{
	bool added = dcf_catalogue_file && dcf_catalogue_file[0] != '\0';
	int n = 0;
	const ErrorData *error = dcf_catch_error(count_endpoints, &n);

	if (error)
		dcf_doctor_row_fail_by(
			doctor, CATALOGUE, error,
			added ? "Correct the file that the setting "
					"dataconnect_fdw.catalogue_file names." :
					"Install the extension again: make install.");
	else
		dcf_doctor_row_pass(
			doctor, CATALOGUE,
			psprintf("%d endpoints, those of version %s%s.", n, DCF_VERSION,
					 added ? " and of dataconnect_fdw.catalogue_file" : ""));
}

/* The present offset of a time zone, as "UTC-05:00". */
static char *
show_offset(pg_tz *zone)
{
	pg_time_t now = timestamptz_to_time_t(GetCurrentTimestamp());
	const struct pg_tm *local = pg_localtime(&now, zone);
	int minutes;

	if (local == NULL)
		return "UTC+?";
	minutes = (int) (llabs(local->tm_gmtoff) / SECS_PER_MINUTE);
	return psprintf("UTC%c%02d:%02d", local->tm_gmtoff < 0 ? '-' : '+',
					minutes / MINS_PER_HOUR, minutes % MINS_PER_HOUR);
}

static void
check_time_zone(DcfDoctor *doctor)
{
	const char *stored = dcf_doctor_row_option(doctor, "timezone");
	const char *name = stored ?
		stored :
		dcf_option_find(DCF_OPTION_SERVER, "timezone")->default_value;
	pg_tz *zone = pg_tzset(name);

	if (zone == NULL || !pg_tz_acceptable(zone))
		dcf_doctor_row_fail(
			doctor, TIME_ZONE,
			psprintf(
				"PostgreSQL does not know the time zone \"%s\" of the option "
				"\"timezone\".",
				name),
			psprintf("Choose one of pg_timezone_names: %s",
					 dcf_doctor_row_alter(doctor, "timezone", "...")));
	else
		dcf_doctor_row_pass(
			doctor, TIME_ZONE,
			psprintf("Times without zone are read as of \"%s\" (now %s); this "
					 "session shows times in \"%s\" (now %s).",
					 name, show_offset(zone),
					 pg_get_timezone_name(session_timezone),
					 show_offset(session_timezone)));
}

void
dcf_doctor_here_check(DcfDoctor *doctor)
{
	check_libraries(doctor);
	check_preload(doctor);
	check_catalogue(doctor);
	check_time_zone(doctor);
}
