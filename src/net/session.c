/*
 * session.c
 *	  The sessions of this backend.  See session.h.
 *
 * A session that ALTER, DROP or a new secret has made stale is not given out again.
 * It ends when nobody holds it any more.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "base/wipe.h"
#include "session_private.h"

/* Least number of idle connections to keep, for scans that are open together. */
#define MIN_IDLE_CONNECTIONS 8

/* Holds a session until its memory context is reset. */
typedef struct Holder
{
	MemoryContextCallback release;
	DcfSession *session;
} Holder;

/* All sessions of this backend, stale ones included. */
static dlist_head sessions = DLIST_STATIC_INIT(sessions);

/* Number of calls of mark_stale(). */
static uint64 invalidations = 0;

/*
 * Syscache callback: the options of a server or user mapping, or of all (hash value
 * 0), may have changed.
 */
static void
mark_stale(Datum arg, int cacheid, uint32 hashvalue)
{
	dlist_iter iter;

	invalidations++;
	dlist_foreach(iter, &sessions)
	{
		DcfSession *session = dlist_container(DcfSession, node, iter.cur);

		if (hashvalue == 0 ||
			(cacheid == FOREIGNSERVEROID &&
			 session->server_hash == hashvalue) ||
			(cacheid == USERMAPPINGOID && session->mapping_hash == hashvalue))
			session->stale = true;
	}
}

/* Register the callbacks once per backend. */
static void
init_sessions(void)
{
	static bool initialized = false;

	if (initialized)
		return;
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, mark_stale, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, mark_stale, (Datum) 0);
	initialized = true;
}

static void
end_session(DcfSession *session)
{
	dlist_delete(&session->node);
	MemoryContextDelete(session->context);
}

/* Reset callback of a holder: the last one ends a stale session. */
static void
release_holder(void *arg)
{
	DcfSession *session = ((Holder *) arg)->session;

	if (--session->holders == 0 && session->stale)
		end_session(session);
}

/* Hold a session until cxt is reset. */
static void
hold(DcfSession *session, MemoryContext cxt)
{
	Holder *holder = MemoryContextAllocZero(cxt, sizeof(Holder));

	holder->session = session;
	holder->release.func = release_holder;
	holder->release.arg = holder;
	session->holders++;
	MemoryContextRegisterResetCallback(cxt, &holder->release);
}

static DcfSession *
find_unused_stale_session(void)
{
	dlist_iter iter;

	dlist_foreach(iter, &sessions)
	{
		DcfSession *session = dlist_container(DcfSession, node, iter.cur);

		if (session->stale && session->holders == 0)
			return session;
	}
	return NULL;
}

/*
 * End stale sessions here, as mark_stale() may not free anything.  One may end its
 * successor, too.
 */
static void
end_unused_stale_sessions(void)
{
	DcfSession *session;

	while ((session = find_unused_stale_session()) != NULL)
		end_session(session);
}

/* The session of a user mapping that is not stale, NULL if there is none. */
static DcfSession *
find_session(Oid umid)
{
	dlist_iter iter;

	dlist_foreach(iter, &sessions)
	{
		DcfSession *session = dlist_container(DcfSession, node, iter.cur);

		if (session->umid == umid && !session->stale)
			return session;
	}
	return NULL;
}

/*
 * The user of a mapping, InvalidOid for PUBLIC.  UserMapping.userid is the user for
 * whom the mapping was looked up.
 */
static Oid
user_of_mapping(const UserMapping *mapping)
{
	return SearchSysCacheExists2(USERMAPPINGUSERSERVER,
								 ObjectIdGetDatum(mapping->userid),
								 ObjectIdGetDatum(mapping->serverid)) ?
		mapping->userid :
		InvalidOid;
}

/*
 * Create a session.  Its context is moved below CacheMemoryContext once nothing
 * can fail any more.  If options change during the creation, the session is stale
 * from the start.
 */
static DcfSession *
create_session(Oid serverid, const UserMapping *mapping)
{
	UserMapping *own;
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw session",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	DcfSession *session = palloc0(sizeof(DcfSession));
	uint64 before = invalidations;

	session->context = context;
	session->umid = mapping->umid;
	session->serverid = serverid;
	session->userid = user_of_mapping(mapping);
	session->server_hash =
		GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(serverid));
	session->mapping_hash =
		GetSysCacheHashValue1(USERMAPPINGOID, ObjectIdGetDatum(mapping->umid));
	session->options = dcf_option_server(GetForeignServer(serverid));
	own = GetUserMapping(mapping->userid, serverid);
	session->user = dcf_option_user(own);
	dcf_wipe_options(own->options);
	session->token = dcf_token_create(session->options, session->user);
	session->limiter = dcf_limiter_create(serverid, session->userid,
										  session->options, session->user);
	session->pool =
		dcf_http_pool_create(Max(session->options->max_concurrency,
								 MIN_IDLE_CONNECTIONS),
							 session->options->max_concurrency, context);

	session->stale = before != invalidations;
	MemoryContextSetParent(context, CacheMemoryContext);
	MemoryContextSwitchTo(old);
	dlist_push_tail(&sessions, &session->node);
	return session;
}

/*
 * Replace a session by one with the secrets that its files have now.  NULL if options
 * change at the same time: the request under way is made from the old ones.
 */
static DcfSession *
replace_session(DcfSession *session)
{
	UserMapping *mapping = GetUserMapping(session->userid, session->serverid);
	DcfSession *successor;

	dcf_wipe_options(mapping->options);
	successor = create_session(session->serverid, mapping);
	if (successor->stale || session->stale)
		return NULL;
	hold(successor, session->context);
	session->successor = successor;
	session->stale = true;
	return successor;
}

/* The last of the sessions that replaced one another. */
static DcfSession *
find_last(DcfSession *session)
{
	while (session->successor)
		session = session->successor;
	return session;
}

DcfSession *
dcf_session_current(DcfSession *session)
{
	DcfSession *last = find_last(session);
	DcfSession *successor = NULL;

	if (!last->stale && dcf_option_has_new_secrets(last->user, false))
		successor = replace_session(last);
	return successor ? successor : last;
}

DcfSession *
dcf_session_renew(DcfSession *session)
{
	DcfSession *last = find_last(session);

	/* Another request may have found new secrets in the meantime. */
	if (last != session)
		return last;
	if (last->stale || !dcf_option_has_new_secrets(last->user, true))
		return NULL;
	return replace_session(last);
}

/* As in postgres_fdw: only a superuser may allow access without credentials. */
static void
check_credentials(const DcfSession *session, Oid userid)
{
	if (superuser_arg(userid) || !session->user->password_required ||
		dcf_token_is_given(session->user))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED),
			 errmsg("credentials are required"),
			 errdetail("The user mapping of a user who is not a superuser "
					   "must have the option \"token\", or \"username\" and "
					   "\"password\"."),
			 errhint(
				 "Set them, or have a superuser set "
				 "\"password_required\" to 'false' on the user mapping.")));
}

DcfSession *
dcf_session_get(Oid serverid, Oid userid, MemoryContext cxt)
{
	UserMapping *mapping = GetUserMapping(userid, serverid);
	DcfSession *session;

	/* Only the mapping's OID is needed here, not its secrets. */
	dcf_wipe_options(mapping->options);
	init_sessions();
	end_unused_stale_sessions();
	session = find_session(mapping->umid);
	if (session == NULL)
		session = create_session(serverid, mapping);
	else
		session = dcf_session_current(session);
	check_credentials(session, userid);
	hold(session, cxt);
	return session;
}

const DcfServerOptions *
dcf_session_options(const DcfSession *session)
{
	return session->options;
}
