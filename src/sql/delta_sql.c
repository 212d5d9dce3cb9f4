/*
 * delta_sql.c
 *	  The SQL function dataconnect_delta(): how many rows of a table behind the
 *	  bridge have changed.
 *
 * It sends a request under the caller's user mapping.  The caller needs SELECT on
 * the table and USAGE on its server.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "discovery/bridge.h"
#include "request/relation.h"
#include "sample_sql.h"

PG_FUNCTION_INFO_V1(dataconnect_delta);

/* The first year of SQL Server's datetime. */
#define FIRST_YEAR 1753

/* A time as the service takes it; one before FIRST_YEAR as its beginning. */
static char *
format_time(TimestampTz time)
{
	struct pg_tm tm;
	fsec_t fsec = 0;

	if (TIMESTAMP_IS_NOEND(time) ||
		(!TIMESTAMP_IS_NOBEGIN(time) &&
		 (timestamp2tm(time, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		  tm.tm_year > 9999)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	if (TIMESTAMP_IS_NOBEGIN(time) || tm.tm_year < FIRST_YEAR)
		return psprintf("%d-01-01T00:00:00.000Z", FIRST_YEAR);
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year,
					tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
					(int) (fsec / 1000));
}

Datum
dataconnect_delta(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *since = format_time(PG_GETARG_TIMESTAMPTZ(1));
	Relation rel;
	double rows;

	/* Before the lock, so that nobody without the privilege waits for it. */
	(void) dcf_sample_check_table(relid);
	rel = table_open(relid, AccessShareLock);
	(void) dcf_sample_check_table(relid);
	rows = dcf_remote_delta(dcf_relation_load(rel), GetUserId(), since);
	table_close(rel, AccessShareLock);
	if (rows < 0 || rows >= (double) PG_INT64_MAX)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) rows);
}
