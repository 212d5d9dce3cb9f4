/*
 * sample.h
 *	  What the records of an endpoint look like, by asking for some.
 *
 * One request with Response=JsonDataTable.  Of its reply at most
 * DCF_SAMPLE_BYTES are read, and of these at most DCF_SAMPLE_RECORDS records;
 * then the connection is closed.
 */
#ifndef DCF_SAMPLE_H
#define DCF_SAMPLE_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "discovery/table_def.h"
#include "options/option.h"

#define DCF_SAMPLE_BYTES   (1024 * 1024)
#define DCF_SAMPLE_RECORDS 1000

/* A field of the records; strings in the database encoding. */
typedef struct DcfSampleField
{
	char *key;
	const char *obstacle; /* why it cannot be a column, as the end of a
						   * sentence about the key, which then is made safe;
						   * or NULL */
	char *sql_type;		  /* as the reply's Schema spells it; NULL where it has
						   * none, or was not read to it */
	const char *type; /* of PostgreSQL, by sql_type or else by the values */
	char *value;	  /* the first that is not NULL, made safe and cut, or
						   * NULL */
} DcfSampleField;

typedef struct DcfSample
{
	List *fields; /* of DcfSampleField *, in the order of the Schema, then
					   * of the records */
	int records;  /* how many were looked at */
} DcfSample;

/*
 * Ask under a user's mapping.  table says what for; more is a query string
 * that counts more than its params, or NULL.  Raises what a scan raises.
 */
extern DcfSample *dcf_sample_take(Oid serverid, Oid userid,
								  const DcfTableOptions *table, char *more);

/*
 * A foreign table over the endpoint with a column for each field, but for those
 * that cannot be one, of which a warning tells.  relname NULL: named after the
 * endpoint, behind the options' prefix.
 */
extern DcfTableDef *dcf_sample_table(const DcfSample *sample,
									 const DcfTableOptions *table,
									 const char *relname,
									 const DcfImportOptions *options);

#endif /* DCF_SAMPLE_H */
