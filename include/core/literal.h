/*
 * literal.h
 *	  Splitting JSON arrays, and PostgreSQL's literals of ranges and rows, into
 *	  their parts.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_LITERAL_H
#define DCF_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"

/*
 * Iterate over the elements of a JSON array that a reader has validated: src
 * begins with '[' and ends with ']'.  *pos starts at 0.  Sets *element to the next
 * element, a span of src like the fields of a reader; returns false after the
 * last.
 */
extern bool dcf_literal_next_json(const char *src, size_t len, size_t *pos,
								  DcfField *element);

/* The depth of a JSON array, by its first elements: 1 for [1], 2 for [[1],...]. */
extern int dcf_literal_json_depth(const char *src, size_t len);

/* Advance *pos over the white space that PostgreSQL's literals may have. */
extern void dcf_literal_skip_space(const char *src, size_t len, size_t *pos);

/*
 * Read a part of a range or row literal: the text from *pos up to one of the
 * characters in stops, at which *pos is left.  Quotes and backslashes are decoded
 * to out, which has room for len - *pos bytes; *out_len is set.  *missing: the
 * part is empty, without quotes.  Returns false if the text ends before.
 */
extern bool dcf_literal_next_part(const char *src, size_t len, size_t *pos,
								  const char *stops, char *out,
								  size_t *out_len, bool *missing);

#endif /* DCF_LITERAL_H */
