/*
 * foreign_text.h
 *	  Bytes of the service made fit to show in a message or a log.
 *
 * The bytes are UTF-8, or are to be.  What comes back is palloc'd, in the
 * database encoding, in one line, at most DCF_FOREIGN_TEXT_SHOWN bytes before
 * it is encoded, with stars in place of secrets.
 */
#ifndef DCF_FOREIGN_TEXT_H
#define DCF_FOREIGN_TEXT_H

#include "postgres.h"
#include "nodes/pg_list.h"

#define DCF_FOREIGN_TEXT_SHOWN 200

extern char *dcf_foreign_text(const char *bytes, size_t len);

/* The same of the start of a text, whose end may cut a secret in two. */
extern char *dcf_foreign_text_start(const char *bytes, size_t len);

/* The same of a NUL-terminated text that was cut if it fills its buffer. */
extern char *dcf_foreign_text_buffer(const char *text, size_t size);

/* The title of an HTML page; NULL if it has none. */
extern char *dcf_foreign_text_title(const char *body, size_t len);

/*
 * Returns the secrets that a holder has now: a list of char *, UTF-8.  Called
 * whenever a foreign text is made fit to show.
 */
typedef List *(*DcfSecretsFn)(const void *holder);

/* Hide the holder's secrets until cxt is reset. */
extern void dcf_foreign_text_hide(DcfSecretsFn secrets, const void *holder,
								  MemoryContext cxt);

#endif /* DCF_FOREIGN_TEXT_H */
