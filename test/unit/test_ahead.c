/*
 * test_ahead.c
 *	  What a thread decompresses is what dcf_inflate_run() makes of the same,
 *	  however input and output are handed over.
 */
#include "check.h"
#include "document.h"
#include "packing.h"

#include "../../src/ahead.h"

/* Longer than all that the thread holds at once. */
#define LONG_BODY ((size_t) 3 * 512 * 1024)

/* What came of it; of a body that is wrong, what came before. */
typedef struct Inflated
{
	Text body;
	const char *reason;
	bool ended;
} Inflated;

/* A reader: pieces are written to, and up to two of them held. */
typedef struct Reader
{
	DcfInflate *inflate;
	DcfAhead *ahead;
	int held;
	Inflated result;
} Reader;

static void
reader_start(Reader *reader, DcfInflateLibrary library,
			 DcfInflateFormat format)
{
	memset(reader, 0, sizeof(Reader));
	text_add_string(&reader->result.body, "");
	reader->inflate =
		dcf_inflate_init(malloc(dcf_inflate_size(library)), library, format);
	reader->ahead = dcf_ahead_start(malloc(dcf_ahead_size()), reader->inflate);
	CHECK(reader->ahead != NULL, "there is no thread");
}

/* Take a piece; false if there is none. */
static bool
reader_take(Reader *reader)
{
	char *piece;
	size_t len;
	DcfAheadState state =
		dcf_ahead_take(reader->ahead, &piece, &len, &reader->result.reason);

	if (state != DCF_AHEAD_PIECE)
	{
		CHECK((state == DCF_AHEAD_WRONG) == (reader->result.reason != NULL),
			  "a state of %d without reason, or with one", state);
		return false;
	}
	CHECK(len > 0, "a piece is empty");
	text_add(&reader->result.body, piece, len);
	piece[-1] = piece[-(ptrdiff_t) DCF_AHEAD_MARGIN] = '#';
	memset(piece, '#', len);
	if (reader->held++ == 1)
	{
		dcf_ahead_give_back(reader->ahead);
		reader->held--;
	}
	return true;
}

static void
reader_stop(Reader *reader)
{
	dcf_ahead_stop(reader->ahead);
	free(reader->ahead);
	free(reader->inflate);
}

/*
 * Decompress, the input handed over as cuts say; with dice pieces are also
 * taken at other times than when there is no room for more input.
 */
static Inflated
inflated(DcfInflateLibrary library, DcfInflateFormat format,
		 const Text *packed, Cuts cuts, Dice *dice)
{
	Reader reader;
	size_t given = 0;
	bool more = true;

	reader_start(&reader, library, format);
	while (given < packed->len && more)
	{
		size_t piece = next_piece(&cuts, given, packed->len - given);
		char *block = malloc(piece);
		size_t put;

		memcpy(block, packed->data + given, piece);
		put = dcf_ahead_put(reader.ahead, block, piece);
		free(block);
		given += put;
		if (put == 0 || (dice && dice_roll(dice, 2) == 0))
			more = reader_take(&reader) || !reader.result.reason;
	}
	while (more && reader_take(&reader))
		;
	reader.result.ended = !reader.result.reason && given == packed->len &&
		dcf_ahead_ended(reader.ahead);
	reader_stop(&reader);
	return reader.result;
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

/* Nearly all of this body comes out of nearly no input. */
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

/* A thread that goes on where another way of reading left off. */
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
		Reader reader = {0};
		size_t given;

		text_add_string(&reader.result.body, "");
		reader.inflate =
			dcf_inflate_init(malloc(dcf_inflate_size(libraries[i])),
							 libraries[i], DCF_INFLATE_GZIP);
		(void) dcf_inflate_run(reader.inflate, packed.data, &in, out, &len);
		text_add(&reader.result.body, out, len);
		reader.ahead =
			dcf_ahead_start(malloc(dcf_ahead_size()), reader.inflate);
		for (given = in; given < packed.len;)
		{
			given += dcf_ahead_put(reader.ahead, packed.data + given,
								   packed.len - given);
			(void) reader_take(&reader);
		}
		while (reader_take(&reader))
			;
		CHECK(dcf_ahead_ended(reader.ahead) &&
				  text_is(&reader.result.body, &body),
			  "by %s, %zu bytes came", dcf_inflate_name(libraries[i]),
			  reader.result.body.len);
		reader_stop(&reader);
		free(reader.result.body.data);
	}
	free(packed.data);
	free(body.data);
}

/* Less than the whole, or something else, never ends. */
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

/* At any time: working, with nothing to do, and too far ahead. */
static void
stopped_early(void)
{
	Text body = made_up_body(LONG_BODY);
	Text packed = deflated(&body, GZIP, 6);

	for (int i = 0; i < LIBRARIES; i++)
		for (int taken = 0; taken < 6; taken++)
		{
			Reader reader;
			size_t given = 0;

			reader_start(&reader, libraries[i], DCF_INFLATE_GZIP);
			for (int n = 0; n <= taken; n++)
			{
				given += dcf_ahead_put(reader.ahead, packed.data + given,
									   packed.len - given);
				CHECK(n == 0 || reader_take(&reader), "piece %d did not come",
					  n);
			}
			CHECK(memcmp(reader.result.body.data, body.data,
						 reader.result.body.len) == 0,
				  "%d pieces are not the body's beginning", taken);
			reader_stop(&reader);
			free(reader.result.body.data);
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
	return check_finish();
}
