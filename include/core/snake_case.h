/*
 * snake_case.h
 *	  Names for SQL made of the service's names.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.  Names are UTF-8; bytes beyond
 * ASCII count as lower-case letters and stay as they are.
 */
#ifndef DCF_SNAKE_CASE_H
#define DCF_SNAKE_CASE_H

#include <stddef.h>

/*
 * snake_case: "InvoiceIDByStore" becomes invoice_id_by_store, "LocationTypeIDs"
 * location_type_ids, "Tax1Amount" tax1_amount, "ID #" id_no.  Whatever is
 * neither letter nor digit parts words; '#' and '%' are the words "no" and
 * "percent".  A result that would be empty is "unnamed", one that would begin
 * with a digit gets a '_' in front.
 *
 * Writes at most size bytes, no NUL, and returns the length of the whole
 * result, which is at most 8 * len + 8.
 */
extern size_t dcf_snake_case(const char *src, size_t len, char *dst,
							 size_t size);

/*
 * Give a name all in lower case the word boundaries of another name that it
 * agrees with, which is: one of the two begins with the other, ASCII case
 * apart, and where the first is the shorter one a word of the other ends
 * there.  "inventorylistingreport" with "InventoryListingReport" becomes
 * InventoryListingReport; "cardtypes" with "CardType" becomes CardTypes; what
 * is left over otherwise begins a word of its own.  A name with capitals, or
 * one that does not agree, stays as it is.  dst has room for len bytes, and
 * gets as many.
 */
extern void dcf_snake_case_borrow(const char *name, size_t len,
								  const char *other, size_t otherlen,
								  char *dst);

#endif /* DCF_SNAKE_CASE_H */
