/*
 * copy.h
 *	  Copies of replies, which all sessions share.
 *
 * A copy is the body of one complete reply, compressed, in a file.  It is found
 * by its key: the service, the account, and what the request asks for.  If the
 * library is preloaded, all backends of the cluster share the copies.  Otherwise
 * each backend has its own, until it exits.
 *
 * A DcfCopy is what one reply does with a copy: read it, wait for the session that
 * is fetching it, or fetch it.  It is stepped and planned like an exchange
 * (exchange.h), and never waits by itself.  Whatever fails here (a full disk, a
 * damaged file) is logged, and the request is sent as if there were no copies.
 * Only dcf_copy_open(), dcf_copy_step() and dcf_copy_open_stale() may raise: for an
 * interrupt, or for lack of memory.
 *
 * One session fetches, the others wait: those whose max_age is above 0.  The
 * fetching session is attended while it waits for the first byte of the body
 * (dcf_copy_plan()), and after that as long as bytes come (dcf_copy_put()).  Once
 * it has not been for a second, one of those who wait fetches, too.  Whoever is
 * complete first publishes; a copy is never replaced by an older one.  A session
 * that has waited in vain twice fetches without waiting, so that failures do not
 * add up.
 */
#ifndef DCF_COPY_H
#define DCF_COPY_H

#include "postgres.h"
#include "utils/timestamp.h"

#include "base/shared.h"
#include "base/wait.h"
#include "net/inflate.h"
#include "net/session.h"
#include "options/option.h"
#include "request/request.h"

typedef struct DcfCopy DcfCopy;

/* Define the setting cache_size, and request the shared memory; by _PG_init(). */
extern void dcf_copy_init(void);

/*
 * The key of a request's copy: scheme, host, port and path of the option url, how
 * the host is reached (proxy, certificates), all credentials, the endpoint, the
 * format and the parameters, in any order and with names in any case.  Method,
 * table and preferred endpoint do not matter.  The request must have no
 * placeholders.
 */
extern DcfSharedKey dcf_copy_key(const DcfServerOptions *server,
								 const DcfUserOptions *user,
								 const DcfRequest *request);

/* The same, by the options of a session. */
extern DcfSharedKey dcf_copy_session_key(const DcfSession *session,
										 const DcfRequest *request);

/*
 * The age of the copy in ms; -1 if there is none.  For EXPLAIN and estimates: it
 * only looks, so the copy may be gone in the next moment.  Does not raise.
 */
extern int64 dcf_copy_age(const DcfSharedKey *key);

/*
 * One use of the copy of a request, which lives in cxt.  It ends when cxt is reset,
 * when the current resource owner is released, or by dcf_copy_close(): an
 * unfinished fetch is given up, and a copy that is read may be removed.  session and
 * request must live as long.
 *
 * max_age_ms says how old a copy may be that is read: a reply that began to arrive
 * earlier than so long before the first step is asked for anew.  0 never reads or
 * waits; it fetches, and replaces the copy for all.
 */
extern DcfCopy *dcf_copy_open(const DcfSession *session,
							  const DcfRequest *request, int64 max_age_ms,
							  MemoryContext cxt);

typedef enum DcfCopyStatus
{
	DCF_COPY_LATER, /* another session is fetching it */
	DCF_COPY_HIT,	/* to be read; the whole file was checked */
	DCF_COPY_FETCH, /* to be fetched: send the request, and begin, put and keep */
	DCF_COPY_NONE /* send the request; no copy is made of the reply */
} DcfCopyStatus;

/*
 * Go on without waiting.  After LATER: plan, dcf_wait(), and step again; another
 * result is final, except that a fetch may become NONE.  The caller's own time-out
 * counts while it waits.
 *
 * NONE: cache_size is 0, this backend is fetching the same, no entry or descriptor
 * is free, or the directory cannot be used.
 */
extern DcfCopyStatus dcf_copy_step(DcfCopy *copy);

/* Whether it has ever waited for another session. */
extern bool dcf_copy_has_waited(const DcfCopy *copy);

/*
 * Take part in the next dcf_wait().  After LATER: until the fetch ends, which sets
 * the latch, or is no longer attended.  While fetching: to be called before each
 * wait; until the first byte has come it says that the session attends, and has
 * the wait end within 500 ms.  Otherwise a no-op.  There is no dcf_copy_waited().
 */
extern void dcf_copy_plan(DcfCopy *copy, DcfWaitPlan *plan);

/*
 * While fetching: whether the request now waits for a slot of the limiter.  A backend
 * that has a slot does not wait for such a fetch, which may wait for that slot.  A
 * no-op otherwise; does not raise.
 */
extern void dcf_copy_note_queued(DcfCopy *copy, bool queued);

/* How the body of a reply came, or how that of a copy is stored. */
typedef struct DcfCopyHead
{
	DcfInflateFormat format; /* a copy is never DCF_INFLATE_NONE: a plain body
							  * is stored as gzip */
	TimestampTz fetched_at;	 /* when the reply began to arrive */
	char content_type[128];	 /* of the HTTP head, as received; "" for none */
} DcfCopyHead;

/*
 * After FETCH, and no-ops otherwise.  They do not raise.
 *
 * begin: the reply has status 200, and this head.  Tries before this one leave no
 * trace; if begun again, the bytes so far are dropped.  head is copied.
 * put: bytes of the body as received, each once and in order, before any decoding.
 * keep: the body was complete and well-formed, and had so many records (-1:
 * unknown); all others see the copy from now on, and those who wait are woken.
 * give_up: there will be no copy; those who wait are woken, and one of them
 * fetches.  dcf_copy_close() and the end of cxt give up, too.
 */
extern void dcf_copy_begin(DcfCopy *copy, const DcfCopyHead *head);
extern void dcf_copy_put(DcfCopy *copy, const char *bytes, size_t len);
extern void dcf_copy_keep(DcfCopy *copy, int64 records);
extern void dcf_copy_give_up(DcfCopy *copy);

/*
 * The service could not answer: if there is a sound copy no older than max_age_ms
 * by now, open it as after DCF_COPY_HIT.  False if not.  A fetch is given up in any
 * case.
 */
extern bool dcf_copy_open_stale(DcfCopy *copy, int64 max_age_ms);

/* After DCF_COPY_HIT, or once it is opened as stale: its head, as long as it lives. */
extern const DcfCopyHead *dcf_copy_head(const DcfCopy *copy);

/* How long ago the reply began to arrive, in ms; never negative. */
extern int64 dcf_copy_opened_age(const DcfCopy *copy);

/*
 * The next bytes of the body, at most size.  Returns their number, 0 at the end, and
 * -1 (which is logged) if the file cannot be read any more.
 */
extern ssize_t dcf_copy_read(DcfCopy *copy, char *bytes, size_t size);

/* End the use of the copy now; copy may not be used any more. */
extern void dcf_copy_close(DcfCopy *copy);

/* The state of a copy, for dataconnect_cache. */
typedef struct DcfCopyState
{
	Oid databaseid; /* these three are of the session that fetched it */
	Oid serverid;
	Oid userid; /* of the mapping; InvalidOid for PUBLIC */
	bool shared;
	bool fetching; /* not complete yet; some of the next are unknown */
	char *request; /* as dcf_request_show(), or NULL if it cannot be read */
	uint64 bytes;  /* of the file so far */
	int64 records; /* -1: unknown */
	TimestampTz fetched_at; /* 0: nothing has arrived yet */
	int64 hits;
	int readers; /* that have it open now */
	int waiting; /* sessions that wait for the fetch */
} DcfCopyState;

/* Which copies to look at; arg is the caller's. */
typedef bool (*DcfCopyFilter)(const DcfCopyState *state, void *arg);

/*
 * The states of all copies in shared memory, or of this backend, for which the
 * filter is true (request is not yet set when it is called); palloc'd.
 */
extern DcfCopyState *dcf_copy_states(DcfCopyFilter filter, void *arg, int *n);

/* What to drop. */
typedef struct DcfCopyScope
{
	const DcfServerOptions *server; /* of its service; NULL: of all */
	Oid serverid;			/* or fetched for this server of this database */
	const char *endpoint;	/* as in a request, or NULL: all */
	DcfCopyFilter may_drop; /* and for which this is true */
	void *arg;
} DcfCopyScope;

/*
 * Forget the copies in a scope; one that is being read or fetched now is used to
 * its end by those who have it, but by nobody else.  Returns how many.
 */
extern int64 dcf_copy_drop(const DcfCopyScope *scope);

#endif /* DCF_COPY_H */
