/*
 * closest_match.h
 *	  The name that a misspelt name may stand for.
 */
#ifndef DCF_CLOSEST_MATCH_H
#define DCF_CLOSEST_MATCH_H

#include "postgres.h"
#include "nodes/pg_list.h"

/*
 * Returns the element of names that is most similar to name, or NULL if none is
 * similar.  names is a List of char * in the database encoding; NULL elements
 * are skipped.  A name that differs only in case is the most similar, then one
 * that is the same in snake_case, then the one with the smallest edit distance,
 * which may be up to a third of the name's length.  The first of several equally
 * similar names is returned.
 */
extern const char *dcf_closest_match(const char *name, const List *names);

#endif /* DCF_CLOSEST_MATCH_H */
