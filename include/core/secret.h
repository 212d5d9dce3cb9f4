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

/* Shorter secrets are not searched for: they would match ordinary words. */
#define DCF_SECRET_MIN 4

/*
 * Set mark[i] for each byte of the text that belongs to the secret (UTF-8); the
 * other marks are unchanged.  The secret is found in plain form and in the
 * encodings of URLs and forms (%C3%A9, +), JSON (\u00e9, \/), HTML (&amp;, &#233;)
 * and CSV (""), also if these are inside a JSON string.  If the text was cut, its end
 * matches if it is the start of the secret, of at least DCF_SECRET_MIN bytes.
 *
 * Returns from where on the text may be the start of the secret, if it goes on; len
 * if nowhere.  For a text that comes in pieces: search from there once more.
 */
extern size_t dcf_secret_mark(const char *text, size_t len, bool cut,
							  const char *secret, size_t secret_len,
							  bool *mark);

#endif /* DCF_SECRET_H */
