/*
 * circuit_breaker_table.c
 *	  The table of unreachable hosts.  See circuit_breaker_private.h.
 */
#include "postgres.h"

#include "base/url_parts.h"
#include "circuit_breaker_private.h"

static Size measure_table(bool for_all);
static void init_table(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectCircuitBreaker",
						   .compute_size = measure_table,
						   .init = init_table};

/* The requests of this backend for which it listens. */
static int listening = 0;

static Size
measure_table(bool for_all)
{
	return offsetof(DcfUnreachableTable, listeners) +
		dcf_listeners_size(for_all);
}

static void
init_table(void *memory, bool for_all)
{
	memset(memory, 0, measure_table(for_all));
}

void
dcf_circuit_breaker_init(void)
{
	dcf_shared_request(&shared);
}

DcfUnreachableTable *
dcf_circuit_breaker_lock(void)
{
	DcfUnreachableTable *table = dcf_shared_get(&shared);

	dcf_shared_lock(&shared, table, LW_EXCLUSIVE);
	return table;
}

void
dcf_circuit_breaker_unlock(void)
{
	dcf_shared_unlock(&shared, dcf_shared_get(&shared));
}

DcfUnreachableHost *
dcf_circuit_breaker_find(DcfUnreachableTable *table, const DcfSharedKey *key)
{
	for (int i = 0; i < DCF_UNREACHABLE_HOSTS; i++)
	{
		DcfUnreachableHost *host = &table->hosts[i];

		if (host->used && dcf_shared_same_key(&host->key, key))
			return host;
	}
	return NULL;
}

DcfUnreachableHost *
dcf_circuit_breaker_add(DcfUnreachableTable *table, const DcfSharedKey *key)
{
	DcfUnreachableHost *place = NULL;

	for (int i = 0; i < DCF_UNREACHABLE_HOSTS; i++)
	{
		DcfUnreachableHost *host = &table->hosts[i];

		if (place == NULL || (place->used && !host->used) ||
			(place->used == host->used && host->failed_at < place->failed_at))
			place = host;
	}
	place->key = *key;
	place->used = true;
	place->prober = 0;
	memset(&place->circuit, 0, sizeof(DcfCircuit));
	return place;
}

void
dcf_circuit_breaker_listen(DcfUnreachableTable *table, bool listen)
{
	dcf_listeners_listen(&table->listeners, &listening, listen);
}

void
dcf_circuit_breaker_wake(const DcfUnreachableTable *table)
{
	dcf_listeners_wake(&table->listeners);
}

DcfSharedKey
dcf_circuit_breaker_key(const char *url, const DcfServerOptions *options)
{
	DcfUrlParts parts;
	const char *texts[4];

	/* A query string would make the URL invalid, so pass only the origin. */
	if (dcf_url_parts_parse(dcf_url_parts_origin(url), &parts) != NULL)
		elog(ERROR, "invalid URL of a host");
	texts[0] = parts.scheme;
	texts[1] = parts.host;
	texts[2] = options->proxy;
	texts[3] = psprintf("%d %d %d %d", parts.port, options->connect_timeout,
						options->max_retries, options->retry_max_wait);
	return dcf_shared_key(texts, lengthof(texts));
}
