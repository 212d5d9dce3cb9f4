/*
 * http_body.c
 *	  From received bytes to the buffer of decoded bytes.
 *
 * A plain body is received into the buffer, a compressed one into raw.  A long
 * compressed body is decompressed in a thread (inflate_thread.h), and each piece
 * from the thread becomes the buffer without being copied.  The unconsumed bytes
 * of the piece before are copied into the margin in front of it; if they do not
 * fit there, the pieces are joined in own_buffer.  If the thread also reads the
 * records, nothing is left unconsumed.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "http_private.h"
#include "net/inflate_thread.h"

/* Room that the buffer gets before a wait for more bytes. */
#define MIN_ROOM CURL_MAX_WRITE_SIZE

/* Decoded bytes from which on a thread is worth its start. */
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

/* Move the unconsumed bytes to the buffer's start. */
static void
drop_consumed(DcfHttpBuffer *buffer)
{
	size_t live = buffer->end - buffer->start;

	memmove(buffer->base, buffer->base + buffer->start, live);
	buffer->start = 0;
	buffer->end = live;
}

/* Grow the buffer, at least doubling it, to have room for more bytes at its end. */
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
 * Moving costs time linear in the unconsumed bytes.  So move when at least as
 * many were consumed, or when room is short anyway, and then grow if needed.
 */
bool
dcf_http_make_room(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t live = buffer->end - buffer->start;

	if (live >= transfer->max_buffer)
		return dcf_http_fail(transfer, DCF_HTTP_TOO_LONG, NULL);
	if (transfer->thread)
		return true; /* each piece has its own room */
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
	/* libcurl may call on_body() before it returns, and so pause again. */
	code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	dcf_http_leave_curl(&saved);

	if (code == CURLE_OUT_OF_MEMORY)
		dcf_http_check(code);
	/* Any other failure also becomes the transfer's result. */
}

/* Begin decompression of a body that has a known coding. */
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
 * The reader for the thread, or NULL if the backend is to read.  The thread
 * first reads the unconsumed bytes, which must fit into a margin.
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

/*
 * Start the thread that decompresses the rest of the body.  If that fails, the
 * backend goes on.
 */
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
		/* The unconsumed bytes come again with the first piece. */
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
		/* An empty body is valid in any coding, even an unknown one. */
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

/* Drop the first n bytes of raw. */
static void
use_raw(DcfHttpBuffer *raw, size_t n)
{
	raw->start += n;
	if (raw->start == raw->end)
		raw->start = raw->end = 0;
}

/* Decompress in the backend as far as the buffer has room. */
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

/* Give the thread as many received bytes as it has room for. */
static void
put_arrived(DcfHttpTransfer *transfer)
{
	DcfHttpBuffer *raw = &transfer->raw;

	use_raw(raw,
			dcf_inflate_thread_put(transfer->thread, raw->base + raw->start,
								   raw->end - raw->start));
}

/* Give the thread what was received, and what can be without waiting. */
static void
feed_thread(DcfHttpTransfer *transfer)
{
	put_arrived(transfer);
	if (transfer->done || !dcf_inflate_thread_needs_input(transfer->thread))
		return;
	if (transfer->wanted > 0)
		dcf_http_resume(transfer);
	else
		dcf_http_work(0, DCF_WAIT_REPLY);
	put_arrived(transfer);
}

/* Whether the buffer is one of the thread's pieces. */
static bool
has_piece(const DcfHttpTransfer *transfer)
{
	return transfer->buffer.base != transfer->own_buffer.base;
}

/* Copy the unconsumed bytes of a piece into own_buffer, and use that. */
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
 * Make a piece the buffer, with the unconsumed bytes in front.  If the thread
 * reads, there are none.
 */
static void
add_piece(DcfHttpTransfer *transfer, const DcfInflateThreadPiece *piece)
{
	DcfHttpBuffer *buffer = &transfer->buffer;
	size_t live = buffer->end - buffer->start;
	bool had_piece = has_piece(transfer);

	Assert(live == 0 || piece->rows == NULL);
	transfer->rows = piece->rows;
	/*
	 * The unconsumed bytes may be in the piece before, so that is given back
	 * only after they are copied.
	 */
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

/* Feed the thread, and take over the next piece if there is one. */
static bool
decode_in_thread(DcfHttpTransfer *transfer)
{
	DcfInflateThreadState state;
	DcfInflateThreadPiece piece;
	const char *reason;

	/*
	 * The thread may have had no room for all of raw.  If it has then used up
	 * its input, it gets the rest before anybody waits for the network.
	 */
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
