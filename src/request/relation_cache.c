/*
 * relation_cache.c
 *	  Definitions of foreign tables, kept by the backend.  See relation.h.
 *
 * A definition is read from the catalogs once, and kept until one of the rows
 * it was read from changes.  It depends on nothing else: neither on settings nor
 * on the user or the date, and it has nothing of a user mapping.
 *
 * A definition is never changed, and each one has a memory context of its own.
 * Whoever loads it holds it by a pin, which a callback takes away when the
 * memory context goes in which it was loaded.  An invalidation takes the
 * definition out of the cache at once, and out of memory when nobody holds it.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "relation_private.h"

typedef struct Definition
{
	MemoryContext context; /* which has it */
	DcfRelation *relation;
	int pins;
	bool cached; /* else it goes with the last pin */

	/* Of the rows that no relcache entry stands for. */
	uint32 table_hash;
	uint32 server_hash;
} Definition;

typedef struct Entry
{
	Oid relid;
	Definition *definition;
} Entry;

typedef struct Pin
{
	MemoryContextCallback release;
	Definition *definition;
} Pin;

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;

/* Counts invalidations. */
static uint64 invalidations = 0;

static void create_cache(void);
static Definition *find_definition(Oid relid);
static Definition *make_definition(Relation rel);
static void keep_definition(Definition *definition);
static void forget_definition(Entry *entry);
static void unpin(void *arg);
static void forget_relation(Datum arg, Oid relid);
static void forget_by_hash(Datum arg, int cacheid, uint32 hash);

const DcfRelation *
dcf_relation_load(Relation rel)
{
	Pin *pin = palloc0(sizeof(Pin));
	Definition *definition;

	if (!cache)
		create_cache();
	definition = find_definition(RelationGetRelid(rel));
	if (!definition)
		definition = make_definition(rel);
	definition->pins++;
	pin->definition = definition;
	pin->release.func = unpin;
	pin->release.arg = pin;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &pin->release);
	return definition->relation;
}

static void
create_cache(void)
{
	HASHCTL ctl = {.keysize = sizeof(Oid), .entrysize = sizeof(Entry)};

	cache_context =
		AllocSetContextCreate(CacheMemoryContext, "dataconnect_fdw relations",
							  ALLOCSET_DEFAULT_SIZES);
	ctl.hcxt = cache_context;
	cache = hash_create("dataconnect_fdw relations", 64, &ctl,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(forget_relation, 0);
	CacheRegisterSyscacheCallback(FOREIGNTABLEREL, forget_by_hash, 0);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, forget_by_hash, 0);
}

static Definition *
find_definition(Oid relid)
{
	Entry *entry = hash_search(cache, &relid, HASH_FIND, NULL);

	return entry ? entry->definition : NULL;
}

/*
 * Read a definition.  It is kept for others unless something was invalidated
 * meanwhile: then it may be of the old rows, and serves the caller alone, for
 * whom it is as good as if the change had come just after.
 */
static Definition *
make_definition(Relation rel)
{
	uint64 before = invalidations;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch =
		AllocSetContextCreate(caller, "dataconnect_fdw loading",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext context =
		AllocSetContextCreate(scratch, "dataconnect_fdw relation",
							  ALLOCSET_SMALL_SIZES);
	DcfRelation *relation;
	Definition *definition;

	MemoryContextSwitchTo(scratch);
	relation = dcf_relation_build(rel);
	MemoryContextSwitchTo(context);
	definition = palloc0(sizeof(Definition));
	definition->context = context;
	definition->relation = dcf_relation_copy(relation);
	definition->table_hash =
		GetSysCacheHashValue1(FOREIGNTABLEREL,
							  ObjectIdGetDatum(relation->relid));
	definition->server_hash =
		GetSysCacheHashValue1(FOREIGNSERVEROID,
							  ObjectIdGetDatum(relation->serverid));
	MemoryContextCopyAndSetIdentifier(context, relation->relname);
	MemoryContextSwitchTo(caller);

	if (invalidations == before)
		keep_definition(definition);
	MemoryContextSetParent(context, cache_context);
	MemoryContextDelete(scratch);
	return definition;
}

static void
keep_definition(Definition *definition)
{
	bool found;
	Entry *entry =
		hash_search(cache, &definition->relation->relid, HASH_ENTER, &found);

	Assert(!found);
	entry->definition = definition;
	definition->cached = true;
}

static void
forget_definition(Entry *entry)
{
	Definition *definition = entry->definition;

	(void) hash_search(cache, &entry->relid, HASH_REMOVE, NULL);
	definition->cached = false;
	if (definition->pins == 0)
		MemoryContextDelete(definition->context);
}

static void
unpin(void *arg)
{
	Definition *definition = ((Pin *) arg)->definition;

	if (--definition->pins == 0 && !definition->cached)
		MemoryContextDelete(definition->context);
}

/* For the relcache; InvalidOid: all of it. */
static void
forget_relation(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS status;
	Entry *entry;

	invalidations++;
	if (OidIsValid(relid))
	{
		entry = hash_search(cache, &relid, HASH_FIND, NULL);
		if (entry)
			forget_definition(entry);
		return;
	}
	hash_seq_init(&status, cache);
	while ((entry = hash_seq_search(&status)) != NULL)
		forget_definition(entry);
}

/* For the catalog caches; 0: all of one. */
static void
forget_by_hash(Datum arg, int cacheid, uint32 hash)
{
	HASH_SEQ_STATUS status;
	Entry *entry;

	invalidations++;
	hash_seq_init(&status, cache);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		const Definition *definition = entry->definition;

		if (hash == 0 ||
			hash ==
				(cacheid == FOREIGNTABLEREL ? definition->table_hash :
											  definition->server_hash))
			forget_definition(entry);
	}
}
