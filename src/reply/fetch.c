/*
 * fetch.c
 *	  Rows of several requests at the same time.  See fetch.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "net/session.h"
#include "net/status.h"
#include "record.h"
#include "reply/fetch.h"
#include "reply/reply.h"
#include "reply/reply_stats.h"
#include "request/parameter_hint.h"
#include "request/request.h"

typedef struct Fetch Fetch;

/* One request under way.  A lane is used for one after the other. */
typedef struct Lane
{
	const Fetch *fetch;
	MemoryContext context; /* of the request and its reply */
	DcfRecordReader *reader;
	DcfBoundRequest *bound;
	DcfRequest *request;
	DcfRequestSize reqsize; /* of what is asked */
	DcfReply *reply;
	bool begun; /* the reply has: its reader is attached */
} Lane;

struct Fetch
{
	DcfRowSource base; /* has to be first */
	MemoryContext context;
	DcfRowStats own_stats;	   /* where nobody else counts */
	DcfRequest *fixed;		   /* the only request, or NULL */
	const char *hint;		   /* for it, or NULL */
	Bitmapset *sent;		   /* fetched parameter columns, by attnum */
	DcfSession *session;	   /* from the first request on */
	MemoryContext set_context; /* of the requests, and their values */
	DcfRequestSet *set;		   /* NULL when not started */
	Lane **lanes;			   /* the first nlanes are in use */
	int nlanes;
	int nmade;	/* how many there are */
	int width;	/* how many may be in use */
	int latest; /* index of the lane last read from */
	Lane *lane; /* to read from, or NULL: to be chosen */
};

static void start(DcfRowSource *source, const DcfBoundValue *values);
static DcfRowStatus next(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);
static List *list_replies(const DcfRowSource *source);
static void stop(DcfRowSource *source);
static void add_open(const DcfRowSource *source, DcfRowStats *stats);
static Bitmapset *find_sent(const DcfRelation *relation,
							const DcfFdwPrivate *priv);
static DcfRowStatus choose_lane(Fetch *fetch, bool wait);
static void open_lanes(Fetch *fetch, bool wait);
static bool open_lane(Fetch *fetch, bool wait);
static bool is_table(const Fetch *fetch);
static char *give_hint(const void *arg, int status);
static Lane *get_lane(Fetch *fetch);
static void choose_request(Fetch *fetch, Lane *lane);
static bool is_too_much(const Fetch *fetch, const Lane *lane);
static bool begin_reply(Fetch *fetch, Lane *lane);
static Lane *find_ready(Fetch *fetch);
static void wait_for_any(Fetch *fetch);
static void end_lane(Fetch *fetch, Lane *lane, bool whole);
static void teach(const Fetch *fetch, const Lane *lane, bool whole);
static void count_reply(const Lane *lane, DcfRowStats *stats);
static void fill_sent(const Fetch *fetch, Datum *values, bool *isnull);

static const DcfRowSourceRoutine routine = {.start = start,
											.next = next,
											.replies = list_replies,
											.stop = stop,
											.end = stop,
											.add_open = add_open};

DcfRowSource *
dcf_fetch_create(const DcfRelation *relation, const DcfFdwPrivate *priv,
				 Oid userid, DcfWarned *warned, DcfRowStats *stats)
{
	Fetch *fetch = palloc0(sizeof(Fetch));

	fetch->base.routine = &routine;
	fetch->base.relation = relation;
	fetch->base.priv = priv;
	fetch->base.userid = userid;
	fetch->base.warned = warned ? warned : dcf_warned_create();
	fetch->base.stats = stats ? stats : &fetch->own_stats;
	fetch->own_stats.first_byte_ms = -1;
	fetch->context = CurrentMemoryContext;
	fetch->sent = find_sent(relation, priv);
	fetch->set_context =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw requests",
							  ALLOCSET_SMALL_SIZES);
	fetch->lanes = palloc0(sizeof(Lane *) * relation->server->max_concurrency);
	return &fetch->base;
}

DcfRowSource *
dcf_fetch_create_fixed(const DcfRelation *relation, DcfRequest *request,
					   const char *hint, Oid userid)
{
	DcfFdwPrivate *priv = palloc0(sizeof(DcfFdwPrivate));
	Fetch *fetch;

	if (relation->natts > 0)
		priv->fetched = bms_add_range(NULL, 1, relation->natts);
	fetch = (Fetch *) dcf_fetch_create(relation, priv, userid, NULL, NULL);
	fetch->fixed = request;
	fetch->hint = hint;
	return &fetch->base;
}

static Bitmapset *
find_sent(const DcfRelation *relation, const DcfFdwPrivate *priv)
{
	Bitmapset *sent = NULL;

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i].kind == DCF_COLUMN_PARAMETER &&
			bms_is_member(i + 1, priv->fetched))
			sent = bms_add_member(sent, i + 1);
	return sent;
}

static void
start(DcfRowSource *source, const DcfBoundValue *values)
{
	Fetch *fetch = (Fetch *) source;
	MemoryContext old = MemoryContextSwitchTo(fetch->set_context);

	fetch->set = fetch->fixed ?
		dcf_bind_create_fixed(source->relation, fetch->fixed, fetch->hint) :
		dcf_bind_create(source->relation, source->priv,
						dcf_bind_copy_values(source->priv, values), false);
	MemoryContextSwitchTo(old);
	fetch->width =
		source->priv->all_rows ? source->relation->server->max_concurrency : 1;

	/* Where nothing can match, not even credentials are called for. */
	if (!fetch->session && dcf_bind_has_next(fetch->set))
		fetch->session = dcf_session_get(source->relation->serverid,
										 source->userid, fetch->context);
}

static DcfRowStatus
next(DcfRowSource *source, bool wait, TupleTableSlot **slot)
{
	Fetch *fetch = (Fetch *) source;
	Datum *values = (*slot)->tts_values;
	bool *isnull = (*slot)->tts_isnull;

	for (;;)
	{
		Lane *lane = fetch->lane;

		if (!lane)
		{
			DcfRowStatus status = choose_lane(fetch, wait);

			if (status != DCF_ROW_READY)
				return status;
			lane = fetch->lane;
		}
		MemoryContextReset(CurrentMemoryContext);
		memset(isnull, true, sizeof(bool) * fetch->base.relation->natts);
		switch (dcf_record_next(lane->reader, wait && fetch->nlanes == 1,
								values, isnull))
		{
			case DCF_RECORD_ROW:
				if (!dcf_bind_owns_row(lane->bound, values, isnull))
					break;
				fill_sent(fetch, values, isnull);
				ExecStoreVirtualTuple(*slot);
				return DCF_ROW_READY;
			case DCF_RECORD_END:
				end_lane(fetch, lane, true);
				fetch->width =
					Min(fetch->width * 2,
						fetch->base.relation->server->max_concurrency);
				break;
			case DCF_RECORD_LATER:
				fetch->lane = NULL;
				break;
		}
	}
}

/* DCF_ROW_READY if there is a lane to read from. */
static DcfRowStatus
choose_lane(Fetch *fetch, bool wait)
{
	for (;;)
	{
		Lane *lane;

		open_lanes(fetch, wait);
		if (fetch->nlanes == 0)
			return dcf_bind_has_next(fetch->set) ? DCF_ROW_LATER : DCF_ROW_END;
		lane =
			wait && fetch->nlanes == 1 ? fetch->lanes[0] : find_ready(fetch);
		if (lane && !lane->begun && !begin_reply(fetch, lane))
			continue;
		if (lane)
		{
			fetch->lane = lane;
			return DCF_ROW_READY;
		}
		if (!wait)
			return DCF_ROW_LATER;
		wait_for_any(fetch);
	}
}

/* Send as many requests as may be under way. */
static void
open_lanes(Fetch *fetch, bool wait)
{
	while (fetch->nlanes < fetch->width && dcf_bind_has_next(fetch->set) &&
		   open_lane(fetch, wait && fetch->nlanes == 0))
		;
}

/* False if there is no room for a request, which nobody waits for yet. */
static bool
open_lane(Fetch *fetch, bool wait)
{
	Lane *lane = get_lane(fetch);
	DcfLimiterSlot *slot = NULL;
	MemoryContext old;

	if (!wait)
	{
		slot = dcf_session_try_slot(fetch->session,
									fetch->base.relation->table->endpoint,
									lane->context);
		if (!slot)
		{
			MemoryContextReset(lane->context);
			return false;
		}
	}
	old = MemoryContextSwitchTo(lane->context);
	choose_request(fetch, lane);
	lane->request = dcf_bind_request(lane->bound);
	lane->reply =
		dcf_reply_begin(fetch->session, lane->request,
						is_table(fetch) ? fetch->base.relation->relname : NULL,
						&(DcfHinter){give_hint, lane},
						dcf_bind_can_halve(lane->bound), slot, lane->context);
	MemoryContextSwitchTo(old);
	fetch->nlanes++;
	fetch->base.stats->at_once =
		Max(fetch->base.stats->at_once, fetch->nlanes);
	return true;
}

/* A question of the wrapper's own has no table to name in messages. */
static bool
is_table(const Fetch *fetch)
{
	return OidIsValid(fetch->base.relation->relid);
}

/* The DcfHinter of a lane's request. */
static char *
give_hint(const void *arg, int status)
{
	const Lane *lane = arg;

	if (status == DCF_STATUS_TOO_MUCH)
		return dcf_bind_narrow_hint(lane->fetch->set);
	if (status == DCF_STATUS_BAD_VALUE && is_table(lane->fetch))
		return dcf_parameter_hint_refused(lane->fetch->base.relation,
										  lane->request);
	return NULL;
}

/* The first one that is not in use. */
static Lane *
get_lane(Fetch *fetch)
{
	Lane *lane = fetch->lanes[fetch->nlanes];
	MemoryContext old;

	if (lane)
		return lane;
	old = MemoryContextSwitchTo(fetch->context);
	lane = palloc0(sizeof(Lane));
	lane->fetch = fetch;
	lane->context =
		AllocSetContextCreate(fetch->context, "dataconnect_fdw reply",
							  ALLOCSET_SMALL_SIZES);
	lane->reader =
		dcf_record_create(fetch->base.relation, fetch->base.priv->fetched,
						  fetch->base.warned);
	fetch->lanes[fetch->nlanes] = lane;
	MemoryContextSwitchTo(old);
	return lane;
}

/* The next one; what is expected to be too much is halved at once. */
static void
choose_request(Fetch *fetch, Lane *lane)
{
	for (;;)
	{
		lane->bound = dcf_bind_next(fetch->set);
		dcf_bind_request_size(lane->bound, false, &lane->reqsize);
		if (!is_too_much(fetch, lane))
			return;
		fetch->base.stats->halved_early++;
		dcf_bind_halve(fetch->set, lane->bound);
	}
}

/*
 * Whether the request, of which halves can be asked for, is expected to return
 * more records than the service allows.  Of a part that is in proportion to the
 * whole, so that halves are always less.
 */
static bool
is_too_much(const Fetch *fetch, const Lane *lane)
{
	double max_rows = fetch->base.relation->server->max_rows;
	DcfRequestSize whole;
	double part;

	if (!dcf_bind_can_halve(lane->bound))
		return false;
	dcf_bind_request_size(lane->bound, true, &whole);
	part = dcf_request_size_part(&lane->reqsize, &whole);
	if (fetch->base.priv->source == DCF_ESTIMATE_REMOTE)
		return fetch->base.priv->rows_per_request * part > max_rows;
	return dcf_reply_stats_records(fetch->base.relation, &whole) * part >
		max_rows;
}

/* False if the request has to be asked in halves, which come next. */
static bool
begin_reply(Fetch *fetch, Lane *lane)
{
	DcfRowStats *stats = fetch->base.stats;
	DcfReplyCounters reply;

	if (!dcf_reply_await(lane->reply))
	{
		dcf_bind_halve(fetch->set, lane->bound);
		stats->requests++;
		stats->halved++;
		dcf_reply_close(lane->reply);
		lane->reply = NULL;
		end_lane(fetch, lane, false);
		return false;
	}
	dcf_record_attach(lane->reader, lane->reply);
	lane->begun = true;
	dcf_reply_counters(lane->reply, &reply);
	if (stats->first_byte_ms < 0)
		stats->first_byte_ms = reply.http.first_byte_ms;
	return true;
}

/* The next one in turn, so that none is forgotten; or NULL. */
static Lane *
find_ready(Fetch *fetch)
{
	for (int i = 0; i < fetch->nlanes; i++)
	{
		int next = (fetch->latest + 1 + i) % fetch->nlanes;

		if (dcf_reply_is_ready(fetch->lanes[next]->reply))
		{
			fetch->latest = next;
			return fetch->lanes[next];
		}
	}
	return NULL;
}

static void
wait_for_any(Fetch *fetch)
{
	DcfRowSource *source = &fetch->base;

	(void) dcf_row_source_wait_any(&source, 1, true);
}

static List *
list_replies(const DcfRowSource *source)
{
	const Fetch *fetch = (const Fetch *) source;
	List *replies = NIL;

	for (int i = 0; i < fetch->nlanes; i++)
		replies = lappend(replies, fetch->lanes[i]->reply);
	return replies;
}

/*
 * The lane goes behind those in use.  whole: its reply was read to the end.
 */
static void
end_lane(Fetch *fetch, Lane *lane, bool whole)
{
	int i = 0;

	if (lane->reply)
	{
		count_reply(lane, fetch->base.stats);
		if (lane->begun && !fetch->fixed)
			teach(fetch, lane, whole);
		dcf_reply_close(lane->reply);
	}
	lane->reply = NULL;
	lane->bound = NULL;
	lane->begun = false;
	MemoryContextReset(lane->context);
	if (fetch->lane == lane)
		fetch->lane = NULL;

	while (fetch->lanes[i] != lane)
		i++;
	fetch->nlanes--;
	for (; i < fetch->nlanes; i++)
		fetch->lanes[i] = fetch->lanes[i + 1];
	fetch->lanes[fetch->nlanes] = lane;
}

/* What the reply tells of others. */
static void
teach(const Fetch *fetch, const Lane *lane, bool whole)
{
	DcfReplyCounters stats;
	DcfReplyFacts facts = {.whole = whole};

	dcf_reply_counters(lane->reply, &stats);
	facts.records = dcf_record_count(lane->reader);
	facts.bytes = dcf_record_bytes(lane->reader);
	facts.first_byte_ms = stats.http.first_byte_ms;
	dcf_reply_stats_teach(fetch->base.relation, &lane->reqsize, &facts);
}

static void
stop(DcfRowSource *source)
{
	Fetch *fetch = (Fetch *) source;

	while (fetch->nlanes > 0)
		end_lane(fetch, fetch->lanes[fetch->nlanes - 1], false);
	MemoryContextReset(fetch->set_context);
	fetch->set = NULL;
}

static void
count_reply(const Lane *lane, DcfRowStats *stats)
{
	DcfReplyCounters reply;

	dcf_reply_counters(lane->reply, &reply);
	stats->requests++;
	stats->retries += reply.tries - 1;
	stats->bytes_received += reply.http.bytes_received;
	stats->bytes_decoded += reply.http.bytes_decoded;
	if (!lane->begun)
		return;
	stats->records += dcf_record_count(lane->reader);
	stats->records_ahead += dcf_record_count_ahead(lane->reader);
}

static void
add_open(const DcfRowSource *source, DcfRowStats *stats)
{
	const Fetch *fetch = (const Fetch *) source;

	for (int i = 0; i < fetch->nlanes; i++)
		count_reply(fetch->lanes[i], stats);
}

static void
fill_sent(const Fetch *fetch, Datum *values, bool *isnull)
{
	int member = -1;

	while ((member = bms_next_member(fetch->sent, member)) >= 0)
		values[member - 1] =
			dcf_bind_sent(fetch->lane->bound, member, &isnull[member - 1]);
}
