/*
 * csv_key.h
 *	  Finding keys by their names in a CSV header.  Private to src/core.
 */
#ifndef DCF_CSV_KEY_H
#define DCF_CSV_KEY_H

#include "core/csv_reader.h"
#include "core/key_table.h"

/*
 * The index of the key with the name in that span, without the quotes around
 * it, or -1.  escaped: it has doubled quotes.
 */
extern int dcf_csv_key_find(const DcfKeyTable *table, const char *src,
							size_t len, bool escaped);

#endif /* DCF_CSV_KEY_H */
