/*
 * copy_look.c
 *	  Looking for copies before a query runs.  See copy_look.h.
 */
#include "postgres.h"

#include "base/catch_error.h"
#include "net/copy.h"
#include "net/session.h"
#include "options/freshness.h"
#include "reply/copy_look.h"

/* Arguments and result of an attempt. */
typedef struct Attempt
{
	const DcfRelation *relation;
	const DcfFdwPrivate *priv;
	const DcfBoundValue *values;
	Oid userid;
	int max_age;
	DcfCopyLook *look;
} Attempt;

static void look_at_set(void *arg);
static void look_at(const Attempt *attempt, const DcfSession *session,
					const DcfRequest *request);

bool
dcf_copy_look(const DcfRelation *relation, const DcfFdwPrivate *priv,
			  const DcfBoundValue *values, Oid userid, DcfCopyLook *look)
{
	DcfFreshness freshness = dcf_freshness_of(relation->table);
	Attempt attempt = {relation,		  priv, values, userid,
					   freshness.max_age, look};

	memset(look, 0, sizeof(DcfCopyLook));
	return freshness.max_age > 0 &&
		dcf_catch_error(look_at_set, &attempt) == NULL;
}

/*
 * A DcfCatchErrorFn.  The session is found before a copy is looked for, because it
 * checks that the user may use the mapping.
 */
static void
look_at_set(void *arg)
{
	Attempt *attempt = arg;
	DcfSession *session =
		dcf_session_get(attempt->relation->serverid, attempt->userid,
						CurrentMemoryContext);
	DcfRequestSet *set = dcf_bind_create(attempt->relation, attempt->priv,
										 attempt->values, true);

	while (attempt->look->requests < DCF_COPY_LOOK_MAX &&
		   dcf_bind_has_next(set))
		look_at(attempt, session, dcf_bind_request(dcf_bind_next(set)));
}

/* Count the copy, if there is one, of the reply to a request. */
static void
look_at(const Attempt *attempt, const DcfSession *session,
		const DcfRequest *request)
{
	DcfSharedKey key = dcf_copy_session_key(session, request);
	DcfCopyLook *look = attempt->look;
	int64 age = dcf_copy_age(&key);

	look->requests++;
	if (age < 0)
		return;
	if (age <= attempt->max_age)
	{
		look->age = look->young > 0 ? Max(look->age, age) : age;
		look->young++;
		return;
	}
	if (look->young == 0)
		look->age = look->old > 0 ? Min(look->age, age) : age;
	look->old++;
}
