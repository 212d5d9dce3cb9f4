/*
 * reply_stats_sql.c
 *	  The functions behind the view dataconnect_learned, and
 *	  dataconnect_forget().
 *
 * Like the statistics of PostgreSQL, what was learned of a table is for those
 * who may read it, and to be reset by its owner.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "reply/reply_stats.h"
#include "request/relation.h"

PG_FUNCTION_INFO_V1(dataconnect_learned_lines);
PG_FUNCTION_INFO_V1(dataconnect_forget);

/*
 * Not of a table that was dropped, whose number may be another's now.  Others may
 * drop it meanwhile.
 */
static bool
may_see(const DcfReplyStatsLine *line)
{
	bool is_missing = false;

	return get_rel_relkind(line->relid) == RELKIND_FOREIGN_TABLE &&
		pg_class_aclcheck_ext(line->relid, GetUserId(), ACL_SELECT,
							  &is_missing) == ACLCHECK_OK &&
		dcf_relation_version(line->relid) == line->version;
}

static bool
is_sent(List *options)
{
	ListCell *cell;

	foreach(cell, options)
	{
		const char *name = ((DefElem *) lfirst(cell))->defname;

		if (strcmp(name, "param") == 0 || strcmp(name, "param_from") == 0 ||
			strcmp(name, "param_to") == 0)
			return true;
	}
	return false;
}

/* The names of the columns that a line's requests give values for. */
static Datum
name_columns(const DcfReplyStatsLine *line)
{
	ArrayBuildState *names =
		initArrayResult(TEXTOID, CurrentMemoryContext, false);
	int nth_sent = 0;
	char *name;

	for (AttrNumber attnum = 1;
		 (name = get_attname(line->relid, attnum, true)) != NULL; attnum++)
	{
		if (!is_sent(dcf_relation_column_options(line->relid, attnum)))
			continue;
		if (line->given & dcf_request_size_bits(nth_sent++))
			names = accumArrayResult(names, CStringGetTextDatum(name), false,
									 TEXTOID, CurrentMemoryContext);
	}
	return makeArrayResult(names, CurrentMemoryContext);
}

/* With at most two digits behind the point; NULL for what is not known. */
static void
put_number(double value, Datum *datum, bool *isnull)
{
	*datum = Float8GetDatum(rint(value * 100) / 100);
	*isnull = value < 0;
}

static void
put_line(ReturnSetInfo *result, const DcfReplyStatsLine *line)
{
	Datum values[10];
	bool nulls[10] = {false};
	double for_each_day = line->days > 0 ? line->records / line->days : -1;

	Assert(result->setDesc->natts == lengthof(values));
	values[0] = ObjectIdGetDatum(line->relid);
	values[1] = name_columns(line);
	values[2] = Int64GetDatum((int64) line->replies);
	put_number(line->records, &values[3], &nulls[3]);
	put_number(line->days, &values[4], &nulls[4]);
	put_number(line->values, &values[5], &nulls[5]);
	put_number(for_each_day, &values[6], &nulls[6]);
	put_number(line->bytes, &values[7], &nulls[7]);
	put_number(line->first_byte_ms, &values[8], &nulls[8]);
	values[9] = TimestampTzGetDatum(line->last);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
dataconnect_learned_lines(PG_FUNCTION_ARGS)
{
	int n;
	DcfReplyStatsLine *lines = dcf_reply_stats_lines(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&lines[i]))
			put_line((ReturnSetInfo *) fcinfo->resultinfo, &lines[i]);
	return (Datum) 0;
}

Datum
dataconnect_forget(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);

	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	if (!dcf_compat_may_maintain(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER,
					   get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	PG_RETURN_INT32(dcf_reply_stats_forget(relid));
}
