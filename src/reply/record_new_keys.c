/*
 * record_new_keys.c
 *	  Reporting keys of a reply that no column reads, if the table's new_keys is
 *	  "notice".  See record_private.h.
 *
 * The keys are those of the reply's header, or of its first record that has keys.  A
 * session reports each key of a table once.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

#include "base/foreign_text.h"
#include "record_private.h"

/* The most keys that a message lists. */
#define SHOWN 10

/* A session remembers so many keys.  Then it forgets all, and may repeat itself. */
#define REMEMBERED 10000

/* A key that this session has reported. */
typedef struct ReportedKey
{
	Oid relid;
	uint64 hash; /* of the key */
} ReportedKey;

static HTAB *reported_keys = NULL;

/*
 * Without HASH_CONTEXT, the table is in TopMemoryContext and lasts as long as
 * the session.
 */
static HTAB *
create_reported_keys(void)
{
	HASHCTL control = {.keysize = sizeof(ReportedKey),
					   .entrysize = sizeof(ReportedKey)};

	return hash_create("dataconnect_fdw new keys", 64, &control,
					   HASH_ELEM | HASH_BLOBS);
}

/* Look up, or enter, a key; returns whether it was there. */
static bool
find_reported(Oid relid, const char *name, size_t len, HASHACTION action)
{
	ReportedKey key;
	bool found;

	/* The hash covers padding, too. */
	memset(&key, 0, sizeof(key));
	key.relid = relid;
	key.hash = hash_bytes_extended((const unsigned char *) name, (int) len, 0);
	(void) hash_search(reported_keys, &key, action, &found);
	return found;
}

/* name is UTF-8, not NUL-terminated. */
static bool
was_reported(Oid relid, const char *name, size_t len)
{
	return reported_keys && find_reported(relid, name, len, HASH_FIND);
}

static void
remember(Oid relid, const char *name, size_t len)
{
	/* A dropped table leaves its keys, so the number needs a limit. */
	if (reported_keys && hash_get_num_entries(reported_keys) >= REMEMBERED)
	{
		hash_destroy(reported_keys);
		reported_keys = NULL;
	}
	if (!reported_keys)
		reported_keys = create_reported_keys();
	(void) find_reported(relid, name, len, HASH_ENTER);
}

void
dcf_record_begin_new(DcfRecordReader *reader)
{
	reader->wants_new =
		reader->relation->table->new_keys == DCF_NEW_KEYS_NOTICE;
}

/* names: up to SHOWN of the count keys, quoted and made safe. */
static void
report(const DcfRelation *relation, int count, const char *names)
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
dcf_record_report_new(DcfRecordReader *reader)
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
	/* No table could have columns for more keys. */
	while (count < MaxHeapAttributeNumber &&
		   (name = format->next_key(reader->source.in, &pos, &len)) != NULL)
	{
		if (!dcf_record_reads_key(reader, name, len) &&
			!was_reported(relid, name, len))
		{
			/*
			 * Also the keys beyond SHOWN, or each later reply would report
			 * them.
			 */
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
		report(reader->relation, count, names.data);
	pfree(names.data);
}
