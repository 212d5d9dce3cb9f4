/*
 * circuit_breaker.c
 *	  What a request asks and reports of its host.  See circuit_breaker.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"

#include "circuit_breaker_private.h"

/* Those of this backend that wait, or have a probe or retry in flight. */
static dlist_head holding = DLIST_STATIC_INIT(holding);

/* A token service is a host of its own, whatever server uses it. */
static bool
is_token_url(const char *url, const DcfServerOptions *options)
{
	return options->token_url && strcmp(url, options->token_url) == 0;
}

/* Before it waits, or its probe or retry is set: have it released at exit. */
static void
hold(DcfCircuitBreaker *breaker)
{
	if (!breaker->waiting && breaker->probe == 0 && breaker->retry == 0)
		dlist_push_tail(&holding, &breaker->node);
}

/* It no longer waits, and has no probe or retry.  The lock is held. */
static void
let_go(DcfCircuitBreaker *breaker, DcfUnreachableTable *table)
{
	if (breaker->waiting)
		dcf_circuit_breaker_listen(table, false);
	if (breaker->waiting || breaker->probe != 0 || breaker->retry != 0)
		dlist_delete(&breaker->node);
	breaker->waiting = false;
	breaker->probe = 0;
	breaker->retry = 0;
}

void
dcf_circuit_breaker_leave(DcfCircuitBreaker *breaker)
{
	DcfUnreachableTable *table;
	DcfUnreachableHost *host;

	if (!breaker->waiting && breaker->probe == 0 && breaker->retry == 0)
		return;
	table = dcf_circuit_breaker_lock();
	host = dcf_circuit_breaker_find(table, &breaker->key);
	/* Another request's reply, or a newer host, may have removed it. */
	if (host && (breaker->probe != 0 || breaker->retry != 0))
	{
		dcf_circuit_abandon(&host->circuit, breaker->probe, breaker->retry,
							dcf_wait_now());
		dcf_circuit_breaker_wake(table);
	}
	let_go(breaker, table);
	dcf_circuit_breaker_unlock();
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
	breaker->key = dcf_circuit_breaker_key(url, options);
	breaker->is_token = is_token_url(url, options);
	dcf_resource_tie(&breaker->resource, cxt, release_breaker, breaker);
	return breaker;
}

/* Lock the table, and find the breaker's host in it; NULL if it is not there. */
static DcfUnreachableHost *
lock_host(const DcfCircuitBreaker *breaker)
{
	return dcf_circuit_breaker_find(dcf_circuit_breaker_lock(), &breaker->key);
}

/*
 * Whether an outage blocks a try, and which; host may be NULL. The backend
 * that probes is not blocked by its own probe.  The lock is held.
 */
static bool
is_blocked(const DcfUnreachableHost *host, int64 now, DcfOutage *outage)
{
	if (host == NULL || dcf_circuit_wait(&host->circuit, now) == 0 ||
		(host->circuit.probing && host->prober == MyProcPid))
		return false;
	dcf_circuit_breaker_copy_outage(host, now, outage);
	return true;
}

void
dcf_circuit_breaker_check(DcfCircuitBreaker *breaker)
{
	DcfOutage outage;
	DcfUnreachableHost *host = lock_host(breaker);
	bool blocked = is_blocked(host, dcf_wait_now(), &outage);

	dcf_circuit_breaker_unlock();
	if (blocked)
		dcf_circuit_breaker_raise_outage(&outage);
}

bool
dcf_circuit_breaker_enter(DcfCircuitBreaker *breaker)
{
	int64 now = dcf_wait_now();
	DcfUnreachableHost *host = lock_host(breaker);
	DcfOutage outage;
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
	dcf_circuit_breaker_unlock();
	if (blocked)
		dcf_circuit_breaker_raise_outage(&outage);
	return breaker->probe != 0;
}

bool
dcf_circuit_breaker_is_clear(const DcfCircuitBreaker *breaker)
{
	DcfUnreachableHost *host =
		dcf_circuit_breaker_find(dcf_circuit_breaker_lock(), &breaker->key);
	bool clear =
		breaker->retry != 0 || host == NULL || host->circuit.failures == 0;

	dcf_circuit_breaker_unlock();
	return clear;
}

void
dcf_circuit_breaker_connect(DcfCircuitBreaker *breaker)
{
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	DcfUnreachableHost *host = dcf_circuit_breaker_find(table, &breaker->key);

	if (host)
	{
		dcf_circuit_connect(&host->circuit, breaker->probe, dcf_wait_now());
		/*
		 * The connection alone has closed the circuit, unless the last failure
		 * was a connection that broke.
		 */
		if (host->circuit.failures == 0)
			host->used = false;
		dcf_circuit_breaker_wake(table);
	}
	dcf_circuit_breaker_unlock();
}

void
dcf_circuit_breaker_answer(DcfCircuitBreaker *breaker)
{
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	DcfUnreachableHost *host = dcf_circuit_breaker_find(table, &breaker->key);

	if (host)
	{
		dcf_circuit_close(&host->circuit);
		host->used = false;
		dcf_circuit_breaker_wake(table);
	}
	let_go(breaker, table);
	dcf_circuit_breaker_unlock();
	breaker->first_failed = 0;
}

/* Keep the message as ASCII: databases may have different encodings. */
static void
keep_message(DcfUnreachableHost *host, const char *message)
{
	size_t len = Min(strlen(message), DCF_OUTAGE_MESSAGE - 1);

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
	DcfSharedKey server = breaker->is_token ?
		breaker->key :
		dcf_circuit_breaker_key(breaker->options->url, breaker->options);
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	DcfUnreachableHost *host = dcf_circuit_breaker_find(table, &breaker->key);
	bool open;

	if (host == NULL)
		host = dcf_circuit_breaker_add(table, &breaker->key);
	host->server = server;
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
	let_go(breaker, table);
	dcf_circuit_breaker_wake(table);
	dcf_circuit_breaker_unlock();
	return !open && !last;
}

void
dcf_circuit_breaker_give_up(DcfCircuitBreaker *breaker)
{
	int64 now = dcf_wait_now();
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	DcfUnreachableHost *host = dcf_circuit_breaker_find(table, &breaker->key);
	DcfOutage outage = {.failure = DCF_FAILURE_CONNECT,
						.since = GetCurrentTimestamp(),
						.message = "no details are left"};

	/* Another host may have taken its place in the table. */
	if (host)
	{
		dcf_circuit_give_up(&host->circuit, breaker->first_failed, now);
		dcf_circuit_breaker_copy_outage(host, now, &outage);
		dcf_circuit_breaker_wake(table);
	}
	dcf_circuit_breaker_unlock();
	dcf_circuit_breaker_raise_outage(&outage);
}

void
dcf_circuit_breaker_begin_wait(DcfCircuitBreaker *breaker, int64 ms)
{
	DcfCircuitWait *wait = &breaker->wait;
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	const DcfUnreachableHost *host =
		dcf_circuit_breaker_find(table, &breaker->key);

	wait->since = dcf_wait_now();
	wait->until = wait->since + ms;
	wait->retries = host ? host->circuit.retries : 0;
	hold(breaker);
	if (!breaker->waiting)
		dcf_circuit_breaker_listen(table, true);
	breaker->waiting = true;
	dcf_circuit_breaker_unlock();
}

/*
 * The state of the wait, which is prolonged while another request tries; *retries
 * is set if it is over because this request is to try.  host may be NULL.  The
 * lock is held.
 */
static DcfBreakerTurn
choose_turn(DcfCircuitBreaker *breaker, const DcfUnreachableHost *host,
			int64 now, bool *retries)
{
	DcfCircuitWait *wait = &breaker->wait;
	DcfCircuitNews news;

	if (host == NULL)
		return DCF_BREAKER_DUE;
	news = dcf_circuit_check(&host->circuit, wait->since, wait->retries, now);
	/* If it is open, the caller has raised, or this backend probes. */
	if (news == DCF_CIRCUIT_OPEN || news == DCF_CIRCUIT_ANSWERED)
		return DCF_BREAKER_DUE;
	if (now < wait->until)
		return DCF_BREAKER_LATER;
	/* Another request retries.  It may never report, so its turn has an end. */
	if (news == DCF_CIRCUIT_TRYING)
	{
		wait->until = host->circuit.retry_until;
		return DCF_BREAKER_LATER;
	}
	if (news == DCF_CIRCUIT_TRIED)
		return DCF_BREAKER_COUNTED;
	*retries = true;
	return DCF_BREAKER_DUE;
}

DcfBreakerTurn
dcf_circuit_breaker_poll(DcfCircuitBreaker *breaker, DcfWaitPlan *plan)
{
	int64 now = dcf_wait_now();
	DcfUnreachableTable *table = dcf_circuit_breaker_lock();
	DcfUnreachableHost *host = dcf_circuit_breaker_find(table, &breaker->key);
	DcfBreakerTurn turn = DCF_BREAKER_DUE;
	DcfOutage outage;
	bool retries = false;
	bool blocked = is_blocked(host, now, &outage);

	if (!blocked)
		turn = choose_turn(breaker, host, now, &retries);
	if (turn != DCF_BREAKER_LATER)
		let_go(breaker, table);
	if (retries)
	{
		/* Numbered, so that the others who wait do so for its result. */
		hold(breaker);
		breaker->retry = dcf_circuit_retry(&host->circuit, now);
	}
	dcf_circuit_breaker_unlock();
	if (blocked)
		dcf_circuit_breaker_raise_outage(&outage);
	if (turn == DCF_BREAKER_LATER)
		dcf_wait_plan_note(plan, breaker->wait.until, DCF_WAIT_RETRY);
	return turn;
}
