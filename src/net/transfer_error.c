/*
 * transfer_error.c
 *	  Failures of a transfer as PostgreSQL errors.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/compat.h"
#include "base/file_descriptor.h"
#include "base/foreign_text.h"
#include "transfer_private.h"

/* libcurl's clock and dcf_wait_now() may differ by rounding. */
#define CLOCK_SLACK_MS 100

/* Longest line of a head that libcurl accepts, in bytes. */
#define LONGEST_HEADER (100 * 1024)

/* CURLE_TOO_LARGE, which libcurl's headers define since 8.6. */
#define TOO_LARGE 100

/* Start of libcurl's message (since 8.3) for heads of more than 300 kB. */
#define TOO_LARGE_HEADS "Too large response headers"

const char *
dcf_transfer_message(const DcfTransfer *transfer)
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
find_too_long(const DcfTransfer *transfer)
{
	bool says_memory = transfer->result == CURLE_OUT_OF_MEMORY ||
		strcmp(transfer->message, "Out of memory in chunked-encoding") == 0;

	if (transfer->head_bytes > DCF_TRANSFER_MAX_HEAD)
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
check_too_long(const DcfTransfer *transfer)
{
	const char *what = find_too_long(transfer);

	if (what)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
				 errmsg("header of the service's reply is too long"),
				 errdetail_internal("%s", what),
				 errhint("Check the server's options \"url\" and \"proxy\".")));
}

void
dcf_transfer_raise_cut(const DcfTransfer *transfer, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service was cut short"),
			 errdetail("After " UINT64_FORMAT " bytes of the body: %s.",
					   transfer->inbox.received, reason),
			 errhint("Run the query again.")));
}

void
dcf_transfer_raise(const DcfTransfer *transfer)
{
	if (transfer->problem == DCF_TRANSFER_TIMED_OUT)
		dcf_http_raise_timeout(transfer->phase, transfer->waited);
	/*
	 * dcf_transfer_on_header() ends a transfer whose trailer is too long, which
	 * looks like a cut.
	 */
	check_too_long(transfer);
	if (transfer->result == CURLE_OUT_OF_MEMORY)
		dcf_http_check(transfer->result);
	dcf_transfer_raise_cut(transfer, transfer->reason);
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
has_no_common_tls(const DcfTransfer *transfer)
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
is_refused_by_proxy(const DcfTransfer *transfer)
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
classify(const DcfTransfer *transfer)
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
has_waited_to_connect(const DcfTransfer *transfer)
{
	return dcf_wait_now() - transfer->begun_at + CLOCK_SLACK_MS >=
		transfer->connect_timeout;
}

DcfHttpFailure
dcf_transfer_failure(const DcfTransfer *transfer)
{
	/* Without a free descriptor libcurl reports misleading errors. */
	if (transfer->connected_at == 0)
		dcf_file_descriptor_check();
	switch (classify(transfer))
	{
		case CAUSE_TIMEOUT:
			if (has_waited_to_connect(transfer))
				return DCF_FAILURE_TIMEOUT;
			pg_fallthrough;
		case CAUSE_PASSING:
			return transfer->connected_at != 0 ? DCF_FAILURE_BROKEN :
												 DCF_FAILURE_CONNECT;
		default:
			return DCF_FAILURE_LASTING;
	}
}

/* Raise that the host in the option url or proxy does not exist. */
static void
raise_unknown_name(const DcfTransfer *transfer)
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
 * returns: dcf_transfer_raise_failure() raises them.
 */
static void
raise_lasting(const DcfTransfer *transfer)
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
dcf_transfer_raise_failure(const DcfTransfer *transfer, int tries)
{
	DcfHttpFailure failure = dcf_transfer_failure(transfer);
	const char *after = tries > 1 ? psprintf(" after %d tries", tries) : "";

	if (failure == DCF_FAILURE_LASTING)
		raise_lasting(transfer);
	if (failure == DCF_FAILURE_TIMEOUT)
		dcf_http_raise_timeout(DCF_PHASE_CONNECT, transfer->connect_timeout);
	dcf_http_raise_unreachable(failure,
							   psprintf("libcurl reported%s: %s.", after,
										transfer->failure_message));
}
