/*
 * reply_stats_sql.c
 *	  The functions behind the view dataconnect_learned, and
 *	  dataconnect_forget().
 *
 * As with PostgreSQL's statistics, whoever may read a table may see what was
 * learned about it, and whoever may maintain it may reset that.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "reply/reply_stats.h"
#include "request/relation.h"
#include "result_row.h"

PG_FUNCTION_INFO_V1(dataconnect_learned_lines);
PG_FUNCTION_INFO_V1(dataconnect_forget);

/*
 * Whether the current user may read the line's table.  The table may have been
 * dropped, even during this call, and its OID may belong to another one now:
 * then the version differs.
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

/* Whether a column with these options sends a parameter. */
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

/*
 * The names of the columns for which the line's requests had values.  The
 * statistics number only columns that send something.
 */
static List *
name_columns(const DcfReplyStatsLine *line)
{
	List *names = NIL;
	int nth_sent = 0;
	char *name;

	for (AttrNumber attnum = 1;
		 (name = get_attname(line->relid, attnum, true)) != NULL; attnum++)
	{
		/* A dropped column keeps its options, but is not counted. */
		if (get_attnum(line->relid, name) == InvalidAttrNumber ||
			!is_sent(dcf_relation_column_options(line->relid, attnum)))
			continue;
		if (line->given & dcf_request_size_bits(nth_sent++))
			names = lappend(names, name);
	}
	return names;
}

/* Set a number, rounded to two decimal places; below 0 it is unknown: NULL. */
static void
set_number(DcfResultRow *row, const char *column, double value)
{
	if (value < 0)
		dcf_result_row_null(row, column);
	else
		dcf_result_row_datum(row, column,
							 Float8GetDatum(rint(value * 100) / 100));
}

static void
put_line(FunctionCallInfo fcinfo, const DcfReplyStatsLine *line)
{
	DcfResultRow *row = dcf_result_row_begin(fcinfo);

	dcf_result_row_datum(row, "foreign_table", ObjectIdGetDatum(line->relid));
	dcf_result_row_texts(row, "columns", name_columns(line));
	dcf_result_row_int8(row, "replies", (int64) line->replies);
	set_number(row, "records", line->records);
	set_number(row, "days", line->days);
	set_number(row, "list_values", line->values);
	set_number(row, "records_per_day",
			   line->days > 0 ? line->records / line->days : -1);
	set_number(row, "bytes_per_record", line->bytes);
	set_number(row, "first_byte_ms", line->first_byte_ms);
	dcf_result_row_time(row, "last_reply", line->last);
	dcf_result_row_end(row);
}

Datum
dataconnect_learned_lines(PG_FUNCTION_ARGS)
{
	int n;
	DcfReplyStatsLine *lines = dcf_reply_stats_lines(&n);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
		if (may_see(&lines[i]))
			put_line(fcinfo, &lines[i]);
	return (Datum) 0;
}

Datum
dataconnect_forget(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);

	/* A regclass may be any number. */
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
