/*
 * compat_setting.h
 *	  The differences between PostgreSQL 15 and 19 in the table of settings.
 *
 * They are not in compat.h because utils/guc_tables.h declares many names, which
 * differ between releases, and most modules get compat.h.
 */
#ifndef DCF_COMPAT_SETTING_H
#define DCF_COMPAT_SETTING_H

#include "postgres.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

/*
 * A setting, also one that is not defined yet but has been given a value; or NULL.
 * 16: find_option(); before, only all settings can be had.
 */
static inline struct config_generic *
dcf_compat_find_setting(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, true, DEBUG1);
#else
	struct config_generic **settings = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (pg_strcasecmp(settings[i]->name, name) == 0)
			return settings[i];
	return NULL;
#endif
}

#endif /* DCF_COMPAT_SETTING_H */
