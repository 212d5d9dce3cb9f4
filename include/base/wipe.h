/*
 * wipe.h
 *	  Overwriting secrets before their memory is freed.
 *
 * This covers only the extension's own memory: libcurl, jansson and PostgreSQL's
 * catalog caches keep copies of their own.
 */
#ifndef DCF_WIPE_H
#define DCF_WIPE_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* Overwrite a text that is no longer needed; no-op for NULL. */
extern void dcf_wipe(char *text);

/*
 * Overwrite a text that is allocated in cxt when cxt is reset or deleted.  The
 * text must not be freed before.  Returns the text.
 */
extern char *dcf_wipe_later(char *text, MemoryContext cxt);

/* Concatenate two texts, palloc'd, leaving no other copy in memory. */
extern char *dcf_wipe_concat(const char *one, const char *other);

/* Overwrite the string values of options, a List of DefElem *. */
extern void dcf_wipe_options(List *options);

#endif /* DCF_WIPE_H */
