/*
 * request_subject.c
 *	  Who sends a request, and for which table.  See request_subject.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_foreign_server.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "reply/request_subject.h"

/* How often something may have got a new name, + 1. */
static uint64 changes = 1;

/* The subject that was made last, as a session often asks for one table only. */
static DcfRequestSubject latest;
static uint64 latest_at = 0; /* when "changes" was so many */

/* Set a name; one that is gone is empty. */
static void
set_name(NameData *name, const char *text)
{
	namestrcpy(name, text ? text : "");
}

/* Not GetForeignServer(), which would also copy the options. */
static void
set_server(NameData *name, Oid serverid)
{
	HeapTuple tuple =
		SearchSysCache1(FOREIGNSERVEROID, ObjectIdGetDatum(serverid));

	set_name(name, NULL);
	if (!HeapTupleIsValid(tuple))
		return;
	*name = ((Form_pg_foreign_server) GETSTRUCT(tuple))->srvname;
	ReleaseSysCache(tuple);
}

/* Look up the names of what the subject has the OIDs of. */
static void
set_names(DcfRequestSubject *subject)
{
	set_server(&subject->server, subject->serverid);
	if (!OidIsValid(subject->relid))
		return;
	set_name(&subject->schema,
			 get_namespace_name(get_rel_namespace(subject->relid)));
	set_name(&subject->table, get_rel_name(subject->relid));
}

/* A SyscacheCallbackFunction: something may have a new name. */
static void
forget_latest(Datum arg, int cacheid, uint32 hash)
{
	changes++;
}

static void
watch_names(void)
{
	static bool is_watching = false;

	if (is_watching)
		return;
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, forget_latest, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_latest, (Datum) 0);
	CacheRegisterSyscacheCallback(RELOID, forget_latest, (Datum) 0);
	is_watching = true;
}

DcfRequestSubject *
dcf_request_subject_create(Oid userid, Oid serverid, Oid relid)
{
	DcfRequestSubject *subject = palloc0(sizeof(DcfRequestSubject));
	uint64 before;

	subject->databaseid = MyDatabaseId;
	subject->userid = userid;
	subject->serverid = serverid;
	subject->relid = relid;
	subject->encoding = GetDatabaseEncoding();
	if (latest_at == changes && dcf_request_subject_same(&latest, subject))
	{
		*subject = latest;
		return subject;
	}
	watch_names();
	/* Looking up may show that a name is no longer valid. */
	before = changes;
	set_names(subject);
	latest = *subject;
	latest_at = before;
	return subject;
}

bool
dcf_request_subject_same(const DcfRequestSubject *one,
						 const DcfRequestSubject *other)
{
	return one->relid == other->relid && one->userid == other->userid &&
		one->serverid == other->serverid &&
		one->databaseid == other->databaseid;
}

uint32
dcf_request_subject_hash(const DcfRequestSubject *subject)
{
	uint32 hash = murmurhash32(subject->relid);

	hash = hash_combine(hash, murmurhash32(subject->userid));
	hash = hash_combine(hash, murmurhash32(subject->serverid));
	return hash_combine(hash, murmurhash32(subject->databaseid));
}
