/*
 * circuit_breaker.h
 *	  Memory of hosts that cannot be reached, so that requests to them fail fast.
 *
 * circuit.h has the rules.  If the library is preloaded, all backends share what
 * is known of a host; otherwise each backend knows only its own failures.
 *
 * Servers share an entry if they reach the host in the same way (scheme, host,
 * port, proxy) and give up after the same time (connect_timeout, max_retries,
 * retry_max_wait): an impatient server must not make others fail.  Credentials do
 * not matter.  So ALTER SERVER of one of these options makes a new entry.
 *
 * Any reply closes the circuit, even a 503, which may concern one report only.
 *
 * The first try of each query is sent even after failures, until the circuit is
 * open.  A request that has fewer tries than the server's options allow never
 * opens the circuit.  While a backend's probe is in flight, it may send the other
 * requests of its query, too.
 */
#ifndef DCF_CIRCUIT_BREAKER_H
#define DCF_CIRCUIT_BREAKER_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "base/wait.h"
#include "net/http.h"
#include "options/option.h"

/* The state of one request towards its host. */
typedef struct DcfCircuitBreaker DcfCircuitBreaker;

/* Request the shared memory; to be called by _PG_init(). */
extern void dcf_circuit_breaker_init(void);

/*
 * Create the state for a request to a URL, which may have a query string.  options
 * must outlive it.  A wait, probe or retry of it is given up when cxt is reset or the
 * current resource owner is released.
 */
extern DcfCircuitBreaker *
dcf_circuit_breaker_create(const char *url, const DcfServerOptions *options,
						   MemoryContext cxt);

/*
 * If the circuit is open and no probe is due, raise the error that opened it,
 * with the start of the outage and the time of the next try.
 */
extern void dcf_circuit_breaker_check(DcfCircuitBreaker *breaker);

/*
 * The same, to be called before each try.  If a probe is due, this try becomes
 * it: returns true.
 */
extern bool dcf_circuit_breaker_enter(DcfCircuitBreaker *breaker);

/*
 * Whether the host has no failures since its last reply, or it is this request's turn
 * to find out whether it can be reached.
 */
extern bool dcf_circuit_breaker_is_clear(const DcfCircuitBreaker *breaker);

/*
 * Report the result of a try: there is a connection; the host has replied; the try
 * was given up without a result.  These do not raise.
 */
extern void dcf_circuit_breaker_connect(DcfCircuitBreaker *breaker);
extern void dcf_circuit_breaker_answer(DcfCircuitBreaker *breaker);
extern void dcf_circuit_breaker_leave(DcfCircuitBreaker *breaker);

/*
 * Report that a try has failed with libcurl's message.  With last, the failure is
 * enough to open the circuit.  Returns whether another try makes sense.  Does not
 * raise.
 */
extern bool dcf_circuit_breaker_fail(DcfCircuitBreaker *breaker,
									 DcfHttpFailure failure,
									 const char *message, bool last);

/* What a request that waits for its next try does. */
typedef enum DcfBreakerTurn
{
	DCF_BREAKER_LATER, /* goes on waiting */
	DCF_BREAKER_DUE,   /* tries now; the wait is over */
	DCF_BREAKER_COUNTED /* another request tried and failed, which counts as a try
						   of this one; the wait is over */
} DcfBreakerTurn;

/*
 * Begin a wait of ms milliseconds before the next try, and ask whether it is over.
 * While it is not, any news of the host sets the latch, and LATER notes the time to
 * ask again in plan, which may come later than ms while another request tries.
 * The poll raises what dcf_circuit_breaker_check() does; then the wait is over.
 */
extern void dcf_circuit_breaker_begin_wait(DcfCircuitBreaker *breaker,
										   int64 ms);
extern DcfBreakerTurn dcf_circuit_breaker_poll(DcfCircuitBreaker *breaker,
											   DcfWaitPlan *plan);

/* Open the circuit, as all tries have failed, and raise the same error. */
pg_noreturn extern void
dcf_circuit_breaker_give_up(DcfCircuitBreaker *breaker);

/*
 * Forget all failures of the hosts that a server's options name, and of the
 * preferred endpoints reached by it.  Waiting requests try again at once, and a
 * try that began before does not open the circuit.  Returns whether a circuit was
 * open.
 */
extern bool dcf_circuit_breaker_forget(const DcfServerOptions *options);

/* The start of the oldest outage of such a host, in whole seconds; 0: none. */
extern TimestampTz
dcf_circuit_breaker_unreachable_since(const DcfServerOptions *options);

#endif /* DCF_CIRCUIT_BREAKER_H */
