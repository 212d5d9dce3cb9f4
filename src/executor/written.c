/*
 * written.c
 *	  Rows taken in the current transaction.  See written.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "written.h"

/* What was written in a subtransaction that goes on, or in the transaction itself. */
typedef struct Level
{
	struct Level *outer;
	int depth; /* GetCurrentTransactionNestLevel() */
	uint64 taken;
	uint64 unknown;
} Level;

/* The innermost one that has written; in TopTransactionContext. */
static Level *innermost = NULL;

static void on_transaction(XactEvent event, void *arg);
static void on_subtransaction(SubXactEvent event, SubTransactionId mine,
							  SubTransactionId parent, void *arg);

void
dcf_written_add(uint64 taken, uint64 unknown)
{
	static bool registered = false;
	int depth = GetCurrentTransactionNestLevel();

	if (!registered)
	{
		RegisterXactCallback(on_transaction, NULL);
		RegisterSubXactCallback(on_subtransaction, NULL);
		registered = true;
	}
	if (innermost == NULL || innermost->depth < depth)
	{
		Level *level =
			MemoryContextAllocZero(TopTransactionContext, sizeof(Level));

		level->outer = innermost;
		level->depth = depth;
		innermost = level;
	}
	innermost->taken += taken;
	innermost->unknown += unknown;
}

/* Tell what a rollback leaves at the service. */
static void
warn(const char *what, uint64 taken, uint64 unknown)
{
	/* A backend that ends has told the client so already. */
	int elevel = proc_exit_inprogress ? LOG_SERVER_ONLY : WARNING;
	char *perhaps = unknown == 0 ?
		"" :
		psprintf(", and perhaps " UINT64_FORMAT " more", unknown);

	ereport(elevel,
			(errmsg(
				 "rows that were written to the service are not rolled back"),
			 errdetail_plural("In the %s, the service has taken " UINT64_FORMAT
							  " row%s.",
							  "In the %s, the service has taken " UINT64_FORMAT
							  " rows%s.",
							  (unsigned long) taken, what, taken, perhaps)));
}

static void
on_transaction(XactEvent event, void *arg)
{
	uint64 taken = 0;
	uint64 unknown = 0;

	for (const Level *level = innermost; level; level = level->outer)
	{
		taken += level->taken;
		unknown += level->unknown;
	}
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT &&
		event != XACT_EVENT_PREPARE)
		return;
	innermost = NULL;
	if (event == XACT_EVENT_ABORT && taken + unknown > 0)
		warn("transaction", taken, unknown);
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId mine,
				  SubTransactionId parent, void *arg)
{
	Level *level = innermost;

	if (level == NULL || level->depth < GetCurrentTransactionNestLevel())
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		innermost = level->outer;
		warn("subtransaction", level->taken, level->unknown);
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		/* Now they belong to the transaction around it. */
		innermost = level->outer;
		level->depth--;
		if (innermost && innermost->depth == level->depth)
		{
			innermost->taken += level->taken;
			innermost->unknown += level->unknown;
		}
		else
			innermost = level;
	}
}
