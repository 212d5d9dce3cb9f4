/*
 * doctor_connection.c
 *	  The checks of a connection.  See doctor_connection.h.
 *
 * If the certificate is not accepted, the connection is made a second time without a
 * check, only to show that certificate: nothing is sent.
 */
#include "postgres.h"

#include <time.h>

#include "utils/datetime.h"

#include "base/catch_error.h"
#include "doctor_connection.h"
#include "net/transfer_probe.h"
#include "net/trust.h"

#define NAME		"name resolution"
#define TCP			"TCP connection"
#define TLS			"TLS"
#define CERTIFICATE "certificate"

/* A certificate that ends sooner, and is in the last quarter of its life, fails. */
#define NEAR_END (14 * SECS_PER_DAY)

/* A connection that was tried. */
typedef struct Attempt
{
	const DcfDoctor *doctor;
	const char *url;
	DcfUrlParts parts;
	MemoryContext context; /* of the results */
	DcfProbe *probe;
	DcfProbe *unchecked; /* the second one, or NULL */
} Attempt;

/* A DcfCatchErrorFn. */
static void
connect_to(void *arg)
{
	Attempt *attempt = arg;
	const DcfServerOptions *options = attempt->doctor->options;

	MemoryContextSwitchTo(attempt->context);
	attempt->probe =
		dcf_transfer_probe(attempt->url, options, options->tls_verify);
	if (attempt->probe->untrusted)
		attempt->unchecked = dcf_transfer_probe(attempt->url, options, false);
}

/* Connect; NULL on success, else the error. */
static ErrorData *
try_connection(Attempt *attempt, const DcfDoctor *doctor, const char *url)
{
	memset(attempt, 0, sizeof(Attempt));
	attempt->doctor = doctor;
	attempt->url = url;
	attempt->context = CurrentMemoryContext;
	/* The options have been checked, so there are parts. */
	(void) dcf_url_parts_parse(url, &attempt->parts);
	return dcf_catch_error(connect_to, attempt);
}

static const char *
show_message(const DcfProbe *probe)
{
	return psprintf("libcurl reported: %s.", probe->message);
}

static const char *
show_version(const DcfProbe *probe)
{
	return probe->tls_version ? probe->tls_version : "TLS 1.2 or newer";
}

/* The day of a Unix time in UTC, as "2026-01-31". */
static char *
show_day(int64 seconds)
{
	int year;
	int month;
	int day;

	j2date((int) (seconds / SECS_PER_DAY) + UNIX_EPOCH_JDATE, &year, &month,
		   &day);
	return psprintf("%04d-%02d-%02d", year, month, day);
}

/* Whose certificate it is, and who has signed it. */
static char *
show_owner(const DcfProbeCertificate *certificate)
{
	return psprintf("The certificate is that of \"%s\", signed by \"%s\"",
					certificate->subject ? certificate->subject : "?",
					certificate->issuer ? certificate->issuer : "?");
}

/* When the certificate ends, or has ended, as the end of a sentence. */
static char *
show_times(const DcfProbeCertificate *certificate)
{
	int64 now = (int64) time(NULL);

	if (!certificate->dated)
		return ". libcurl's TLS library does not tell when it ends.";
	if (now > certificate->ends)
		return psprintf("; it ended on %s.", show_day(certificate->ends));
	if (now < certificate->starts)
		return psprintf("; it begins on %s.", show_day(certificate->starts));
	return psprintf("; it ends in %s, on %s.",
					dcf_doctor_row_duration(certificate->ends - now),
					show_day(certificate->ends));
}

/* Whether the end is so near that it should have been renewed. */
static bool
is_near_end(const DcfProbeCertificate *certificate)
{
	int64 now = (int64) time(NULL);
	int64 left = certificate->ends - now;

	return certificate->dated && left < NEAR_END &&
		left < (certificate->ends - certificate->starts) / 4;
}

/*
 * What is wrong with the certificate of a host that was connected, or was not
 * because of it: the remedy; NULL if nothing is.  Sets *detail.
 */
static const char *
judge_certificate(const Attempt *attempt, const char **detail)
{
	const DcfProbe *probe = attempt->probe;
	const DcfProbe *shown = attempt->unchecked ? attempt->unchecked : probe;
	const DcfProbeCertificate *certificate = &shown->certificate;
	char *described =
		psprintf("%s%s", show_owner(certificate), show_times(certificate));

	*detail = described;
	if (probe->untrusted)
	{
		*detail = shown->failed == DCF_PROBE_DONE ?
			psprintf("%s %s", show_message(probe), described) :
			show_message(probe);
		if (probe->unusable_ca_file)
			return "Check the file that the server's option \"ca_file\" names: it "
				   "must exist, be readable for PostgreSQL's user, and have "
				   "certificates in PEM format.";
		return "If the certificate is over, or is that of another host, whoever "
			   "runs the service (or a proxy before it) has to replace it. If its "
			   "authority is not known here, have a superuser set the server's "
			   "option \"ca_file\". If it begins in the future, check this "
			   "machine's clock.";
	}
	if (!attempt->doctor->options->tls_verify)
	{
		*detail =
			psprintf("The option \"tls_verify\" is off, so anybody on the "
					 "way can read credentials. %s",
					 described);
		return "Have a superuser set the server's option \"tls_verify\" to on, "
			   "and \"ca_file\" if the authority is not known.";
	}
	if (!is_near_end(certificate))
		return NULL;
	if (certificate->ending && certificate->subject &&
		strcmp(certificate->ending, certificate->subject) != 0)
		*detail = psprintf("%s That is the end of its authority \"%s\".",
						   described, certificate->ending);
	return "Tell whoever runs the service to renew it. After its end no query "
		   "works.";
}

/* A row for a step of the connection that failed. */
static void
fail_step(DcfDoctor *doctor, const char *check, const DcfProbe *probe,
		  const char *remedy)
{
	dcf_doctor_row_fail(doctor, check, show_message(probe), remedy);
	dcf_doctor_row_obstruct(doctor, check);
}

/* The remedy for a name that was not resolved. */
static const char *
name_remedy(const DcfDoctor *doctor, const DcfProbe *probe)
{
	const char *option = doctor->options->proxy ? "proxy" : "url";

	if (probe->no_such_name)
		return psprintf("The name does not exist. Check the server's option "
						"\"%s\".",
						option);
	return psprintf("Check the name servers of this machine "
					"(/etc/resolv.conf), and the server's option \"%s\".",
					option);
}

static const char *
tcp_remedy(const DcfDoctor *doctor)
{
	if (doctor->options->proxy)
		return "Check the server's options \"proxy\" and \"url\", and that the "
			   "proxy runs and may connect to the service.";
	return "Check the port in the server's option \"url\", that the service runs, "
		   "and firewalls on the way. If this machine needs a proxy, have a "
		   "superuser set the option \"proxy\".";
}

static const char *
tls_remedy(void)
{
	return "Check the scheme and the port in the server's option \"url\", and "
		   "that the service speaks TLS 1.2 or newer.";
}

static void
check_name(DcfDoctor *doctor, const Attempt *attempt)
{
	const DcfProbe *probe = attempt->probe;
	const char *host = attempt->parts.host;
	DcfUrlParts proxy;

	if (probe->failed == DCF_PROBE_NAME)
	{
		fail_step(doctor, NAME, probe, name_remedy(doctor, probe));
		return;
	}
	if (doctor->options->proxy &&
		dcf_url_parts_parse(doctor->options->proxy, &proxy) == NULL)
		dcf_doctor_row_pass(doctor, NAME,
							psprintf("The proxy \"%s\" was found in %.0f ms; it "
									 "looks up \"%s\".",
									 proxy.host, probe->name_ms, host));
	else if (dcf_trust_is_address(host))
		dcf_doctor_row_pass(doctor, NAME,
							psprintf("\"%s\" is an address.", host));
	else
		dcf_doctor_row_pass(doctor, NAME,
							psprintf("\"%s\" was found in %.0f ms.", host,
									 probe->name_ms));
}

/* To what it has connected, and how long that took. */
static char *
show_peer(const DcfDoctor *doctor, const DcfProbe *probe)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text,
						   doctor->options->proxy ?
							   "Connected through the proxy" :
							   "Connected");
	if (probe->address)
		appendStringInfo(&text, " to %s port %d", probe->address, probe->port);
	if (probe->tcp_ms > 0)
		appendStringInfo(&text, " in %.0f ms", probe->tcp_ms - probe->name_ms);
	appendStringInfoChar(&text, '.');
	return text.data;
}

static void
check_tcp(DcfDoctor *doctor, const Attempt *attempt)
{
	const DcfProbe *probe = attempt->probe;
	const DcfProbe *made = attempt->unchecked ? attempt->unchecked : probe;

	if (dcf_doctor_row_skip_obstructed(doctor, TCP))
		return;
	if (probe->failed == DCF_PROBE_TCP)
		fail_step(doctor, TCP, probe, tcp_remedy(doctor));
	else
		dcf_doctor_row_pass(doctor, TCP, show_peer(doctor, made));
}

/* Plain http: it needs no TLS to this machine. */
static void
check_plain(DcfDoctor *doctor, const DcfUrlParts *parts)
{
	if (dcf_trust_is_loopback(parts->host))
		dcf_doctor_row_skip(doctor, TLS,
							"The option \"url\" is of plain http, to this "
							"machine.");
	else
		dcf_doctor_row_fail(doctor, TLS,
							"The option \"url\" is of plain http, so anybody on "
							"the way can read data and credentials.",
							"Use https in the server's option \"url\".");
	dcf_doctor_row_skip(doctor, CERTIFICATE, "There is no TLS.");
}

static void
check_tls(DcfDoctor *doctor, const Attempt *attempt)
{
	const DcfProbe *probe = attempt->probe;
	const DcfProbe *made = attempt->unchecked ? attempt->unchecked : probe;

	if (dcf_doctor_row_skip_obstructed(doctor, TLS))
		return;
	if (probe->unusable_ca_file && made->failed != DCF_PROBE_DONE)
		dcf_doctor_row_skip(
			doctor, TLS, "The file in the option \"ca_file\" cannot be used.");
	else if (made->failed == DCF_PROBE_TLS)
		fail_step(doctor, TLS, made, tls_remedy());
	else
		dcf_doctor_row_pass(doctor, TLS,
							psprintf("%s, agreed in %.0f ms.",
									 show_version(made),
									 made->tls_ms - made->tcp_ms));
}

static void
check_certificate(DcfDoctor *doctor, const Attempt *attempt)
{
	const char *detail;
	const char *remedy;

	if (dcf_doctor_row_skip_obstructed(doctor, CERTIFICATE))
		return;
	remedy = judge_certificate(attempt, &detail);
	if (remedy)
		dcf_doctor_row_fail(doctor, CERTIFICATE, detail, remedy);
	else
		dcf_doctor_row_pass(doctor, CERTIFICATE, detail);
	if (attempt->probe->untrusted)
		dcf_doctor_row_obstruct(doctor, CERTIFICATE);
}

void
dcf_doctor_connection_check(DcfDoctor *doctor)
{
	static const char *const checks[] = {NAME, TCP, TLS, CERTIFICATE};
	Attempt attempt;
	const ErrorData *error;

	if (doctor->obstacle)
	{
		for (int i = 0; i < (int) lengthof(checks); i++)
			dcf_doctor_row_skip(doctor, checks[i], doctor->obstacle);
		return;
	}
	error = try_connection(&attempt, doctor, doctor->options->url);
	if (error)
	{
		dcf_doctor_row_fail_by(doctor, NAME, error, tcp_remedy(doctor));
		dcf_doctor_row_obstruct(doctor, NAME);
		for (int i = 1; i < (int) lengthof(checks); i++)
			dcf_doctor_row_skip(doctor, checks[i], doctor->obstacle);
		return;
	}
	check_name(doctor, &attempt);
	check_tcp(doctor, &attempt);
	if (doctor->obstacle == NULL && strcmp(attempt.parts.scheme, "http") == 0)
	{
		check_plain(doctor, &attempt.parts);
		return;
	}
	check_tls(doctor, &attempt);
	check_certificate(doctor, &attempt);
}

const char *
dcf_doctor_connection_summarize(const DcfDoctor *doctor, const char *url,
								const char **detail, bool *connected)
{
	Attempt attempt;
	const ErrorData *error = try_connection(&attempt, doctor, url);
	const DcfProbe *probe = attempt.probe;
	const char *remedy;

	*connected = error == NULL && probe->failed == DCF_PROBE_DONE;
	if (error)
	{
		*detail = dcf_catch_error_show(error);
		return error->hint ? error->hint : tcp_remedy(doctor);
	}
	if (!*connected && !probe->untrusted)
	{
		*detail = show_message(probe);
		if (probe->failed == DCF_PROBE_TLS)
			return tls_remedy();
		return probe->failed == DCF_PROBE_NAME ? name_remedy(doctor, probe) :
												 tcp_remedy(doctor);
	}
	if (strcmp(attempt.parts.scheme, "http") == 0)
	{
		*detail = "Connected, by plain http.";
		return NULL;
	}
	remedy = judge_certificate(&attempt, detail);
	if (remedy == NULL)
		*detail = psprintf("%s. %s", show_version(probe), *detail);
	return remedy;
}
