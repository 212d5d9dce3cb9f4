/*
 * http_body.c
 *	  What has arrived of a body, as a buffer of decoded bytes.
 *
 * A plain body comes straight into the buffer, a compressed one by way of raw.
 * A long compressed one is decompressed ahead, in a thread (inflate_thread.h), whose
 * pieces become the buffer as they are; what was not consumed of the one before
 * is moved in front, unless the thread also reads.  Only where a record is longer
 * than there is room in front are pieces put together in the transfer's own
 * buffer.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "http_private.h"
#include "net/inflate_thread.h"

/* Room to make in the buffer before waiting for more bytes. */
#define MIN_ROOM CURL_MAX_WRITE_SIZE

/* Decoded bytes after which a body is a long one. */
#define LONG_BODY (1024 * 1024)

static bool decode_here(DcfHttpTransfer *transfer);
static bool decode_in_thread(DcfHttpTransfer *transfer);

bool
dcf_http_fail(DcfHttpTransfer *transfer, DcfHttpProblem problem,
			  const char *reason)
{
	transfer->problem = problem;
	transfer->reason = reason;
	return false;
}

/* Move the live bytes to the buffer's start. */
static void
drop_consumed(DcfHttpBuffer *buffer)
{
	size_t live = buffer->end - buffer->start;

	memmove(buffer->base, buffer->base + buffer->start, live);
	buffer->start = 0;
	buffer->end = live;
}

/* Have room for more bytes behind the live ones, which start the buffer. */
static void
enlarge(DcfHttpTransfer *transfer, size_t more)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t size = Min(buffer->size * 2, transfer->max_buffer);

	if (buffer->size - buffer->end >= more)
		return;
	size = Max(size, buffer->end + more);
	buffer->base = repalloc_huge(buffer->base, size);
	buffer->size = size;
}

/*
 * Make room behind the bytes in the buffer, all of which the caller has seen:
 * by dropping the consumed ones where that is cheaper than they were to read,
 * else by growing.  False if it may not grow.
 */
bool
dcf_http_make_room(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t live = buffer->end - buffer->start;

	if (live >= transfer->max_buffer)
		return dcf_http_fail(transfer, DCF_HTTP_TOO_LONG, NULL);
	if (transfer->thread)
		return true; /* a piece brings its own */
	if (live <= buffer->start || buffer->size - buffer->end < MIN_ROOM)
		drop_consumed(buffer);
	transfer->shown = buffer->end;
	enlarge(transfer, MIN_ROOM);
	return true;
}

bool
dcf_http_show_arrived(DcfHttpTransfer *transfer)
{
	if (transfer->buffer.end == transfer->shown)
		return false;
	transfer->decoded += transfer->buffer.end - transfer->shown;
	transfer->shown = transfer->buffer.end;
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
 * What the thread is to read with, or NULL.  What the buffer has is to be read
 * first, and has to find room.
 */
static const DcfInflateThreadReader *
get_reader(const DcfHttpTransfer *transfer)
{
	size_t live = transfer->buffer.end - transfer->buffer.start;

	return dcf_read_in_thread && transfer->reader.read &&
			live <= DCF_INFLATE_THREAD_MARGIN ?
		&transfer->reader :
		NULL;
}

/* Where there can be no thread, the body goes on as it began. */
static void
start_thread(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	const DcfInflateThreadReader *reader = get_reader(transfer);
	size_t live = buffer->end - buffer->start;
	void *memory =
		MemoryContextAlloc(transfer->context, dcf_inflate_thread_size(reader));
	sigset_t saved;

	dcf_http_enter_curl(&saved);
	transfer->thread =
		dcf_inflate_thread_start(memory, transfer->inflate, reader,
								 buffer->base + buffer->start, live);
	dcf_http_leave_curl(&saved);
	transfer->no_thread = transfer->thread == NULL;
	if (transfer->no_thread)
	{
		pfree(memory);
		return;
	}
	if (reader)
	{
		/* They come again with the first piece. */
		buffer->start = buffer->end;
		transfer->decoded -= live;
	}
	transfer->own_buffer = *buffer;
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
	if (transfer->decoded >= LONG_BODY && !transfer->thread &&
		!transfer->no_thread && dcf_inflate_in_thread)
		start_thread(transfer);
	return transfer->thread ? decode_in_thread(transfer) :
							  decode_here(transfer);
}

/* The first bytes of raw are used. */
static void
use_raw(DcfHttpBuffer *raw, size_t n)
{
	raw->start += n;
	if (raw->start == raw->end)
		raw->start = raw->end = 0;
}

/* Decompress as far as the buffer has room. */
static bool
decode_here(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *raw = &transfer->raw;
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t in = raw->end - raw->start;
	size_t out = buffer->size - buffer->end;
	const char *reason =
		dcf_inflate_run(transfer->inflate, raw->base + raw->start, &in,
						buffer->base + buffer->end, &out);

	if (reason)
		return dcf_http_fail(transfer, DCF_HTTP_BAD_CODING, reason);
	use_raw(raw, in);
	buffer->end += out;
	return true;
}

/* Give the thread of what has arrived as much as it has room for. */
static void
put_arrived(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *raw = &transfer->raw;

	use_raw(raw,
			dcf_inflate_thread_put(transfer->thread, raw->base + raw->start,
								   raw->end - raw->start));
}

/* Give it what has arrived; and what can be had without waiting. */
static void
feed_thread(DcfHttpTransfer *transfer)
{
	put_arrived(transfer);
	if (transfer->done || !dcf_inflate_thread_needs_input(transfer->thread))
		return;
	if (transfer->wanted > 0)
		dcf_http_resume(transfer);
	else
		dcf_http_work(transfer->pool, 0, DCF_WAIT_REPLY);
	put_arrived(transfer);
}

/* Whether the buffer is a piece of the thread's. */
static bool
has_piece(const DcfHttpTransfer *transfer)
{
	return transfer->buffer.base != transfer->own_buffer.base;
}

/* Make the transfer's own buffer the buffer, with what is not consumed. */
static void
leave_piece(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer piece = transfer->buffer;
	size_t live = piece.end - piece.start;

	transfer->buffer = transfer->own_buffer;
	transfer->buffer.start = transfer->buffer.end = 0;
	enlarge(transfer, live);
	memcpy(transfer->buffer.base, piece.base + piece.start, live);
	transfer->buffer.end = transfer->shown = live;
	transfer->own_buffer = transfer->buffer;
}

/*
 * Add a piece to what the buffer has not consumed, which is nothing where the
 * thread reads.
 */
static void
add_piece(DcfHttpTransfer *transfer, const DcfInflateThreadPiece *piece)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t live = buffer->end - buffer->start;
	bool had_piece = has_piece(transfer);

	Assert(live == 0 || piece->rows == NULL);
	transfer->rows = piece->rows;
	if (live <= DCF_INFLATE_THREAD_MARGIN)
	{
		memcpy(piece->bytes - live, buffer->base + buffer->start, live);
		buffer->base = piece->bytes - live;
		buffer->start = 0;
		buffer->end = buffer->size = live + piece->len;
		transfer->shown = live;
		if (had_piece)
			dcf_inflate_thread_give_back(transfer->thread);
		return;
	}
	if (had_piece)
	{
		leave_piece(transfer);
		dcf_inflate_thread_give_back(transfer->thread);
	}
	else if (live <= buffer->start)
		drop_consumed(buffer);
	enlarge(transfer, piece->len);
	memcpy(buffer->base + buffer->end, piece->bytes, piece->len);
	transfer->shown = buffer->end;
	buffer->end += piece->len;
	transfer->own_buffer = *buffer;
	dcf_inflate_thread_give_back(transfer->thread);
}

static bool
decode_in_thread(DcfHttpTransfer *transfer)
{
	DcfInflateThreadState state;
	DcfInflateThreadPiece piece;
	const char *reason;

	do
	{
		feed_thread(transfer);
		state = dcf_inflate_thread_take(transfer->thread, &piece, &reason);
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
	if (transfer->thread)
		return dcf_inflate_thread_ended(transfer->thread);
	return transfer->inflate == NULL || dcf_inflate_ended(transfer->inflate);
}
