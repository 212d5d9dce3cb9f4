/*
 * catch_error.h
 *	  What may fail without failing the statement: questions whose answers the
 *	  statement can do without.
 */
#ifndef DCF_CATCH_ERROR_H
#define DCF_CATCH_ERROR_H

#include "postgres.h"

/* What it has to leave behind goes by arg. */
typedef void (*DcfCatchErrorFn)(void *arg);

/*
 * Call attempt(arg) in a memory context that is gone afterwards, and with it
 * every resource that the attempt has left; what is to stay goes into contexts
 * of the attempt's own choice.  Returns NULL, or the error that ended the
 * attempt, in the current memory context.
 *
 * Cancels, time-outs of the session, terminations, conflicts with recovery,
 * lack of resources and internal errors are raised.  There is no
 * subtransaction: an attempt must leave nothing that only one would clean up,
 * such as locks or changes of tables.
 */
extern ErrorData *dcf_catch_error(DcfCatchErrorFn attempt, void *arg);

/*
 * Call attempt(arg) in a subtransaction, which cleans up whatever a failed one
 * leaves.  Its memory context is the current one, and stays.  Returns NULL, or
 * the error that ended the attempt, in the current memory context; cancels,
 * time-outs of the session and terminations are raised.
 */
extern ErrorData *dcf_catch_error_in_subtransaction(DcfCatchErrorFn attempt,
													void *arg);

/* An error's message and detail as sentences, palloc'd. */
extern char *dcf_catch_error_show(const ErrorData *error);

#endif /* DCF_CATCH_ERROR_H */
