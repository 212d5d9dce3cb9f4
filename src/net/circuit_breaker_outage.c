/*
 * circuit_breaker_outage.c
 *	  What is said of the outages of hosts, and their early end.  See
 *	  circuit_breaker.h.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "circuit_breaker_private.h"

void
dcf_circuit_breaker_copy_outage(const DcfUnreachableHost *host, int64 now,
								DcfOutage *outage)
{
	outage->failure = host->failure;
	outage->since = host->since;
	outage->wait = dcf_circuit_wait(&host->circuit, now);
	outage->probing = host->circuit.probing;
	memcpy(outage->message, host->message, DCF_OUTAGE_MESSAGE);
}

/* The part of a sentence that says when the next try is. */
static char *
show_next_try(const DcfOutage *outage)
{
	if (outage->probing)
		return pstrdup("a try is under way");
	return psprintf("the next try is in " INT64_FORMAT " s",
					(outage->wait + 999) / 1000);
}

void
dcf_circuit_breaker_raise_outage(const DcfOutage *outage)
{
	dcf_http_raise_unreachable(
		outage->failure,
		psprintf(
			"The service has been unreachable since %s; %s. libcurl reported: %s.",
			timestamptz_to_str(outage->since), show_next_try(outage),
			dcf_foreign_text(outage->message, strlen(outage->message))));
}

/*
 * Whether a server uses the host: by its option url (or by a preferred endpoint)
 * or token_url, whose keys are given.
 */
static bool
belongs_to(const DcfUnreachableHost *host, const DcfSharedKey *url,
		   const DcfSharedKey *token_url)
{
	return host->used &&
		(dcf_shared_same_key(&host->key, url) ||
		 dcf_shared_same_key(&host->key, token_url) ||
		 dcf_shared_same_key(&host->server, url));
}

/*
 * The keys of the hosts of a server's options; that of url twice without
 * token_url.
 */
static void
make_keys(const DcfServerOptions *options, DcfSharedKey *url,
		  DcfSharedKey *token_url)
{
	*url = dcf_circuit_breaker_key(options->url, options);
	*token_url = options->token_url ?
		dcf_circuit_breaker_key(options->token_url, options) :
		*url;
}

bool
dcf_circuit_breaker_forget(const DcfServerOptions *options)
{
	DcfUnreachableTable *table;
	bool found = false;
	DcfSharedKey url;
	DcfSharedKey token_url;

	make_keys(options, &url, &token_url);
	table = dcf_circuit_breaker_lock();
	for (int i = 0; i < DCF_UNREACHABLE_HOSTS; i++)
	{
		DcfUnreachableHost *host = &table->hosts[i];

		if (!belongs_to(host, &url, &token_url))
			continue;
		found |= host->circuit.open;
		dcf_circuit_close(&host->circuit);
		host->used = false;
	}
	dcf_circuit_breaker_wake(table);
	dcf_circuit_breaker_unlock();
	return found;
}

TimestampTz
dcf_circuit_breaker_unreachable_since(const DcfServerOptions *options)
{
	const DcfUnreachableTable *table;
	TimestampTz first = 0;
	DcfSharedKey url;
	DcfSharedKey token_url;

	make_keys(options, &url, &token_url);
	table = dcf_circuit_breaker_lock();
	for (int i = 0; i < DCF_UNREACHABLE_HOSTS; i++)
	{
		const DcfUnreachableHost *host = &table->hosts[i];

		if (belongs_to(host, &url, &token_url) && host->circuit.open &&
			(first == 0 || host->since < first))
			first = host->since;
	}
	dcf_circuit_breaker_unlock();
	return first;
}
