/*
 * sample.h
 *	  The fields of an endpoint's records and their types, from a sample.
 *
 * A sample is one request with Response=JsonDataTable.  At most
 * DCF_SAMPLE_RECORDS records in the first DCF_SAMPLE_BYTES of the reply are
 * looked at; then the connection is closed.
 */
#ifndef DCF_SAMPLE_H
#define DCF_SAMPLE_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "discovery/table_def.h"
#include "options/option.h"

#define DCF_SAMPLE_BYTES   (1024 * 1024) /* or half of max_record_size */
#define DCF_SAMPLE_RECORDS 1000

/* A field of the records; strings in the database encoding. */
typedef struct DcfSampleField
{
	char *key;
	const char *obstacle; /* why the field cannot be a column, to follow "The
						   * key" in a sentence, or NULL.  If set, key is only
						   * fit to show. */
	char *sql_type;		  /* as the reply's Schema spells it, or NULL: no
						   * Schema, or not in the part that was read */
	const char *type; /* PostgreSQL's, from sql_type, else from the values */
	char *value;	  /* the first that is not NULL, cut and fit to show;
						   * or NULL */
} DcfSampleField;

typedef struct DcfSample
{
	List *fields; /* of DcfSampleField *, in the order of the Schema, then of
				   * the records */
	int records;  /* how many were looked at */
} DcfSample;

/*
 * Take a sample of a table's endpoint with its params, under a user's mapping.
 * more is a query string in the database encoding, whose parameters replace
 * those of the table, or NULL.  The result is in the current memory context.
 * Raises what a scan raises, and ERRCODE_TOO_MANY_COLUMNS.
 */
extern DcfSample *dcf_sample_take(Oid serverid, Oid userid,
								  const DcfTableOptions *table, char *more);

/*
 * The definition of a foreign table over the endpoint with a column for each
 * field.  A WARNING tells of each field that cannot be a column.  If relname is
 * NULL, the table is named after the endpoint, with the options' prefix.
 */
extern DcfTableDef *dcf_sample_table(const DcfSample *sample,
									 const DcfTableOptions *table,
									 const char *relname,
									 const DcfImportOptions *options);

#endif /* DCF_SAMPLE_H */
