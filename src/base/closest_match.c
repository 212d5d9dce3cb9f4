/*
 * closest_match.c
 *	  Names that are alike.  See closest_match.h.
 */
#include "postgres.h"

#include "utils/formatting.h"
#include "utils/varlena.h"

#include "base/closest_match.h"
#include "core/snake_case.h"

/* Longer names are not compared by their characters (varlena.c's limit). */
#define MAX_COMPARED 255

/* Beyond any distance. */
#define FAR 1000

/* Distances of names that are the same but for their writing. */
#define DIFFERENT_CASE	0
#define DIFFERENT_WORDS 1

/* What the distances of other names are more than their changes. */
#define CHANGED 1

static bool
is_same_snake(const char *one, const char *other)
{
	size_t one_len = dcf_snake_case(one, strlen(one), NULL, 0);
	size_t other_len = dcf_snake_case(other, strlen(other), NULL, 0);
	char *buffer;
	bool same;

	if (one_len != other_len)
		return false;
	buffer = palloc(2 * one_len);
	(void) dcf_snake_case(one, strlen(one), buffer, one_len);
	(void) dcf_snake_case(other, strlen(other), buffer + one_len, one_len);
	same = memcmp(buffer, buffer + one_len, one_len) == 0;
	pfree(buffer);
	return same;
}

static int
distance(const char *name, const char *other)
{
	int len = (int) strlen(name);
	int other_len = (int) strlen(other);
	int limit = len / 3;
	int changes;

	if (pg_strcasecmp(name, other) == 0)
		return DIFFERENT_CASE;
	if (is_same_snake(name, other))
		return DIFFERENT_WORDS;
	if (len > MAX_COMPARED || other_len > MAX_COMPARED)
		return FAR;
	changes = varstr_levenshtein_less_equal(asc_tolower(name, len), len,
											asc_tolower(other, other_len),
											other_len, 1, 1, 1, limit, true);
	return changes > limit ? FAR : CHANGED + changes;
}

const char *
dcf_closest_match(const char *name, const List *names)
{
	const char *nearest = NULL;
	int least = FAR;
	ListCell *cell;

	foreach(cell, names)
	{
		const char *other = lfirst(cell);
		int away = other ? distance(name, other) : FAR;

		if (away < least)
		{
			least = away;
			nearest = other;
		}
	}
	return nearest;
}
