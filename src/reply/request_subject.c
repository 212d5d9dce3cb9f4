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
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "reply/request_subject.h"

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

DcfRequestSubject *
dcf_request_subject_create(Oid userid, Oid serverid, Oid relid)
{
	DcfRequestSubject *subject = palloc0(sizeof(DcfRequestSubject));

	subject->databaseid = MyDatabaseId;
	subject->userid = userid;
	subject->serverid = serverid;
	subject->relid = relid;
	subject->encoding = GetDatabaseEncoding();
	set_server(&subject->server, serverid);
	if (OidIsValid(relid))
	{
		set_name(&subject->schema,
				 get_namespace_name(get_rel_namespace(relid)));
		set_name(&subject->table, get_rel_name(relid));
	}
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
