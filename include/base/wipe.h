/*
 * wipe.h
 *	  Secrets in memory that is freed: overwritten, so that they do not stay
 *	  behind.
 *
 * Only what is memory of this extension: libcurl, jansson, and PostgreSQL's
 * catalog caches have copies of their own.
 */
#ifndef DCF_WIPE_H
#define DCF_WIPE_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* Overwrite a text, of which nothing is read any more; NULL is nothing. */
extern void dcf_wipe(char *text);

/*
 * Have a text of cxt overwritten when that is reset or deleted.  It must not be
 * freed before.  Returns the text.
 */
extern char *dcf_wipe_later(char *text, MemoryContext cxt);

/* Two texts as one, palloc'd, without a copy of it left anywhere. */
extern char *dcf_wipe_concat(const char *one, const char *other);

/* Overwrite the values of options, a list of DefElem *. */
extern void dcf_wipe_options(List *options);

#endif /* DCF_WIPE_H */
