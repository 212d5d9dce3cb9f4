/*
 * circuit_breaker.c
 *	  The table of unreachable hosts.  See circuit_breaker.h.
 *
 * The table has only hosts that a try has failed to reach; a reply removes them.
 * A request that waits for its next try sleeps on the host's condition variable,
 * which PostgreSQL cleans up after an error, too.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "miscadmin.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"

#include "base/foreign_text.h"
#include "base/resource.h"
#include "base/shared.h"
#include "base/url_parts.h"
#include "base/wait.h"
#include "core/circuit.h"
#include "net/circuit_breaker.h"

/* Hosts in the table; a new one replaces the one that failed longest ago. */
#define HOSTS 64

/* Bytes of libcurl's message that are kept. */
#define MESSAGE_SIZE 160

typedef struct Host
{
	DcfSharedKey key;
	DcfSharedKey server; /* key of the server's option url */
	bool used;
	int64 failed_at;   /* the last time, by dcf_wait_now() */
	TimestampTz since; /* time of the first failure */
	DcfCircuit circuit;
	int prober;					/* PID of the backend that probes */
	DcfHttpFailure failure;		/* the last one */
	char message[MESSAGE_SIZE]; /* libcurl's, ASCII */
	ConditionVariable news;
} Host;

typedef struct Table
{
	Host hosts[HOSTS];
} Table;

struct DcfCircuitBreaker
{
	DcfResource resource;
	const DcfServerOptions *options;
	DcfSharedKey key;
	DcfSharedKey server;
	int64 first_failed; /* time of its first failed try; 0: none */
	uint64 probe;		/* number of its probe in flight, or 0 */
	uint64 retry;		/* number of its retry in flight, or 0 */
	dlist_node node;	/* in holding, while one of them is in flight */
};

/* What a blocked request reports. */
typedef struct Outage
{
	DcfHttpFailure failure;
	TimestampTz since;
	int64 wait; /* milliseconds until the next try */
	bool probing;
	char message[MESSAGE_SIZE];
} Outage;

static Size measure_table(bool for_all);
static void init_table(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectCircuitBreaker",
						   .compute_size = measure_table,
						   .init = init_table};

/* Those of this backend with a probe or retry in flight. */
static dlist_head holding = DLIST_STATIC_INIT(holding);

static Size
measure_table(bool for_all)
{
	return sizeof(Table);
}

static void
init_table(void *memory, bool for_all)
{
	Table *table = memory;

	memset(table, 0, sizeof(Table));
	for (int i = 0; i < HOSTS; i++)
		ConditionVariableInit(&table->hosts[i].news);
}

void
dcf_circuit_breaker_init(void)
{
	dcf_shared_request(&shared);
}

/* Lock the table.  Raise nothing until unlock_table(). */
static Table *
lock_table(void)
{
	Table *table = dcf_shared_get(&shared);

	dcf_shared_lock(&shared, table, LW_EXCLUSIVE);
	return table;
}

static void
unlock_table(void)
{
	dcf_shared_unlock(&shared, dcf_shared_get(&shared));
}

/* The host's entry; NULL if no try has failed since its last reply. */
static Host *
find_host(Table *table, const DcfSharedKey *key)
{
	for (int i = 0; i < HOSTS; i++)
	{
		Host *host = &table->hosts[i];

		if (host->used && dcf_shared_same_key(&host->key, key))
			return host;
	}
	return NULL;
}

/*
 * Make an entry in an unused place, or in that of the host that failed longest
 * ago; then the caller must wake the waiters of that host.  The caller sets
 * what is known of the failure.
 */
static Host *
add_host(Table *table, const DcfSharedKey *key)
{
	Host *place = NULL;

	for (int i = 0; i < HOSTS; i++)
	{
		Host *host = &table->hosts[i];

		if (place == NULL || (place->used && !host->used) ||
			(place->used == host->used && host->failed_at < place->failed_at))
			place = host;
	}
	/* news stays as it is: requests for the replaced host may sleep on it. */
	place->key = *key;
	place->used = true;
	place->prober = 0;
	memset(&place->circuit, 0, sizeof(DcfCircuit));
	return place;
}

/*
 * Wake the waiters after a change of the circuit; without the lock.  The entry
 * may belong to another host by now, whose waiters then check in vain.  In a
 * table of its own a backend has nobody to wake.
 */
static void
wake_waiters(Host *host)
{
	if (shared.memory)
		ConditionVariableBroadcast(&host->news);
}

/* The key of the host of a URL, as reached by a server. */
static DcfSharedKey
make_key(const char *url, const DcfServerOptions *options)
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

/* A token service is a host of its own, whatever server uses it. */
static bool
is_token_url(const char *url, const DcfServerOptions *options)
{
	return options->token_url && strcmp(url, options->token_url) == 0;
}

/*
 * Before a probe or retry is set: list the breaker for release at backend
 * exit.  It is in the list exactly while one of the two is set.
 */
static void
hold(DcfCircuitBreaker *breaker)
{
	if (breaker->probe == 0 && breaker->retry == 0)
		dlist_push_tail(&holding, &breaker->node);
}

/* After a probe or retry: forget it. */
static void
let_go(DcfCircuitBreaker *breaker)
{
	if (breaker->probe != 0 || breaker->retry != 0)
		dlist_delete(&breaker->node);
	breaker->probe = 0;
	breaker->retry = 0;
}

void
dcf_circuit_breaker_leave(DcfCircuitBreaker *breaker)
{
	Host *host;

	if (breaker->probe == 0 && breaker->retry == 0)
		return;
	host = find_host(lock_table(), &breaker->key);
	/* Another request's reply, or a newer host, may have removed it. */
	if (host)
		dcf_circuit_abandon(&host->circuit, breaker->probe, breaker->retry,
							dcf_wait_now());
	unlock_table();
	let_go(breaker);
	if (host)
		wake_waiters(host);
}

/* Release function of the resource. */
static void
release_breaker(void *arg)
{
	dcf_circuit_breaker_leave(arg);
}

/*
 * At backend exit, which may not reset contexts.  This runs before_shmem_exit,
 * while a backend can still take LWLocks and set latches.
 */
static void
leave_all(int code, Datum arg)
{
	while (!dlist_is_empty(&holding))
		dcf_circuit_breaker_leave(
			dlist_head_element(DcfCircuitBreaker, node, &holding));
}

DcfCircuitBreaker *
dcf_circuit_breaker_create(const char *url, const DcfServerOptions *options,
						   MemoryContext cxt)
{
	static bool initialized = false;
	DcfCircuitBreaker *breaker =
		MemoryContextAllocZero(cxt, sizeof(DcfCircuitBreaker));

	if (!initialized)
	{
		before_shmem_exit(leave_all, (Datum) 0);
		initialized = true;
	}
	breaker->options = options;
	breaker->key = make_key(url, options);
	breaker->server = is_token_url(url, options) ?
		breaker->key :
		make_key(options->url, options);
	dcf_resource_tie(&breaker->resource, cxt, release_breaker, breaker);
	return breaker;
}

/* The lock is held. */
static void
copy_outage(const Host *host, int64 now, Outage *outage)
{
	outage->failure = host->failure;
	outage->since = host->since;
	outage->wait = dcf_circuit_wait(&host->circuit, now);
	outage->probing = host->circuit.probing;
	memcpy(outage->message, host->message, MESSAGE_SIZE);
}

/* The part of a sentence that says when the next try is. */
static char *
show_next_try(const Outage *outage)
{
	if (outage->probing)
		return pstrdup("a try is under way");
	return psprintf("the next try is in " INT64_FORMAT " s",
					(outage->wait + 999) / 1000);
}

/* Raise the error that every request gets during an outage. */
pg_noreturn static void
raise_outage(const Outage *outage)
{
	dcf_http_raise_unreachable(
		outage->failure,
		psprintf(
			"The service has been unreachable since %s; %s. libcurl reported: %s.",
			timestamptz_to_str(outage->since), show_next_try(outage),
			dcf_foreign_text(outage->message, strlen(outage->message))));
}

/*
 * Whether an outage blocks a try, and which; host may be NULL. The backend
 * that probes is not blocked by its own probe.  The lock is held.
 */
static bool
is_blocked(const Host *host, int64 now, Outage *outage)
{
	if (host == NULL || dcf_circuit_wait(&host->circuit, now) == 0 ||
		(host->circuit.probing && host->prober == MyProcPid))
		return false;
	copy_outage(host, now, outage);
	return true;
}

void
dcf_circuit_breaker_check(DcfCircuitBreaker *breaker)
{
	Outage outage;
	bool blocked;

	blocked = is_blocked(find_host(lock_table(), &breaker->key),
						 dcf_wait_now(), &outage);
	unlock_table();
	if (blocked)
		raise_outage(&outage);
}

bool
dcf_circuit_breaker_enter(DcfCircuitBreaker *breaker)
{
	int64 now = dcf_wait_now();
	Host *host = find_host(lock_table(), &breaker->key);
	Outage outage;
	bool blocked = is_blocked(host, now, &outage);

	/*
	 * Both checks are under one lock, so only one backend gets the probe.  For
	 * other requests of the backend that probes, the answer is
	 * DCF_CIRCUIT_REFUSED, but they are sent all the same.
	 */
	if (!blocked && host &&
		dcf_circuit_admit(&host->circuit, now) == DCF_CIRCUIT_PROBE)
	{
		hold(breaker);
		breaker->probe = host->circuit.probes;
		host->prober = MyProcPid;
	}
	unlock_table();
	if (blocked)
		raise_outage(&outage);
	return breaker->probe != 0;
}

bool
dcf_circuit_breaker_is_clear(const char *url, const DcfServerOptions *options)
{
	DcfSharedKey key = make_key(url, options);
	Host *host = find_host(lock_table(), &key);
	bool clear = host == NULL || host->circuit.failures == 0;

	unlock_table();
	return clear;
}

/* The lock is held. */
static void
end_outage(Host *host)
{
	dcf_circuit_close(&host->circuit);
	host->used = false;
}

void
dcf_circuit_breaker_connect(DcfCircuitBreaker *breaker)
{
	Host *host = find_host(lock_table(), &breaker->key);

	if (host)
	{
		dcf_circuit_connect(&host->circuit, breaker->probe, dcf_wait_now());
		/*
		 * The connection alone has closed the circuit, unless the last failure
		 * was a connection that broke.
		 */
		if (host->circuit.failures == 0)
			host->used = false;
	}
	unlock_table();
	if (host)
		wake_waiters(host);
}

void
dcf_circuit_breaker_answer(DcfCircuitBreaker *breaker)
{
	Host *host = find_host(lock_table(), &breaker->key);

	if (host)
		end_outage(host);
	unlock_table();
	let_go(breaker);
	breaker->first_failed = 0;
	if (host)
		wake_waiters(host);
}

/* Keep the message as ASCII: databases may have different encodings. */
static void
keep_message(Host *host, const char *message)
{
	size_t len = Min(strlen(message), MESSAGE_SIZE - 1);

	for (size_t i = 0; i < len; i++)
		host->message[i] =
			message[i] >= ' ' && message[i] < 0x7f ? message[i] : '?';
	host->message[len] = '\0';
}

/* The present time in whole seconds. */
static TimestampTz
get_second(void)
{
	TimestampTz now = GetCurrentTimestamp();

	return now - now % USECS_PER_SEC;
}

bool
dcf_circuit_breaker_fail(DcfCircuitBreaker *breaker, DcfHttpFailure failure,
						 const char *message, bool last)
{
	int64 now = dcf_wait_now();
	Table *table = lock_table();
	Host *host = find_host(table, &breaker->key);
	bool open;

	if (host == NULL)
		host = add_host(table, &breaker->key);
	host->server = breaker->server;
	host->failed_at = now;
	if (host->circuit.failures == 0)
		host->since = get_second();
	host->failure = failure;
	keep_message(host, message);
	dcf_circuit_fail(&host->circuit, failure == DCF_FAILURE_BROKEN,
					 breaker->probe, breaker->retry, now);
	/*
	 * dcf_circuit_give_up() opens the circuit only if the host has not
	 * answered anybody since this time.
	 */
	if (breaker->first_failed == 0)
		breaker->first_failed = now;
	if (last)
		dcf_circuit_give_up(&host->circuit, breaker->first_failed, now);
	open = host->circuit.open;
	unlock_table();
	let_go(breaker);
	wake_waiters(host);
	return !open && !last;
}

void
dcf_circuit_breaker_give_up(DcfCircuitBreaker *breaker)
{
	int64 now = dcf_wait_now();
	Host *host = find_host(lock_table(), &breaker->key);
	Outage outage = {.failure = DCF_FAILURE_CONNECT,
					 .since = GetCurrentTimestamp(),
					 .message = "no details are left"};

	/* Another host may have taken its place in the table. */
	if (host)
	{
		dcf_circuit_give_up(&host->circuit, breaker->first_failed, now);
		copy_outage(host, now, &outage);
	}
	unlock_table();
	if (host)
		wake_waiters(host);
	raise_outage(&outage);
}

/* The state of a wait for the next try. */
typedef struct Wait
{
	int64 since;
	int64 until;
	uint64 retries; /* of the host, when the wait began */
	bool counted;	/* another request has tried in the meantime */
} Wait;

/*
 * Whether the wait is over; it may be prolonged while another request tries.
 * If it is over because this request is to try, the try is numbered, so that
 * the other waiters wait for its result.  NULL for host is allowed.  The lock
 * is held.
 */
static bool
is_over(DcfCircuitBreaker *breaker, Host *host, Wait *wait, int64 now)
{
	DcfCircuitNews news;

	if (host == NULL)
		return true;
	news = dcf_circuit_check(&host->circuit, wait->since, wait->retries, now);
	/* The caller checks afterwards which of the two it is. */
	if (news == DCF_CIRCUIT_OPEN || news == DCF_CIRCUIT_ANSWERED)
		return true;
	if (now < wait->until)
		return false;
	/* Another request retries.  It may never report, so its turn has an end. */
	if (news == DCF_CIRCUIT_TRYING)
	{
		wait->until = host->circuit.retry_until;
		return false;
	}
	wait->counted = news == DCF_CIRCUIT_TRIED;
	if (!wait->counted)
	{
		hold(breaker);
		breaker->retry = dcf_circuit_retry(&host->circuit, now);
	}
	return true;
}

/* The lock is held. */
static Wait
begin_wait(const Host *host, int64 ms)
{
	Wait wait = {.since = dcf_wait_now()};

	wait.until = wait.since + ms;
	wait.retries = host ? host->circuit.retries : 0;
	return wait;
}

/*
 * The same; if it is not over, any later change ends the next sleep.  To miss
 * none, the process joins the waiters before it checks.  It does so before
 * each sleep, because a broadcast removes it.  The entry passed is that from
 * the start of the wait, and may belong to another host by now.
 */
static bool
is_over_or_prepare(DcfCircuitBreaker *breaker, Host *host, Wait *wait)
{
	bool over;

	if (shared.memory && host)
		ConditionVariablePrepareToSleep(&host->news);
	host = find_host(lock_table(), &breaker->key);
	over = is_over(breaker, host, wait, dcf_wait_now());
	unlock_table();
	return over;
}

bool
dcf_circuit_breaker_wait(DcfCircuitBreaker *breaker, int64 ms, int64 deadline,
						 int total_timeout)
{
	Host *host = find_host(lock_table(), &breaker->key);
	Wait wait = begin_wait(host, ms);

	unlock_table();
	/* A broadcast sets the process latch, which ends dcf_wait_for(). */
	while (!is_over_or_prepare(breaker, host, &wait))
	{
		int64 now = dcf_wait_now();
		int64 left = wait.until - now;

		if (deadline != 0 && now >= deadline)
			dcf_http_raise_total(total_timeout);
		if (deadline != 0)
			left = Min(left, deadline - now);
		(void) dcf_wait_for(NULL, Max(left, 0), DCF_WAIT_RETRY, NULL, 0);
	}
	ConditionVariableCancelSleep();
	dcf_circuit_breaker_check(breaker);
	return wait.counted;
}

/*
 * Whether a server uses the host: by its option url (or by a preferred endpoint)
 * or token_url, whose keys are given.
 */
static bool
belongs_to(const Host *host, const DcfSharedKey *url,
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
	*url = make_key(options->url, options);
	*token_url =
		options->token_url ? make_key(options->token_url, options) : *url;
}

bool
dcf_circuit_breaker_forget(const DcfServerOptions *options)
{
	bool found = false;
	DcfSharedKey url;
	DcfSharedKey token_url;

	make_keys(options, &url, &token_url);
	for (int i = 0; i < HOSTS; i++)
	{
		/* Lock for each host anew, as waiters are woken without the lock. */
		Host *host = &lock_table()->hosts[i];
		bool belongs = belongs_to(host, &url, &token_url);

		if (belongs)
		{
			found |= host->circuit.open;
			end_outage(host);
		}
		unlock_table();
		if (belongs)
			wake_waiters(host);
	}
	return found;
}

TimestampTz
dcf_circuit_breaker_unreachable_since(const DcfServerOptions *options)
{
	const Table *table;
	TimestampTz first = 0;
	DcfSharedKey url;
	DcfSharedKey token_url;

	make_keys(options, &url, &token_url);
	table = lock_table();
	for (int i = 0; i < HOSTS; i++)
	{
		const Host *host = &table->hosts[i];

		if (belongs_to(host, &url, &token_url) && host->circuit.open &&
			(first == 0 || host->since < first))
			first = host->since;
	}
	unlock_table();
	return first;
}
