/*
 * statement.c
 *	  What one statement has used.  See statement.h.
 *
 * PostgreSQL has no hook that tells where a client's statement begins, other than
 * those of the executor, which a library that is loaded late would miss.  But two
 * things tell a statement from the next: the time of the message, which stays the same
 * in all that a message runs; and the end of the unnamed portal, in which each of the
 * commands of one message runs.  Where Bind and Execute are two messages, a scan belongs
 * to the former and also counts for the latter, as with a cursor.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "base/statement.h"

struct DcfStatement
{
	DcfStatementUse use;
	TimestampTz message; /* when its message came */
	bool in_portal;		 /* it runs in the unnamed portal … */
	bool ended;			 /* … which has ended */
	int holders;		 /* contexts, and the variable "present" */
};

/* Holds a statement until a memory context is reset. */
typedef struct Holder
{
	MemoryContextCallback release;
	DcfStatement *statement;
} Holder;

/* The statement that ran last; or NULL. */
static DcfStatement *present = NULL;

static void
let_go(DcfStatement *statement)
{
	if (--statement->holders == 0)
		pfree(statement);
}

/* The reset callback of a context that holds the statement. */
static void
release(void *arg)
{
	let_go(((Holder *) arg)->statement);
}

/* The reset callback of the portal's context. */
static void
end(void *arg)
{
	DcfStatement *statement = ((Holder *) arg)->statement;

	statement->ended = true;
	let_go(statement);
}

/* Hold a statement until cxt is reset, which calls the function. */
static void
hold(DcfStatement *statement, MemoryContext cxt,
	 MemoryContextCallbackFunction function)
{
	Holder *holder = MemoryContextAlloc(cxt, sizeof(Holder));

	holder->statement = statement;
	holder->release.func = function;
	holder->release.arg = holder;
	statement->holders++;
	MemoryContextRegisterResetCallback(cxt, &holder->release);
}

/* Whether the statement that ran last still runs. */
static bool
is_present(const DcfStatement *statement)
{
	return !statement->ended &&
		statement->message == GetCurrentStatementStartTimestamp();
}

/* A statement is planned before its portal is made, so look for that again. */
static void
find_portal(DcfStatement *statement)
{
	Portal portal;

	if (statement->in_portal)
		return;
	portal = GetPortalByName("");
	/* Another one may rest while a named portal runs. */
	if (!PortalIsValid(portal) || portal->status == PORTAL_READY ||
		portal->status == PORTAL_DONE || portal->status == PORTAL_FAILED)
		return;
	hold(statement, portal->portalContext, end);
	statement->in_portal = true;
}

/* The statement that runs now; it lives at least as long as it runs. */
static DcfStatement *
get_present(void)
{
	if (present && !is_present(present))
	{
		let_go(present);
		present = NULL;
	}
	if (present == NULL)
	{
		present =
			MemoryContextAllocZero(TopMemoryContext, sizeof(DcfStatement));
		present->message = GetCurrentStatementStartTimestamp();
		present->holders = 1;
	}
	find_portal(present);
	return present;
}

DcfStatement *
dcf_statement_join(MemoryContext cxt)
{
	DcfStatement *statement = get_present();

	hold(statement, cxt, release);
	return statement;
}

static void
add(DcfStatement *statement, const DcfStatementUse *use)
{
	statement->use.requests += use->requests;
	statement->use.records += use->records;
	statement->use.bytes += use->bytes;
}

void
dcf_statement_add(DcfStatement *statement, const DcfStatementUse *use)
{
	DcfStatement *now = get_present();

	add(statement, use);
	if (now != statement)
		add(now, use);
}

DcfStatementUse
dcf_statement_use(const DcfStatement *statement)
{
	const DcfStatement *now = get_present();

	if (statement == NULL)
		statement = now;
	return (
		DcfStatementUse){.requests =
							 Max(statement->use.requests, now->use.requests),
						 .records =
							 Max(statement->use.records, now->use.records),
						 .bytes = Max(statement->use.bytes, now->use.bytes)};
}
