/*
 * body_read_thread.c
 *	  A long body without coding, read in a thread.  See body_private.h and
 *	  read_thread.h.
 *
 * The source writes to the thread's room, which the inbox is lent.  A piece that the
 * thread has read becomes the buffer, and is given back once the buffer is consumed.
 */
#include "postgres.h"

#include "base/signal_mask.h"
#include "body_private.h"
#include "http_setting.h"

/* Threads of this backend that read such a body. */
static int nthreads = 0;

/*
 * The thread first reads the unconsumed bytes, which must fit into a margin.  By
 * choice there is one at a time: the backend takes rows from one reply after another,
 * and each thread needs megabytes.
 */
static bool
wants_reader(const DcfBody *body)
{
	if (dcf_read_in_thread == DCF_IN_THREAD_OFF ||
		(dcf_read_in_thread == DCF_IN_THREAD_AUTO && nthreads > 0))
		return false;
	return body->reader.read &&
		dcf_buffer_live(body->buffer) <= DCF_INFLATE_THREAD_MARGIN &&
		dcf_body_allows_thread();
}

/* Let the source write to the thread's room; it has to pause if there is none. */
static void
lend_room(DcfBody *body)
{
	DcfBuffer *bytes = &body->inbox->bytes;

	bytes->start = bytes->end = 0;
	bytes->base = dcf_read_thread_room(body->read_thread, &bytes->size);
}

/*
 * The thread has got the unconsumed bytes, and gives them back with its first
 * piece.
 */
static void
hand_over(DcfBody *body)
{
	DcfInbox *inbox = body->inbox;

	body->decoded -= body->shown - inbox->bytes.start;
	body->unlent = inbox->bytes;
	inbox->is_lent = true;
	lend_room(body);
	body->piece = (DcfBuffer){body->unlent.base, 0, 0, 0};
	body->buffer = &body->piece;
	body->shown = 0;
}

void
dcf_body_start_reading(DcfBody *body)
{
	DcfInflateThreadReader reader = {body->reader.read, body->reader.arg};
	DcfBuffer *buffer = body->buffer;
	void *memory;
	sigset_t saved;

	body->no_thread = !wants_reader(body);
	if (body->no_thread)
		return;
	memory = MemoryContextAlloc(body->inbox->context, dcf_read_thread_size());
	body->reader.begin(body->reader.arg);
	dcf_signal_mask_block(&saved);
	body->read_thread =
		dcf_read_thread_start(memory, &reader, buffer->base + buffer->start,
							  dcf_buffer_live(buffer));
	dcf_signal_mask_restore(&saved);
	body->no_thread = body->read_thread == NULL;
	if (body->no_thread)
	{
		pfree(memory);
		return;
	}
	nthreads++;
	hand_over(body);
	body->reads_by_choice = dcf_read_in_thread == DCF_IN_THREAD_AUTO;
}

/* Give the thread what was written to its room, and get new room. */
static void
add_arrived(DcfBody *body)
{
	dcf_body_tap_arrived(body);
	if (body->inbox->bytes.end > 0)
		dcf_read_thread_add(body->read_thread, body->inbox->bytes.end);
	lend_room(body);
}

/* Receive what can be without waiting, as far as there is room. */
static void
receive(DcfBody *body)
{
	DcfInbox *inbox = body->inbox;
	uint64 before;

	add_arrived(body);
	do
	{
		before = inbox->received;
		if (body->source->done || inbox->bytes.size == 0)
			return;
		if (inbox->wanted > 0)
			body->source->routine->resume(body->source);
		else
			dcf_body_look(body);
		add_arrived(body);
	} while (inbox->received > before && !body->source->failed);
}

/* Put bytes behind those of the inbox. */
static void
append(DcfBody *body, const char *data, size_t len)
{
	DcfInbox *inbox = body->inbox;
	DcfBuffer *bytes = &inbox->bytes;

	/* There must be room for what comes next, too. */
	dcf_buffer_enlarge(bytes, len + DCF_INBOX_CHUNK, inbox->max_buffer,
					   inbox->context);
	memcpy(bytes->base + bytes->end, data, len);
	bytes->end += len;
}

void *
dcf_body_end_reading(DcfBody *body)
{
	void *memory = body->read_thread;

	dcf_read_thread_end(body->read_thread);
	body->read_thread = NULL;
	nthreads--;
	return memory;
}

/* End the thread.  What is not consumed becomes the inbox's content. */
static void
leave_thread(DcfBody *body)
{
	DcfInbox *inbox = body->inbox;
	const char *rest;
	size_t len;

	inbox->is_lent = false;
	inbox->bytes = body->unlent;
	inbox->bytes.start = inbox->bytes.end = 0;
	append(body, body->piece.base + body->piece.start,
		   dcf_buffer_live(&body->piece));
	body->shown = inbox->bytes.end;
	while (dcf_read_thread_rest(body->read_thread, &rest, &len))
		append(body, rest, len);

	body->buffer = &inbox->bytes;
	body->piece_number = -1;
	pfree(dcf_body_end_reading(body));
	body->no_thread = true;
}

/* Make a piece that was read the buffer. */
static void
show_piece(DcfBody *body, const DcfInflateThreadPiece *piece)
{
	body->piece = (DcfBuffer){piece->bytes, 0, piece->len, piece->len};
	body->piece_number = piece->number;
	body->shown = 0;
	/* If the thread does not pay, the backend reads on. */
	if (body->reads_by_choice && !dcf_read_thread_pays(body->read_thread))
		dcf_read_thread_stop_reading(body->read_thread);
}

void
dcf_body_read_on(DcfBody *body)
{
	DcfReadThreadState state;
	DcfInflateThreadPiece piece;
	bool had_room;

	if (body->piece.size > 0 && dcf_buffer_live(&body->piece) == 0)
	{
		dcf_read_thread_give_back(body->read_thread);
		body->piece = (DcfBuffer){body->unlent.base, 0, 0, 0};
		body->piece_number = -1;
		body->shown = 0;
	}
	/* Once all is read there is room again. */
	do
	{
		receive(body);
		had_room = body->inbox->bytes.size > 0;
		state = dcf_read_thread_take(body->read_thread, &piece);
	} while (state == DCF_READ_THREAD_EMPTY && !had_room);

	if (state == DCF_READ_THREAD_PIECE)
		show_piece(body, &piece);
	else if (state == DCF_READ_THREAD_STOPPED || body->source->done)
		leave_thread(body);
}
