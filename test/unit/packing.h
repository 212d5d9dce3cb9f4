/*
 * packing.h
 *	  Compressing bodies in various ways.  For the unit tests.
 */
#ifndef PACKING_H
#define PACKING_H

#include "document.h"

#include <zlib.h>

#include "net/inflate.h"

static const DcfInflateLibrary libraries[] = {
	DCF_INFLATE_ZLIB,
#ifdef DCF_HAVE_ISAL
	DCF_INFLATE_ISAL,
#endif
};

#define LIBRARIES ((int) (sizeof(libraries) / sizeof(libraries[0])))

/* The windowBits argument, by which zlib chooses the wrapper. */
#define GZIP (15 + 16)
#define ZLIB 15
#define RAW	 (-15)

/* header: a gzip header to write, or NULL. */
static Text
deflated_with(const Text *body, int window_bits, int level, gz_header *header)
{
	z_stream stream = {0};
	Text result = {0};

	deflateInit2(&stream, level, Z_DEFLATED, window_bits, 8,
				 Z_DEFAULT_STRATEGY);
	if (header)
		deflateSetHeader(&stream, header);
	result.room = deflateBound(&stream, body->len) + 1;
	result.data = malloc(result.room);
	stream.next_in = (unsigned char *) body->data;
	stream.avail_in = (uInt) body->len;
	stream.next_out = (unsigned char *) result.data;
	stream.avail_out = (uInt) result.room;
	deflate(&stream, Z_FINISH);
	result.len = stream.total_out;
	deflateEnd(&stream);
	return result;
}

static inline Text
deflated(const Text *body, int window_bits, int level)
{
	return deflated_with(body, window_bits, level, NULL);
}

/* A body of which some parts compress well and others not at all. */
static Text
made_up_body(size_t len)
{
	Text body = {0};
	Dice dice = {UINT64_C(0x2545F4914F6CDD1D)};

	text_add_string(&body, "");
	while (body.len < len)
	{
		char piece[64];
		size_t n = 1 + dice_roll(&dice, sizeof(piece));

		if (dice_roll(&dice, 3) == 0)
			for (size_t i = 0; i < n; i++)
				piece[i] = (char) dice_roll(&dice, 256);
		else
			memset(piece, 'a' + (int) dice_roll(&dice, 3), n);
		text_add(&body, piece, n < len - body.len ? n : len - body.len);
	}
	return body;
}

typedef struct Packing
{
	const char *name;
	int window_bits;
	DcfInflateFormat format;
} Packing;

static const Packing packings[] = {
	{"gzip", GZIP, DCF_INFLATE_GZIP},
	{"zlib", ZLIB, DCF_INFLATE_DEFLATE},
	{"raw deflate", RAW, DCF_INFLATE_DEFLATE},
};

#define PACKINGS ((int) (sizeof(packings) / sizeof(packings[0])))

#endif /* PACKING_H */
