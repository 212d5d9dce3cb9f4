/*
 * test_read_thread.c
 *	  The thread that reads what is received: it reads everything up to where it
 *	  must stop, however the bytes come, and loses none.
 */
#include "check.h"
#include "document.h"
#include "line_reader.h"

#include "net/read_thread.h"

/* Longer than what the thread holds at once. */
#define LONG_BODY ((size_t) 5 * 1024 * 1024)

/* Takes pieces, and holds one. */
typedef struct Taker
{
	DcfReadThread *thread;
	LineReader lines;
	Text body;		/* all that came, read or not */
	int nlines;		/* that came read */
	int npieces;	/* that were taken */
	int stop_after; /* pieces until it is asked to read no more; 0: never */
	bool holds;
	bool behind; /* a piece had bytes behind those that were consumed */
	bool stopped;
} Taker;

static void
taker_start(Taker *taker, const Text *unread, int stop_at)
{
	DcfInflateThreadReader reader = {read_lines, &taker->lines};

	memset(taker, 0, sizeof(Taker));
	taker->lines.stop_at = stop_at;
	text_add_string(&taker->body, "");
	taker->thread = dcf_read_thread_start(malloc(dcf_read_thread_size()),
										  &reader, unread->data, unread->len);
	CHECK(taker->thread != NULL, "there is no thread");
}

static void
taker_end(Taker *taker)
{
	dcf_read_thread_end(taker->thread);
	free(taker->thread);
	free(taker->body.data);
}

/* The piece has the lines that were read, and more only after a stop. */
static void
check_piece(Taker *taker, const DcfInflateThreadPiece *piece)
{
	const Lines *lines = &taker->lines.lines[piece->number];
	int n = 0;

	CHECK(!taker->behind, "read again after a stop");
	CHECK(piece->len > 0 && lines->consumed <= piece->len && piece->was_read,
		  "%zu bytes consumed, %zu in the piece", lines->consumed, piece->len);
	for (size_t i = 0; i < lines->consumed; i++)
		n += piece->bytes[i] == '\n';
	CHECK(n == lines->n, "%d lines, said to be %d", n, lines->n);
	taker->nlines += n;
	taker->behind = lines->consumed < piece->len;
}

/* Take a piece; false if there is none. */
static bool
taker_take(Taker *taker)
{
	DcfInflateThreadPiece piece;
	DcfReadThreadState state;

	if (taker->holds)
		dcf_read_thread_give_back(taker->thread);
	taker->holds = false;
	state = dcf_read_thread_take(taker->thread, &piece);
	CHECK(dcf_read_thread_is_empty(taker->thread) ==
				  (state == DCF_READ_THREAD_EMPTY) ||
			  state == DCF_READ_THREAD_PIECE,
		  "empty, or not, in state %d", state);
	taker->stopped |= state == DCF_READ_THREAD_STOPPED;
	if (state != DCF_READ_THREAD_PIECE)
		return false;
	CHECK(!taker->stopped, "a piece after a stop");
	taker->npieces++;
	if (--taker->stop_after == 0)
		dcf_read_thread_stop_reading(taker->thread);
	check_piece(taker, &piece);
	text_add(&taker->body, piece.bytes, piece.len);
	memset(piece.bytes, '#', piece.len);
	taker->holds = true;
	return true;
}

/* Write some of the bytes to the room; returns how many. */
static size_t
taker_write(Taker *taker, const char *bytes, size_t len)
{
	size_t room;
	char *to = dcf_read_thread_room(taker->thread, &room);

	CHECK(to ? room >= DCF_READ_THREAD_ROOM : room == 0, "a room of %zu",
		  room);
	len = len < room ? len : room;
	if (to == NULL)
		return 0;
	memcpy(to, bytes, len);
	dcf_read_thread_add(taker->thread, len);
	return len;
}

/*
 * Write all bytes in the pieces of cuts, and take what was read; with dice, also when
 * there is still room.  Then take the rest.
 */
static void
taker_run(Taker *taker, const char *bytes, size_t len, Cuts cuts, Dice *dice)
{
	const char *rest;
	size_t n;
	size_t given = 0;

	while (given < len && !taker->stopped)
	{
		n = taker_write(taker, bytes + given,
						next_piece(&cuts, given, len - given));
		given += n;
		if (n == 0 || (dice && dice_roll(dice, 2) == 0))
			(void) taker_take(taker);
	}
	while (taker_take(taker))
		;
	while (dcf_read_thread_rest(taker->thread, &rest, &n))
		text_add(&taker->body, rest, n);
	/* What was not written after a stop. */
	text_add(&taker->body, bytes + given, len - given);
}

/*
 * Read a body up to line stop_at; its first bytes have come, but are unread, when
 * the thread starts.  The expected number of lines is read; -1: some, but not all.
 */
static void
check_read(const Text *body, size_t unread, int stop_at, int nlines, Cuts cuts,
		   Dice *dice)
{
	Text first = {.data = body->data, .len = unread};
	Taker taker;

	taker_start(&taker, &first, stop_at);
	taker_run(&taker, body->data + unread, body->len - unread, cuts, dice);
	CHECK(text_is(&taker.body, body), "%zu bytes of %zu came", taker.body.len,
		  body->len);
	CHECK(!taker.lines.misused, "read after a stop, or the same again");
	CHECK(taker.nlines == taker.lines.nlines &&
			  (nlines < 0 ?
				   taker.nlines > 0 && taker.nlines < count_lines(body) :
				   taker.nlines == nlines),
		  "%d lines came read, %d were, of %d", taker.nlines,
		  taker.lines.nlines, count_lines(body));
	CHECK(taker.stopped == (stop_at >= 0 || nlines < 0), "stopped: %d",
		  taker.stopped);
	taker_end(&taker);
}

/* There are more short lines than there is room for. */
static void
read_whole(void)
{
	static const uint32_t limits[] = {3, 1000};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
	{
		Text body = made_up_lines(LONG_BODY, limits[i], 0);
		int n = count_lines(&body);

		check_read(&body, 0, -1, n, uncut, NULL);
		check_read(&body, 1, -1, n, uncut, &dice);
		check_read(&body, DCF_INFLATE_THREAD_MARGIN, -1, n, uncut, NULL);
		check_read(&body, 7, -1, n, (Cuts){1, 16 * 1024, NULL}, &dice);
		check_read(&body, 7, -1, n, (Cuts){1, 300 * 1000, NULL}, &dice);
		free(body.data);
		body = made_up_lines(20000, limits[i], 0);
		check_read(&body, 100, -1, count_lines(&body), each_byte, &dice);
		check_read(&body, 0, -1, count_lines(&body), each_byte, NULL);
		free(body.data);
	}
}

/* A line may be as long as fits a buffer, but in a margin only with its rest. */
static void
long_lines(void)
{
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};
	Text body = {0};

	/* Each begins where it does not cross to another buffer. */
	for (int i = 0; i < 20; i++)
	{
		Text lines =
			made_up_lines(150 * 1000, 1000,
						  i % 3 == 0 ? DCF_INFLATE_THREAD_MARGIN - 1000 : 0);

		text_add(&body, lines.data, lines.len);
		free(lines.data);
	}
	check_read(&body, 0, -1, count_lines(&body), uncut, NULL);
	check_read(&body, 0, -1, count_lines(&body), (Cuts){1, 16000, NULL},
			   &dice);
	free(body.data);
}

/* Stop at a line without room, and wherever the reader says. */
static void
read_in_part(void)
{
	Dice dice = {UINT64_C(0x2545F4914F6CDD1D)};
	Text body = made_up_lines(LONG_BODY, 1000, 12 * DCF_INFLATE_THREAD_MARGIN);

	check_read(&body, 5, -1, -1, uncut, NULL);
	check_read(&body, 5, -1, -1, (Cuts){1, 16000, NULL}, &dice);
	free(body.data);
	body = made_up_lines(LONG_BODY, 1000, 0);
	for (int stop_at = 1; stop_at < 9000; stop_at = stop_at * 5 + 1)
	{
		check_read(&body, 5, stop_at, stop_at, uncut, NULL);
		check_read(&body, 5, stop_at, stop_at, (Cuts){1, 16000, NULL}, &dice);
	}
	check_read(&body, 5, count_lines(&body), count_lines(&body), uncut, NULL);
	free(body.data);
}

/* An incomplete line is never handed over, wherever it is cut. */
static void
read_cut(void)
{
	Text body = made_up_lines(1000, 50, 0);
	Text empty = {.data = body.data};
	size_t whole = body.len;

	for (body.len = 0; body.len <= whole; body.len++)
	{
		Taker taker;

		taker_start(&taker, &empty, -1);
		taker_run(&taker, body.data, body.len, (Cuts){1, 100, NULL}, NULL);
		CHECK(text_is(&taker.body, &body) && !taker.stopped &&
				  taker.nlines == count_lines(&body),
			  "cut at %zu: %d lines, %zu bytes", body.len, taker.nlines,
			  taker.body.len);
		taker_end(&taker);
	}
	free(body.data);
}

/* Asked to read no more, the thread stops, and nothing is lost. */
static void
read_until_asked(void)
{
	Text body = made_up_lines(LONG_BODY, 1000, 0);
	Text empty = {.data = body.data};

	for (int stop_after = 1; stop_after <= 20; stop_after++)
	{
		Taker taker;

		taker_start(&taker, &empty, -1);
		taker.stop_after = stop_after;
		taker_run(&taker, body.data, body.len, (Cuts){1, 100000, NULL}, NULL);
		CHECK(text_is(&taker.body, &body), "%zu bytes of %zu came",
			  taker.body.len, body.len);
		CHECK(!taker.lines.misused && taker.stopped && taker.nlines > 0 &&
				  taker.nlines == taker.lines.nlines &&
				  taker.nlines < count_lines(&body),
			  "%d lines came read, %d were, of %d", taker.nlines,
			  taker.lines.nlines, count_lines(&body));
		taker_end(&taker);
	}
	free(body.data);
}

/* The thread can be ended while it works, is idle, or waits for pieces. */
static void
ended_early(void)
{
	Text body = made_up_lines(LONG_BODY, 1000, 0);
	Text empty = {.data = body.data};

	for (int taken = 0; taken < 12; taken++)
	{
		Taker taker;
		size_t given = 0;
		size_t n;

		taker_start(&taker, &empty, -1);
		for (int i = 0; i <= taken; i++)
		{
			while ((n = taker_write(&taker, body.data + given,
									body.len - given)) > 0)
				given += n;
			CHECK(i == 0 || taker_take(&taker), "piece %d did not come", i);
		}
		CHECK(memcmp(taker.body.data, body.data, taker.body.len) == 0,
			  "%d pieces are not the body's beginning", taken);
		taker_end(&taker);
	}
	free(body.data);
}

int
main(void)
{
	RUN(read_whole);
	RUN(long_lines);
	RUN(read_in_part);
	RUN(read_cut);
	RUN(read_until_asked);
	RUN(ended_early);
	return check_finish();
}
