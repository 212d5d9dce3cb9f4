/*
 * attempt.h
 *	  What may fail without failing the statement: questions to the service
 *	  whose answers the statement can do without.
 */
#ifndef DCF_ATTEMPT_H
#define DCF_ATTEMPT_H

#include "postgres.h"

/* What it has to leave behind goes by arg, into contexts of its own choice. */
typedef void (*DcfAttempt)(void *arg);

/*
 * Call attempt(arg) in a memory context that is gone afterwards, and with it
 * every resource that the attempt has left.  Returns NULL, or the error that
 * ended the attempt, in the current memory context.
 *
 * Cancels, time-outs of the session, terminations, conflicts with recovery,
 * lack of resources and internal errors are raised.  There is no
 * subtransaction: an attempt must leave nothing that only one would clean up,
 * such as locks or changes of tables.
 */
extern ErrorData *dcf_attempt(DcfAttempt attempt, void *arg);

/* An error's message and detail as sentences, palloc'd. */
extern char *dcf_attempt_show(const ErrorData *error);

#endif /* DCF_ATTEMPT_H */
