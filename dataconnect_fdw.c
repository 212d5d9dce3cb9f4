/*
 * dataconnect_fdw.c
 *	  A foreign data wrapper for iQmetrix DataConnect: what PostgreSQL calls.
 *
 * doc/internals.md says where to read on.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_foreign_server.h"
#include "fmgr.h"
#include "foreign/fdwapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "catalogue/catalogue.h"
#include "discovery/import.h"
#include "discovery/import_comment.h"
#include "executor/analyze.h"
#include "executor/async.h"
#include "executor/explain.h"
#include "executor/modify.h"
#include "executor/plan_limit.h"
#include "executor/scan.h"
#include "net/circuit_breaker.h"
#include "net/copy.h"
#include "net/http.h"
#include "net/limiter.h"
#include "net/offline.h"
#include "net/recording.h"
#include "options/freshness.h"
#include "options/option.h"
#include "planner/batch_plan.h"
#include "planner/plan.h"
#include "reply/limits.h"
#include "reply/reply_stats.h"
#include "reply/reply_trace.h"
#include "reply/xml_reader.h"
#include "sql/parameter_sql.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

PG_FUNCTION_INFO_V1(dataconnect_fdw_handler);
PG_FUNCTION_INFO_V1(dataconnect_fdw_validator);
PG_FUNCTION_INFO_V1(dataconnect_version);

/* Each module defines its settings, hooks and shared memory. */
void
_PG_init(void)
{
	dcf_catalogue_init();
	dcf_limiter_init();
	dcf_circuit_breaker_init();
	dcf_copy_init();
	dcf_http_define_settings();
	dcf_batch_init();
	dcf_reply_stats_init();
	dcf_reply_trace_init();
	dcf_limits_init();
	dcf_parameter_sql_init();
	dcf_offline_init();
	dcf_recording_init();
	dcf_freshness_init();
	dcf_import_comment_init();
	MarkGUCPrefixReserved("dataconnect_fdw");
}

Datum
dataconnect_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	routine->GetForeignRelSize = dcf_plan_rel_size;
	routine->GetForeignPaths = dcf_plan_paths;
	routine->GetForeignPlan = dcf_plan_create;
	routine->ReparameterizeForeignPathByChild = dcf_plan_reparameterize;
	routine->BeginForeignScan = dcf_plan_limit_begin_scan;
	routine->IterateForeignScan = dcf_scan_iterate;
	routine->ReScanForeignScan = dcf_scan_rescan;
	routine->EndForeignScan = dcf_scan_end;
	routine->ExplainForeignScan = dcf_explain_scan;
	routine->IsForeignPathAsyncCapable = dcf_plan_is_async_capable;
	routine->ForeignAsyncRequest = dcf_async_request;
	routine->ForeignAsyncConfigureWait = dcf_async_configure_wait;
	routine->ForeignAsyncNotify = dcf_async_notify;
	routine->IsForeignRelUpdatable = dcf_modify_is_updatable;
	routine->BeginForeignModify = dcf_modify_begin;
	routine->ExecForeignInsert = dcf_modify_insert;
	routine->ExecForeignUpdate = dcf_modify_update;
	routine->EndForeignModify = dcf_modify_end;
	routine->BeginForeignInsert = dcf_modify_begin_insert;
	routine->EndForeignInsert = dcf_modify_end;
	routine->ExplainForeignModify = dcf_modify_explain;
	routine->AnalyzeForeignTable = dcf_analyze_table;
	routine->ImportForeignSchema = dcf_import_schema;
	PG_RETURN_POINTER(routine);
}

Datum
dataconnect_fdw_validator(PG_FUNCTION_ARGS)
{
	dcf_option_validate(untransformRelOptions(PG_GETARG_DATUM(0)),
						PG_GETARG_OID(1));
	PG_RETURN_VOID();
}

Datum
dataconnect_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(
		cstring_to_text(psprintf("dataconnect_fdw %s (%s, %s, %s)",
								 DCF_VERSION, dcf_http_version(),
								 dcf_xml_version(), dcf_catalogue_version())));
}
