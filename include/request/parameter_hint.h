/*
 * parameter_hint.h
 *	  What the catalogue knows of a foreign table's parameters, for messages.
 *
 * Read from the catalogue when a message is made, so nothing of it costs
 * anything while all is well.
 */
#ifndef DCF_PARAMETER_HINT_H
#define DCF_PARAMETER_HINT_H

#include "postgres.h"

#include "request/relation.h"
#include "request/request.h"

typedef struct DcfParameterHint DcfParameterHint;

/*
 * What there is to know of a table, in the current memory context: nothing, if
 * its endpoint is not documented.  Raises what dcf_catalogue_load() raises.
 */
extern DcfParameterHint *dcf_parameter_hint_start(const DcfRelation *relation);

/*
 * The right side of "column = ..." that would run: the first legal value or
 * the documentation's example if there is one; else some value of the type.
 * palloc'd.
 */
extern char *dcf_parameter_hint_example(const DcfParameterHint *param_hint,
										const DcfColumn *column);

/*
 * Whether the column is sent as the end of a period: the service may count the
 * whole of that day, so the example is the last day of a month.
 */
extern bool dcf_parameter_hint_is_end(const DcfColumn *column);

/*
 * A sentence about the values of a column that is sent, such as "hide_rebates
 * is 1 (include) or -1 (exclude)", without a full stop; NULL where there is
 * nothing to tell.  palloc'd.
 */
extern char *dcf_parameter_hint_values(const DcfParameterHint *param_hint,
									   const DcfColumn *column);

/*
 * Sentences about the legal values of the parameters that a request sent, those
 * first whose value is none of them: "hide_rebates is 1 (include) or -1
 * (exclude), not "0"."  Of a few parameters; NULL where nothing is known of any.
 * palloc'd.  Raises what dcf_catalogue_load() raises.
 */
extern char *dcf_parameter_hint_refused(const DcfRelation *relation,
										const DcfRequest *request);

#endif /* DCF_PARAMETER_HINT_H */
