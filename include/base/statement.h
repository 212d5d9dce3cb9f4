/*
 * statement.h
 *	  What one statement of the client has used so far, with all that runs inside of
 *	  it: functions, triggers, procedures with their transactions, DO blocks.
 *
 * A statement here is a command that the client has sent.  Several commands in one
 * message are several statements.  A cursor belongs to the statement that opened it,
 * whoever reads it: so what it uses counts there, and also for the statement that reads
 * it (dcf_statement_add()).
 */
#ifndef DCF_STATEMENT_H
#define DCF_STATEMENT_H

#include "postgres.h"

/* What can be used. */
typedef struct DcfStatementUse
{
	int64 requests; /* sent, each once however often it is tried again */
	int64 records;	/* read, also from copies */
	int64 bytes;	/* received */
} DcfStatementUse;

typedef struct DcfStatement DcfStatement;

/* The present statement, held until cxt is reset. */
extern DcfStatement *dcf_statement_join(MemoryContext cxt);

/* Add what was used for a statement; it also counts for the present one. */
extern void dcf_statement_add(DcfStatement *statement,
							  const DcfStatementUse *use);

/*
 * What a statement has used, or the present one, of each whatever is more.  NULL: only
 * the present one.
 */
extern DcfStatementUse dcf_statement_use(const DcfStatement *statement);

#endif /* DCF_STATEMENT_H */
