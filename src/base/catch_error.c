/*
 * catch_error.c
 *	  Running code whose errors need not fail the statement.  See catch_error.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/catch_error.h"

/* Attempts under way, one in the other. */
static int depth = 0;

/*
 * Whether an error concerns more than the attempt, so that going on would hide
 * a cancel, a shortage or a bug.
 */
static bool
ends_statement(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_CONFIGURATION_LIMIT_EXCEEDED:
			return false; /* raised for a limit of the service */
		/*
		 * "lock_timeout" raises the first, an exceeded stack depth the second.
		 */
		case ERRCODE_LOCK_NOT_AVAILABLE:
		case ERRCODE_STATEMENT_TOO_COMPLEX:
			return true;
	}
	/*
	 * The codes below are those of whole classes, which equal their category.
	 */
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return true;
	}
	return false;
}

bool
dcf_catch_error_catches(int sqlstate)
{
	return depth > 0 && !ends_statement(sqlstate);
}

ErrorData *
dcf_catch_error(DcfCatchErrorFn attempt, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch =
		AllocSetContextCreate(caller, "dataconnect_fdw attempt",
							  ALLOCSET_SMALL_SIZES);
	ErrorData *volatile error = NULL;

	MemoryContextSwitchTo(scratch);
	depth++;
	PG_TRY();
	{
		attempt(arg);
		depth--;
	}
	PG_CATCH();
	{
		depth--;
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		/* After a rethrow, the scratch context is deleted with its parent. */
		if (ends_statement(error->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return error;
}

ErrorData *
dcf_catch_error_in_subtransaction(DcfCatchErrorFn attempt, void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	/*
	 * BeginInternalSubTransaction() has made another context current, which a
	 * rollback deletes.  The attempt runs in the caller's, from which its
	 * results survive.
	 */
	PG_TRY();
	{
		attempt(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		/* The rollback would discard the error, so it is copied before. */
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	/*
	 * The end of the subtransaction leaves the owner of the enclosing
	 * transaction current, which need not be the caller's (a portal has its
	 * own).
	 */
	CurrentResourceOwner = owner;
	/*
	 * Rethrown only here, so that a cancel finds the subtransaction rolled
	 * back.
	 */
	if (error &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error;
}

char *
dcf_catch_error_show(const ErrorData *error)
{
	const char *detail = error->detail ? error->detail : "";

	return psprintf("%s%s%s", error->message, *detail ? ": " : "", detail);
}
