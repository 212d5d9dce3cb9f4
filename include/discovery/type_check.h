/*
 * type_check.h
 *	  Types of columns beside those of a sample.
 */
#ifndef DCF_TYPE_CHECK_H
#define DCF_TYPE_CHECK_H

#include "postgres.h"

#include "discovery/sample.h"

/*
 * Whether a column's type (below any domain) no longer is what the service has.
 * Types inferred from values are only a guess at the service's own, and a column
 * may well be narrower than the guess that still takes the values, such as
 * boolean for 0 and 1: then only another family of types is a change.
 */
extern bool dcf_type_check_changed(Oid declared, const DcfSampleField *field);

#endif /* DCF_TYPE_CHECK_H */
