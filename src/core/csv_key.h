/*
 * csv_key.h
 *	  Finding keys by their names in a CSV header.
 */
#ifndef DCF_CSV_KEY_H
#define DCF_CSV_KEY_H

#include "core/csv_reader.h"
#include "core/key_table.h"

/*
 * The index of the key whose name is in the span src, or -1.  The span does not
 * include the quotes around the name; escaped: it has doubled quotes.
 */
extern int dcf_csv_key_find(const DcfKeyTable *table, const char *src,
							size_t len, bool escaped);

#endif /* DCF_CSV_KEY_H */
