/*
 * http_body.c
 *	  What has arrived of a body, as a window of decoded bytes.
 *
 * A plain body comes straight into the window, a compressed one by way of raw.
 * A long compressed one is decompressed ahead, in a thread (inflate_thread.h), whose
 * pieces become the window as they are; what was not consumed of the one before
 * is moved in front, unless the thread also reads.  Only where a record is longer
 * than there is room in front are pieces put together in the transfer's own
 * window.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "http_private.h"
#include "net/inflate_thread.h"

/* Room to make in the window before waiting for more bytes. */
#define MIN_ROOM CURL_MAX_WRITE_SIZE

/* Decoded bytes after which a body is a long one. */
#define LONG_BODY (1024 * 1024)

static bool decode_here(DcfHttpTransfer *transfer);
static bool decode_ahead(DcfHttpTransfer *transfer);

bool
dcf_http_fail(DcfHttpTransfer *transfer, DcfHttpProblem problem,
			  const char *reason)
{
	transfer->problem = problem;
	transfer->reason = reason;
	return false;
}

/* Move the live bytes to the window's start. */
static void
drop_consumed(DcfHttpBuffer *window)
{
	size_t live = window->end - window->start;

	memmove(window->base, window->base + window->start, live);
	window->start = 0;
	window->end = live;
}

/* Have room for more bytes behind the live ones, which start the window. */
static void
enlarge(DcfHttpTransfer *transfer, size_t more)
{
	DcfHttpBuffer *window = &transfer->window;
	size_t size = Min(window->size * 2, transfer->max_window);

	if (window->size - window->end >= more)
		return;
	size = Max(size, window->end + more);
	window->base = repalloc_huge(window->base, size);
	window->size = size;
}

/*
 * Make room behind the bytes in the window, all of which the caller has seen:
 * by dropping the consumed ones where that is cheaper than they were to read,
 * else by growing.  False if it may not grow.
 */
bool
dcf_http_make_room(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *window = &transfer->window;
	size_t live = window->end - window->start;

	if (live >= transfer->max_window)
		return dcf_http_fail(transfer, DCF_HTTP_TOO_LONG, NULL);
	if (transfer->ahead)
		return true; /* a piece brings its own */
	if (live <= window->start || window->size - window->end < MIN_ROOM)
		drop_consumed(window);
	transfer->shown = window->end;
	enlarge(transfer, MIN_ROOM);
	return true;
}

bool
dcf_http_show_arrived(DcfHttpTransfer *transfer)
{
	if (transfer->window.end == transfer->shown)
		return false;
	transfer->decoded += transfer->window.end - transfer->shown;
	transfer->shown = transfer->window.end;
	return true;
}

void
dcf_http_resume(DcfHttpTransfer *transfer)
{
	CURLcode code;
	sigset_t saved;

	transfer->wanted = 0;
	dcf_http_enter_curl(&saved);
	code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	dcf_http_leave_curl(&saved);

	if (code == CURLE_OUT_OF_MEMORY)
		dcf_http_check(code);
	/* Any other failure also becomes the transfer's result. */
}

static DcfInflate *
begin_inflate(const DcfHttpTransfer *transfer)
{
	DcfInflateLibrary library = dcf_inflate_library;

	return dcf_inflate_init(MemoryContextAlloc(transfer->context,
											   dcf_inflate_size(library)),
							library,
							transfer->coding == DCF_HTTP_GZIP ?
								DCF_INFLATE_GZIP :
								DCF_INFLATE_DEFLATE);
}

/*
 * What the thread is to read with, or NULL.  What the window has is to be read
 * first, and has to find room.
 */
static const DcfInflateThreadReader *
get_reader(const DcfHttpTransfer *transfer)
{
	size_t live = transfer->window.end - transfer->window.start;

	return dcf_read_in_thread && transfer->reader.read &&
			live <= DCF_INFLATE_THREAD_MARGIN ?
		&transfer->reader :
		NULL;
}

/* Where there can be no thread, the body goes on as it began. */
static void
begin_ahead(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *window = &transfer->window;
	const DcfInflateThreadReader *reader = get_reader(transfer);
	size_t live = window->end - window->start;
	void *memory =
		MemoryContextAlloc(transfer->context, dcf_inflate_thread_size(reader));
	sigset_t saved;

	dcf_http_enter_curl(&saved);
	transfer->ahead =
		dcf_inflate_thread_start(memory, transfer->inflate, reader,
								 window->base + window->start, live);
	dcf_http_leave_curl(&saved);
	transfer->no_ahead = transfer->ahead == NULL;
	if (transfer->no_ahead)
	{
		pfree(memory);
		return;
	}
	if (reader)
	{
		/* They come again with the first piece. */
		window->start = window->end;
		transfer->decoded -= live;
	}
	transfer->own = *window;
}

bool
dcf_http_decode(DcfHttpTransfer *transfer)
{
	if (transfer->coding == DCF_HTTP_PLAIN)
		return true;
	if (transfer->inflate == NULL)
	{
		if (transfer->raw.start == transfer->raw.end)
			return true;
		if (transfer->coding == DCF_HTTP_UNKNOWN)
			return dcf_http_fail(transfer, DCF_HTTP_BAD_CODING, NULL);
		transfer->inflate = begin_inflate(transfer);
	}
	if (transfer->decoded >= LONG_BODY && !transfer->ahead &&
		!transfer->no_ahead && dcf_inflate_in_thread)
		begin_ahead(transfer);
	return transfer->ahead ? decode_ahead(transfer) : decode_here(transfer);
}

/* The first bytes of raw are used. */
static void
use_raw(DcfHttpBuffer *raw, size_t n)
{
	raw->start += n;
	if (raw->start == raw->end)
		raw->start = raw->end = 0;
}

/* Decompress as far as the window has room. */
static bool
decode_here(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *raw = &transfer->raw;
	DcfHttpBuffer *window = &transfer->window;
	size_t in = raw->end - raw->start;
	size_t out = window->size - window->end;
	const char *reason =
		dcf_inflate_run(transfer->inflate, raw->base + raw->start, &in,
						window->base + window->end, &out);

	if (reason)
		return dcf_http_fail(transfer, DCF_HTTP_BAD_CODING, reason);
	use_raw(raw, in);
	window->end += out;
	return true;
}

/* Give the thread of what has arrived as much as it has room for. */
static void
put_arrived(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *raw = &transfer->raw;

	use_raw(raw,
			dcf_inflate_thread_put(transfer->ahead, raw->base + raw->start,
								   raw->end - raw->start));
}

/* Give it what has arrived; and what can be had without waiting. */
static void
feed_ahead(DcfHttpTransfer *transfer)
{
	put_arrived(transfer);
	if (transfer->done || !dcf_inflate_thread_hungry(transfer->ahead))
		return;
	if (transfer->wanted > 0)
		dcf_http_resume(transfer);
	else
		dcf_http_work(transfer->pool, 0, DCF_WAIT_REPLY);
	put_arrived(transfer);
}

/* Whether the window is a piece of the thread's. */
static bool
has_piece(const DcfHttpTransfer *transfer)
{
	return transfer->window.base != transfer->own.base;
}

/* Make the transfer's own buffer the window, with what is not consumed. */
static void
leave_piece(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer piece = transfer->window;
	size_t live = piece.end - piece.start;

	transfer->window = transfer->own;
	transfer->window.start = transfer->window.end = 0;
	enlarge(transfer, live);
	memcpy(transfer->window.base, piece.base + piece.start, live);
	transfer->window.end = transfer->shown = live;
	transfer->own = transfer->window;
}

/*
 * Add a piece to what the window has not consumed, which is nothing where the
 * thread reads.
 */
static void
add_piece(DcfHttpTransfer *transfer, const DcfInflateThreadPiece *piece)
{
	DcfHttpBuffer *window = &transfer->window;
	size_t live = window->end - window->start;
	bool had_piece = has_piece(transfer);

	Assert(live == 0 || piece->rows == NULL);
	transfer->rows = piece->rows;
	if (live <= DCF_INFLATE_THREAD_MARGIN)
	{
		memcpy(piece->bytes - live, window->base + window->start, live);
		window->base = piece->bytes - live;
		window->start = 0;
		window->end = window->size = live + piece->len;
		transfer->shown = live;
		if (had_piece)
			dcf_inflate_thread_give_back(transfer->ahead);
		return;
	}
	if (had_piece)
	{
		leave_piece(transfer);
		dcf_inflate_thread_give_back(transfer->ahead);
	}
	else if (live <= window->start)
		drop_consumed(window);
	enlarge(transfer, piece->len);
	memcpy(window->base + window->end, piece->bytes, piece->len);
	transfer->shown = window->end;
	window->end += piece->len;
	transfer->own = *window;
	dcf_inflate_thread_give_back(transfer->ahead);
}

static bool
decode_ahead(DcfHttpTransfer *transfer)
{
	DcfInflateThreadState state;
	DcfInflateThreadPiece piece;
	const char *reason;

	do
	{
		feed_ahead(transfer);
		state = dcf_inflate_thread_take(transfer->ahead, &piece, &reason);
	} while (state == DCF_INFLATE_THREAD_EMPTY &&
			 transfer->raw.start < transfer->raw.end);

	if (state == DCF_INFLATE_THREAD_WRONG)
		return dcf_http_fail(transfer, DCF_HTTP_BAD_CODING, reason);
	if (state == DCF_INFLATE_THREAD_PIECE)
		add_piece(transfer, &piece);
	return true;
}

bool
dcf_http_decoding_ended(const DcfHttpTransfer *transfer)
{
	if (transfer->ahead)
		return dcf_inflate_thread_ended(transfer->ahead);
	return transfer->inflate == NULL || dcf_inflate_ended(transfer->inflate);
}
