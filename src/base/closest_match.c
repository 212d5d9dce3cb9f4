/*
 * closest_match.c
 *	  Finding the most similar name.  See closest_match.h.
 */
#include "postgres.h"

#include "utils/formatting.h"
#include "utils/varlena.h"

#include "base/closest_match.h"
#include "core/snake_case.h"

/* varstr_levenshtein_less_equal() raises an error for longer names. */
#define MAX_COMPARED 255

/* The distance of a name that is no candidate. */
#define NO_MATCH 1000

/*
 * Names that differ only in case are nearest, then those with the same words;
 * a name that takes n edits has the distance BEFORE_EDITS + n.
 */
#define DIFFERENT_CASE	0
#define DIFFERENT_STYLE 1
#define BEFORE_EDITS	1

/* Whether two names have the same words: "StoreID", "store_id". */
static bool
has_same_words(const char *one, const char *other)
{
	size_t one_len = dcf_snake_case(one, strlen(one), NULL, 0);
	size_t other_len = dcf_snake_case(other, strlen(other), NULL, 0);
	char *buffer;
	bool same;

	/* The length alone rules out most names without an allocation. */
	if (one_len != other_len)
		return false;
	buffer = palloc(2 * one_len);
	(void) dcf_snake_case(one, strlen(one), buffer, one_len);
	(void) dcf_snake_case(other, strlen(other), buffer + one_len, one_len);
	same = memcmp(buffer, buffer + one_len, one_len) == 0;
	pfree(buffer);
	return same;
}

/* The distance of a candidate, or NO_MATCH. */
static int
distance(const char *name, const char *other)
{
	int len = (int) strlen(name);
	int other_len = (int) strlen(other);
	int limit = len / 3;
	int edits;

	if (pg_strcasecmp(name, other) == 0)
		return DIFFERENT_CASE;
	if (has_same_words(name, other))
		return DIFFERENT_STYLE;
	if (len > MAX_COMPARED || other_len > MAX_COMPARED)
		return NO_MATCH;
	/*
	 * With trusted set, the function does not check its own limit on lengths.
	 * It stops as soon as the distance exceeds the limit.
	 */
	edits = varstr_levenshtein_less_equal(asc_tolower(name, len), len,
										  asc_tolower(other, other_len),
										  other_len, 1, 1, 1, limit, true);
	return edits > limit ? NO_MATCH : BEFORE_EDITS + edits;
}

const char *
dcf_closest_match(const char *name, const List *names)
{
	const char *nearest = NULL;
	int least = NO_MATCH;
	ListCell *cell;

	foreach(cell, names)
	{
		const char *other = lfirst(cell);
		int current = other ? distance(name, other) : NO_MATCH;

		/* Strictly less: the first of equally similar names remains. */
		if (current < least)
		{
			least = current;
			nearest = other;
		}
	}
	return nearest;
}
