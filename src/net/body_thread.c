/*
 * body_thread.c
 *	  A long compressed body, decoded in a thread.  See body_private.h and inflate_thread.h.
 *
 * Each piece from the thread becomes the buffer without being copied.  The
 * unconsumed bytes of the piece before are copied into the margin in front of it;
 * if they do not fit there, the pieces are joined in the body's own buffer.  If the
 * thread also reads the records, nothing is left unconsumed.
 */
#include "postgres.h"

#include <sched.h>

#include "base/signal_mask.h"
#include "body_private.h"
#include "http_setting.h"

/*
 * Of so many pieces that the thread has read, at most so many may come late.  If more
 * do, the thread has more to do than the backend, or no processor of its own.
 */
#define LOOK_AFTER 32
#define MAX_LATE   28

/* Whether the process may use more than one processor. */
static bool
has_processors(void)
{
#ifdef CPU_COUNT
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		return CPU_COUNT(&allowed) > 1;
#endif
	return true;
}

/*
 * Whether the thread is to read.  It first reads the unconsumed bytes, which must
 * fit into a margin.
 */
static bool
wants_reader(const DcfBody *body)
{
	return dcf_read_in_thread != DCF_IN_THREAD_OFF && body->reader.read &&
		body->reader.beside_inflate &&
		dcf_buffer_live(body->buffer) <= DCF_INFLATE_THREAD_MARGIN;
}

bool
dcf_body_allows_thread(void)
{
	return dcf_inflate_in_thread == DCF_IN_THREAD_ON ||
		(dcf_inflate_in_thread == DCF_IN_THREAD_AUTO && has_processors());
}

/* The thread has got the unconsumed bytes, and gives them back with its first piece. */
static void
hand_over(DcfBody *body)
{
	size_t live = dcf_buffer_live(body->buffer);

	dcf_buffer_use(body->buffer, live);
	body->decoded -= live;
	body->shown = body->buffer->end;
}

void
dcf_body_start_thread(DcfBody *body)
{
	DcfBuffer *buffer = body->buffer;
	size_t live = dcf_buffer_live(buffer);
	DcfInflateThreadReader reader = {body->reader.read, body->reader.arg};
	bool reads = wants_reader(body);
	void *memory;
	sigset_t saved;

	body->no_thread = !dcf_body_allows_thread();
	if (body->no_thread)
		return;
	memory =
		MemoryContextAlloc(body->inbox->context, dcf_inflate_thread_size());
	if (reads)
		body->reader.begin(body->reader.arg);
	dcf_signal_mask_block(&saved);
	body->thread =
		dcf_inflate_thread_start(memory, body->inflate, reads ? &reader : NULL,
								 buffer->base + buffer->start, live);
	dcf_signal_mask_restore(&saved);
	body->no_thread = body->thread == NULL;
	if (body->no_thread)
	{
		pfree(memory);
		return;
	}
	if (reads)
		hand_over(body);
	body->reads_by_choice = dcf_read_in_thread == DCF_IN_THREAD_AUTO;
}

/*
 * Let the backend read again if the thread holds it up.  Then the thread has only to
 * decompress.
 */
static void
judge_reading(DcfBody *body, const DcfInflateThreadPiece *piece)
{
	if (!piece->was_read || !body->reads_by_choice)
		return;
	body->nread++;
	body->nlate += !piece->was_ahead;
	if (body->nread < LOOK_AFTER)
		return;
	if (body->nlate > MAX_LATE)
	{
		dcf_inflate_thread_stop_reading(body->thread);
		body->reads_by_choice = false;
	}
	body->nread = body->nlate = 0;
}

/* Give the thread as many received bytes as it has room for. */
static void
put_arrived(DcfBody *body)
{
	DcfBuffer *bytes = &body->inbox->bytes;

	dcf_body_tap_arrived(body);
	dcf_buffer_use(bytes,
				   dcf_inflate_thread_put(body->thread,
										  bytes->base + bytes->start,
										  dcf_buffer_live(bytes)));
}

void
dcf_body_look(DcfBody *body)
{
	DcfWaitPlan plan;

	dcf_wait_plan_begin(&plan);
	body->source->routine->plan(body->source, &plan);
	plan.ready = true;
	dcf_wait(&plan);
	body->source->routine->waited(body->source);
}

/*
 * Give the thread what was received, and what can be without waiting, until half of
 * its room is used.
 */
static void
feed_thread(DcfBody *body)
{
	uint64 before;

	put_arrived(body);
	do
	{
		before = body->inbox->received;
		if (body->source->done ||
			!dcf_inflate_thread_needs_input(body->thread))
			return;
		if (body->inbox->wanted > 0)
			body->source->routine->resume(body->source);
		else
			dcf_body_look(body);
		put_arrived(body);
	} while (body->inbox->received > before && !body->source->failed);
}

/* Put len bytes behind those of the body's own buffer, which then is the buffer. */
static void
append_to_own(DcfBody *body, const char *bytes, size_t len)
{
	DcfBuffer *own = &body->own;

	dcf_buffer_enlarge(own, len, body->inbox->max_buffer,
					   body->inbox->context);
	memcpy(own->base + own->end, bytes, len);
	own->end += len;
	body->buffer = own;
}

/*
 * Make a piece the buffer, with the unconsumed bytes in front.  If the thread
 * reads, there are none.
 */
static void
add_piece(DcfBody *body, const DcfInflateThreadPiece *piece)
{
	DcfBuffer *buffer = body->buffer;
	size_t live = dcf_buffer_live(buffer);
	bool had_piece = buffer == &body->piece;

	Assert(live == 0 || !piece->was_read);
	body->piece_number = piece->was_read ? piece->number : -1;
	body->shown = live;
	/*
	 * The unconsumed bytes may be in the piece before, so that is given back
	 * only after they are copied.
	 */
	if (live <= DCF_INFLATE_THREAD_MARGIN)
	{
		char *start = piece->bytes - live;

		if (live > 0)
			memcpy(start, buffer->base + buffer->start, live);
		body->piece =
			(DcfBuffer){start, 0, live + piece->len, live + piece->len};
		body->buffer = &body->piece;
		if (had_piece)
			dcf_inflate_thread_give_back(body->thread);
		return;
	}
	if (had_piece)
	{
		body->own.start = body->own.end = 0;
		append_to_own(body, buffer->base + buffer->start, live);
		dcf_inflate_thread_give_back(body->thread);
	}
	else if (live <= buffer->start)
		dcf_buffer_drop_consumed(buffer);
	body->shown = body->own.end;
	append_to_own(body, piece->bytes, piece->len);
	dcf_inflate_thread_give_back(body->thread);
}

bool
dcf_body_decode_in_thread(DcfBody *body)
{
	DcfInflateThreadState state;
	DcfInflateThreadPiece piece;
	const char *reason;

	/*
	 * The thread may have had no room for all that has come.  If it has then
	 * used up its input, it gets the rest before anybody waits for the network.
	 */
	do
	{
		feed_thread(body);
		state = dcf_inflate_thread_take(body->thread, &piece, &reason);
	} while (state == DCF_INFLATE_THREAD_EMPTY &&
			 dcf_buffer_live(&body->inbox->bytes) > 0);

	if (state == DCF_INFLATE_THREAD_WRONG)
		return dcf_body_fail(body, DCF_BODY_BAD_CODING, reason);
	if (state == DCF_INFLATE_THREAD_PIECE)
	{
		add_piece(body, &piece);
		judge_reading(body, &piece);
	}
	return true;
}

void
dcf_body_take_rest(DcfBody *body)
{
	DcfInflateThreadPiece rest;

	dcf_inflate_thread_take_rest(body->thread, &rest);
	if (rest.len == 0)
		return;
	/* The reader has seen all that was there before. */
	Assert(dcf_buffer_live(body->buffer) == 0);
	body->piece = (DcfBuffer){rest.bytes, 0, rest.len, rest.len};
	body->piece_number = -1;
	body->buffer = &body->piece;
	body->shown = 0;
}
