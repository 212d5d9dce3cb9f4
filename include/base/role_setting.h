/*
 * role_setting.h
 *	  Settings that bind a role: only a superuser, or a role that was granted SET,
 *	  may change them, at whatever level.
 *
 * A library that is not preloaded defines its settings late.  By then a value that the
 * client has sent at the start of the session has replaced what ALTER ROLE, ALTER
 * DATABASE or postgresql.conf say.  PostgreSQL drops such a value if the role may not
 * set it, but the other one is lost.  So a session that began with a value that was
 * dropped must not do what the settings limit.
 */
#ifndef DCF_ROLE_SETTING_H
#define DCF_ROLE_SETTING_H

#include "postgres.h"

/* Define an integer setting.  flags are GUC_ flags; the texts must be static. */
extern void dcf_role_setting_define(const char *name, const char *description,
									const char *more, int *value, int initial,
									int min, int max, int flags);

/*
 * Raise ERRCODE_INSUFFICIENT_PRIVILEGE if the session began with a value that was
 * dropped.
 */
extern void dcf_role_setting_check(void);

#endif /* DCF_ROLE_SETTING_H */
