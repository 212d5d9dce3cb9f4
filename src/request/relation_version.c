/*
 * relation_version.c
 *	  A hash of the options that determine requests and replies.  See
 *	  relation.h.
 *
 * Callers hold no lock on the table.  So a catalog row that is gone is not an
 * error here, unlike in foreign.c.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_table.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "foreign/foreign.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "request/relation.h"

AttrNumber
dcf_relation_count_columns(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	AttrNumber natts;

	if (!HeapTupleIsValid(tuple))
		return 0;
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	return natts;
}

/* The options in a catalog row. */
static List *
options_of(int cache, HeapTuple tuple, AttrNumber attnum)
{
	bool isnull;
	Datum options = SysCacheGetAttr(cache, tuple, attnum, &isnull);

	return isnull ? NIL : untransformRelOptions(options);
}

List *
dcf_relation_column_options(Oid relid, AttrNumber attnum)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
									  Int16GetDatum(attnum));
	List *options;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	options = options_of(ATTNUM, tuple, Anum_pg_attribute_attfdwoptions);
	ReleaseSysCache(tuple);
	return options;
}

/* The server and the table's options; NULL if one of them is gone. */
static ForeignServer *
find_server(Oid relid, List **options)
{
	HeapTuple tuple =
		SearchSysCache1(FOREIGNTABLEREL, ObjectIdGetDatum(relid));
	Oid serverid;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	serverid = ((Form_pg_foreign_table) GETSTRUCT(tuple))->ftserver;
	*options =
		options_of(FOREIGNTABLEREL, tuple, Anum_pg_foreign_table_ftoptions);
	ReleaseSysCache(tuple);
	return GetForeignServerExtended(serverid, FSV_MISSING_OK);
}

/*
 * Add the options with these names, a NULL-terminated array, to a hash.
 * Without any of them, the hash is returned unchanged; dcf_relation_version()
 * tells by that whether a column is sent.
 */
static uint32
hash_options(uint32 hash, List *options, const char *const *names)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *def = lfirst(lc);

		for (int i = 0; names[i]; i++)
			if (strcmp(def->defname, names[i]) == 0)
			{
				const char *value = defGetString(def);

				hash = hash_combine(hash, i + 1);
				hash = hash_combine(hash,
									hash_bytes((const unsigned char *) value,
											   strlen(value)));
			}
	}
	return hash;
}

ForeignServer *
dcf_relation_server(Oid relid)
{
	List *options;

	return find_server(relid, &options);
}

uint32
dcf_relation_version(Oid relid)
{
	static const char *const server_names[] = {"url",	 "path_prefix",
											   "params", "language",
											   "format", NULL};
	static const char *const table_names[] = {"endpoint",  "params",  "format",
											  "open_from", "open_to", NULL};
	static const char *const column_names[] = {"param",	   "param_from",
											   "param_to", "required",
											   "default",  "list",
											   "empty",	   NULL};
	List *options;
	ForeignServer *server = find_server(relid, &options);
	AttrNumber natts = dcf_relation_count_columns(relid);
	uint32 hash;

	if (!server || natts == 0)
		return 0;
	hash = hash_options(server->serverid, server->options, server_names);
	hash = hash_options(hash, options, table_names);
	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		uint32 column =
			hash_options(0, dcf_relation_column_options(relid, attnum),
						 column_names);

		/*
		 * The type matters for a column that is sent: dates are sent
		 * differently.
		 */
		if (column != 0)
		{
			column = hash_combine(column, get_atttype(relid, attnum));
			hash = hash_combine(hash, hash_combine(attnum, column));
		}
	}

	/* 0 is reserved for a table that is gone. */
	return hash != 0 ? hash : 1;
}
