/*
 * type_check.h
 *	  Whether a column's type still suits the service's values.
 */
#ifndef DCF_TYPE_CHECK_H
#define DCF_TYPE_CHECK_H

#include "postgres.h"

#include "discovery/sample.h"

/*
 * Whether the type that a column was declared with (below any domain) no longer
 * suits a field.  If the reply's Schema gives the field's type, the column must
 * have a type that takes all values of it.  A type inferred from values is only
 * a guess, and a column may be narrower than the guess (boolean for 0 and 1):
 * then only a type of another category counts as a change.
 */
extern bool dcf_type_check_changed(Oid declared, const DcfSampleField *field);

#endif /* DCF_TYPE_CHECK_H */
