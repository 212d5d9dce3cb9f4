/*
 * key_table.h
 *	  The keys to look for in a record, to be found by name.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_KEY_TABLE_H
#define DCF_KEY_TABLE_H

#include <string.h>

#include "core/field.h"

/*
 * An open-addressed table of indexes into keys.  A slot without a key is -1.
 */
typedef struct DcfKeyTable
{
	const DcfKey *keys;
	int *slots;
	size_t nslots; /* a power of two above the number of keys */
} DcfKeyTable;

/* How many slots a table of so many keys has. */
extern size_t dcf_key_slots(int nkeys);

/* keys and slots, of which there are dcf_key_slots(), must outlive the table. */
extern void dcf_key_table_init(DcfKeyTable *table, const DcfKey *keys,
							   int nkeys, int *slots);

/* The index of the key with that name, or -1. */
extern int dcf_key_find(const DcfKeyTable *table, const char *name,
						size_t len);

static inline bool
dcf_key_equals(const DcfKey *key, const char *name, size_t len)
{
	return len == key->len && (len == 0 || memcmp(name, key->name, len) == 0);
}

/*
 * The steps of a search, for names that first have to be decoded: hash them
 * byte by byte from DCF_KEY_HASH_START on, then look at the keys in turn until
 * one is right or there is none, which is -1.
 */
#define DCF_KEY_HASH_START UINT32_C(2166136261)

/* FNV-1a. */
static inline uint32_t
dcf_key_hash_step(uint32_t hash, char byte)
{
	return (hash ^ (unsigned char) byte) * UINT32_C(16777619);
}

static inline size_t
dcf_key_first_slot(const DcfKeyTable *table, uint32_t hash)
{
	return (hash ^ hash >> 16) & (table->nslots - 1);
}

static inline size_t
dcf_key_next_slot(const DcfKeyTable *table, size_t slot)
{
	return (slot + 1) & (table->nslots - 1);
}

#endif /* DCF_KEY_TABLE_H */
