/*
 * transfer_probe.c
 *	  Connecting without a request.  See transfer_probe.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/foreign_text.h"
#include "core/http_date.h"
#include "net/transfer_probe.h"
#include "transfer_private.h"

/* A foreign text, NULL for an empty one. */
static char *
show(const char *text)
{
	return text && text[0] != '\0' ? dcf_foreign_text(text, strlen(text)) :
									 NULL;
}

/* A time that libcurl tells in microseconds, in ms. */
static double
get_ms(const DcfTransfer *transfer, CURLINFO which)
{
	curl_off_t us = 0;

	(void) curl_easy_getinfo(transfer->easy, which, &us);
	return (double) us / 1000;
}

/* What libcurl found out about the connection. */
static void
describe_connection(const DcfTransfer *transfer, DcfProbe *probe)
{
	char *address = NULL;
	long port = 0;

	probe->name_ms = get_ms(transfer, CURLINFO_NAMELOOKUP_TIME_T);
	probe->tcp_ms = get_ms(transfer, CURLINFO_CONNECT_TIME_T);
	probe->tls_ms = get_ms(transfer, CURLINFO_APPCONNECT_TIME_T);
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_PORT, &port);
	probe->address = show(address);
	probe->port = (int) port;
	probe->tls_version = show(transfer->tls_version);
}

/* The value of a field of a certificate, NULL if it has none. */
static const char *
find_field(const struct curl_slist *fields, const char *name)
{
	size_t len = strlen(name);

	for (; fields; fields = fields->next)
	{
		/* TLS libraries differ in the case: "Expire date", "Expire Date". */
		if (pg_strncasecmp(fields->data, name, len) == 0 &&
			fields->data[len] == ':')
			return fields->data + len + 1;
	}
	return NULL;
}

static bool
find_time(const struct curl_slist *fields, const char *name, int64 *seconds)
{
	const char *value = find_field(fields, name);
	int64_t parsed;

	if (value == NULL ||
		!dcf_http_date_parse_certificate(value, strlen(value), &parsed))
		return false;
	*seconds = parsed;
	return true;
}

/* Take over the times of one certificate of the chain. */
static void
add_times(DcfProbeCertificate *certificate, const struct curl_slist *fields)
{
	int64 starts;
	int64 ends;

	if (!find_time(fields, "Start date", &starts) ||
		!find_time(fields, "Expire date", &ends))
		return;
	if (!certificate->dated || starts > certificate->starts)
		certificate->starts = starts;
	if (!certificate->dated || ends < certificate->ends)
	{
		certificate->ends = ends;
		certificate->ending = show(find_field(fields, "Subject"));
	}
	certificate->dated = true;
}

/* The certificates that the host has sent, its own first. */
static void
describe_certificate(const DcfTransfer *transfer,
					 DcfProbeCertificate *certificate)
{
	struct curl_certinfo *chain = NULL;

	if (curl_easy_getinfo(transfer->easy, CURLINFO_CERTINFO, &chain) !=
			CURLE_OK ||
		chain == NULL || chain->num_of_certs <= 0)
		return;
	certificate->subject = show(find_field(chain->certinfo[0], "Subject"));
	certificate->issuer = show(find_field(chain->certinfo[0], "Issuer"));
	for (int i = 0; i < chain->num_of_certs; i++)
		add_times(certificate, chain->certinfo[i]);
}

/*
 * The step at which a transfer has failed.  libcurl tells the time of TCP only once
 * there is TLS, too.
 */
static DcfProbeStep
find_failed_step(const DcfTransfer *transfer, const DcfProbe *probe)
{
	long proxy_status = 0;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE,
							 &proxy_status);
	if (proxy_status != 0 && proxy_status / 100 != 2)
		return DCF_PROBE_TCP;
	switch (transfer->result)
	{
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
			return DCF_PROBE_NAME;
		case CURLE_COULDNT_CONNECT:
		case CURLE_PROXY:
			return DCF_PROBE_TCP;
		case CURLE_OPERATION_TIMEDOUT:
			if (probe->name_ms <= 0)
				return DCF_PROBE_NAME;
			return transfer->pool->was_connected ? DCF_PROBE_TLS :
												   DCF_PROBE_TCP;
		default:
			return DCF_PROBE_TLS;
	}
}

static void
describe_failure(const DcfTransfer *transfer, DcfProbe *probe)
{
	CURLcode result = transfer->result;

	probe->failed = find_failed_step(transfer, probe);
	probe->no_such_name = transfer->name_unknown;
	probe->unusable_ca_file = result == CURLE_SSL_CACERT_BADFILE;
	probe->untrusted = probe->unusable_ca_file ||
		result == CURLE_PEER_FAILED_VERIFICATION ||
		result == CURLE_SSL_ISSUER_ERROR ||
		result == CURLE_SSL_INVALIDCERTSTATUS;
	probe->message = pstrdup(dcf_transfer_failure_message(transfer));
}

/* Connect; the transfer lives in the current memory context. */
static DcfTransfer *
connect_to(const char *url, const DcfServerOptions *options, bool verify)
{
	DcfHttpRequest request = {.url = url,
							  .connect_only = true,
							  .fresh = true,
							  .connect_timeout = options->connect_timeout,
							  .max_buffer = DCF_INBOX_CHUNK,
							  .ca_file = options->ca_file,
							  .tls_verify = verify,
							  .proxy = options->proxy};
	DcfHttpPool *pool = dcf_http_pool_create(1, 0, CurrentMemoryContext);
	DcfTransfer *transfer =
		dcf_transfer_begin(pool, &request, CurrentMemoryContext);

	while (dcf_transfer_state(transfer) == DCF_TRANSFER_STARTED)
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_transfer_plan(transfer, &plan);
		dcf_wait(&plan);
		dcf_transfer_waited(transfer);
	}
	return transfer;
}

DcfProbe *
dcf_transfer_probe(const char *url, const DcfServerOptions *options,
				   bool verify)
{
	DcfProbe *probe = palloc0(sizeof(DcfProbe));
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw probe",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	const DcfTransfer *transfer = connect_to(url, options, verify);

	MemoryContextSwitchTo(old);
	describe_connection(transfer, probe);
	describe_certificate(transfer, &probe->certificate);
	probe->failed = DCF_PROBE_DONE;
	if (transfer->result != CURLE_OK)
	{
		if (transfer->lacks_descriptor)
			dcf_file_descriptor_raise();
		describe_failure(transfer, probe);
	}
	/* The connection is not kept. */
	MemoryContextDelete(scratch);
	return probe;
}
