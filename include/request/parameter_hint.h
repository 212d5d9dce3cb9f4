/*
 * parameter_hint.h
 *	  What the catalogue knows of a foreign table's parameters, for messages.
 *
 * The catalogue is read only when a message is made.
 */
#ifndef DCF_PARAMETER_HINT_H
#define DCF_PARAMETER_HINT_H

#include "postgres.h"

#include "request/relation.h"
#include "request/request.h"

typedef struct DcfParameterHint DcfParameterHint;

/*
 * Find the table's endpoint in the catalogue, in the current memory context.
 * The result is never NULL, but knows nothing if the endpoint is not
 * documented.  Raises what dcf_catalogue_load() raises.
 */
extern DcfParameterHint *dcf_parameter_hint_start(const DcfRelation *relation);

/*
 * The right side of a "column = ..." that would run, palloc'd: the first legal
 * value, or the documentation's example, or some value of the type.
 */
extern char *dcf_parameter_hint_example(const DcfParameterHint *param_hint,
										const DcfColumn *column);

/*
 * Whether the column is a date or time that ends a period (its parameter's
 * name contains StopDate).  The service may count the whole of that day, so
 * the example is the last day of a month.
 */
extern bool dcf_parameter_hint_is_end(const DcfColumn *column);

/*
 * A sentence about the legal values of a sent column, such as "hide_rebates is
 * 1 (include) or -1 (exclude)", without a full stop, palloc'd; NULL if the
 * catalogue has none.
 */
extern char *dcf_parameter_hint_values(const DcfParameterHint *param_hint,
									   const DcfColumn *column);

/*
 * Sentences about the legal values of at most four parameters that a request
 * sent, palloc'd.  First come those whose value is not legal: "hide_rebates is
 * 1 (include) or -1 (exclude), not "0"." NULL if the catalogue knows no legal
 * values.  Raises what dcf_catalogue_load() raises.
 */
extern char *dcf_parameter_hint_refused(const DcfRelation *relation,
										const DcfRequest *request);

#endif /* DCF_PARAMETER_HINT_H */
