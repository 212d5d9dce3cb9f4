/*
 * fetch.c
 *	  The row source that sends requests.  See fetch.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"

#include "base/role_setting.h"
#include "net/session.h"
#include "net/status.h"
#include "origin.h"
#include "record.h"
#include "reply/fetch.h"
#include "reply/limit_plan.h"
#include "reply/reply.h"
#include "reply/reply_stats.h"
#include "reply/request_log.h"
#include "request/parameter_hint.h"
#include "request/request.h"

/* After so many rows, let the other requests go on. */
#define ROWS_PER_LOOK 1024

typedef struct Fetch Fetch;

/* Reads one request's reply at a time, and is used again for the next request. */
typedef struct Stream
{
	const Fetch *fetch;
	MemoryContext context; /* of the request and its reply */
	DcfRecordReader *reader;
	DcfBoundRequest *bound;
	DcfBindAsked
		*asked; /* what the request asks for, if rows outside are counted */
	DcfRequest *request;
	DcfRequestSize reqsize; /* how much the request asks for */
	DcfReply *reply;
	DcfOrigins *origins; /* NULL if none is fetched */
	bool begun;			 /* the reply has begun, and the reader reads it */
	bool fresh;			 /* and has not looked at its first bytes */
} Stream;

struct Fetch
{
	DcfRowSource base; /* has to be first */
	MemoryContext context;
	DcfRowStats own_stats;		/* if the caller has none */
	DcfRequest *fixed;			/* the only request, or NULL */
	const char *hint;			/* for it, or NULL */
	Bitmapset *sent;			/* fetched parameter columns, by attnum */
	DcfSession *session;		/* from the first request on */
	MemoryContext set_context;	/* of the set of requests, with its values */
	DcfRequestSet *set;			/* NULL when not started */
	DcfFreshness freshness;		/* of the set's replies */
	DcfRequestSubject *subject; /* from the first request on */
	DcfProgress *progress;		/* or NULL; in set_context, as the set */
	DcfProgressState finished;	/* what requests that have ended add to it */
	Stream **streams;			/* the first nstreams are in use */
	int nstreams;
	int width;		 /* how many streams may be in use */
	int latest;		 /* index of the stream last read from */
	int nbatches;	 /* number of the latest batch that was sent, + 1 */
	Stream *stream;	 /* to read from, or NULL: to be chosen */
	DcfReply *noted; /* has an error that was raised, or only logged; or NULL */
	uint64 nrows;	 /* returned, over all starts */
	uint64 planned;	 /* number of the last plan that it took part in */
};

static void start(DcfRowSource *source, const DcfBoundValue *values);
static DcfRowStatus next(DcfRowSource *source, bool wait,
						 TupleTableSlot **slot);
static int under_way(const DcfRowSource *source);
static bool is_busy(const DcfRowSource *source);
static bool plan(DcfRowSource *source, DcfLimiterClaim claim,
				 DcfWaitPlan *plan);
static void waited(DcfRowSource *source);
static void skip_batch(DcfRowSource *source, int batch);
static void stop(DcfRowSource *source);
static void add_open(const DcfRowSource *source, DcfRowStats *stats);
static Bitmapset *find_sent(const DcfRelation *relation,
							const DcfFdwPrivate *priv);
static void check_plan(const Fetch *fetch, const DcfBoundValue *values);
static void check_data(const Fetch *fetch);
static void count_data(const Stream *stream);
static inline DcfRowStatus read_row(Fetch *fetch, bool wait,
									TupleTableSlot **slot);
static DcfRowStatus choose_stream(Fetch *fetch, bool wait);
static void open_streams(Fetch *fetch);
static void open_stream(Fetch *fetch);
static bool may_open(const Fetch *fetch);
static bool has_entering(const Fetch *fetch);
static bool is_entering(const Stream *stream);
static bool is_table(const Fetch *fetch);
static char *give_hint(const void *arg, int status);
static Stream *get_stream(Fetch *fetch);
static void count_batch(Fetch *fetch, int batch);
static void next_request(Fetch *fetch, Stream *stream);
static bool exceeds_max_rows(const Fetch *fetch, const Stream *stream);
static bool step_stream(Fetch *fetch, Stream *stream);
static void step_streams(Fetch *fetch);
static Stream *find_ready(Fetch *fetch);
static int count_sent(const Fetch *fetch);
static bool finish_stream(Fetch *fetch, Stream *stream);
static bool has_batch(const Fetch *fetch, int batch);
static void widen(Fetch *fetch);
static void end_stream(Fetch *fetch, Stream *stream, bool whole);
static void add_to_reply_stats(const Fetch *fetch, const Stream *stream,
							   bool whole);
static void count_reply(const Stream *stream, DcfRowStats *stats);
static void fill_sent(const Fetch *fetch, Datum *values, bool *isnull);
static void begin_trace(Fetch *fetch);
static void expect_records(Fetch *fetch, const Stream *stream);
static void show_progress(void *arg);
static void add_progress(const Stream *stream, DcfProgressState *state);
static void note_error(void *arg);

static const DcfRowSourceRoutine routine = {.start = start,
											.next = next,
											.under_way = under_way,
											.is_busy = is_busy,
											.plan = plan,
											.waited = waited,
											.skip_batch = skip_batch,
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
	fetch->base.asked_at = GetCurrentStatementStartTimestamp();
	fetch->own_stats.first_byte_ms = -1;
	fetch->context = CurrentMemoryContext;
	fetch->sent = find_sent(relation, priv);
	fetch->base.statement = dcf_statement_join(fetch->context);
	fetch->set_context =
		AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw requests",
							  ALLOCSET_SMALL_SIZES);
	/* width never exceeds this number. */
	fetch->streams =
		palloc0(sizeof(Stream *) * relation->server->max_concurrency);
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

/* The columns whose values are those that were sent, not read. */
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

/* Make the set of requests.  The first one is sent by next(). */
static void
start(DcfRowSource *source, const DcfBoundValue *values)
{
	Fetch *fetch = (Fetch *) source;
	MemoryContext old;

	/* Here as well as for each request, because a copy needs none. */
	dcf_role_setting_check();
	old = MemoryContextSwitchTo(fetch->set_context);
	fetch->set = fetch->fixed ?
		dcf_bind_create_fixed(source->relation, fetch->fixed, fetch->hint) :
		dcf_bind_create(source->relation, source->priv,
						dcf_bind_copy_values(source->priv, values), false);
	MemoryContextSwitchTo(old);
	/* The wrapper's own questions are asked anew. */
	if (!fetch->fixed)
		fetch->freshness = dcf_freshness_of(source->relation->table);
	check_plan(fetch, values);
	fetch->nbatches = 0;
	fetch->width =
		source->priv->all_rows ? source->relation->server->max_concurrency : 1;

	/* If no row can match, no credentials are needed. */
	if (!fetch->session && dcf_bind_has_next(fetch->set))
		fetch->session = dcf_session_get(source->relation->serverid,
										 source->userid, fetch->context);
	if (dcf_bind_has_next(fetch->set) && dcf_reply_trace_is_on())
		begin_trace(fetch);
}

/* Refuse a set of requests that exceeds a limit before the first of them is sent. */
static void
check_plan(const Fetch *fetch, const DcfBoundValue *values)
{
	const DcfRowSource *source = &fetch->base;
	DcfLimitPlan plan = {0};
	DcfLimitExcess excess;
	char *hint;

	if (fetch->fixed || !dcf_limits_are_planned())
		return;
	dcf_limit_plan_add(&plan, source->relation, source->priv, values,
					   source->userid, fetch->set);
	if (dcf_limit_plan_exceeds(&plan, fetch->base.statement, &excess, &hint))
		dcf_limits_raise(&excess, hint);
}

/* End the scan if its statement has read or received more than it may. */
static void
check_data(const Fetch *fetch)
{
	DcfLimitExcess excess;

	if (!dcf_limits_are_counted())
		return;
	for (int i = 0; i < fetch->nstreams; i++)
		count_data(fetch->streams[i]);
	if (dcf_limits_stop_data(fetch->base.statement, &excess))
		dcf_limits_raise(&excess, dcf_bind_less_hint(fetch->set));
}

/* Count what a reply has brought. */
static void
count_data(const Stream *stream)
{
	dcf_reply_count_data(stream->reply,
						 stream->begun ? dcf_record_count(stream->reader) : 0);
}

/* The next row; an error on the way is noted for monitoring. */
static DcfRowStatus
next(DcfRowSource *source, bool wait, TupleTableSlot **slot)
{
	Fetch *fetch = (Fetch *) source;
	ErrorContextCallback callback = {.previous = error_context_stack,
									 .callback = note_error,
									 .arg = fetch};
	DcfRowStatus status;

	error_context_stack = &callback;
	status = read_row(fetch, wait, slot);
	error_context_stack = callback.previous;
	/* It was only logged. */
	if (fetch->noted)
		dcf_reply_forget_error(fetch->noted);
	fetch->noted = NULL;
	return status;
}

/* An error context callback: an error is that of the request that is read. */
static void
note_error(void *arg)
{
	Fetch *fetch = arg;

	if (fetch->stream == NULL)
		return;
	fetch->noted = fetch->stream->reply;
	dcf_reply_note_error(fetch->noted);
}

/*
 * Stays with one stream while its buffer has records.  A stream may have records at
 * once for long, so from time to time the other requests go on.
 */
static inline DcfRowStatus
read_row(Fetch *fetch, bool wait, TupleTableSlot **slot)
{
	Datum *values = (*slot)->tts_values;
	bool *isnull = (*slot)->tts_isnull;

	if (++fetch->nrows % ROWS_PER_LOOK == 0)
	{
		check_data(fetch);
		step_streams(fetch);
		open_streams(fetch);
		show_progress(fetch);
	}
	for (;;)
	{
		Stream *stream = fetch->stream;

		if (!stream)
		{
			DcfRowStatus status = choose_stream(fetch, wait);

			if (status != DCF_ROW_READY)
				return status;
			stream = fetch->stream;
		}
		/*
		 * The row before is no longer valid.  Columns that are not fetched
		 * stay NULL.
		 */
		MemoryContextReset(CurrentMemoryContext);
		memset(isnull, true, sizeof(bool) * fetch->base.relation->natts);
		switch (dcf_record_next(stream->reader, values, isnull))
		{
			case DCF_RECORD_ROW:
				if (stream->asked &&
					!dcf_bind_asked_has(stream->asked, values, isnull))
					fetch->base.stats->outside++;
				/* Another request returns this row as well. */
				if (!dcf_bind_owns_row(stream->bound, values, isnull))
					break;
				fill_sent(fetch, values, isnull);
				if (stream->origins)
					dcf_origins_fill(stream->origins, values, isnull);
				ExecStoreVirtualTuple(*slot);
				return DCF_ROW_READY;
			case DCF_RECORD_END:
				if (finish_stream(fetch, stream))
					return DCF_ROW_BATCH_END;
				break;
			case DCF_RECORD_LATER:
				fetch->stream = NULL;
				break;
		}
	}
}

/* DCF_ROW_READY: fetch->stream is the stream to read from. */
static DcfRowStatus
choose_stream(Fetch *fetch, bool wait)
{
	DcfRowSource *source = &fetch->base;

	for (;;)
	{
		check_data(fetch);
		step_streams(fetch);
		open_streams(fetch);
		if (fetch->nstreams == 0)
		{
			dcf_progress_end(fetch->progress);
			return DCF_ROW_END;
		}
		fetch->stream = find_ready(fetch);
		if (fetch->stream)
		{
			show_progress(fetch);
			return DCF_ROW_READY;
		}
		if (!wait)
			return DCF_ROW_LATER;
		dcf_row_source_wait(&source, 1, true);
	}
}

/*
 * Prepare requests, and send them as far as the limiter has slots, until width of
 * them are under way.  Only one waits for leave at a time.
 */
static void
open_streams(Fetch *fetch)
{
	while (fetch->nstreams < fetch->width && dcf_bind_has_next(fetch->set) &&
		   !has_entering(fetch) && may_open(fetch))
		open_stream(fetch);
}

/*
 * Whether to open another stream.  If the statement may send no more requests, that is
 * no error before a row is needed that those under way do not bring.
 */
static bool
may_open(const Fetch *fetch)
{
	DcfLimitExcess unused;

	return fetch->nstreams == 0 ||
		!dcf_limits_stop_request(fetch->base.statement, &unused);
}

/* Whether a request waits for leave to be sent. */
static bool
has_entering(const Fetch *fetch)
{
	for (int i = 0; i < fetch->nstreams; i++)
		if (is_entering(fetch->streams[i]))
			return true;
	return false;
}

static bool
is_entering(const Stream *stream)
{
	return !stream->begun && dcf_reply_is_entering(stream->reply);
}

/* Prepare the next request, and send it if it has leave. */
static void
open_stream(Fetch *fetch)
{
	Stream *stream = get_stream(fetch);
	MemoryContext old = MemoryContextSwitchTo(stream->context);

	next_request(fetch, stream);
	if (fetch->base.counts_outside)
		stream->asked =
			dcf_bind_asked(stream->bound, fetch->base.priv->fetched);
	expect_records(fetch, stream);
	stream->request = dcf_bind_request(stream->bound);
	stream->reply =
		dcf_reply_create(fetch->session, stream->request,
						 is_table(fetch) ? fetch->base.relation->relname :
										   NULL,
						 &(DcfHintCallback){give_hint, stream},
						 dcf_bind_can_halve(stream->bound), stream->context);
	dcf_reply_charge(stream->reply, fetch->base.statement);
	if (fetch->subject)
		dcf_reply_trace(stream->reply, fetch->subject, show_progress, fetch);
	if (fetch->freshness.keeps)
		dcf_reply_use_copies(stream->reply, &fetch->freshness,
							 fetch->base.warned);
	MemoryContextSwitchTo(old);
	fetch->nstreams++;
	(void) step_stream(fetch, stream);
}

/* The wrapper's own queries have no foreign table that messages could name. */
static bool
is_table(const Fetch *fetch)
{
	return OidIsValid(fetch->base.relation->relid);
}

/* A DcfHintCallback: the hint for a stream's request that was refused. */
static char *
give_hint(const void *arg, int status)
{
	const Stream *stream = arg;

	if (status == DCF_STATUS_UNSENT)
		return dcf_bind_fewer_hint(stream->fetch->set);
	if (status == DCF_STATUS_TOO_MUCH)
		return dcf_bind_narrow_hint(stream->fetch->set);
	if (status == DCF_STATUS_BAD_VALUE && is_table(stream->fetch))
		return dcf_parameter_hint_refused(stream->fetch->base.relation,
										  stream->request);
	return NULL;
}

/*
 * The first stream that is not in use, made if need be.  Streams are kept,
 * with their readers and converters, and read one reply after another.
 */
static Stream *
get_stream(Fetch *fetch)
{
	Stream *stream = fetch->streams[fetch->nstreams];
	MemoryContext old;

	if (stream)
		return stream;
	old = MemoryContextSwitchTo(fetch->context);
	stream = palloc0(sizeof(Stream));
	stream->fetch = fetch;
	stream->context =
		AllocSetContextCreate(fetch->context, "dataconnect_fdw reply",
							  ALLOCSET_SMALL_SIZES);
	stream->reader =
		dcf_record_create(fetch->base.relation, fetch->base.priv->fetched,
						  fetch->base.warned);
	stream->origins =
		dcf_origins_create(fetch->base.relation, fetch->base.priv->fetched);
	fetch->streams[fetch->nstreams] = stream;
	MemoryContextSwitchTo(old);
	return stream;
}

/*
 * Batches are sent in the order of their numbers, each in one or several requests.  Keys
 * that cannot be sent are one batch.
 */
static void
count_batch(Fetch *fetch, int batch)
{
	int nbatches = Max(batch, 0) + 1;

	if (nbatches <= fetch->nbatches)
		return;
	fetch->nbatches = nbatches;
	fetch->base.stats->batches++;
}

/* Take the next request; one that will probably be refused is halved first. */
static void
next_request(Fetch *fetch, Stream *stream)
{
	for (;;)
	{
		stream->bound = dcf_bind_next(fetch->set);
		dcf_bind_request_size(stream->bound, false, &stream->reqsize);
		if (!exceeds_max_rows(fetch, stream))
			return;
		fetch->base.stats->halved_early++;
		dcf_bind_halve(fetch->set, stream->bound);
	}
}

/*
 * Whether a request that can be halved is expected to return more records than
 * max_rows.  The estimate of a part is a share of that of the whole request, so
 * halving always makes it smaller, and ends.
 */
static bool
exceeds_max_rows(const Fetch *fetch, const Stream *stream)
{
	double max_rows = fetch->base.relation->server->max_rows;
	DcfRequestSize whole;
	double part;

	if (!dcf_bind_can_halve(stream->bound))
		return false;
	dcf_bind_request_size(stream->bound, true, &whole);
	part = dcf_request_size_part(&stream->reqsize, &whole);
	if (fetch->base.priv->source == DCF_ESTIMATE_REMOTE)
		return fetch->base.priv->rows_per_request * part > max_rows;
	/* Without statistics it is negative, so nothing is halved. */
	return dcf_reply_stats_records(fetch->base.relation, &whole) * part >
		max_rows;
}

/*
 * Let a request go on, and attach the reader once its reply has begun.  False after a
 * 413 to a request that can be halved: its stream is no longer in use, and the halves
 * are sent next.
 */
static bool
step_stream(Fetch *fetch, Stream *stream)
{
	DcfRowStats *stats = fetch->base.stats;
	DcfReplyStatus status = dcf_reply_step(stream->reply);
	DcfReplyCounters reply;

	stats->at_once = Max(stats->at_once, count_sent(fetch));
	/* One that only waits for its turn may never be sent. */
	if (status != DCF_REPLY_LATER || dcf_reply_is_sent(stream->reply))
		count_batch(fetch, dcf_bind_batch(stream->bound));
	if (status == DCF_REPLY_TOO_MUCH)
	{
		/*
		 * Counted here: end_stream() counts only a reply that is still open.
		 */
		dcf_bind_halve(fetch->set, stream->bound);
		stats->requests++;
		stats->halved++;
		fetch->finished.done++;
		fetch->finished.planned++;
		dcf_reply_close(stream->reply);
		stream->reply = NULL;
		end_stream(fetch, stream, false);
		return false;
	}
	if (status == DCF_REPLY_LATER)
		return true;
	dcf_record_attach(stream->reader, stream->reply);
	if (stream->origins)
		dcf_origins_begin(stream->origins, stream->reply, fetch->base.asked_at,
						  stream->context);
	stream->begun = stream->fresh = true;
	dcf_reply_counters(stream->reply, &reply);
	if (stats->first_byte_ms < 0)
		stats->first_byte_ms = reply.body.first_byte_ms;
	return true;
}

/*
 * Let all requests go on whose replies have not begun.  A refused one that can be
 * halved frees its stream, which changes the order, so look at all again.
 */
static void
step_streams(Fetch *fetch)
{
	int i = 0;

	while (i < fetch->nstreams)
	{
		Stream *stream = fetch->streams[i];

		i = stream->begun || step_stream(fetch, stream) ? i + 1 : 0;
	}
}

/* The next stream that has bytes, round robin so that none starves; or NULL. */
static Stream *
find_ready(Fetch *fetch)
{
	for (int i = 0; i < fetch->nstreams; i++)
	{
		int next = (fetch->latest + 1 + i) % fetch->nstreams;
		Stream *stream = fetch->streams[next];

		if (!stream->begun ||
			!(stream->fresh ||
			  dcf_body_is_ready(dcf_reply_body(stream->reply))))
			continue;
		stream->fresh = false;
		fetch->latest = next;
		return stream;
	}
	return NULL;
}

/* How many requests have been sent, and their replies not been read to the end. */
static int
count_sent(const Fetch *fetch)
{
	int n = 0;

	for (int i = 0; i < fetch->nstreams; i++)
		n += dcf_reply_is_sent(fetch->streams[i]->reply);
	return n;
}

static int
under_way(const DcfRowSource *source)
{
	const Fetch *fetch = (const Fetch *) source;
	int n = 0;

	for (int i = 0; i < fetch->nstreams; i++)
		n += !is_entering(fetch->streams[i]);
	return n;
}

static bool
is_busy(const DcfRowSource *source)
{
	const Fetch *fetch = (const Fetch *) source;

	for (int i = 0; i < fetch->nstreams; i++)
		if (!dcf_reply_is_done(fetch->streams[i]->reply))
			return true;
	return false;
}

static bool
plan(DcfRowSource *source, DcfLimiterClaim claim, DcfWaitPlan *plan)
{
	Fetch *fetch = (Fetch *) source;
	bool claimed = false;

	/* Its readers share it; another claim would take the first one back. */
	if (fetch->planned == plan->number)
		return false;
	fetch->planned = plan->number;
	show_progress(fetch);
	for (int i = 0; i < fetch->nstreams; i++)
	{
		Stream *stream = fetch->streams[i];
		bool entering = is_entering(stream);

		dcf_reply_plan(stream->reply,
					   claimed && claim == DCF_CLAIM_NEEDED ?
						   DCF_CLAIM_OPTIONAL :
						   claim,
					   plan);
		claimed |= entering;
	}
	return claimed;
}

static void
waited(DcfRowSource *source)
{
	const Fetch *fetch = (const Fetch *) source;

	for (int i = 0; i < fetch->nstreams; i++)
		dcf_reply_waited(fetch->streams[i]->reply);
}

/*
 * End a stream whose reply has been read to its end.  True if that was the last one
 * of a batch, which is source->batch.
 */
static bool
finish_stream(Fetch *fetch, Stream *stream)
{
	int batch = dcf_bind_batch(stream->bound);

	dcf_reply_keep(stream->reply, dcf_record_count(stream->reader));
	end_stream(fetch, stream, true);
	widen(fetch);
	if (batch < 0 || has_batch(fetch, batch))
		return false;
	fetch->base.batch = batch;
	return true;
}

/* Whether requests of a batch are under way, or to be sent. */
static bool
has_batch(const Fetch *fetch, int batch)
{
	for (int i = 0; i < fetch->nstreams; i++)
		if (dcf_bind_batch(fetch->streams[i]->bound) == batch)
			return true;
	return dcf_bind_has_batch(fetch->set, batch);
}

/* A query that has what it wants of a whole reply probably wants more. */
static void
widen(Fetch *fetch)
{
	fetch->width =
		Min(fetch->width * 2, fetch->base.relation->server->max_concurrency);
}

static void
skip_batch(DcfRowSource *source, int batch)
{
	Fetch *fetch = (Fetch *) source;

	/* end_stream() moves the streams behind it. */
	for (int i = fetch->nstreams - 1; i >= 0; i--)
		if (dcf_bind_batch(fetch->streams[i]->bound) == batch)
			end_stream(fetch, fetch->streams[i], false);
	dcf_bind_skip_batch(fetch->set, batch);
	widen(fetch);
}

/*
 * Close a stream's reply and move the stream behind those in use, where
 * get_stream() finds it again.  whole: the reply was read to its end.
 */
static void
end_stream(Fetch *fetch, Stream *stream, bool whole)
{
	int i = 0;

	if (stream->reply)
	{
		count_reply(stream, fetch->base.stats);
		count_data(stream);
		add_progress(stream, &fetch->finished);
		if (fetch->noted == stream->reply)
			fetch->noted = NULL;
		/* Its phase is over. */
		fetch->finished.phase = 0;
		fetch->finished.done++;
		/* Scans do not send fixed requests, so these are not typical. */
		if (stream->begun && !fetch->fixed)
			add_to_reply_stats(fetch, stream, whole);
		dcf_reply_close(stream->reply);
	}
	stream->reply = NULL;
	stream->bound = NULL;
	stream->asked = NULL;
	stream->begun = stream->fresh = false;
	MemoryContextReset(stream->context);
	if (fetch->stream == stream)
		fetch->stream = NULL;

	while (fetch->streams[i] != stream)
		i++;
	fetch->nstreams--;
	for (; i < fetch->nstreams; i++)
		fetch->streams[i] = fetch->streams[i + 1];
	fetch->streams[fetch->nstreams] = stream;
}

/* Add the reply to the statistics by which later requests are estimated. */
static void
add_to_reply_stats(const Fetch *fetch, const Stream *stream, bool whole)
{
	DcfReplyCounters stats;
	DcfReplyFacts facts = {.whole = whole};

	dcf_reply_counters(stream->reply, &stats);
	facts.records = dcf_record_count(stream->reader);
	facts.bytes = dcf_record_bytes(stream->reader);
	facts.first_byte_ms = stats.body.first_byte_ms;
	dcf_reply_stats_add(fetch->base.relation, &stream->reqsize, &facts);
}

/* Also the routine's end(): memory and sessions belong to the context. */
static void
stop(DcfRowSource *source)
{
	Fetch *fetch = (Fetch *) source;

	while (fetch->nstreams > 0)
		end_stream(fetch, fetch->streams[fetch->nstreams - 1], false);
	MemoryContextReset(fetch->set_context);
	fetch->set = NULL;
	fetch->progress = NULL;
}

/* Add a reply, complete or not, to the scan's statistics. */
static void
count_reply(const Stream *stream, DcfRowStats *stats)
{
	DcfReplyCounters reply;

	dcf_reply_counters(stream->reply, &reply);
	stats->cache_waits += reply.waited;
	stats->cache_hits += reply.is_copy && !reply.is_stale;
	stats->stale += reply.is_stale;
	/* It may have waited in vain for leave to be sent. */
	if (reply.tries > 0)
	{
		stats->requests++;
		stats->retries += reply.tries - 1;
	}
	stats->bytes_received += reply.body.bytes_received;
	stats->bytes_decoded += reply.body.bytes_decoded;
	if (!stream->begun)
		return;
	stats->records += dcf_record_count(stream->reader);
	stats->records_in_thread += dcf_record_count_in_thread(stream->reader);
}

static void
add_open(const DcfRowSource *source, DcfRowStats *stats)
{
	const Fetch *fetch = (const Fetch *) source;

	for (int i = 0; i < fetch->nstreams; i++)
		count_reply(fetch->streams[i], stats);
}

/* Set the parameter columns to the values that the request was sent with. */
static void
fill_sent(const Fetch *fetch, Datum *values, bool *isnull)
{
	int member = -1;

	while ((member = bms_next_member(fetch->sent, member)) >= 0)
		values[member - 1] =
			dcf_bind_sent(fetch->stream->bound, member, &isnull[member - 1]);
}

/* The set of requests is made: note whose it is, and show the scan as under way. */
static void
begin_trace(Fetch *fetch)
{
	MemoryContext old = MemoryContextSwitchTo(fetch->context);

	if (fetch->subject == NULL)
		fetch->subject =
			dcf_request_subject_create(fetch->base.userid,
									   fetch->base.relation->serverid,
									   fetch->base.relation->relid);
	MemoryContextSwitchTo(fetch->set_context);
	if (dcf_request_log_is_on())
		fetch->progress = dcf_progress_begin(fetch->subject);
	memset(&fetch->finished, 0, sizeof(fetch->finished));
	fetch->finished.planned = dcf_bind_count(fetch->set);
	fetch->finished.expected = -1;
	MemoryContextSwitchTo(old);
}

/* The records of all requests, by what was learned of requests like the first one. */
static void
expect_records(Fetch *fetch, const Stream *stream)
{
	const DcfRowSource *source = &fetch->base;
	double records;

	if (fetch->progress == NULL || fetch->finished.done > 0 ||
		fetch->nstreams > 0 || fetch->fixed)
		return;
	records = source->priv->source == DCF_ESTIMATE_REMOTE ?
		source->priv->rows_per_request :
		dcf_reply_stats_records(source->relation, &stream->reqsize);
	if (records >= 0)
		fetch->finished.expected = records * fetch->finished.planned;
}

/* Also a reply's on_connect, so it must not raise. */
static void
show_progress(void *arg)
{
	const Fetch *fetch = arg;
	DcfProgressState state = fetch->finished;

	if (fetch->progress == NULL)
		return;
	state.open = fetch->nstreams;
	for (int i = 0; i < fetch->nstreams; i++)
		add_progress(fetch->streams[i], &state);
	dcf_progress_set(fetch->progress, &state);
}

/* Add a request under way. */
static void
add_progress(const Stream *stream, DcfProgressState *state)
{
	DcfReplyCounters reply;

	dcf_reply_counters(stream->reply, &reply);
	state->phase = Max(state->phase, dcf_reply_phase(stream->reply));
	state->bytes += (int64) reply.body.bytes_received;
	if (stream->begun)
		state->records += (int64) dcf_record_count(stream->reader);
}
