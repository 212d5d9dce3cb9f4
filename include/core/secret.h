/*
 * secret.h
 *	  Finding a secret in foreign text.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_SECRET_H
#define DCF_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Shorter secrets are not looked for: they would stand in words by chance. */
#define DCF_SECRET_MIN 4

/*
 * Set mark[i] for each byte of the text that belongs to the secret (UTF-8),
 * and leave the other marks alone.  It is found as it stands, and as a URL or
 * a form (%C3%A9, +), JSON (\u00e9, \/) or HTML (&amp;, &#233;) write it, also
 * inside JSON.  If the text was cut, DCF_SECRET_MIN bytes that the secret
 * begins with are enough at its end.
 */
extern void dcf_secret_mark(const char *text, size_t len, bool cut,
							const char *secret, size_t secret_len, bool *mark);

#endif /* DCF_SECRET_H */
