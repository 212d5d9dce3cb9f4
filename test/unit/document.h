/*
 * document.h
 *	  Documents to read, and ways to split them into pieces.  For the unit tests
 *	  and the fuzzers.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Text that grows. */
typedef struct Text
{
	char *data;
	size_t len;
	size_t room;
} Text;

static void
text_add(Text *text, const void *data, size_t len)
{
	if (text->room - text->len <= len)
	{
		text->room = 2 * (text->len + len) + 32;
		text->data = realloc(text->data, text->room);
	}
	if (len > 0)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

static void
text_add_string(Text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

static bool
text_is(const Text *text, const Text *other)
{
	return text->len == other->len &&
		(text->len == 0 || memcmp(text->data, other->data, text->len) == 0);
}

/* Pseudo-random numbers, the same in each run. */
typedef struct Dice
{
	uint64_t state; /* not 0 */
} Dice;

static uint32_t
dice_roll(Dice *dice, uint32_t sides)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (uint32_t) ((dice->state >> 16) % sides);
}

/* How a document is split into pieces. */
typedef struct Cuts
{
	size_t first; /* length of the first piece; 0: no limit */
	size_t rest;  /* length of the others; 0: no limit */
	Dice *dice;	  /* random lengths instead, or NULL */
} Cuts;

static const Cuts uncut = {0, 0, NULL};
static const Cuts each_byte = {1, 1, NULL};

/* The length of the next piece. */
static size_t
next_piece(const Cuts *cuts, size_t pos, size_t left)
{
	size_t piece = pos == 0 ? cuts->first : cuts->rest;

	if (cuts->dice != NULL)
		piece = 1 + dice_roll(cuts->dice, dice_roll(cuts->dice, 4) ? 8 : 200);
	return piece == 0 || piece > left ? left : piece;
}

/* Replace some bytes by a text. */
__attribute__((unused)) static void
splice(Text *doc, size_t at, size_t drop, const char *in, size_t inlen)
{
	Text result = {0};

	text_add(&result, doc->data, at);
	text_add(&result, in, inlen);
	text_add(&result, doc->data + at + drop, doc->len - at - drop);
	free(doc->data);
	*doc = result;
}

/* Damage a document somewhere, perhaps with one of the splinters. */
__attribute__((unused)) static void
damage(Text *doc, Dice *dice, const char *const *splinters, int nsplinters)
{
	size_t at = dice_roll(dice, (uint32_t) doc->len);
	size_t left = doc->len - at;
	size_t n = 1 + dice_roll(dice, left < 8 ? (uint32_t) left : 8);
	const char *splinter = splinters[dice_roll(dice, (uint32_t) nsplinters)];
	char byte = (char) dice_roll(dice, 256);
	char *copy;

	switch (dice_roll(dice, 6))
	{
		case 0:
			splice(doc, at, n, "", 0);
			break;
		case 1:
			splice(doc, at, 0, splinter, strlen(splinter));
			break;
		case 2:
			splice(doc, at, 1, splinter, strlen(splinter));
			break;
		case 3:
			splice(doc, at, 1, &byte, 1);
			break;
		case 4:
			splice(doc, at, 0, &byte, 1);
			break;
		default:
			copy = memcpy(malloc(n), doc->data + at, n);
			splice(doc, at, 0, copy, n);
			free(copy);
			break;
	}
}

/* A document for messages, with dots for everything but printable ASCII. */
__attribute__((unused)) static const char *
shown(const char *doc, size_t len)
{
	static char buffer[121];
	size_t n = len < sizeof(buffer) - 1 ? len : sizeof(buffer) - 1;

	for (size_t i = 0; i < n; i++)
		buffer[i] = doc[i] >= ' ' && doc[i] < 0x7F ? doc[i] : '.';
	buffer[n] = '\0';
	return buffer;
}

#endif /* DOCUMENT_H */
