/*
 * type_map.h
 *	  Types of SQL Server and .NET as types of PostgreSQL.
 */
#ifndef DCF_TYPE_MAP_H
#define DCF_TYPE_MAP_H

#include "postgres.h"

/*
 * The PostgreSQL type, as it stands in a column definition, for a type as the
 * service spells it: "VARCHAR(50)", "money", "decimal(8,4)", "System.Int32".
 * NULL if it is unknown or NULL.  palloc'd.
 *
 * Lengths of texts are not kept: the service's own are not reliable.
 */
extern char *dcf_type_map_map(const char *spelling);

/*
 * The same for the general kinds of the catalogue (integer, string, guid ...);
 * text for an unknown one.  Static.
 */
extern const char *dcf_type_map_from_kind(const char *kind);

/*
 * Whether a sample value does not belong to a type of date and time, whatever
 * the documentation says.  An empty sample or "null" tells nothing.
 */
extern bool dcf_type_map_is_no_time(const char *sample);

#endif /* DCF_TYPE_MAP_H */
