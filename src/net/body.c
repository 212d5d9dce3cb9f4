/*
 * body.c
 *	  From received bytes to the buffer of decoded bytes.  See body.h.
 */
#include "postgres.h"

#include "base/foreign_text.h"
#include "body_private.h"
#include "http_setting.h"
#include "net/refusal.h"

/* Room that the buffer gets before more bytes are decoded or received. */
#define MIN_ROOM DCF_INBOX_CHUNK

/* The size that a buffer of decoded bytes gets once it was full. */
#define LONG_BUFFER ((size_t) 256 * 1024)

/* Decoded bytes from which on a thread is worth its start. */
#define LONG_BODY (1024 * 1024)

/* By coding. */
static const DcfInflateFormat inflate_formats[] = {[DCF_CODING_NONE] =
													   DCF_INFLATE_NONE,
												   [DCF_CODING_GZIP] =
													   DCF_INFLATE_GZIP,
												   [DCF_CODING_DEFLATE] =
													   DCF_INFLATE_DEFLATE};

/* Release function of the resource. */
static void
release_body(void *arg)
{
	DcfBody *body = arg;

	if (body->thread)
		dcf_inflate_thread_stop(body->thread);
	if (body->read_thread)
		(void) dcf_body_end_reading(body);
	body->thread = NULL;
	if (body->inbox->confidential)
		dcf_buffer_wipe(&body->own);
}

DcfBody *
dcf_body_create(DcfSource *source)
{
	DcfInbox *inbox = source->inbox;
	MemoryContext old = MemoryContextSwitchTo(inbox->context);
	DcfBody *body = palloc0(sizeof(DcfBody));

	body->source = source;
	body->inbox = inbox;
	body->coding = dcf_coding_find(source->head);
	body->piece_number = -1;
	body->buffer = &inbox->bytes;
	if (body->coding != DCF_CODING_NONE)
	{
		body->own.size = dcf_inbox_initial_size(inbox);
		body->own.base = palloc(body->own.size);
		body->buffer = &body->own;
	}
	dcf_resource_tie(&body->resource, inbox->context, release_body, body);
	MemoryContextSwitchTo(old);
	return body;
}

/*
 * Make room for more bytes in the buffer, all of which the caller has seen.  False
 * if it would grow beyond max_buffer.
 *
 * Moving costs time linear in the unconsumed bytes.  So move when at least as
 * many were consumed, or when room is short anyway, and then grow if needed.
 */
static bool
make_room(DcfBody *body)
{
	DcfBuffer *buffer = body->buffer;
	size_t live = dcf_buffer_live(buffer);
	bool was_full = buffer->end == buffer->size;
	size_t more = MIN_ROOM;

	if (live >= body->inbox->max_buffer)
		return dcf_body_fail(body, DCF_BODY_TOO_LONG, NULL);
	if (body->thread || body->read_thread)
		return true; /* each piece has its own room */
	if (live <= buffer->start || buffer->size - buffer->end < MIN_ROOM)
		dcf_buffer_drop_consumed(buffer);
	body->shown = buffer->end;
	if (was_full && buffer->size < LONG_BUFFER)
		more = LONG_BUFFER - buffer->end;
	dcf_buffer_enlarge(buffer, more, body->inbox->max_buffer,
					   body->inbox->context);
	return true;
}

/* Let the caller see all of the buffer.  False if that is no more than before. */
static bool
show_arrived(DcfBody *body)
{
	if (body->buffer->end == body->shown)
		return false;
	if (body->decoded == 0)
		body->source->routine->note_data(body->source);
	body->decoded += body->buffer->end - body->shown;
	body->shown = body->buffer->end;
	return true;
}

/* Begin to decode. */
static DcfInflate *
begin_inflate(const DcfBody *body)
{
	DcfInflateLibrary library = dcf_inflate_library;

	return dcf_inflate_init(MemoryContextAlloc(body->inbox->context,
											   dcf_inflate_size(library)),
							library, inflate_formats[body->coding]);
}

/* Decompress in the backend as far as the buffer has room. */
static bool
decode_here(DcfBody *body)
{
	DcfBuffer *bytes = &body->inbox->bytes;
	DcfBuffer *buffer = body->buffer;
	size_t in = dcf_buffer_live(bytes);
	size_t out = buffer->size - buffer->end;
	const char *reason =
		dcf_inflate_run(body->inflate, bytes->base + bytes->start, &in,
						buffer->base + buffer->end, &out);

	if (reason)
		return dcf_body_fail(body, DCF_BODY_BAD_CODING, reason);
	dcf_buffer_use(bytes, in);
	buffer->end += out;
	return true;
}

/* Decompress what has been received as far as there is room. */
static bool
decompress(DcfBody *body, bool is_long)
{
	if (is_long)
		dcf_body_start_thread(body);
	return body->thread ? dcf_body_decode_in_thread(body) : decode_here(body);
}

/*
 * Decode what has been received as far as there is room.  False, with the problem
 * set, if it is invalid.
 */
static bool
decode(DcfBody *body)
{
	bool is_long = body->decoded >= LONG_BODY && !body->thread &&
		!body->read_thread && !body->no_thread;

	dcf_body_tap_arrived(body);
	if (body->coding == DCF_CODING_NONE)
	{
		if (is_long)
			dcf_body_start_reading(body);
		if (body->read_thread)
			dcf_body_read_on(body);
		return true;
	}
	if (body->inflate == NULL)
	{
		/* An empty body is valid in any coding, even an unknown one. */
		if (body->inbox->received == 0)
			return true;
		if (body->coding == DCF_CODING_UNKNOWN)
			return dcf_body_fail(body, DCF_BODY_BAD_CODING, NULL);
		body->inflate = begin_inflate(body);
	}
	return decompress(body, is_long);
}

/* After decompression: whether the compressed stream ended properly. */
static bool
has_end(const DcfBody *body)
{
	if (body->thread)
		return dcf_inflate_thread_ended(body->thread);
	return body->inflate == NULL || dcf_inflate_ended(body->inflate);
}

/*
 * The source is done, and everything is decoded: whether that was all.  What the
 * thread's reader has left unconsumed is still to be shown.
 */
static DcfBodyStatus
end(DcfBody *body)
{
	if (!body->source->routine->is_complete(body->source))
		return DCF_BODY_FAILED;
	if (has_end(body))
	{
		if (body->thread)
			dcf_body_take_rest(body);
		return show_arrived(body) ? DCF_BODY_MORE : DCF_BODY_ENDED;
	}
	(void) dcf_body_fail(body, DCF_BODY_NO_END, NULL);
	return DCF_BODY_FAILED;
}

static bool
has_failed(const DcfBody *body)
{
	return body->problem != DCF_BODY_NO_PROBLEM || body->source->failed;
}

DcfBodyStatus
dcf_body_try_fill(DcfBody *body)
{
	bool done = body->source->done;

	dcf_body_tap_arrived(body);
	if (has_failed(body))
		return DCF_BODY_FAILED;
	if (show_arrived(body))
		return DCF_BODY_MORE;
	/*
	 * A plain body that has arrived needs no more room, so that the end of a
	 * reply can be reported even if the buffer is full.
	 */
	if (!(done && body->coding == DCF_CODING_NONE) && !make_room(body))
		return DCF_BODY_FAILED;

	for (;;)
	{
		/*
		 * Use what was received before, then ask for more.  The end is only
		 * reached when nothing is left to decode.
		 */
		if (!decode(body) || has_failed(body))
			return DCF_BODY_FAILED;
		if (show_arrived(body))
			return DCF_BODY_MORE;
		if (body->source->done)
			return end(body);
		if (body->inbox->wanted == 0)
			return DCF_BODY_LATER;
		/* A paused source has bytes at once; its socket may stay silent. */
		body->source->routine->resume(body->source);
	}
}

/* Raise that the compression is unknown or invalid. */
pg_noreturn static void
raise_coding(const DcfBody *body)
{
	const DcfHttpHead *head = body->source->head;

	if (body->coding == DCF_CODING_UNKNOWN)
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply from the service has an unknown compression"),
			 errdetail("The Content-Encoding is \"%s\", or there are several.",
					   dcf_foreign_text_buffer(head->content_coding,
											   sizeof(head->content_coding))),
			 errhint("Set the server's option \"compression\" to off.")));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("invalid compressed data in reply from the service"),
			 errdetail("After " UINT64_FORMAT " bytes, the %s data are %s.",
					   body->inbox->received,
					   body->coding == DCF_CODING_GZIP ? "gzip" : "deflate",
					   body->reason),
			 errhint("Set the server's option \"compression\" to off.")));
}

pg_noreturn static void
raise_failure(const DcfBody *body)
{
	switch (body->problem)
	{
		case DCF_BODY_NO_PROBLEM:
			break;
		case DCF_BODY_BAD_CODING:
			raise_coding(body);
			break;
		case DCF_BODY_NO_END:
			body->source->routine->raise_cut(body->source,
											 "its compressed data have no end");
			break;
		case DCF_BODY_TOO_LONG:
			dcf_refusal_raise_too_long(body->inbox->max_buffer);
			break;
	}
	body->source->routine->raise(body->source);
	pg_unreachable();
}

DcfBodyStatus
dcf_body_fill(DcfBody *body, bool wait)
{
	DcfBodyStatus status = dcf_body_try_fill(body);

	while (status == DCF_BODY_LATER && wait)
	{
		DcfWaitPlan plan;

		dcf_wait_plan_begin(&plan);
		dcf_body_plan(body, &plan);
		dcf_wait(&plan);
		dcf_body_waited(body);
		status = dcf_body_try_fill(body);
	}
	if (status == DCF_BODY_FAILED)
		raise_failure(body);
	return status;
}

DcfBodyStatus
dcf_body_gather(DcfBody *body, size_t max)
{
	while (body->shown - body->buffer->start < max)
	{
		DcfBodyStatus status = dcf_body_try_fill(body);

		if (status != DCF_BODY_MORE)
			return status;
	}
	return DCF_BODY_MORE;
}

bool
dcf_body_is_ready(const DcfBody *body)
{
	/*
	 * Bytes may be decoded already, not yet decoded, held back by libcurl for
	 * want of room, or with the thread.
	 */
	return has_failed(body) || body->source->done ||
		body->buffer->end > body->shown || body->inbox->wanted > 0 ||
		(body->buffer != &body->inbox->bytes &&
		 dcf_buffer_live(&body->inbox->bytes) > 0) ||
		(body->thread && !dcf_inflate_thread_is_empty(body->thread)) ||
		(body->read_thread && !dcf_read_thread_is_empty(body->read_thread));
}

void
dcf_body_plan(DcfBody *body, DcfWaitPlan *plan)
{
	if (dcf_body_is_ready(body))
		plan->ready = true;
	else
		body->source->routine->plan(body->source, plan);
}

void
dcf_body_waited(DcfBody *body)
{
	body->source->routine->waited(body->source);
}

const char *
dcf_body_buffer(const DcfBody *body, size_t *len)
{
	*len = body->shown - body->buffer->start;
	return body->buffer->base + body->buffer->start;
}

void
dcf_body_consume(DcfBody *body, size_t n)
{
	Assert(n <= body->shown - body->buffer->start);
	body->buffer->start += n;
}

bool
dcf_body_marks_end(const DcfBody *body)
{
	return body->coding != DCF_CODING_NONE ||
		body->source->routine->marks_end(body->source);
}

bool
dcf_body_has_arrived(const DcfBody *body)
{
	return body->source->done;
}

const DcfHttpHead *
dcf_body_head(const DcfBody *body)
{
	return body->source->head;
}

bool
dcf_body_format(const DcfBody *body, DcfInflateFormat *format)
{
	if (body->coding == DCF_CODING_UNKNOWN)
		return false;
	*format = inflate_formats[body->coding];
	return true;
}

void
dcf_body_set_tap(DcfBody *body, DcfBodyTap tap, void *arg)
{
	body->tap = tap;
	body->tap_arg = arg;
}

void
dcf_body_stats(const DcfBody *body, DcfBodyStats *stats)
{
	stats->bytes_received = body->inbox->received;
	stats->bytes_decoded = body->decoded;
	stats->first_byte_ms = body->source->routine->first_byte_ms(body->source);
}

void
dcf_body_read_in_thread(DcfBody *body, const DcfBodyReader *reader)
{
	body->reader = *reader;
}

int
dcf_body_piece(const DcfBody *body)
{
	return body->piece_number;
}

void
dcf_body_forget_piece(DcfBody *body)
{
	body->piece_number = -1;
}
