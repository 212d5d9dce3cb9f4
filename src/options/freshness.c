/*
 * freshness.c
 *	  How old the rows of a table may be.  See freshness.h.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "options/freshness.h"

/* Values of the settings: milliseconds, or -1. */
static int max_age_setting = -1;
static int stale_if_error_setting = -1;

void
dcf_freshness_init(void)
{
	DefineCustomIntVariable(
		"dataconnect_fdw.max_age",
		"Sets the largest age of a copy of a reply that is read instead of asking the service.",
		"-1 uses the option of the table or server; 0 always asks, and replaces the copy.",
		&max_age_setting, -1, -1, INT_MAX, PGC_USERSET, GUC_UNIT_MS, NULL,
		NULL, NULL);
	DefineCustomIntVariable(
		"dataconnect_fdw.stale_if_error",
		"Sets the largest age of a copy of a reply that is read if the service cannot answer.",
		"-1 uses the option of the table or server; 0 reads none.",
		&stale_if_error_setting, -1, -1, INT_MAX, PGC_USERSET, GUC_UNIT_MS,
		NULL, NULL, NULL);
}

DcfFreshness
dcf_freshness_of(const DcfTableOptions *table)
{
	DcfFreshness freshness = {.max_age = table->max_age,
							  .stale_if_error = table->stale_if_error};

	if (max_age_setting >= 0)
		freshness.max_age = max_age_setting;
	if (stale_if_error_setting >= 0)
		freshness.stale_if_error = stale_if_error_setting;
	freshness.keeps = max_age_setting >= 0 || table->max_age > 0 ||
		table->stale_if_error > 0 || freshness.stale_if_error > 0;
	return freshness;
}
