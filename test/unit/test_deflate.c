/*
 * test_deflate.c
 *	  Bodies of many lengths, compressed with input and output in various pieces:
 *	  each library gives one member of gzip, which holds the body.
 */
#include "check.h"
#include "document.h"
#include "packing.h"

#include "deflate.h"

/* Compress in pieces, each allocated with exactly its size; out has room bytes. */
static Text
compressed(DcfInflateLibrary library, const Text *body, Cuts cuts, size_t room)
{
	/* Memory that is aligned as palloc()'s, not better. */
	char *memory = malloc(dcf_deflate_size(library) + 8);
	DcfDeflate *deflate = dcf_deflate_init(memory + 8, library);
	char *out = malloc(room);
	Text result = {0};
	size_t given = 0;
	bool ended = false;

	while (given < body->len)
	{
		size_t piece = next_piece(&cuts, given, body->len - given);
		char *block = malloc(piece);
		size_t used = 0;

		memcpy(block, body->data + given, piece);
		while (used < piece)
		{
			size_t in = piece - used;
			size_t got = room;

			CHECK(!dcf_deflate_run(deflate, block + used, &in, out, &got,
								   false),
				  "%s: no end before the last input",
				  dcf_inflate_name(library));
			text_add(&result, out, got);
			used += in;
		}
		free(block);
		given += piece;
	}
	while (!ended)
	{
		size_t in = 0;
		size_t got = room;

		ended = dcf_deflate_run(deflate, "", &in, out, &got, true);
		CHECK(ended || got > 0, "%s gives output until the end",
			  dcf_inflate_name(library));
		text_add(&result, out, got);
	}
	free(out);
	free(memory);
	return result;
}

/* What zlib makes of a single member of gzip, with nothing behind it. */
static Text
unpacked(const Text *packed, size_t len)
{
	z_stream stream = {0};
	Text result = {0};

	result.room = len + 1;
	result.data = malloc(result.room);
	inflateInit2(&stream, GZIP);
	stream.next_in = (unsigned char *) packed->data;
	stream.avail_in = (uInt) packed->len;
	stream.next_out = (unsigned char *) result.data;
	stream.avail_out = (uInt) result.room;
	CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0,
		  "%zu bytes are one member", packed->len);
	result.len = stream.total_out;
	inflateEnd(&stream);
	return result;
}

static void
check_body(const Text *body, Cuts cuts, size_t room)
{
	for (int i = 0; i < LIBRARIES; i++)
	{
		Text packed = compressed(libraries[i], body, cuts, room);
		Text result = unpacked(&packed, body->len);

		CHECK(text_is(&result, body), "%s: %zu bytes come back",
			  dcf_inflate_name(libraries[i]), body->len);
		free(packed.data);
		free(result.data);
	}
}

static void
any_length(void)
{
	for (size_t len = 0; len < 300; len++)
	{
		Text body = made_up_body(len);

		check_body(&body, uncut, 4096);
		check_body(&body, each_byte, 1);
		free(body.data);
	}
}

static void
any_pieces(void)
{
	Text body = made_up_body(400 * 1000);
	Dice dice = {42};
	Cuts random = {0, 0, &dice};

	check_body(&body, uncut, 64 * 1024);
	check_body(&body, uncut, 7);
	check_body(&body, each_byte, 64 * 1024);
	for (int i = 0; i < 10; i++)
		check_body(&body, random, 1 + dice_roll(&dice, 100 * 1000));
	free(body.data);
}

static void
it_gets_smaller(void)
{
	Text body = {0};

	for (int i = 0; i < 10000; i++)
		text_add_string(&body, "{\"Name\":\"store\",\"Amount\":14.5},");
	for (int i = 0; i < LIBRARIES; i++)
	{
		Text packed = compressed(libraries[i], &body, uncut, 64 * 1024);

		CHECK(packed.len < body.len / 10, "%s: %zu bytes of %zu",
			  dcf_inflate_name(libraries[i]), packed.len, body.len);
		free(packed.data);
	}
	free(body.data);
}

int
main(void)
{
	RUN(any_length);
	RUN(any_pieces);
	RUN(it_gets_smaller);
	return check_finish();
}
