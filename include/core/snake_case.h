/*
 * snake_case.h
 *	  SQL names from the service's names.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.  Names are UTF-8; bytes beyond
 * ASCII count as lower-case letters and stay as they are.
 */
#ifndef DCF_SNAKE_CASE_H
#define DCF_SNAKE_CASE_H

#include <stddef.h>

/*
 * Convert a name to snake_case: "InvoiceIDByStore" to invoice_id_by_store,
 * "LocationTypeIDs" to location_type_ids, "Tax1Amount" to tax1_amount, "ID #" to
 * id_no.  Characters other than letters and digits separate words; '#' and '%'
 * become the words "no" and "percent".  An empty result becomes "unnamed"; a
 * result that begins with a digit gets a leading '_'.
 *
 * Writes at most size bytes, without NUL, and returns the length of the whole
 * result, which is at most 8 * len + 8.
 */
extern size_t dcf_snake_case(const char *src, size_t len, char *dst,
							 size_t size);

/*
 * Copy a lower-case name to dst (len bytes), with the capitals of another name
 * that has the same words.  One name must begin with the other, ignoring ASCII
 * case; if name is the shorter one, a word of other must end there.
 * "inventorylistingreport" with "InventoryListingReport" becomes
 * InventoryListingReport; "cardtypes" with "CardType" becomes CardTypes.  If
 * more than an "s" is left over, it begins a new word.  A name with capitals, or
 * without such a match, is copied unchanged.
 */
extern void dcf_snake_case_borrow(const char *name, size_t len,
								  const char *other, size_t otherlen,
								  char *dst);

#endif /* DCF_SNAKE_CASE_H */
