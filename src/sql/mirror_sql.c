/*
 * mirror_sql.c
 *	  What the mirror (src/mirror) cannot ask in SQL.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/compat.h"

PG_FUNCTION_INFO_V1(dataconnect_mirror_may_commit);
PG_FUNCTION_INFO_V1(dataconnect_mirror_goes_with);
PG_FUNCTION_INFO_V1(dataconnect_relation_in);
PG_FUNCTION_INFO_V1(dataconnect_mirror_write);

static Oid find_relation(const char *name);
static Oid find_owner(Oid relid);
static Datum first_values(MemoryContext context, bool *isnull);

/*
 * Fails inside of a transaction block, where a procedure cannot commit.
 * PostgreSQL would say "invalid transaction termination", and only at COMMIT.
 */
Datum
dataconnect_mirror_may_commit(PG_FUNCTION_ARGS)
{
	if (IsTransactionBlock() || IsSubTransaction())
		ereport(
			ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg(
				 "dataconnect_refresh cannot run inside a transaction block"),
			 errdetail("It commits after each period."),
			 errhint(
				 "CALL it as a statement of its own, outside of BEGIN and COMMIT; in drivers, turn autocommit on.")));
	PG_RETURN_VOID();
}

/*
 * Lets a table be dropped with another one, as a partition is. ATTACH records
 * the same, and DETACH removes both.
 */
Datum
dataconnect_mirror_goes_with(PG_FUNCTION_ARGS)
{
	Oid relids[2] = {PG_GETARG_OID(0), PG_GETARG_OID(1)};
	ObjectAddress addresses[2];

	for (int i = 0; i < 2; i++)
	{
		if (get_rel_relkind(relids[i]) !=
			(i == 0 ? RELKIND_RELATION : RELKIND_PARTITIONED_TABLE))
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("a table can only go with a partitioned table")));
		if (!dcf_compat_owns_table(relids[i], GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE,
						   get_rel_name(relids[i]));
		ObjectAddressSet(addresses[i], RelationRelationId, relids[i]);
	}
	recordDependencyOn(&addresses[0], &addresses[1], DEPENDENCY_AUTO);
	PG_RETURN_VOID();
}

/*
 * A relation by its name, as regclassin() reads it; but where there is no such relation,
 * "-".  So the rows of a dump that names some tables that were not restored can be read.
 */
Datum
dataconnect_relation_in(PG_FUNCTION_ARGS)
{
	const char *name = PG_GETARG_CSTRING(0);

	/* Not a name: what regclassout() writes for no relation, or for one that is gone. */
	if (strcmp(name, "-") == 0)
		PG_RETURN_OID(InvalidOid);
	if (name[0] != '\0' && strspn(name, "0123456789") == strlen(name))
		PG_RETURN_DATUM(DirectFunctionCall1(oidin, CStringGetDatum(name)));
	PG_RETURN_OID(find_relation(name));
}

/* By a call that may return NULL, which DirectFunctionCall1() may not. */
static Oid
find_relation(const char *name)
{
	LOCAL_FCINFO(call, 1);
	Datum result;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = PointerGetDatum(cstring_to_text(name));
	call->args[0].isnull = false;
	result = to_regclass(call);
	return call->isnull ? InvalidOid : DatumGetObjectId(result);
}

/*
 * Executes a statement that writes to a mirror, as the mirror's owner: triggers, rules,
 * defaults and constraints are the owner's, and must not run with more rights than the
 * owner has.  As in REINDEX or REFRESH MATERIALIZED VIEW, they can leave nothing behind
 * that would run later as the caller.
 *
 * Returns the number of rows that were processed, and the first value of each row that the
 * statement returns.
 */
Datum
dataconnect_mirror_write(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *statement = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Oid owner;
	TupleDesc desc;
	Datum values[2];
	bool isnull[2] = {false, false};
	Oid caller;
	int context;
	int settings = 0;
	MemoryContext result_context = CurrentMemoryContext;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "result is not a row");
	if (!dcf_compat_owns_table(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(relid));

	owner = find_owner(relid);
	GetUserIdAndSecContext(&caller, &context);
	if (owner != caller)
	{
		SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
		settings = NewGUCNestLevel();
	}
	SPI_connect();
	if (SPI_execute(statement, false, 0) < 0)
		elog(ERROR, "cannot execute: %s", statement);
	values[0] = UInt64GetDatum(SPI_processed);
	values[1] = first_values(result_context, &isnull[1]);
	SPI_finish();
	/* An error would restore them as well. */
	if (owner != caller)
	{
		AtEOXact_GUC(false, settings);
		SetUserIdAndSecContext(caller, context);
	}

	PG_RETURN_DATUM(HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), values, isnull)));
}

static Oid
find_owner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* The first value of each row of SPI's result, as an array of texts in a context; or NULL. */
static Datum
first_values(MemoryContext context, bool *isnull)
{
	ArrayBuildState *state = NULL;

	for (uint64 i = 0; SPI_tuptable && i < SPI_tuptable->numvals; i++)
	{
		char *value =
			SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		state =
			accumArrayResult(state,
							 value ? CStringGetTextDatum(value) : (Datum) 0,
							 value == NULL, TEXTOID, context);
	}
	*isnull = state == NULL;
	return state ? makeArrayResult(state, context) : (Datum) 0;
}
