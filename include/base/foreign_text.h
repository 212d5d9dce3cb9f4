/*
 * foreign_text.h
 *	  Making bytes from the service or the network safe to show in a message.
 *
 * The bytes should be UTF-8, but may be anything.  The functions return palloc'd
 * text in the database encoding: one line of at most DCF_FOREIGN_TEXT_SHOWN
 * bytes of UTF-8 before conversion, with '?' for control characters,
 * bidirectional marks and invalid UTF-8, and stars for registered secrets.
 */
#ifndef DCF_FOREIGN_TEXT_H
#define DCF_FOREIGN_TEXT_H

#include "postgres.h"
#include "nodes/pg_list.h"

#define DCF_FOREIGN_TEXT_SHOWN 200

extern char *dcf_foreign_text(const char *bytes, size_t len);

/* The same for the start of a longer text: its end may cut a secret in two. */
extern char *dcf_foreign_text_start(const char *bytes, size_t len);

/* The same for a NUL-terminated text, which was cut if it fills the buffer. */
extern char *dcf_foreign_text_buffer(const char *text, size_t size);

/* The title of an HTML page, white space collapsed; NULL if it has none. */
extern char *dcf_foreign_text_title(const char *body, size_t len);

/*
 * Returns the secrets that a holder has now: a List of char *, in UTF-8.  Called
 * for every text that is made safe.
 */
typedef List *(*DcfSecretsFn)(const void *holder);

/*
 * Register a holder, so that its secrets are hidden in every text until cxt is
 * reset or deleted.  The holder must live as long as cxt.
 */
extern void dcf_foreign_text_hide(DcfSecretsFn secrets, const void *holder,
								  MemoryContext cxt);

/*
 * The secrets of all holders, a List of char *, in UTF-8, valid until one of them
 * changes.
 */
extern List *dcf_foreign_text_secrets(void);

#endif /* DCF_FOREIGN_TEXT_H */
