/*
 * http_error.c
 *	  Failures of a transfer as PostgreSQL errors.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/foreign_text.h"
#include "http_private.h"
#include "net/refusal.h"

/* libcurl's clock and dcf_wait_now() may differ by rounding. */
#define CLOCK_SLACK_MS 100

/* Longest line of a head that libcurl accepts, in bytes. */
#define LONGEST_HEADER (100 * 1024)

/* CURLE_TOO_LARGE, which libcurl's headers define since 8.6. */
#define TOO_LARGE 100

/* Start of libcurl's message (since 8.3) for heads of more than 300 kB. */
#define TOO_LARGE_HEADS "Too large response headers"

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

const char *
dcf_http_message(const DcfHttpTransfer *transfer)
{
	MemoryContext old = MemoryContextSwitchTo(transfer->context);
	const char *message = transfer->message;
	char *safe;
	bool is_cut;
	size_t len;

	if (transfer->result == CURLE_OK)
		message = "the connection was closed inside the head";
	else if (message[0] == '\0')
		message = curl_easy_strerror(transfer->result);
	/*
	 * libcurl cuts messages at the size of the buffer, maybe inside a secret.
	 * Callers end the sentence themselves.
	 */
	len = strlen(message);
	is_cut = len == sizeof(transfer->message) - 1;
	while (len > 0 && strchr(". \n", message[len - 1]) != NULL)
		len--;
	safe = is_cut ? dcf_foreign_text_start(message, len) :
					dcf_foreign_text(message, len);
	MemoryContextSwitchTo(old);
	return safe;
}

/*
 * Whether memory is really short.  Before 8.6, libcurl reports that for a line of
 * a head or trailer that is too long, too.
 */
static bool
is_out_of_memory(void)
{
	void *probe =
		MemoryContextAllocExtended(CurrentMemoryContext, 4 * LONGEST_HEADER,
								   MCXT_ALLOC_NO_OOM);

	if (probe == NULL)
		return true;
	pfree(probe);
	return false;
}

/*
 * A sentence that says which part of the head or trailer is too long, NULL if
 * none is.
 */
static const char *
find_too_long(const DcfHttpTransfer *transfer)
{
	bool says_memory = transfer->result == CURLE_OUT_OF_MEMORY ||
		strcmp(transfer->message, "Out of memory in chunked-encoding") == 0;

	if (transfer->head_bytes > DCF_HTTP_MAX_HEAD)
		return "The head and trailer are longer than 128 kB.";
	if (strncmp(transfer->message, TOO_LARGE_HEADS, strlen(TOO_LARGE_HEADS)) ==
		0)
		return "The heads are longer than libcurl accepts (300 kB).";
	if (transfer->connected_at == 0 ||
		(transfer->result != TOO_LARGE &&
		 !(says_memory && !is_out_of_memory())))
		return NULL;
	return transfer->head_done ?
		"A line of the trailer is longer than libcurl accepts (4 kB)." :
		"The header is longer than libcurl accepts (100 kB).";
}

/* Raise if the failure is that the head or trailer is too long. */
static void
check_too_long(const DcfHttpTransfer *transfer)
{
	const char *what = find_too_long(transfer);

	if (what)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("header of the service's reply is too long"),
				 errdetail_internal("%s", what),
				 errhint("Check the server's options \"url\" and \"proxy\".")));
}

/* Raise that the compression is unknown or invalid. */
static void
raise_coding(const DcfHttpTransfer *transfer)
{
	if (transfer->coding == DCF_HTTP_UNKNOWN)
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service has an unknown compression"),
			 errdetail("The Content-Encoding is \"%s\", or there are several.",
					   dcf_foreign_text_buffer(transfer->coding_name,
											   sizeof(transfer->coding_name))),
			 errhint("Set the server's option \"compression\" to off.")));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("invalid compressed data in reply from the service"),
			 errdetail("After " UINT64_FORMAT " bytes, the %s data are %s.",
					   transfer->received,
					   transfer->coding == DCF_HTTP_GZIP ? "gzip" : "deflate",
					   transfer->reason),
			 errhint("Set the server's option \"compression\" to off.")));
}

void
dcf_http_raise_problem(const DcfHttpTransfer *transfer)
{
	switch (transfer->problem)
	{
		case DCF_HTTP_NO_PROBLEM:
			break;
		case DCF_HTTP_TIMED_OUT:
			dcf_http_raise_timeout(transfer->phase, transfer->waited);
			break;
		case DCF_HTTP_CUT:
			/*
			 * dcf_http_on_header() ends a transfer whose trailer is too long,
			 * which looks like a cut.
			 */
			check_too_long(transfer);
			if (transfer->result == CURLE_OUT_OF_MEMORY)
				dcf_http_check(transfer->result);
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
					 errmsg("reply from the service was cut short"),
					 errdetail("After " UINT64_FORMAT " bytes of the body: "
							   "%s.",
							   transfer->received, transfer->reason),
					 errhint("Run the query again.")));
			break;
		case DCF_HTTP_BAD_CODING:
			raise_coding(transfer);
			break;
		case DCF_HTTP_TOO_LONG:
			dcf_refusal_raise_too_long(transfer->max_buffer);
			break;
	}
	elog(ERROR, "transfer failed for no reason");
}

/*
 * Parts of the messages of OpenSSL and GnuTLS about a peer without TLS, or with
 * no version or cipher in common.  A peer that only closes the connection is not
 * among them: it may be a service that is starting.
 */
static const char *const no_common_tls[] = {
	"wrong version number",	  "packet length too long",
	"http request",			  "unsupported protocol",
	"protocol version",		  "handshake failure",
	"no protocols available", "no shared cipher",
	"unrecognized name",	  "unexpected TLS packet",
	"unsupported version",	  "no application protocol",
};

/* Whether the TLS library's message says that the peer cannot speak our TLS. */
static bool
has_no_common_tls(const DcfHttpTransfer *transfer)
{
	for (size_t i = 0; i < lengthof(no_common_tls); i++)
	{
		if (strstr(transfer->message, no_common_tls[i]))
			return true;
	}
	return false;
}

/* Why a transfer has no complete head. */
typedef enum Cause
{
	CAUSE_PASSING, /* another try may succeed */
	CAUSE_TIMEOUT,
	CAUSE_TRUST, /* TLS; another try would fail, too */
	CAUSE_PROXY, /* the proxy refuses to connect for good */
	CAUSE_NAME,	 /* the host does not exist */
	CAUSE_TOO_LONG,
	CAUSE_MEMORY,
	CAUSE_DESCRIPTORS,
	CAUSE_NOT_HTTP
} Cause;

/*
 * Whether a proxy refused to connect for good.  408 and 429 say that it is busy,
 * 5xx that the service is.
 */
static bool
is_refused_by_proxy(const DcfHttpTransfer *transfer)
{
	long status = 0;

	return curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE,
							 &status) == CURLE_OK &&
		status >= 400 && status < 500 && status != 408 && status != 429;
}

/*
 * Find the cause of a failure before the head was complete.  The causes for
 * which libcurl has no code of their own come first, because it reports them
 * as other ones.
 */
static Cause
classify(const DcfHttpTransfer *transfer)
{
	if (find_too_long(transfer))
		return CAUSE_TOO_LONG;
	if (transfer->lacks_descriptor)
		return CAUSE_DESCRIPTORS;
	if (is_refused_by_proxy(transfer))
		return CAUSE_PROXY;
	if (transfer->name_unknown)
		return CAUSE_NAME;
	switch (transfer->result)
	{
		case CURLE_OK:
		case CURLE_COULDNT_RESOLVE_PROXY:
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_CONNECT:
		case CURLE_PARTIAL_FILE:
		case CURLE_GOT_NOTHING:
		case CURLE_SEND_ERROR:
		case CURLE_RECV_ERROR:
		case CURLE_PROXY:
			return CAUSE_PASSING;
		case CURLE_SSL_CONNECT_ERROR:
			return has_no_common_tls(transfer) ? CAUSE_TRUST : CAUSE_PASSING;
		case CURLE_OPERATION_TIMEDOUT:
			return CAUSE_TIMEOUT;
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_CIPHER:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_CRL_BADFILE:
		case CURLE_SSL_INVALIDCERTSTATUS:
		case CURLE_USE_SSL_FAILED:
			return CAUSE_TRUST;
		case CURLE_OUT_OF_MEMORY:
			return CAUSE_MEMORY;
		default:
			return CAUSE_NOT_HTTP;
	}
}

/*
 * Whether connecting took as long as the option connect_timeout.  The kernel has
 * a time-out of its own, of about two minutes for each address.
 */
static bool
has_waited_to_connect(const DcfHttpTransfer *transfer)
{
	return dcf_wait_now() - transfer->begun_at + CLOCK_SLACK_MS >=
		transfer->connect_timeout;
}

DcfHttpFailure
dcf_http_failure(const DcfHttpTransfer *transfer)
{
	/* Without a free descriptor libcurl reports misleading errors. */
	if (transfer->connected_at == 0)
		dcf_file_descriptor_check();
	switch (classify(transfer))
	{
		case CAUSE_TIMEOUT:
			if (has_waited_to_connect(transfer))
				return DCF_FAILURE_TIMEOUT;
			/* FALLTHROUGH */
		case CAUSE_PASSING:
			return transfer->connected_at != 0 ? DCF_FAILURE_BROKEN :
												 DCF_FAILURE_CONNECT;
		default:
			return DCF_FAILURE_LASTING;
	}
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

/* Raise that the host in the option url or proxy does not exist. */
static void
raise_unknown_name(const DcfHttpTransfer *transfer)
{
	const char *option =
		transfer->result == CURLE_COULDNT_RESOLVE_PROXY ? "proxy" : "url";

	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("host in option \"%s\" of the server does not exist",
					option),
			 errdetail("The name has no address. libcurl reported: %s.",
					   transfer->failure_message),
			 errhint("Check the server's option \"%s\".", option)));
}

/*
 * Raise a failure that another try would meet, too.  For the others this
 * returns: dcf_http_raise_failure() raises them.
 */
static void
raise_lasting(const DcfHttpTransfer *transfer)
{
	switch (classify(transfer))
	{
		case CAUSE_PASSING:
		case CAUSE_TIMEOUT:
			break;
		case CAUSE_TOO_LONG:
			check_too_long(transfer);
			break;
		case CAUSE_TRUST:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("could not establish a secure connection to the "
							"service"),
					 errdetail("libcurl reported: %s.",
							   transfer->failure_message),
					 errhint("Check the server's options \"url\" and "
							 "\"ca_file\".")));
			break;
		case CAUSE_PROXY:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("proxy refused to connect to the service"),
					 errdetail("libcurl reported: %s.",
							   transfer->failure_message),
					 errhint(
						 "Check the server's options \"url\" and \"proxy\".")));
			break;
		case CAUSE_NAME:
			raise_unknown_name(transfer);
			break;
		case CAUSE_MEMORY:
			dcf_http_check(transfer->result);
			break;
		case CAUSE_DESCRIPTORS:
			dcf_file_descriptor_raise();
			break;
		case CAUSE_NOT_HTTP:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
					 errmsg("service did not answer with a valid HTTP reply"),
					 errdetail("libcurl reported: %s.",
							   transfer->failure_message),
					 errhint("Check the server's option \"url\".")));
			break;
	}
}

void
dcf_http_raise_failure(const DcfHttpTransfer *transfer, int tries)
{
	DcfHttpFailure failure = dcf_http_failure(transfer);
	const char *after = tries > 1 ? psprintf(" after %d tries", tries) : "";

	if (failure == DCF_FAILURE_LASTING)
		raise_lasting(transfer);
	if (failure == DCF_FAILURE_TIMEOUT)
		dcf_http_raise_timeout(DCF_PHASE_CONNECT, transfer->connect_timeout);
	dcf_http_raise_unreachable(failure,
							   psprintf("libcurl reported%s: %s.", after,
										transfer->failure_message));
}
