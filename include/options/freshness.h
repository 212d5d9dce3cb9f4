/*
 * freshness.h
 *	  How old the rows of a table may be: its options "max_age" and
 *	  "stale_if_error", and the settings of these names.
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

/* Define the settings. */
extern void dcf_freshness_init(void);

/*
 * What applies to queries of a table now.  A setting replaces the option of its
 * name, unless it is -1.  A max_age of 0 keeps the reply, too, so that a refresh
 * on purpose replaces the copy for all.  So does an option stale_if_error that a
 * setting of 0 replaces: other queries may need the copy.  Only options of 0 and
 * settings that name no age keep nothing.
 */
extern DcfFreshness dcf_freshness_of(const DcfTableOptions *table);

#endif /* DCF_FRESHNESS_H */
