/*
 * name_list.h
 *	  Lists of names, which are C strings.
 */
#ifndef DCF_NAME_LIST_H
#define DCF_NAME_LIST_H

#include "postgres.h"
#include "nodes/pg_list.h"

/* Whether a list of char * has a name, in the same case. */
static inline bool
dcf_name_list_has(const List *names, const char *name)
{
	ListCell *cell;

	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return false;
}

#endif /* DCF_NAME_LIST_H */
