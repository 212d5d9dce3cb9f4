/*
 * http_error.c
 *	  What can go wrong with a transfer, as PostgreSQL errors.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/foreign_text.h"
#include "http_private.h"
#include "net/refusal.h"

/* libcurl's clock and ours round in different ways. */
#define CLOCK_SLACK_MS 100

/* What libcurl takes of one line of a head, in bytes. */
#define LONGEST_HEADER (100 * 1024)

/* CURLE_TOO_LARGE, which headers have since 8.6. */
#define TOO_LARGE 100

/* What the words begin with that libcurl has since 8.3 for heads of 300 kB. */
#define TOO_LARGE_HEADS "Too large response headers"

/*
 * Of each phase: its name, its option, what follows "Waited 10 s for", and
 * what there is to do but wait longer.
 */
static const struct
{
	const char *name;
	const char *option;
	const char *what;
	const char *remedy;
} phases[] = {
	[DCF_PHASE_CONNECT] = {"connect", "connect_timeout",
						   "a connection to be made", "check the option url"},
	[DCF_PHASE_FIRST_BYTE] = {"first byte", "first_byte_timeout",
							  "the first byte of the reply's body",
							  "ask for less"},
	[DCF_PHASE_IDLE] = {"idle", "idle_timeout", "more bytes of the reply",
						"run the query again"},
	[DCF_PHASE_TOTAL] = {"total", "total_timeout",
						 "the request as a whole, retries included",
						 "ask for less"},
};

/* "10 s" or "1500 ms". */
static char *
show_time(int ms)
{
	return ms % 1000 == 0 ? psprintf("%d s", ms / 1000) :
							psprintf("%d ms", ms);
}

pg_noreturn static void
raise_timeout(DcfHttpPhase phase, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("request to the service timed out in phase \"%s\"",
					phases[phase].name),
			 errdetail_internal("%s", detail),
			 errhint("Raise the server's option %s, or %s.",
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

/* What libcurl says of a failure, made safe, in the transfer's context. */
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
 * Whether libcurl really lacks memory.  Before 8.6 it also says so of a line of
 * a head or trailer that is longer than it takes, and then there is some.
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

/* What of a head or trailer is too long, as a sentence; NULL if nothing is. */
static const char *
find_too_long(const DcfHttpTransfer *transfer)
{
	bool says_memory = transfer->result == CURLE_OUT_OF_MEMORY ||
		strcmp(transfer->message, "Out of memory in chunked-encoding") == 0;

	if (transfer->head_bytes > DCF_HTTP_MAX_HEAD)
		return "Its head and trailer are longer than 128 kB.";
	if (strncmp(transfer->message, TOO_LARGE_HEADS, strlen(TOO_LARGE_HEADS)) ==
		0)
		return "Its heads are longer than libcurl takes (300 kB).";
	if (transfer->connected_at == 0 ||
		(transfer->result != TOO_LARGE &&
		 !(says_memory && !is_out_of_memory())))
		return NULL;
	return transfer->head_done ?
		"A line of its trailer is longer than libcurl takes (4 kB)." :
		"It is longer than libcurl takes (100 kB).";
}

static void
check_too_long(const DcfHttpTransfer *transfer)
{
	const char *what = find_too_long(transfer);

	if (what)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("header of the service's reply is too long"),
				 errdetail_internal("%s", what),
				 errhint("Check the server's options url and proxy.")));
}

static void
raise_coding(const DcfHttpTransfer *transfer)
{
	if (transfer->coding == DCF_HTTP_UNKNOWN)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("reply from the service is compressed in an unknown "
						"way"),
				 errdetail("Its Content-Encoding is \"%s\", or more than one.",
						   dcf_foreign_text_buffer(transfer->coding_name,
												   sizeof(
													   transfer->coding_name))),
				 errhint("Set the server's option compression to off.")));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service is wrongly compressed"),
			 errdetail("After " UINT64_FORMAT " bytes, its %s data are %s.",
					   transfer->received,
					   transfer->coding == DCF_HTTP_GZIP ? "gzip" : "deflate",
					   transfer->reason),
			 errhint("Set the server's option compression to off.")));
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
			check_too_long(transfer);
			if (transfer->result == CURLE_OUT_OF_MEMORY)
				dcf_http_check(transfer->result);
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
					 errmsg("reply from the service was cut short"),
					 errdetail("After " UINT64_FORMAT " bytes of its body: "
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
 * What OpenSSL and GnuTLS say of a peer that speaks no TLS, or none that we do.
 * A peer that hangs up says nothing: it may be about to start.
 */
static const char *const no_common_tls[] = {
	"wrong version number",	  "packet length too long",
	"http request",			  "unsupported protocol",
	"protocol version",		  "handshake failure",
	"no protocols available", "no shared cipher",
	"unrecognized name",	  "unexpected TLS packet",
	"unsupported version",	  "no application protocol",
};

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

/* Why a transfer has no whole head. */
typedef enum Cause
{
	CAUSE_PASSING, /* may go better the next time */
	CAUSE_TIMEOUT,
	CAUSE_TRUST, /* TLS, and no try will change it */
	CAUSE_PROXY, /* it refuses to connect, and will */
	CAUSE_NAME,	 /* it does not exist */
	CAUSE_TOO_LONG,
	CAUSE_MEMORY,
	CAUSE_DESCRIPTORS,
	CAUSE_NOT_HTTP
} Cause;

/*
 * Whether a proxy has answered that it does not connect, and will not: not that
 * it, or the service, is busy.
 */
static bool
is_refused_by_proxy(const DcfHttpTransfer *transfer)
{
	long status = 0;

	return curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE,
							 &status) == CURLE_OK &&
		status >= 400 && status < 500 && status != 408 && status != 429;
}

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
 * Whether a time-out while connecting is that of the option connect_timeout.
 * The kernel has one, too: after some two minutes it gives an address up.
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
	/* What libcurl says where it had no descriptor leads astray. */
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
				 errmsg("service broke off the connection without a reply"),
				 errdetail_internal("%s", detail)));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("could not connect to the service"),
			 errdetail_internal("%s", detail),
			 errhint("Check the server's option url, and the network.")));
}

static void
raise_unknown_name(const DcfHttpTransfer *transfer)
{
	const char *option =
		transfer->result == CURLE_COULDNT_RESOLVE_PROXY ? "proxy" : "url";

	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("host in the server's option %s does not exist", option),
			 errdetail("The name has no address. libcurl says: %s.",
					   transfer->failure_message),
			 errhint("Check the server's option %s.", option)));
}

/* Raise what no other try will change. */
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
					 errmsg("could not make a secure connection to the "
							"service"),
					 errdetail("libcurl says: %s.", transfer->failure_message),
					 errhint("Check the server's options url and ca_file.")));
			break;
		case CAUSE_PROXY:
			ereport(ERROR,
					(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
					 errmsg("proxy does not connect to the service"),
					 errdetail("libcurl says: %s.", transfer->failure_message),
					 errhint("Check the server's options url and proxy.")));
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
					 errdetail("libcurl says: %s.", transfer->failure_message),
					 errhint("Check the server's option url.")));
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
							   psprintf("libcurl says%s: %s.", after,
										transfer->failure_message));
}
