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

/* A command that an import has returned. */
typedef struct Wish
{
	struct Wish *next;
	const char *command; /* by its address: texts may be alike */
	const DcfTableDef *def;
	const DcfServerOptions *server;
	MemoryContextCallback end;
} Wish;

/* Of the imports that are under way; there is mostly one. */
static Wish *wishes = NULL;

static ProcessUtility_hook_type next_hook = NULL;

static void
forget(void *arg)
{
	for (Wish **link = &wishes; *link; link = &(*link)->next)
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
	Wish *wish = palloc0(sizeof(Wish));

	wish->command = command;
	wish->def = def;
	wish->server = server;
	wish->end.func = forget;
	wish->end.arg = wish;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &wish->end);
	wish->next = wishes;
	wishes = wish;
}

static const Wish *
find(const char *command)
{
	for (const Wish *wish = wishes; wish; wish = wish->next)
	{
		if (wish->command == command)
			return wish;
	}
	return NULL;
}

/* COMMENT ON, as if the user had said it; names is of String *. */
static void
comment(ObjectType type, List *names, char *text)
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

static void
comment_on_all(const RangeVar *table, const Wish *wish)
{
	ListCell *cell;

	/* Let the commands see the new table. */
	CommandCounterIncrement();
	comment(OBJECT_FOREIGN_TABLE,
			list_make2(makeString(table->schemaname),
					   makeString(table->relname)),
			dcf_table_comment_table(wish->def, wish->server));
	foreach(cell, wish->def->columns)
	{
		const DcfTableDefColumn *column = lfirst(cell);

		comment(OBJECT_COLUMN,
				list_make3(makeString(table->schemaname),
						   makeString(table->relname),
						   makeString(column->attname)),
				dcf_table_comment_column(column));
	}
}

static void
process_utility(PlannedStmt *statement, const char *command,
				bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment,
				DestReceiver *dest, QueryCompletion *completion)
{
	/* It has subcommands of its own, with the same text. */
	const Wish *wish = context == PROCESS_UTILITY_SUBCOMMAND &&
			IsA(statement->utilityStmt, CreateForeignTableStmt) ?
		find(command) :
		NULL;

	if (next_hook)
		next_hook(statement, command, read_only_tree, context, params,
				  environment, dest, completion);
	else
		standard_ProcessUtility(statement, command, read_only_tree, context,
								params, environment, dest, completion);
	if (wish)
		comment_on_all(((CreateForeignTableStmt *) statement->utilityStmt)
						   ->base.relation,
					   wish);
}

void
dcf_import_comment_init(void)
{
	next_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
