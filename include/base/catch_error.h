/*
 * catch_error.h
 *	  Running code whose errors need not fail the statement: optional questions
 *	  to the service.
 */
#ifndef DCF_CATCH_ERROR_H
#define DCF_CATCH_ERROR_H

#include "postgres.h"

/* An attempt.  It returns its result through arg. */
typedef void (*DcfCatchErrorFn)(void *arg);

/*
 * Call attempt(arg) in a memory context that is deleted afterwards, which
 * releases every resource that the attempt leaves there.  The attempt allocates
 * results in a context of its own choice.  Returns NULL on success; else the
 * error, allocated in the caller's memory context.
 *
 * Cancels, PostgreSQL's time-outs, terminations, recovery conflicts, shortages
 * of resources and internal errors are rethrown.  There is no subtransaction,
 * so the attempt must not take locks, change tables or do anything else that
 * only a rollback undoes.  It must not raise while it holds what only a resource
 * owner or the end of the transaction releases: files of PostgreSQL's, references
 * to relations or catalog rows, snapshots, buffers, LWLocks.
 */
extern ErrorData *dcf_catch_error(DcfCatchErrorFn attempt, void *arg);

/*
 * For error context callbacks: whether an error with this SQLSTATE, raised now, will be
 * caught by dcf_catch_error().  What they would add concerns the statement, not the
 * attempt.
 */
extern bool dcf_catch_error_catches(int sqlstate);

/*
 * Call attempt(arg) in a subtransaction, which is rolled back on error.  The
 * attempt runs in the caller's memory context.  Returns NULL on success; else
 * the error, allocated in the same context.  Cancels, PostgreSQL's time-outs and
 * terminations are rethrown.
 */
extern ErrorData *dcf_catch_error_in_subtransaction(DcfCatchErrorFn attempt,
													void *arg);

/* An error as "message: detail", palloc'd. */
extern char *dcf_catch_error_show(const ErrorData *error);

#endif /* DCF_CATCH_ERROR_H */
