/*
 * session_facts.c
 *	  What is known of a session.  See session_facts.h.
 */
#include "postgres.h"

#include "net/session_facts.h"
#include "session_private.h"

static DcfLogIn
find_log_in(const DcfUserOptions *user)
{
	if (user->token)
		return DCF_LOG_IN_TOKEN;
	if (!dcf_token_is_given(user))
		return DCF_LOG_IN_NONE;
	return user->client_id && user->client_secret ? DCF_LOG_IN_SERVICE :
													DCF_LOG_IN_BASIC;
}

/* The options that name a file (char *, static). */
static List *
list_files(const DcfUserOptions *user)
{
	List *files = NIL;

	if (user->token_file)
		files = lappend(files, "token_file");
	if (user->password_file)
		files = lappend(files, "password_file");
	if (user->client_secret_file)
		files = lappend(files, "client_secret_file");
	return files;
}

/* Find the account in the limiter; that of all sessions comes first. */
static bool
find_requests(const DcfLimiter *limiter, DcfLimiterState *found)
{
	int n;
	const DcfLimiterState *states = dcf_limiter_states(&n);

	for (int i = 0; i < n; i++)
	{
		if (!dcf_limiter_has_state(limiter, &states[i]))
			continue;
		*found = states[i];
		return true;
	}
	return false;
}

void
dcf_session_facts_get(DcfSession *session, DcfSessionFacts *facts)
{
	while (session->successor)
		session = session->successor;
	memset(facts, 0, sizeof(DcfSessionFacts));
	facts->userid = session->userid;
	facts->log_in = find_log_in(session->user);
	facts->files = list_files(session->user);
	dcf_token_describe(session->token, &facts->token);
	facts->cookies = dcf_http_cookie_names(session->pool);
	facts->counted = find_requests(session->limiter, &facts->requests);
}
