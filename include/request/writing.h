/*
 * writing.h
 *	  Foreign tables that are written: a request for each row.
 *
 * What was written cannot be read.  An UPDATE knows of a row only the id that the
 * query gives.
 */
#ifndef DCF_WRITING_H
#define DCF_WRITING_H

#include "postgres.h"

#include "request/relation.h"

/* Whether a request for the table writes, so that the table cannot be read. */
extern bool dcf_writing_is(const DcfRelation *relation);

/* Raise ERRCODE_FEATURE_NOT_SUPPORTED if a request to the endpoint writes. */
extern void dcf_writing_refuse(const char *endpoint);

/* The column whose value names the row to be changed, or NULL. */
extern const DcfColumn *dcf_writing_id(const DcfRelation *relation);

/*
 * The definition as a scan of the rows to be updated sees it: only the id has a
 * value, the one that is sent, and it is required.  In the current memory context,
 * and valid as long as relation.  relation itself if the table is not written.
 */
extern const DcfRelation *dcf_writing_target(const DcfRelation *relation);

/*
 * The request that adds a row, or with update changes one.  values and isnull are
 * those of all columns, by attnum - 1.  In the current memory context.
 *
 * Raises ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED if a required column, or the id
 * of an update, has no value; ERRCODE_GENERATED_ALWAYS if another row has an id;
 * ERRCODE_FEATURE_NOT_SUPPORTED if a column has a value that is not sent; and
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE for a value that cannot be sent.
 */
extern DcfRequest *dcf_writing_request(const DcfRelation *relation,
									   bool update, const Datum *values,
									   const bool *isnull);

/* The same for EXPLAIN: columns' names stand for their values. */
extern DcfRequest *dcf_writing_template(const DcfRelation *relation,
										bool update);

#endif /* DCF_WRITING_H */
