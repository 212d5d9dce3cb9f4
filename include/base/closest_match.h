/*
 * closest_match.h
 *	  Which of some names a name that is not among them may stand for.
 */
#ifndef DCF_CLOSEST_MATCH_H
#define DCF_CLOSEST_MATCH_H

#include "postgres.h"
#include "nodes/pg_list.h"

/*
 * The nearest of names (List of char *, in the database encoding, NULL entries
 * passed over), or NULL if none is near: one that differs in case alone, else
 * one that is the same in snake_case, else the one that the fewest changes of
 * characters make, up to a third of the name's length.  Of equally near ones
 * the first.
 */
extern const char *dcf_closest_match(const char *name, const List *names);

#endif /* DCF_CLOSEST_MATCH_H */
