/*
 * record_new_keys.c
 *	  Keys of a reply that no column reads, for who has asked to be told.  See
 *	  record_private.h.
 *
 * Each key is told of once in a session and table.  The first record of a reply
 * that has keys is looked at, or its header.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

#include "base/foreign_text.h"
#include "record_private.h"

/* Keys listed in a message. */
#define SHOWN 10

/* Keys that a session remembers; beyond, it forgets all, and tells again. */
#define REMEMBERED 10000

/* A key that was told of. */
typedef struct ToldKey
{
	Oid relid;
	uint64 hash; /* of the key */
} ToldKey;

static HTAB *told_keys = NULL;

static HTAB *
create_told_keys(void)
{
	HASHCTL control = {.keysize = sizeof(ToldKey),
					   .entrysize = sizeof(ToldKey)};

	return hash_create("dataconnect_fdw new keys", 64, &control,
					   HASH_ELEM | HASH_BLOBS);
}

static bool
find_told(Oid relid, const char *name, size_t len, HASHACTION action)
{
	ToldKey key;
	bool found;

	/* Its padding is hashed, too. */
	memset(&key, 0, sizeof(key));
	key.relid = relid;
	key.hash = hash_bytes_extended((const unsigned char *) name, (int) len, 0);
	(void) hash_search(told_keys, &key, action, &found);
	return found;
}

/* name is UTF-8, and not terminated. */
static bool
was_told(Oid relid, const char *name, size_t len)
{
	return told_keys && find_told(relid, name, len, HASH_FIND);
}

static void
remember(Oid relid, const char *name, size_t len)
{
	if (told_keys && hash_get_num_entries(told_keys) >= REMEMBERED)
	{
		hash_destroy(told_keys);
		told_keys = NULL;
	}
	if (!told_keys)
		told_keys = create_told_keys();
	(void) find_told(relid, name, len, HASH_ENTER);
}

void
dcf_record_begin_new(DcfRecordReader *reader)
{
	reader->wants_new =
		reader->relation->table->new_keys == DCF_NEW_KEYS_NOTICE;
}

static void
tell(const DcfRelation *relation, int count, const char *names)
{
	ereport(
		NOTICE,
		(errmsg_plural(
			 "the reply has a key that no column of foreign table \"%s\" reads",
			 "the reply has keys that no column of foreign table \"%s\" reads",
			 count, relation->relname),
		 errdetail_plural("The key is %s.", "The keys are %s.", count, names),
		 errhint(
			 "dataconnect_check(%s) writes the command that adds a column for each.",
			 quote_literal_cstr(quote_qualified_identifier(
				 get_namespace_name(get_rel_namespace(relation->relid)),
				 relation->relname)))));
}

void
dcf_record_look_new(DcfRecordReader *reader)
{
	const DcfFormatRoutine *format = reader->source.format;
	Oid relid = reader->relation->relid;
	StringInfoData names;
	int count = 0;
	size_t pos = 0;
	size_t len;
	char *name;

	reader->wants_new = false;
	initStringInfo(&names);
	while (count < MaxHeapAttributeNumber &&
		   (name = format->next_key(reader->source.in, &pos, &len)) != NULL)
	{
		if (!dcf_record_reads_key(reader, name, len) &&
			!was_told(relid, name, len))
		{
			remember(relid, name, len);
			if (count < SHOWN)
				appendStringInfo(&names, "%s\"%s\"", count > 0 ? ", " : "",
								 dcf_foreign_text(name, len));
			count++;
		}
		pfree(name);
	}
	if (count > SHOWN)
		appendStringInfo(&names, " and %d more", count - SHOWN);
	if (count > 0)
		tell(reader->relation, count, names.data);
	pfree(names.data);
}
