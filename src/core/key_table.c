/*
 * key_table.c
 *	  The hash table of wanted keys.  See key_table.h.
 */
#include "core/key_table.h"

static uint32_t
hash_name(const char *name, size_t len)
{
	uint32_t hash = DCF_KEY_HASH_START;

	for (size_t i = 0; i < len; i++)
		hash = dcf_key_hash_step(hash, name[i]);
	return hash;
}

size_t
dcf_key_slots(int nkeys)
{
	size_t nslots = 2;

	/*
	 * Half of the slots stay empty: probe sequences are short, and every
	 * search ends.
	 */
	while (nslots < (size_t) nkeys * 2)
		nslots *= 2;
	return nslots;
}

void
dcf_key_table_init(DcfKeyTable *table, const DcfKey *keys, int nkeys,
				   int *slots)
{
	table->keys = keys;
	table->slots = slots;
	table->nslots = dcf_key_slots(nkeys);
	for (size_t i = 0; i < table->nslots; i++)
		slots[i] = -1;
	for (int i = 0; i < nkeys; i++)
	{
		size_t slot =
			dcf_key_first_slot(table, hash_name(keys[i].name, keys[i].len));

		/* The names are distinct, so they need not be compared. */
		while (slots[slot] >= 0)
			slot = dcf_key_next_slot(table, slot);
		slots[slot] = i;
	}
}

int
dcf_key_find(const DcfKeyTable *table, const char *name, size_t len)
{
	size_t slot = dcf_key_first_slot(table, hash_name(name, len));

	while (table->slots[slot] >= 0 &&
		   !dcf_key_equals(&table->keys[table->slots[slot]], name, len))
		slot = dcf_key_next_slot(table, slot);
	return table->slots[slot];
}
