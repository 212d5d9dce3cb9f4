/*
 * test_inflate_thread.c
 *	  The inflate thread: it decompresses like dcf_inflate_run(), however input
 *	  and output are handed over, and reads everything up to where it must stop.
 */
#include "check.h"
#include "document.h"
#include "line_reader.h"
#include "packing.h"

#include "net/inflate_thread.h"

/* Longer than what the thread holds at once. */
#define LONG_BODY ((size_t) 3 * 512 * 1024)

/* The result; for an invalid body, the part before the error. */
typedef struct Inflated
{
	Text body;
	const char *reason;
	bool ended;
} Inflated;

/* Takes pieces: it writes to them, and holds up to two. */
typedef struct Taker
{
	DcfInflate *inflate;
	DcfInflateThread *thread;
	const LineReader *lines; /* what the thread reads with, or NULL */
	int stop_after; /* pieces until it is asked to read no more; 0: never */
	int held;
	int nlines; /* number of lines that the thread has read */
	bool was_raw;
	Inflated result;
} Taker;

/* lines: what the thread is to read, or NULL; unread: bytes before its output. */
static void
taker_start(Taker *taker, DcfInflateLibrary library, DcfInflateFormat format,
			LineReader *lines, const char *unread, size_t len)
{
	DcfInflateThreadReader reader = {read_lines, lines};

	memset(taker, 0, sizeof(Taker));
	taker->lines = lines;
	text_add_string(&taker->result.body, "");
	taker->inflate =
		dcf_inflate_init(malloc(dcf_inflate_size(library)), library, format);
	taker->thread =
		dcf_inflate_thread_start(malloc(dcf_inflate_thread_size()),
								 taker->inflate, lines ? &reader : NULL,
								 unread, len);
	CHECK(taker->thread != NULL, "there is no thread");
}

/* The lines are complete, and all of the piece unless the thread stopped. */
static void
check_lines(Taker *taker, const DcfInflateThreadPiece *piece)
{
	const Lines *lines = &taker->lines->lines[piece->number];
	int n = 0;

	CHECK(!taker->was_raw, "read again after a stop");
	for (size_t i = 0; i < lines->consumed; i++)
		n += piece->bytes[i] == '\n';
	CHECK(n == lines->n && lines->consumed <= piece->len,
		  "%d lines, said to be %d", n, lines->n);
	taker->nlines += n;
	taker->was_raw = lines->consumed < piece->len;
}

/* Take a piece; false if there is none. */
static bool
taker_take(Taker *taker)
{
	DcfInflateThreadPiece piece;
	DcfInflateThreadState state =
		dcf_inflate_thread_take(taker->thread, &piece, &taker->result.reason);

	if (state != DCF_INFLATE_THREAD_PIECE)
	{
		CHECK((state == DCF_INFLATE_THREAD_WRONG) ==
				  (taker->result.reason != NULL),
			  "a state of %d without reason, or with one", state);
		return false;
	}
	CHECK(piece.len > 0, "a piece is empty");
	if (--taker->stop_after == 0)
		dcf_inflate_thread_stop_reading(taker->thread);
	text_add(&taker->result.body, piece.bytes, piece.len);
	if (piece.was_read)
		check_lines(taker, &piece);
	else if (taker->stop_after < 0 && !taker->was_raw && taker->lines)
		taker->was_raw = true; /* its first bytes lie in the margin */
	else
	{
		taker->was_raw = true;
		piece.bytes[-1] = piece.bytes[-(ptrdiff_t) DCF_INFLATE_THREAD_MARGIN] =
			'#';
	}
	memset(piece.bytes, '#', piece.len);
	if (taker->held++ == 1)
	{
		dcf_inflate_thread_give_back(taker->thread);
		taker->held--;
	}
	return true;
}

static void
taker_stop(Taker *taker)
{
	dcf_inflate_thread_stop(taker->thread);
	free(taker->thread);
	free(taker->inflate);
}

/*
 * Hand over all input in the pieces of cuts, and take all output; with dice, take
 * it also when there is still room for input.
 */
static void
taker_run(Taker *taker, const Text *packed, Cuts cuts, Dice *dice)
{
	size_t given = 0;
	bool more = true;

	while (given < packed->len && more)
	{
		size_t piece = next_piece(&cuts, given, packed->len - given);
		char *block = malloc(piece);
		size_t put;

		memcpy(block, packed->data + given, piece);
		put = dcf_inflate_thread_put(taker->thread, block, piece);
		free(block);
		given += put;
		if (put == 0 || (dice && dice_roll(dice, 2) == 0))
			more = taker_take(taker) || !taker->result.reason;
	}
	while (more && taker_take(taker))
		;
	taker->result.ended = !taker->result.reason && given == packed->len &&
		dcf_inflate_thread_ended(taker->thread);
}

static Inflated
inflated(DcfInflateLibrary library, DcfInflateFormat format,
		 const Text *packed, Cuts cuts, Dice *dice)
{
	Taker taker;

	taker_start(&taker, library, format, NULL, NULL, 0);
	taker_run(&taker, packed, cuts, dice);
	taker_stop(&taker);
	return taker.result;
}

static void
check_whole(const Text *body, const Text *packed, const Packing *packing,
			Cuts cuts, Dice *dice)
{
	for (int i = 0; i < LIBRARIES; i++)
	{
		Inflated result =
			inflated(libraries[i], packing->format, packed, cuts, dice);

		CHECK(result.ended && text_is(&result.body, body),
			  "%s by %s, %zu bytes, of which %zu came: %s", packing->name,
			  dcf_inflate_name(libraries[i]), body->len, result.body.len,
			  result.reason ? result.reason : "other or no end");
		free(result.body.data);
	}
}

static void
whole_bodies(void)
{
	static const size_t lengths[] = {0, 1, 5000, LONG_BODY};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
	{
		Text body = made_up_body(lengths[i]);

		for (int k = 0; k < PACKINGS; k++)
		{
			Text packed = deflated(&body, packings[k].window_bits, 6);

			check_whole(&body, &packed, &packings[k], uncut, NULL);
			check_whole(&body, &packed, &packings[k], (Cuts){7, 5000, NULL},
						&dice);
			if (body.len <= 5000)
				check_whole(&body, &packed, &packings[k], each_byte, &dice);
			free(packed.data);
		}
		free(body.data);
	}
}

/* A few bytes of input give nearly all of this body. */
static void
much_from_little(void)
{
	Text body = {0};

	for (size_t i = 0; i < LONG_BODY; i++)
		text_add(&body, "a", 1);
	for (int k = 0; k < PACKINGS; k++)
	{
		Text packed = deflated(&body, packings[k].window_bits, 9);

		check_whole(&body, &packed, &packings[k], uncut, NULL);
		check_whole(&body, &packed, &packings[k], each_byte, NULL);
		free(packed.data);
	}
	free(body.data);
}

/* The thread continues where the backend stopped decompressing. */
static void
taken_over(void)
{
	Text body = made_up_body(LONG_BODY);
	Text packed = deflated(&body, GZIP, 6);

	for (int i = 0; i < LIBRARIES; i++)
	{
		char out[1000];
		size_t in = packed.len;
		size_t len = sizeof(out);
		Taker taker = {0};
		Text rest = packed;

		text_add_string(&taker.result.body, "");
		taker.inflate =
			dcf_inflate_init(malloc(dcf_inflate_size(libraries[i])),
							 libraries[i], DCF_INFLATE_GZIP);
		(void) dcf_inflate_run(taker.inflate, packed.data, &in, out, &len);
		text_add(&taker.result.body, out, len);
		taker.thread =
			dcf_inflate_thread_start(malloc(dcf_inflate_thread_size()),
									 taker.inflate, NULL, NULL, 0);
		rest.data += in;
		rest.len -= in;
		taker_run(&taker, &rest, uncut, NULL);
		CHECK(taker.result.ended && text_is(&taker.result.body, &body),
			  "by %s, %zu bytes came", dcf_inflate_name(libraries[i]),
			  taker.result.body.len);
		taker_stop(&taker);
		free(taker.result.body.data);
	}
	free(packed.data);
	free(body.data);
}

/* A truncated or damaged stream never ends. */
static void
cut_and_damaged(void)
{
	Text body = made_up_body(LONG_BODY);
	Dice dice = {UINT64_C(0x2545F4914F6CDD1D)};

	for (int k = 0; k < PACKINGS; k++)
	{
		Text packed = deflated(&body, packings[k].window_bits, 6);
		size_t whole = packed.len;

		for (int n = 0; n < 5; n++)
			for (int i = 0; i < LIBRARIES; i++)
			{
				Inflated result;
				size_t at = dice_roll(&dice, (uint32_t) whole);

				packed.len = at;
				result = inflated(libraries[i], packings[k].format, &packed,
								  uncut, NULL);
				CHECK(!result.ended, "%s cut at %zu of %zu: ended",
					  packings[k].name, at, whole);
				free(result.body.data);
				packed.len = whole;
				if (packings[k].window_bits == RAW)
					continue;
				packed.data[at] ^= 4;
				result = inflated(libraries[i], packings[k].format, &packed,
								  uncut, NULL);
				CHECK(!result.ended || text_is(&result.body, &body),
					  "%s damaged at %zu: taken", packings[k].name, at);
				free(result.body.data);
				packed.data[at] ^= 4;
			}
		free(packed.data);
	}
	free(body.data);
}

/* The thread can be stopped while it works, is idle, or waits for room. */
static void
stopped_early(void)
{
	Text body = made_up_body(LONG_BODY);
	Text packed = deflated(&body, GZIP, 6);

	for (int i = 0; i < LIBRARIES; i++)
		for (int taken = 0; taken < 6; taken++)
		{
			Taker taker;
			size_t given = 0;

			taker_start(&taker, libraries[i], DCF_INFLATE_GZIP, NULL, NULL, 0);
			for (int n = 0; n <= taken; n++)
			{
				given +=
					dcf_inflate_thread_put(taker.thread, packed.data + given,
										   packed.len - given);
				CHECK(n == 0 || taker_take(&taker), "piece %d did not come",
					  n);
			}
			CHECK(memcmp(taker.result.body.data, body.data,
						 taker.result.body.len) == 0,
				  "%d pieces are not the body's beginning", taken);
			taker_stop(&taker);
			free(taker.result.body.data);
		}
	free(packed.data);
	free(body.data);
}

/*
 * Read a body in the thread up to line stop_at; its first bytes are already
 * decompressed, but unread, when the thread starts.  All bytes arrive, and the
 * expected number of lines is read; -1: some, but not all.
 */
static void
check_read(const Text *body, size_t unread, int stop_at, int nlines,
		   bool by_bytes)
{
	Text rest = {.data = body->data + unread, .len = body->len - unread};
	Text packed = deflated(&rest, GZIP, 6);
	Dice dice = {UINT64_C(0x2545F4914F6CDD1D)};

	for (int i = 0; i < LIBRARIES; i++)
	{
		LineReader lines = {.stop_at = stop_at};
		Taker taker;

		taker_start(&taker, libraries[i], DCF_INFLATE_GZIP, &lines, body->data,
					unread);
		taker_run(&taker, &packed, by_bytes ? each_byte : uncut,
				  by_bytes ? &dice : NULL);
		CHECK(taker.result.ended && text_is(&taker.result.body, body),
			  "by %s, %zu bytes of %zu came", dcf_inflate_name(libraries[i]),
			  taker.result.body.len, body->len);
		CHECK(!lines.misused, "read after a stop, or the same again");
		CHECK(taker.nlines == lines.nlines &&
				  (nlines < 0 ?
					   taker.nlines > 0 && taker.nlines < count_lines(body) :
					   taker.nlines == nlines),
			  "%d lines came read, %d were, of %d", taker.nlines, lines.nlines,
			  count_lines(body));
		taker_stop(&taker);
		free(taker.result.body.data);
	}
	free(packed.data);
}

/* There are more short lines than there is room for. */
static void
read_whole(void)
{
	static const uint32_t limits[] = {3, 1000};

	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
	{
		Text body = made_up_lines(LONG_BODY, limits[i], 0);

		check_read(&body, 0, -1, count_lines(&body), false);
		check_read(&body, 1, -1, count_lines(&body), false);
		check_read(&body, DCF_INFLATE_THREAD_MARGIN, -1, count_lines(&body),
				   false);
		free(body.data);
		body = made_up_lines(20000, limits[i], 0);
		check_read(&body, 100, -1, count_lines(&body), true);
		free(body.data);
	}
}

/* Stop at a line without room, and wherever the reader says. */
static void
read_in_part(void)
{
	Text body = made_up_lines(LONG_BODY, 1000, 6 * DCF_INFLATE_THREAD_MARGIN);

	check_read(&body, 5, -1, -1, false);
	free(body.data);
	body = made_up_lines(LONG_BODY, 1000, 0);
	for (int stop_at = 1; stop_at < 3000; stop_at = stop_at * 5 + 1)
		check_read(&body, 5, stop_at, stop_at, false);
	check_read(&body, 5, count_lines(&body), count_lines(&body), false);
	free(body.data);
}

/* An incomplete line is never handed over, nor anything after it. */
static void
read_cut(void)
{
	Text body = made_up_lines(LONG_BODY, 1000, 0);
	int n = count_lines(&body);
	Text packed;
	LineReader lines = {.stop_at = -1};
	Taker taker;

	body.len -= 1;
	packed = deflated(&body, GZIP, 6);
	taker_start(&taker, libraries[0], DCF_INFLATE_GZIP, &lines, "", 0);
	taker_run(&taker, &packed, uncut, NULL);
	CHECK(taker.result.ended && taker.nlines == n - 1 && lines.unread > 0 &&
			  taker.result.body.len == body.len - lines.unread,
		  "%d lines of %d and a part, %zu bytes", taker.nlines, n - 1,
		  taker.result.body.len);
	taker_stop(&taker);
	free(taker.result.body.data);
	free(packed.data);
	free(body.data);
}

/*
 * Asked to read no more, the thread stops within the pieces that it may have made
 * meanwhile, and nothing is lost.
 */
static void
read_until_asked(void)
{
	Text body = made_up_lines(4 * LONG_BODY, 1000, 0);
	Text packed = deflated(&body, GZIP, 6);

	for (int stop_after = 1; stop_after <= 4; stop_after++)
	{
		LineReader lines = {.stop_at = -1};
		Taker taker;

		taker_start(&taker, libraries[0], DCF_INFLATE_GZIP, &lines, body.data,
					0);
		taker.stop_after = stop_after;
		taker_run(&taker, &packed, uncut, NULL);
		CHECK(taker.result.ended && text_is(&taker.result.body, &body),
			  "%zu bytes of %zu came", taker.result.body.len, body.len);
		CHECK(!lines.misused && taker.was_raw && taker.nlines > 0 &&
				  taker.nlines == lines.nlines &&
				  taker.nlines < count_lines(&body),
			  "%d lines came read, %d were, of %d", taker.nlines, lines.nlines,
			  count_lines(&body));
		taker_stop(&taker);
		free(taker.result.body.data);
	}
	free(packed.data);
	free(body.data);
}

int
main(void)
{
	RUN(whole_bodies);
	RUN(much_from_little);
	RUN(taken_over);
	RUN(cut_and_damaged);
	RUN(stopped_early);
	RUN(read_whole);
	RUN(read_in_part);
	RUN(read_cut);
	RUN(read_until_asked);
	return check_finish();
}
