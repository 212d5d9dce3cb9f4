/*
 * type_map.h
 *	  Maps types of SQL Server and .NET to types of PostgreSQL.
 */
#ifndef DCF_TYPE_MAP_H
#define DCF_TYPE_MAP_H

#include "postgres.h"

/*
 * The PostgreSQL type, as in a column definition, for a type as the service
 * spells it: "VARCHAR(50)", "money", "decimal(8,4)", "System.Int32".  NULL if
 * spelling is NULL or unknown.  palloc'd.
 *
 * Lengths of texts are dropped, because the service's are not reliable.
 */
extern char *dcf_type_map_map(const char *spelling);

/*
 * The same for the catalogue's kinds (integer, string, guid ...); "text" for an
 * unknown one.  Static.
 */
extern const char *dcf_type_map_from_kind(const char *kind);

/*
 * Whether a documented example is not a date, although the documentation calls
 * the field one.  False for "" and "null", which prove nothing.
 */
extern bool dcf_type_map_is_no_time(const char *sample);

#endif /* DCF_TYPE_MAP_H */
