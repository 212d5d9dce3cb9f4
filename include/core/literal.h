/*
 * literal.h
 *	  Taking apart texts that have parts: JSON arrays, and the literals of ranges
 *	  and rows.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_LITERAL_H
#define DCF_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"

/*
 * The next element of a JSON array, of which a reader knows that it is valid:
 * src begins with '[' and ends with ']'.  *pos is 0 before the first call, and
 * ours after it.  The element is a span of src as a reader would give it.
 * False at the end.
 */
extern bool dcf_literal_next_json(const char *src, size_t len, size_t *pos,
								  DcfField *element);

/* Depth of a JSON array by its first elements: 1 for [1], 2 for [[1],...]. */
extern int dcf_literal_json_depth(const char *src, size_t len);

/* Pass over white space, as PostgreSQL's literals may have it. */
extern void dcf_literal_skip_space(const char *src, size_t len, size_t *pos);

/*
 * A part of a range or a row: the text from *pos up to one of the characters in
 * stops, which *pos is then at.  Quotes and backslashes are undone: out has room
 * for len - *pos bytes, *out_len are used.  *missing: there is nothing, not even
 * quotes.  False where the text ends first.
 */
extern bool dcf_literal_next_part(const char *src, size_t len, size_t *pos,
								  const char *stops, char *out,
								  size_t *out_len, bool *missing);

#endif /* DCF_LITERAL_H */
