/*
 * circuit_breaker.h
 *	  Hosts that cannot be reached: who else asks for one fails at once.
 *
 * circuit.h has the rules.  What is known of a host is shared by all backends
 * where the library is preloaded; else each knows what it has met itself.
 *
 * Servers share it that go the same way (scheme, host, port, proxy) and take as
 * long to give up (connect_timeout, max_retries, retry_max_wait): nobody is
 * refused for the impatience of another.  Accounts do not count.  So ALTER
 * SERVER of one of these options starts anew.
 *
 * Any answer of a host will do, be it a 503: that can be about one report.
 *
 * The first try of each query goes out even while a host is in doubt.  A
 * request with fewer tries than its server's others never opens the circuit.
 * While a session probes, it may send the other requests of its query.
 */
#ifndef DCF_CIRCUIT_BREAKER_H
#define DCF_CIRCUIT_BREAKER_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "net/http.h"
#include "options/option.h"

/* What one request has to do with the host that it goes to. */
typedef struct DcfCircuitBreaker DcfCircuitBreaker;

/* To be called by _PG_init. */
extern void dcf_circuit_breaker_init(void);

/*
 * For a request to a URL, which may have a query string.  The options must
 * outlive it.  What it holds, others get when cxt is reset, or the current resource
 * owner is released, at the latest.
 */
extern DcfCircuitBreaker *
dcf_circuit_breaker_create(const char *url, const DcfServerOptions *options,
						   MemoryContext cxt);

/*
 * Raise the error of an outage if there is one, and no probe is to be sent:
 * what whoever met it first got, with since when it is, and when the next try
 * may be.
 */
extern void dcf_circuit_breaker_check(DcfCircuitBreaker *breaker);

/*
 * To be called before each try.  The same, and the probe that is to be sent is
 * this one: true.  While it lasts, this backend may send others.
 */
extern bool dcf_circuit_breaker_enter(DcfCircuitBreaker *breaker);

/* Whether nothing is known against sending more than one request. */
extern bool dcf_circuit_breaker_is_clear(const char *url,
										 const DcfServerOptions *options);

/* What became of a try.  They raise nothing. */
extern void dcf_circuit_breaker_connect(DcfCircuitBreaker *breaker);
extern void dcf_circuit_breaker_answer(DcfCircuitBreaker *breaker);
extern void
dcf_circuit_breaker_leave(DcfCircuitBreaker *breaker); /* nobody will know */

/*
 * It has failed, as libcurl says in these words, and is the last if that is
 * enough for everybody.  False if there is to be none.
 */
extern bool dcf_circuit_breaker_fail(DcfCircuitBreaker *breaker,
									 DcfHttpFailure failure,
									 const char *message, bool last);

/*
 * Wait before another try, as dcf_http_sleep() does: false once it is due.
 * True if in this round somebody else has tried, and failed: that counts as a
 * try.  Raises as dcf_circuit_breaker_check() does.
 */
extern bool dcf_circuit_breaker_wait(DcfCircuitBreaker *breaker, int64 ms,
									 int64 deadline, int total_timeout);

/* So many tries were in vain that there is to be none: raises the same. */
pg_noreturn extern void
dcf_circuit_breaker_give_up(DcfCircuitBreaker *breaker);

/*
 * Forget what is known of the hosts that a server's options name, and of those
 * that the service prefers for it; whether one was unreachable.  Who waits to try again does so at once, and whatever fails
 * that began before opens no circuit.
 */
extern bool dcf_circuit_breaker_forget(const DcfServerOptions *options);

/* Since when such a host is unreachable, to the second; 0: it is not. */
extern TimestampTz
dcf_circuit_breaker_unreachable_since(const DcfServerOptions *options);

#endif /* DCF_CIRCUIT_BREAKER_H */
