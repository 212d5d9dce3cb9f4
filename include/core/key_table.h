/*
 * key_table.h
 *	  A hash table of the wanted keys of a record.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_KEY_TABLE_H
#define DCF_KEY_TABLE_H

#include <string.h>

#include "core/field.h"

/* An open-addressed table of indexes into keys; an empty slot is -1. */
typedef struct DcfKeyTable
{
	const DcfKey *keys;
	int *slots;
	size_t nslots; /* a power of two above the number of keys */
} DcfKeyTable;

/* The number of slots of a table with this many keys. */
extern size_t dcf_key_slots(int nkeys);

/* slots has dcf_key_slots() elements; keys and slots must outlive the table. */
extern void dcf_key_table_init(DcfKeyTable *table, const DcfKey *keys,
							   int nkeys, int *slots);

/* The index of the key with this name, or -1. */
extern int dcf_key_find(const DcfKeyTable *table, const char *name,
						size_t len);

static inline bool
dcf_key_equals(const DcfKey *key, const char *name, size_t len)
{
	return len == key->len && (len == 0 || memcmp(name, key->name, len) == 0);
}

/*
 * The steps of a search, for a name that must be decoded first: hash it byte by
 * byte, starting with DCF_KEY_HASH_START; then compare the keys in the slots from
 * dcf_key_first_slot() on, until one matches or a slot is empty.
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
