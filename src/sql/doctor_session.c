/*
 * doctor_session.c
 *	  The checks after the log-in.  See doctor_session.h.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/foreign_text.h"
#include "base/url_parts.h"
#include "doctor_connection.h"
#include "doctor_session.h"
#include "net/preferred_endpoint.h"

#define TOKEN		"token"
#define COOKIE		"session cookie"
#define ENDPOINT	"preferred endpoint"
#define LIMITER		"limiter"
#define BREAKER		"circuit breaker"
#define COMPRESSION "compression"

/* A shorter reply may be too short for the service to compress. */
#define SHORT_REPLY 1024

/* A token of the token service. */
static char *
show_token(const DcfTokenFacts *token)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "Issued %s ago",
					 dcf_doctor_row_duration(token->issued_ago / 1000));
	if (token->ends_in < 0)
		appendStringInfoString(&text,
							   "; the token service does not tell when it "
							   "ends.");
	else
		appendStringInfo(&text, "; it ends in %s and is renewed in %s",
						 dcf_doctor_row_duration(token->ends_in / 1000),
						 dcf_doctor_row_duration(token->renewed_in / 1000));
	if (token->ends_in >= 0)
		appendStringInfoString(&text,
							   token->can_refresh ?
								   ", with a refresh token." :
								   ", with the password, because there is no "
								   "refresh token.");
	return text.data;
}

static void
check_token(DcfDoctor *doctor, const DcfSessionFacts *facts)
{
	if (dcf_doctor_row_skip_obstructed(doctor, TOKEN))
		return;
	switch (facts->log_in)
	{
		case DCF_LOG_IN_SERVICE:
			dcf_doctor_row_pass(doctor, TOKEN, show_token(&facts->token));
			break;
		case DCF_LOG_IN_TOKEN:
			dcf_doctor_row_skip(
				doctor, TOKEN,
				facts->files == NIL ?
					"It is an option of the user mapping, so it is "
					"not renewed, and its end is not known." :
					"It is in a file, which is read again when it "
					"has changed; its end is not known.");
			break;
		default:
			dcf_doctor_row_skip(doctor, TOKEN,
								"The user mapping logs in without one.");
	}
}

static void
check_cookie(DcfDoctor *doctor, const DcfSessionFacts *facts)
{
	StringInfoData names;
	ListCell *cell;

	if (dcf_doctor_row_skip_obstructed(doctor, COOKIE))
		return;
	if (facts->cookies == NIL)
	{
		dcf_doctor_row_fail(
			doctor, COOKIE,
			"The service set no cookie, so each request begins a "
			"session of its own, which takes longer.",
			"Find out whether a proxy or gateway on the way removes "
			"the header Set-Cookie.");
		return;
	}
	initStringInfo(&names);
	foreach(cell, facts->cookies)
		appendStringInfo(&names, "%s%s",
						 foreach_current_index(cell) == 0 ? "" : ", ",
						 (const char *) lfirst(cell));
	dcf_doctor_row_pass(doctor, COOKIE,
						psprintf("Kept for the next request: %s.",
								 names.data));
}

/* An endpoint on another host, which the service prefers. */
static void
check_other_endpoint(DcfDoctor *doctor, const char *url)
{
	const DcfServerOptions *options = doctor->options;
	const char *shown = dcf_foreign_text(url, strlen(url));
	const char *detail;
	const char *remedy;
	bool connected;

	if (!dcf_preferred_endpoint_is_trusted(options, url))
	{
		dcf_doctor_row_fail(doctor, ENDPOINT,
							psprintf("The service prefers \"%s\", which is not "
									 "known to belong to it.",
									 shown),
							"If it does, have a superuser add its host to the "
							"server's option \"allowed_hosts\".");
		return;
	}
	if (!options->use_preferred_endpoint)
	{
		dcf_doctor_row_fail(
			doctor, ENDPOINT,
			psprintf("The service prefers \"%s\", but requests go to the option "
					 "\"url\".",
					 shown),
			psprintf("Reports may be faster there: %s",
					 dcf_doctor_row_alter(doctor, "use_preferred_endpoint",
										  "on")));
		return;
	}
	remedy = dcf_doctor_connection_summarize(doctor, url, &detail, &connected);
	detail = psprintf("\"%s\": %s", shown, detail);
	if (remedy)
		dcf_doctor_row_fail(doctor, ENDPOINT, detail, remedy);
	else
		dcf_doctor_row_pass(doctor, ENDPOINT, detail);
}

/* Whether two URLs have the same scheme, host and port; false for what is no URL. */
static bool
is_same_host(const char *a, const char *b)
{
	DcfUrlParts one;
	DcfUrlParts other;

	return dcf_url_parts_parse(a, &one) == NULL &&
		dcf_url_parts_parse(b, &other) == NULL &&
		strcmp(one.scheme, other.scheme) == 0 &&
		strcmp(one.host, other.host) == 0 && one.port == other.port;
}

static void
check_endpoint(DcfDoctor *doctor, const DcfDoctorAsking *session)
{
	if (dcf_doctor_row_skip_obstructed(doctor, ENDPOINT))
		return;
	if (session->endpoint == NULL)
		dcf_doctor_row_pass(doctor, ENDPOINT, "The service names none.");
	else if (is_same_host(session->endpoint, doctor->options->url))
		dcf_doctor_row_pass(
			doctor, ENDPOINT,
			"The service prefers the host of the option \"url\".");
	else
		check_other_endpoint(doctor, session->endpoint);
}

static void
check_limiter(DcfDoctor *doctor)
{
	const DcfLimiterState *state = &doctor->facts.requests;
	const char *whose = state->shared ? "" : " of this session";
	int most;

	if (doctor->session == NULL)
	{
		dcf_doctor_row_skip(doctor, LIMITER,
							"Without credentials there is no account.");
		return;
	}
	most = doctor->options->max_concurrency;
	if (!doctor->facts.counted)
		dcf_doctor_row_pass(
			doctor, LIMITER,
			psprintf("No request is under way; %d may be at once.", most));
	else if (state->paused > 0)
		dcf_doctor_row_fail(
			doctor, LIMITER,
			psprintf("The service asked for a pause: nothing is sent "
					 "for another %s.",
					 dcf_doctor_row_duration((state->paused + 999) / 1000)),
			psprintf("Wait, or end it: SELECT dataconnect_resume(%s); and "
					 "run fewer queries at once.",
					 quote_literal_cstr(doctor->server->servername)));
	else if (state->in_flight >= state->limit)
		dcf_doctor_row_fail(
			doctor, LIMITER,
			psprintf("All %d requests%s that may be under way are, "
					 "and %d more wait.",
					 state->limit, whose, state->waiting),
			"See the views dataconnect_concurrency and "
			"dataconnect_requests for who sends them. End idle "
			"cursors, run fewer queries at once, or raise "
			"\"max_concurrency\" if the service allows more.");
	else
		dcf_doctor_row_pass(doctor, LIMITER,
							psprintf("%d requests%s are under way; %d may be at "
									 "once%s.",
									 state->in_flight, whose, state->limit,
									 state->limit < most ?
										 ", because the service refused more" :
										 ""));
}

static void
check_breaker(DcfDoctor *doctor)
{
	if (doctor->options == NULL)
		dcf_doctor_row_skip(doctor, BREAKER, doctor->obstacle);
	else if (doctor->unreachable_since == 0)
		dcf_doctor_row_pass(doctor, BREAKER,
							"It is closed: requests are sent.");
	else
		dcf_doctor_row_fail(
			doctor, BREAKER,
			psprintf("It is open: no request has reached the host of \"url\" or "
					 "\"token_url\" since %s, so queries fail at once.",
					 timestamptz_to_str(doctor->unreachable_since)),
			psprintf("If the checks of the connection pass now: SELECT "
					 "dataconnect_resume(%s);",
					 quote_literal_cstr(doctor->server->servername)));
}

static void
check_compression(DcfDoctor *doctor, const DcfDoctorAsking *session)
{
	const DcfAnswer *answer = &session->answer;

	if (dcf_doctor_row_skip_obstructed(doctor, COMPRESSION))
		return;
	if (!doctor->options->compression)
		dcf_doctor_row_skip(doctor, COMPRESSION,
							"The option \"compression\" is off.");
	else if (answer->head.content_coding[0] != '\0')
		dcf_doctor_row_pass(doctor, COMPRESSION,
							psprintf("The service compresses its replies (%s).",
									 dcf_foreign_text_buffer(
										 answer->head.content_coding,
										 sizeof(answer->head.content_coding))));
	else if (answer->stats.bytes_received < SHORT_REPLY)
		dcf_doctor_row_skip(
			doctor, COMPRESSION,
			psprintf("The answer to GET /session was not "
					 "compressed, perhaps because it has only " UINT64_FORMAT
					 " bytes.",
					 answer->stats.bytes_received));
	else
		dcf_doctor_row_fail(
			doctor, COMPRESSION,
			psprintf("The service did not compress a reply of " UINT64_FORMAT
					 " bytes.",
					 answer->stats.bytes_received),
			"Find out whether a proxy or gateway on the way removes "
			"the header Accept-Encoding, or decompresses. Long "
			"replies take longer.");
}

void
dcf_doctor_session_check(DcfDoctor *doctor, const DcfDoctorAsking *session)
{
	DcfSessionFacts facts = {0};

	if (doctor->obstacle == NULL)
		dcf_session_facts_get(doctor->session, &facts);
	check_token(doctor, &facts);
	check_cookie(doctor, &facts);
	check_endpoint(doctor, session);
	check_limiter(doctor);
	check_breaker(doctor);
	check_compression(doctor, session);
}
