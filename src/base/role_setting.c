/*
 * role_setting.c
 *	  Settings that bind a role.  See role_setting.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "base/role_setting.h"
#include "compat_setting.h"

/* The setting being defined has taken a value that it had at the session's start. */
static bool accepted = false;

/* A setting whose value at the start of the session was dropped; or NULL. */
static const char *dropped = NULL;

/*
 * A GucIntCheckHook: called for the initial value, and for each valid one.  A SET, also
 * of a function, is no value of the start, and its end leaves the one that was dropped.
 */
static bool
note_accepted(int *newval, void **extra, GucSource source)
{
	if (source > PGC_S_DEFAULT && source <= PGC_S_OVERRIDE)
		accepted = true;
	return true;
}

/* Whether the session has begun with a value for a setting that is not defined yet. */
static bool
began_with_value(const char *name)
{
	const struct config_generic *setting;

	if (process_shared_preload_libraries_in_progress)
		return false;
	setting = dcf_compat_find_setting(name);
	/* A mere SET leaves nothing to go back to; an empty value is one. */
	return setting && setting->reset_source > PGC_S_DEFAULT;
}

void
dcf_role_setting_define(const char *name, const char *description,
						const char *more, int *value, int initial, int min,
						int max, int flags)
{
	bool began = began_with_value(name);

	accepted = false;
	DefineCustomIntVariable(name, description, more, value, initial, min, max,
							PGC_SUSET, flags, note_accepted, NULL, NULL);
	if (began && !accepted)
		dropped = name;
}

void
dcf_role_setting_check(void)
{
	if (dropped == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to set parameter \"%s\"", dropped),
			 errdetail(
				 "The session began with a value for it that the role may "
				 "not set, or that is not valid."),
			 errhint("Remove it from the options of the connection.")));
}
