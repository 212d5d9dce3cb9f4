/*
 * session_base.c
 *	  Where a session's requests go: the option url, or a preferred endpoint.
 *
 * GET /session may answer with the address of a host closer to the company's
 * database.  Credentials would go there, so it has to be a host that can be
 * taken for the service: the same, or of the same registrable domain, or one
 * that the server's option allowed_hosts names.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "document.h"
#include "error.h"
#include "host.h"
#include "session_private.h"

static void
warn_not_used(const char *why, const char *hint)
{
	ereport(WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("preferred endpoint of the service is not used"),
			 errdetail_internal("%s", why), errhint("%s", hint)));
}

/* Whether a session may send its requests, and its credentials, there. */
static bool
is_trusted(const DcfServerOptions *options, const char *url)
{
	DcfUrlParts own;
	DcfUrlParts other;

	if (dcf_http_parse_url(options->url, &own) != NULL ||
		dcf_http_parse_url(url, &other) != NULL)
		return false;
	return dcf_host_is_confidential(&other, options) &&
		(dcf_host_same_site(own.host, other.host) ||
		 dcf_host_in_list(other.host, options->allowed_hosts));
}

static void
take_endpoint(DcfSession *session, const char *url)
{
	size_t len = strlen(url);

	if (!is_trusted(session->options, url))
	{
		warn_not_used(psprintf("The service names \"%s\", which is not known "
							   "to belong to it.",
							   dcf_error_safe(url, len)),
					  "If that is right, add its host to the server's option "
					  "allowed_hosts; else set use_preferred_endpoint to "
					  "off.");
		return;
	}
	while (len > 0 && url[len - 1] == '/')
		len--;
	session->base = MemoryContextAllocZero(session->context, len + 1);
	memcpy(session->base, url, len);
}

static void
read_session(DcfSession *session, DcfHttpTransfer *transfer)
{
	const char *hint = "Set the server's option use_preferred_endpoint to "
					   "off, unless the service is to name one.";
	json_t *document;
	const char *url;

	if (dcf_http_head(transfer)->status != 200)
	{
		warn_not_used(psprintf("GET /session was answered with status %d.",
							   dcf_http_head(transfer)->status),
					  hint);
		return;
	}
	document = dcf_document_read(transfer);
	url = dcf_document_text(document, "PreferredEndpoint");
	if (document == NULL)
		warn_not_used("GET /session was not answered with a JSON object.",
					  hint);
	else if (url)
		take_endpoint(session, url);
}

static void
ask_for_endpoint(DcfSession *session, int64 deadline)
{
	DcfTableOptions table = {0};
	DcfRequest *request;
	DcfExchange exchange;
	DcfHttpTransfer *transfer;

	table.endpoint = "/session";
	table.method = DCF_METHOD_GET;
	request = dcf_request_create(session->options, &table);
	dcf_exchange_init(&exchange, session->pool, session->options, deadline);
	exchange.spec.url = dcf_request_url(request, session->options->url);
	exchange.spec.max_window = 2 * DCF_DOCUMENT_MAX;
	transfer = dcf_session_run(session, &exchange, CurrentMemoryContext);
	read_session(session, transfer);
	dcf_http_close(transfer);
}

void
dcf_session_settle_base(DcfSession *session, int64 deadline)
{
	MemoryContext own;
	MemoryContext old;

	if (session->base_settled)
		return;
	own = AllocSetContextCreate(CurrentMemoryContext,
								"dataconnect_fdw preferred endpoint",
								ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(own);
	ask_for_endpoint(session, deadline);
	session->base_settled = true;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
}
