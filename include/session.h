/*
 * session.h
 *	  What is kept between statements for each (server, user mapping): the
 *	  pool of connections with its cookies, the token, the preferred endpoint;
 *	  and the way from a request to a reply under way.
 *
 * ALTER or DROP of the server or the mapping makes a session stale: scans that
 * hold it go on, the next one gets a new session.  Credentials go only to the
 * configured host (or, PreferredEndpoint, to one in the same registrable
 * domain or in allowed_hosts; the token service's get what that protocol
 * needs), and never over plain http to a host that is not loopback unless
 * allow_insecure_http is on.
 */
#ifndef DCF_SESSION_H
#define DCF_SESSION_H

#include "postgres.h"
#include "foreign/foreign.h"

#include "governor.h"
#include "http.h"
#include "option.h"
#include "request.h"

typedef struct DcfSession DcfSession;
typedef struct DcfReply DcfReply;

typedef struct DcfReplyStats
{
	int tries; /* requests sent, this one's first included */
	DcfHttpStats http;
} DcfReplyStats;

/*
 * The session for a server and the user whose mapping is used, made if need
 * be, held until cxt is reset.  Checks that a mapping of a non-superuser has
 * credentials (ERRCODE_S_R_E_PROHIBITED_SQL_STATEMENT_ATTEMPTED otherwise).
 * Sends nothing.
 */
extern DcfSession *dcf_session_get(Oid serverid, Oid userid,
								   MemoryContext cxt);

/* The server's options as this session has them. */
extern const DcfServerOptions *dcf_session_options(const DcfSession *session);

/*
 * The governor's leave for one more request of an endpoint, if it is to be had
 * at once; else NULL.  It is given back when cxt is reset.
 */
extern DcfSlot *dcf_session_try_slot(const DcfSession *session,
									 const char *endpoint, MemoryContext cxt);

/*
 * Who has a hint for a request that was refused.  give() gets the status and
 * returns the hint as DcfRefusal has it, palloc'd, or NULL; arg lives as long
 * as the reply.
 */
typedef struct DcfHinter
{
	char *(*give)(const void *arg, int status);
	const void *arg;
} DcfHinter;

/*
 * Send a request without waiting for its reply; but logs in first if need be,
 * and waits for the governor's leave unless slot has it (else NULL).
 *
 * relation is the foreign table's name for messages, or NULL.  hinter is copied
 * and may be NULL.  The reply lives in cxt.
 */
extern DcfReply *dcf_reply_begin(DcfSession *session,
								 const DcfRequest *request,
								 const char *relation, const DcfHinter *hinter,
								 bool may_ask_less, DcfSlot *slot,
								 MemoryContext cxt);

/*
 * Wait for a reply to begin, once: waits and tries again where that is right
 * (429, 502, 503, 504, pages with a status from 500 on, an empty body or an empty
 * XML table in its place, no connection: up to max_retries times,
 * with backoff, honouring Retry-After and X-RateLimit-ResetSeconds within
 * retry_max_wait; once after a 401 with a renewable token), and raises every
 * other status as the error it means.  But a 413 to a request that may_ask_less
 * is false: then the reply can only be closed.
 */
extern bool dcf_reply_await(DcfReply *reply);

/*
 * Whether the reply to be awaited has begun, or more bytes of an awaited one are
 * there: the next call need not wait for long, unless it tries again.
 */
extern bool dcf_reply_is_ready(const DcfReply *reply);

/* Whether no more of an awaited reply is to come over the network. */
extern bool dcf_reply_is_done(const DcfReply *reply);

/*
 * Wait until something happens to one of some replies, none of which is ready,
 * or only look; perhaps one is then.
 */
extern void dcf_reply_wait_any(DcfReply **replies, int n, bool wait);

/* As in http.h, of the reply's body. */
extern const char *dcf_reply_window(const DcfReply *reply, size_t *len);
extern void dcf_reply_consume(DcfReply *reply, size_t n);
extern bool dcf_reply_fill(DcfReply *reply);
extern bool dcf_reply_marks_end(const DcfReply *reply);
extern void dcf_reply_read_ahead(DcfReply *reply,
								 const struct DcfAheadReader *reader);
extern const void *dcf_reply_rows(const DcfReply *reply);
extern void dcf_reply_forget_rows(DcfReply *reply);

/* For messages: the Content-Type, made safe, palloc'd; "" if there is none. */
extern const char *dcf_reply_content_type(const DcfReply *reply);

extern void dcf_reply_stats(const DcfReply *reply, DcfReplyStats *stats);
extern void dcf_reply_close(DcfReply *reply);

#endif /* DCF_SESSION_H */
