/*
 * doctor_service.c
 *	  The checks up to the log-in.  See doctor_service.h.
 *
 * Two questions are sent: GET /ping without credentials, and GET /session, whose answer
 * contains credentials and is never shown.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/http_date.h"
#include "doctor_connection.h"
#include "doctor_service.h"

#define REPLY		  "reply"
#define CLOCK		  "clock"
#define MAPPING		  "user mapping"
#define TOKEN_SERVICE "token service"
#define LOG_IN		  "log-in"

/* A clock that is off by more than so many seconds fails. */
#define MAX_SKEW 60

static long
answer_ms(const DcfDoctorAsking *asking)
{
	return TimestampDifferenceMilliseconds(asking->answer.asked,
										   asking->answer.answered);
}

static void
check_reply(DcfDoctor *doctor, const DcfDoctorAsking *ping,
			const ErrorData *error)
{
	if (error == NULL && !ping->is_object)
		dcf_doctor_row_fail(doctor, REPLY,
							"GET /ping was not answered with a JSON object.",
							"Check the server's option \"url\": another service "
							"may answer there.");
	else if (error == NULL)
		dcf_doctor_row_pass(doctor, REPLY,
							psprintf("GET /ping was answered in %ld ms.",
									 answer_ms(ping)));
	else
		dcf_doctor_row_fail_by(doctor, REPLY, error,
							   "Check the server's option \"url\".");
	/* Any answer shows that requests can be sent. */
	if (!ping->answered)
		dcf_doctor_row_obstruct(doctor, REPLY);
}

/*
 * By how many seconds at least the service's clock is ahead of this machine's;
 * negative if it is behind.  Sets *most to the largest difference that is possible.
 * False without a valid header.
 */
static bool
compare_clocks(const DcfAnswer *answer, int64 *least, int64 *most)
{
	const int64 epoch =
		(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	int64 asked = answer->asked / USECS_PER_SEC + epoch;
	int64 answered = answer->answered / USECS_PER_SEC + 1 + epoch;
	int64_t date;
	int64 low;
	int64 high;

	if (!dcf_http_date_parse(answer->head.date, strlen(answer->head.date),
							 answered, &date))
		return false;
	/* The header has whole seconds, cut. */
	low = date - answered;
	high = date + 1 - asked;
	*least = low > 0 ? low : Min(high, 0);
	*most = Max(llabs(low), llabs(high));
	return true;
}

static void
check_clock(DcfDoctor *doctor, const DcfDoctorAsking *ping)
{
	int64 least;
	int64 most;

	if (dcf_doctor_row_skip_obstructed(doctor, CLOCK))
		return;
	if (!compare_clocks(&ping->answer, &least, &most))
		dcf_doctor_row_skip(
			doctor, CLOCK,
			"The answer to GET /ping has no valid header Date.");
	else if (llabs(least) <= MAX_SKEW)
		dcf_doctor_row_pass(doctor, CLOCK,
							psprintf("The service's clock and this machine's "
									 "differ by at most " INT64_FORMAT " s.",
									 most));
	else
		dcf_doctor_row_fail(
			doctor, CLOCK,
			psprintf("The service's clock is %s %s this "
					 "machine's.",
					 dcf_doctor_row_duration(llabs(least)),
					 least > 0 ? "ahead of" : "behind"),
			"Set this machine's clock by NTP; if it is right, tell "
			"whoever runs the service. Days such as today, waits "
			"until a time, and the checks of certificates depend "
			"on it.");
}

static void
check_answers(DcfDoctor *doctor)
{
	DcfDoctorAsking ping = {0};

	if (!dcf_doctor_row_skip_obstructed(doctor, REPLY))
	{
		const ErrorData *error = dcf_doctor_ask(&ping, doctor, "/ping", false);

		check_reply(doctor, &ping, error);
	}
	check_clock(doctor, &ping);
}

/* --- Log-in ---------------------------------------------------------------------- */

/* The credentials of the mapping, as the end of a sentence. */
static char *
show_credentials(const DcfSessionFacts *facts)
{
	static const char *const kinds[] = {
		[DCF_LOG_IN_NONE] = "no credentials",
		[DCF_LOG_IN_TOKEN] = "a token",
		[DCF_LOG_IN_BASIC] = "a user name and a password",
		[DCF_LOG_IN_SERVICE] =
			"a user name and a password for the token service",
	};
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, kinds[facts->log_in]);
	foreach(cell, facts->files)
		appendStringInfo(&text, "%s\"%s\"",
						 foreach_current_index(cell) == 0 ? ", by " : " and ",
						 (const char *) lfirst(cell));
	return text.data;
}

static void
check_mapping(DcfDoctor *doctor)
{
	const DcfSessionFacts *facts = &doctor->facts;
	const char *user;

	if (doctor->options == NULL)
	{
		dcf_doctor_row_skip(doctor, MAPPING, doctor->obstacle);
		return;
	}
	if (doctor->session == NULL)
	{
		bool missing =
			doctor->no_session->sqlerrcode == ERRCODE_UNDEFINED_OBJECT;

		dcf_doctor_row_fail_by(
			doctor, MAPPING, doctor->no_session,
			psprintf("%s USER MAPPING FOR %s SERVER %s OPTIONS (...);",
					 missing ? "CREATE" : "ALTER",
					 quote_identifier(GetUserNameFromId(GetUserId(), false)),
					 quote_identifier(doctor->server->servername)));
		dcf_doctor_row_obstruct(doctor, MAPPING);
		return;
	}
	user = OidIsValid(facts->userid) ? GetUserNameFromId(facts->userid, true) :
									   "public";
	dcf_doctor_row_pass(doctor, MAPPING,
						psprintf("The mapping of \"%s\" has %s.",
								 user ? user : "?", show_credentials(facts)));
}

static void
check_token_service(DcfDoctor *doctor)
{
	const char *url;
	const char *detail;
	const char *remedy;
	bool connected;

	if (dcf_doctor_row_skip_obstructed(doctor, TOKEN_SERVICE))
		return;
	url = doctor->options->token_url;
	if (doctor->facts.log_in != DCF_LOG_IN_SERVICE)
	{
		dcf_doctor_row_skip(doctor, TOKEN_SERVICE,
							"The user mapping logs in without it.");
		return;
	}
	if (url == NULL)
	{
		dcf_doctor_row_fail(doctor, TOKEN_SERVICE,
							"The server has no option \"token_url\".",
							dcf_doctor_row_alter(doctor, "token_url", "..."));
		dcf_doctor_row_obstruct(doctor, TOKEN_SERVICE);
		return;
	}
	remedy = dcf_doctor_connection_summarize(doctor, url, &detail, &connected);
	if (remedy)
		dcf_doctor_row_fail(doctor, TOKEN_SERVICE, detail, remedy);
	else
		dcf_doctor_row_pass(doctor, TOKEN_SERVICE, detail);
	if (!connected)
		dcf_doctor_row_obstruct(doctor, TOKEN_SERVICE);
}

static void
check_log_in(DcfDoctor *doctor, DcfDoctorAsking *session)
{
	const ErrorData *error;

	if (dcf_doctor_row_skip_obstructed(doctor, LOG_IN))
		return;
	if (doctor->facts.requests.paused > 0)
	{
		doctor->obstacle = "The service asked for a pause: see the check "
						   "\"limiter\".";
		dcf_doctor_row_skip(doctor, LOG_IN, doctor->obstacle);
		return;
	}
	error = dcf_doctor_ask(session, doctor, "/session", true);
	if (error == NULL && session->is_object && !session->is_invalid)
	{
		dcf_doctor_row_pass(doctor, LOG_IN,
							psprintf("The service accepts the credentials: GET "
									 "/session was answered in %ld ms.",
									 answer_ms(session)));
		return;
	}
	if (error && session->answer.queuing)
		dcf_doctor_row_skip(doctor, LOG_IN,
							"Requests under way left no room for it: see the "
							"check \"limiter\".");
	else if (error)
		dcf_doctor_row_fail_by(doctor, LOG_IN, error,
							   "Check the options of the user mapping.");
	else
		dcf_doctor_row_fail(doctor, LOG_IN,
							session->is_invalid ?
								"GET /session says that the session is not "
								"valid." :
								"GET /session was not answered with a JSON "
								"object.",
							"Check the options of the user mapping, and the "
							"server's option \"url\".");
	dcf_doctor_row_obstruct(doctor, LOG_IN);
}

void
dcf_doctor_service_check(DcfDoctor *doctor, DcfDoctorAsking *session)
{
	if (doctor->obstacle == NULL && doctor->unreachable_since != 0)
		doctor->obstacle = "The circuit breaker is open.";
	check_answers(doctor);
	check_mapping(doctor);
	check_token_service(doctor);
	check_log_in(doctor, session);
}
