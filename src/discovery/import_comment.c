/*
 * import_comment.c
 *	  Comments on imported tables.  See import_comment.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/comment.h"
#include "commands/event_trigger.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "tcop/utility.h"
#include "utils/memutils.h"

#include "discovery/import_comment.h"
#include "discovery/table_comment.h"

/* Comments that are due once a command of an import has been run. */
typedef struct PendingComments
{
	struct PendingComments *next;
	const char *command; /* compared by address: texts may be equal */
	const DcfTableDef *def;
	const DcfServerOptions *server;
	MemoryContextCallback end;
} PendingComments;

/* Those of all imports in progress; mostly there is one. */
static PendingComments *pending_comments = NULL;

static ProcessUtility_hook_type next_hook = NULL;

/*
 * A MemoryContextCallbackFunction; arg is a PendingComments.  It runs after
 * an error as well, so no entry outlives the command whose address it
 * compares.
 */
static void
forget(void *arg)
{
	for (PendingComments **link = &pending_comments; *link;
		 link = &(*link)->next)
	{
		if (*link == arg)
		{
			*link = (*link)->next;
			return;
		}
	}
}

void
dcf_import_comment_add(const char *command, const DcfTableDef *def,
					   const DcfServerOptions *server)
{
	PendingComments *pending = palloc0(sizeof(PendingComments));

	pending->command = command;
	pending->def = def;
	pending->server = server;
	pending->end.func = forget;
	pending->end.arg = pending;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &pending->end);
	pending->next = pending_comments;
	pending_comments = pending;
}

/*
 * The comments that are due for a command, or NULL.  ImportForeignSchema()
 * passes the string that the wrapper returned on to ProcessUtility().
 */
static const PendingComments *
find(const char *command)
{
	for (const PendingComments *pending = pending_comments; pending;
		 pending = pending->next)
	{
		if (pending->command == command)
			return pending;
	}
	return NULL;
}

/* COMMENT ON, as if the user had run it.  names is a list of String. */
static void
comment_on(ObjectType type, List *names, char *text)
{
	CommentStmt *stmt = makeNode(CommentStmt);
	ObjectAddress address;

	stmt->objtype = type;
	stmt->object = (Node *) names;
	stmt->comment = text;
	address = CommentObject(stmt);
	EventTriggerCollectSimpleCommand(address, InvalidObjectAddress,
									 (Node *) stmt);
}

/*
 * Comment on the new table and its columns.  ImportForeignSchema() has set
 * the schema of the table's name.
 */
static void
comment_on_table(const RangeVar *table, const PendingComments *pending)
{
	ListCell *cell;

	/* Make the new table visible. */
	CommandCounterIncrement();
	comment_on(OBJECT_FOREIGN_TABLE,
			   list_make2(makeString(table->schemaname),
						  makeString(table->relname)),
			   dcf_table_comment_table(pending->def, pending->server));
	foreach(cell, pending->def->columns)
	{
		const DcfTableDefColumn *column = lfirst(cell);

		comment_on(OBJECT_COLUMN,
				   list_make3(makeString(table->schemaname),
							  makeString(table->relname),
							  makeString(column->attname)),
				   dcf_table_comment_column(column));
	}
}

/*
 * The ProcessUtility hook.  A command that fails raises its error before the
 * comments.
 */
static void
process_utility(PlannedStmt *statement, const char *command,
				bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion)
{
	/* A command may have subcommands, which are run with its text. */
	const PendingComments *pending = context == PROCESS_UTILITY_SUBCOMMAND &&
			IsA(statement->utilityStmt, CreateForeignTableStmt) ?
		find(command) :
		NULL;

	if (next_hook)
		next_hook(statement, command, read_only_tree, context, params,
				  environment, dest, completion);
	else
		standard_ProcessUtility(statement, command, read_only_tree, context,
								params, environment, dest, completion);
	if (pending)
		comment_on_table(((CreateForeignTableStmt *) statement->utilityStmt)
							 ->base.relation,
						 pending);
}

void
dcf_import_comment_init(void)
{
	next_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
