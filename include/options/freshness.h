/*
 * freshness.h
 *	  How old the rows of a table may be: its options "max_age" and
 *	  "stale_if_error", and the setting dataconnect_fdw.max_age.
 */
#ifndef DCF_FRESHNESS_H
#define DCF_FRESHNESS_H

#include "postgres.h"

#include "options/option.h"

/* All times in milliseconds. */
typedef struct DcfFreshness
{
	/*
	 * Whether replies are kept as copies.  If not, no copy is looked for,
	 * either, and both ages are 0.
	 */
	bool keeps;
	int max_age; /* largest age of a copy; 0: ask anew, and replace it */
	int stale_if_error; /* the same if the service cannot answer; 0: none */
} DcfFreshness;

/* Define the setting. */
extern void dcf_freshness_init(void);

/*
 * What applies to queries of a table now.  The setting replaces the option
 * max_age, unless it is -1.  A setting of 0 keeps the reply, too, so that a
 * refresh on purpose replaces the copy for all; only max_age 0,
 * stale_if_error 0 and a setting of -1 together keep nothing.
 */
extern DcfFreshness dcf_freshness_of(const DcfTableOptions *table);

#endif /* DCF_FRESHNESS_H */
