/*
 * test_inflate.c
 *	  Bodies compressed in various ways, cut and damaged everywhere: each library
 *	  returns the body or refuses it.
 */
#include "check.h"
#include "document.h"
#include "packing.h"

/* The result of decompressing. */
typedef struct Inflated
{
	Text body;
	const char *reason;
	bool ended;
} Inflated;

/* Fill the stack, so that a library cannot rely on old values there. */
static __attribute__((noinline)) void
dirty_stack(void)
{
	volatile unsigned char dirt[8192];

	for (size_t i = 0; i < sizeof(dirt); i++)
		dirt[i] = 0xff;
}

/*
 * Decompress.  The input is split by cuts into pieces, each allocated with
 * exactly its size; the output has room bytes at a time.
 */
static Inflated
inflated(DcfInflateLibrary library, DcfInflateFormat format,
		 const Text *packed, Cuts cuts, size_t room)
{
	Inflated result = {0};
	void *memory = malloc(dcf_inflate_size(library));
	DcfInflate *inflate = dcf_inflate_init(memory, library, format);
	char *out = malloc(room);
	size_t given = 0;

	text_add_string(&result.body, "");
	while (given < packed->len && result.reason == NULL)
	{
		size_t piece = next_piece(&cuts, given, packed->len - given);
		char *block = malloc(piece);
		size_t used = 0;
		size_t in;
		size_t got;

		memcpy(block, packed->data + given, piece);
		do
		{
			in = piece - used;
			got = room;
			dirty_stack();
			result.reason =
				dcf_inflate_run(inflate, block + used, &in, out, &got);
			text_add(&result.body, out, got);
			used += in;
		} while (result.reason == NULL && (in > 0 || got > 0));
		CHECK(result.reason != NULL || used == piece,
			  "%s: %zu bytes of %zu are left", dcf_inflate_name(library),
			  piece - used, piece);
		free(block);
		given += piece;
	}
	result.ended = result.reason == NULL && dcf_inflate_ended(inflate);
	free(out);
	free(memory);
	return result;
}

static void
check_whole(const Text *body, const Text *packed, const Packing *packing,
			Cuts cuts, size_t room)
{
	for (int i = 0; i < LIBRARIES; i++)
	{
		Inflated result =
			inflated(libraries[i], packing->format, packed, cuts, room);

		CHECK(result.ended && text_is(&result.body, body),
			  "%s by %s, %zu bytes into %zu at a time: %s", packing->name,
			  dcf_inflate_name(libraries[i]), body->len, room,
			  result.reason ? result.reason : "other or no end");
		free(result.body.data);
	}
}

static void
whole_bodies(void)
{
	static const size_t lengths[] = {0, 1, 2, 100, 4096, 65536, 200000};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
	{
		Text body = made_up_body(lengths[i]);

		for (int k = 0; k < PACKINGS; k++)
			for (int level = 0; level <= 6; level += 3)
			{
				Text packed = deflated(&body, packings[k].window_bits, level);

				check_whole(&body, &packed, &packings[k], uncut, 1 << 20);
				check_whole(&body, &packed, &packings[k], (Cuts){0, 0, &dice},
							4096);
				if (body.len > 0 && body.len <= 4096)
					check_whole(&body, &packed, &packings[k], each_byte,
								body.len);
				free(packed.data);
			}
		free(body.data);
	}
}

/* Any amount of room for the output. */
static void
small_rooms(void)
{
	Text body = made_up_body(700);

	for (int k = 0; k < PACKINGS; k++)
	{
		Text packed = deflated(&body, packings[k].window_bits, 6);

		for (size_t room = 1; room <= body.len; room += 1 + room / 32)
			check_whole(&body, &packed, &packings[k], uncut, room);
		for (size_t cut = 1; cut < packed.len; cut += 3)
			check_whole(&body, &packed, &packings[k], (Cuts){cut, 0, NULL},
						64);
		free(packed.data);
	}
	free(body.data);
}

/* A gzip header with any combination of optional fields. */
static Text
gzip_with_fields(const Text *body, unsigned fields)
{
	char extra[20] = "extra";
	char name[30] = "name";
	char comment[40] = "comment";
	gz_header header = {
		.text = (int) (fields & 1),
		.time = 0x6b084384,
		.hcrc = (int) (fields >> 1 & 1),
		.extra = fields & 4 ? (Bytef *) extra : NULL,
		.extra_len = sizeof(extra),
		.name = fields & 8 ? (Bytef *) name : NULL,
		.comment = fields & 16 ? (Bytef *) comment : NULL,
	};

	return deflated_with(body, GZIP, 6, &header);
}

/* A gzip header that is cut anywhere. */
static void
gzip_heads(void)
{
	Text body = made_up_body(50);
	Dice dice = {UINT64_C(0xD1B54A32D192ED03)};

	for (unsigned fields = 0; fields < 32; fields++)
	{
		Text packed = gzip_with_fields(&body, fields);
		Packing packing = packings[0];
		char name[20];

		snprintf(name, sizeof(name), "gzip, fields %u", fields);
		packing.name = name;
		check_whole(&body, &packed, &packing, uncut, body.len);
		check_whole(&body, &packed, &packing, each_byte, body.len);
		check_whole(&body, &packed, &packing, (Cuts){0, 0, &dice}, body.len);
		for (size_t cut = 1; cut < packed.len; cut++)
			check_whole(&body, &packed, &packing, (Cuts){cut, 0, NULL},
						body.len);
		free(packed.data);
	}
	free(body.data);
}

/* Preset dictionaries are refused: none is agreed upon with the service. */
static void
dictionaries(void)
{
	static const unsigned char head[] = {0x78, 0xbb, 1, 2, 3, 4};
	Text body = made_up_body(50);
	Text packed = deflated(&body, ZLIB, 6);
	Text wanting = {0};

	text_add(&wanting, (const char *) head, sizeof(head));
	text_add(&wanting, packed.data + 2, packed.len - 2);
	for (size_t cut = 0; cut < wanting.len; cut++)
		for (int i = 0; i < LIBRARIES; i++)
		{
			Inflated result = inflated(libraries[i], DCF_INFLATE_DEFLATE,
									   &wanting, (Cuts){cut, 0, NULL}, 4096);

			CHECK(result.reason &&
					  strcmp(result.reason, "in need of a dictionary") == 0,
				  "by %s, cut at %zu: %s", dcf_inflate_name(libraries[i]), cut,
				  result.reason ? result.reason : "taken");
			free(result.body.data);
		}
	free(wanting.data);
	free(packed.data);
	free(body.data);
}

/* A truncated stream never ends. */
static void
cut_everywhere(void)
{
	Text body = made_up_body(1000);

	for (int k = 0; k < PACKINGS; k++)
	{
		Text packed = deflated(&body, packings[k].window_bits, 6);
		size_t whole = packed.len;

		for (packed.len = 0; packed.len < whole; packed.len++)
			for (int i = 0; i < LIBRARIES; i++)
			{
				Inflated result = inflated(libraries[i], packings[k].format,
										   &packed, uncut, 1 << 16);

				CHECK(!result.ended, "%s by %s, cut at %zu of %zu: ended",
					  packings[k].name, dcf_inflate_name(libraries[i]),
					  packed.len, whole);
				free(result.body.data);
			}
		free(packed.data);
	}
	free(body.data);
}

/* With a checksum, no damaged body is accepted. */
static void
damaged_everywhere(void)
{
	Text body = made_up_body(150);

	for (int k = 0; k < PACKINGS; k++)
	{
		Text packed = deflated(&body, packings[k].window_bits, 6);

		if (packings[k].window_bits == RAW)
		{
			free(packed.data);
			continue;
		}
		for (size_t bit = 0; bit < packed.len * 8; bit++)
		{
			packed.data[bit / 8] ^= (char) (1 << bit % 8);
			for (int i = 0; i < LIBRARIES; i++)
			{
				Inflated result = inflated(libraries[i], packings[k].format,
										   &packed, uncut, 1 << 16);

				CHECK(!result.ended || text_is(&result.body, &body),
					  "%s by %s, damaged in bit %zu: taken", packings[k].name,
					  dcf_inflate_name(libraries[i]), bit);
				free(result.body.data);
			}
			packed.data[bit / 8] ^= (char) (1 << bit % 8);
		}
		free(packed.data);
	}
	free(body.data);
}

/* What may follow a stream: n zero bytes, then others. */
typedef struct Tail
{
	bool again; /* then the stream once more */
	size_t zeros;
	const char *others;
	bool may_gzip;
} Tail;

/* A stream with a tail. */
static Text
with_tail(const Text *body, const Packing *packing, const Tail *tail)
{
	Text packed = deflated(body, packing->window_bits, 6);

	if (tail->again)
	{
		Text again = deflated(body, packing->window_bits, 6);

		text_add(&packed, again.data, again.len);
		free(again.data);
	}
	for (size_t i = 0; i < tail->zeros; i++)
		text_add(&packed, "", 1);
	text_add(&packed, tail->others, strlen(tail->others));
	return packed;
}

static void
check_tail(const Text *body, const Packing *packing, const Tail *tail,
		   Cuts cuts, size_t room)
{
	Text packed = with_tail(body, packing, tail);
	bool may = packing->format == DCF_INFLATE_GZIP && tail->may_gzip;
	size_t len = tail->again ? 2 * body->len : body->len;

	for (int i = 0; i < LIBRARIES; i++)
	{
		Inflated result =
			inflated(libraries[i], packing->format, &packed, cuts, room);

		CHECK(result.ended == may && (!may || result.body.len == len),
			  "%s by %s, %zu zeros and \"%s\", again %d, room %zu: %s",
			  packing->name, dcf_inflate_name(libraries[i]), tail->zeros,
			  tail->others, tail->again, room,
			  result.ended ? "taken" : "refused");
		CHECK(may ||
				  (result.reason &&
				   strcmp(result.reason, "followed by something else") == 0),
			  "%s by %s, %zu zeros and \"%s\", again %d, room %zu: %s",
			  packing->name, dcf_inflate_name(libraries[i]), tail->zeros,
			  tail->others, tail->again, room,
			  result.reason ? result.reason : "no reason");
		free(result.body.data);
	}
	free(packed.data);
}

/*
 * gzip may have several members, and zeros after the last; nothing else may
 * follow a stream.
 */
static void
what_follows(void)
{
	static const Tail tails[] = {
		{true, 0, "", true},	{false, 1, "", true},
		{false, 7, "", true},	{false, 8, "", true},
		{false, 9, "", true},	{false, 70000, "", true},
		{true, 512, "", true},	{false, 0, "junk", false},
		{false, 0, "j", false}, {false, 1, "j", false},
		{false, 9, "j", false}, {false, 600, "junk", false},
		{true, 3, "j", false},	{false, 5, "\x1f\x8b\x08", false},
		{true, 0, "no", false},
	};
	Text body = made_up_body(500);
	Dice dice = {UINT64_C(0x2545F4914F6CDD1D)};

	for (int k = 0; k < PACKINGS; k++)
		for (unsigned i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		{
			check_tail(&body, &packings[k], &tails[i], uncut, 1 << 16);
			check_tail(&body, &packings[k], &tails[i], uncut, body.len);
			check_tail(&body, &packings[k], &tails[i], (Cuts){0, 0, &dice},
					   1 << 16);
			if (tails[i].zeros < 1000)
				check_tail(&body, &packings[k], &tails[i], each_byte, 1 << 16);
			for (size_t room = 1; room < 40 && tails[i].zeros < 1000; room++)
				check_tail(&body, &packings[k], &tails[i], (Cuts){0, 0, &dice},
						   room);
		}
	free(body.data);
}

int
main(void)
{
	RUN(whole_bodies);
	RUN(small_rooms);
	RUN(gzip_heads);
	RUN(dictionaries);
	RUN(cut_everywhere);
	RUN(damaged_everywhere);
	RUN(what_follows);
	return check_finish();
}
