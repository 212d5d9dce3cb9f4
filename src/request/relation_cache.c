/*
 * relation_cache.c
 *	  Definitions of foreign tables, cached by the backend.  See relation.h.
 *
 * A definition is read from the catalogs once, and kept until a catalog row
 * that it was read from changes.  It depends on nothing else: not on settings,
 * the user or the date, and it contains nothing of a user mapping.
 *
 * A definition never changes, and has a memory context of its own.  Loading it
 * adds a pin, which a reset callback of the loader's memory context removes.
 * An invalidation removes the definition from the cache at once; its memory is
 * freed with the last pin.
 */
#include "postgres.h"

#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "relation_private.h"

/* A definition, cached or only pinned. */
typedef struct Definition
{
	MemoryContext context; /* holds the definition */
	DcfRelation *relation;
	int pins;
	bool cached; /* in the cache; else freed with the last pin */

	/*
	 * Syscache hash values of the rows that relcache invalidations do not
	 * cover.
	 */
	uint32 table_hash;
	uint32 server_hash;
} Definition;

/* An entry of the hash table. */
typedef struct Entry
{
	Oid relid;
	Definition *definition;
} Entry;

/* A pin, allocated in the memory context that it belongs to. */
typedef struct Pin
{
	MemoryContextCallback release;
	Definition *definition;
} Pin;

static MemoryContext cache_context = NULL;
static HTAB *cache = NULL;

/* Counts invalidations, to notice one while a definition is read. */
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

	/*
	 * Nothing can fail before the callback is registered, so no pin is lost.
	 */
	definition->pins++;
	pin->definition = definition;
	pin->release.func = unpin;
	pin->release.arg = pin;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &pin->release);
	return definition->relation;
}

/* Create the hash table and register the invalidation callbacks. */
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

/* The cached definition, or NULL. */
static Definition *
find_definition(Oid relid)
{
	Entry *entry = hash_search(cache, &relid, HASH_FIND, NULL);

	return entry ? entry->definition : NULL;
}

/*
 * Read a definition.  If something was invalidated meanwhile, it may be made
 * of old rows.  Then it is not cached; for this caller it is as if the change
 * had come a moment later.
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

	/*
	 * Reading leaves garbage, so only a copy is kept.  Until the copy is
	 * complete, its context is a child of the scratch context, so that an
	 * error frees both.
	 */
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

/* Add a definition to the cache. */
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

/* Remove a definition from the cache, and free it if it has no pins. */
static void
forget_definition(Entry *entry)
{
	Definition *definition = entry->definition;

	(void) hash_search(cache, &entry->relid, HASH_REMOVE, NULL);
	definition->cached = false;
	if (definition->pins == 0)
		MemoryContextDelete(definition->context);
}

/* Reset callback of the memory context that loaded a definition. */
static void
unpin(void *arg)
{
	Definition *definition = ((Pin *) arg)->definition;

	if (--definition->pins == 0 && !definition->cached)
		MemoryContextDelete(definition->context);
}

/* Relcache callback.  InvalidOid means all relations. */
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

	/* dynahash allows removing the entry that a scan has just returned. */
	while ((entry = hash_seq_search(&status)) != NULL)
		forget_definition(entry);
}

/* Syscache callback. 0 means all rows of the catalog. */
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
