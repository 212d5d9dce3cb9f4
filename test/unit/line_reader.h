/*
 * line_reader.h
 *	  Lines, and a reader for them that a thread calls.  For the unit tests.
 */
#ifndef LINE_READER_H
#define LINE_READER_H

#include "document.h"

#include "net/inflate_thread.h"

/* The lines that the thread has read in a piece, and where they end. */
#define LINES_ROOM 5000

typedef struct Lines
{
	int n;
	size_t consumed;
} Lines;

/* Reads lines, like a format reads records. */
typedef struct LineReader
{
	int stop_at; /* the line to stop at; -1: none */
	int nlines;
	size_t unread; /* what was not consumed the last time … */
	bool again;	   /* … and comes again without any more */
	bool stopped;
	bool misused; /* read after a stop, or the same again */
	Lines lines[DCF_INFLATE_THREAD_PIECES];
} LineReader;

static DcfInflateThreadRead
read_lines(void *arg, int piece, char *data, size_t len, size_t *consumed)
{
	LineReader *reader = arg;
	Lines *lines = &reader->lines[piece];
	char *p = data;
	char *end;

	reader->misused |= reader->stopped ||
		(reader->again ? len < reader->unread : len <= reader->unread);
	lines->n = 0;
	while (lines->n < LINES_ROOM && reader->nlines != reader->stop_at &&
		   (end = memchr(p, '\n', len - (size_t) (p - data))) != NULL)
	{
		p = end + 1;
		lines->n++;
		reader->nlines++;
	}
	lines->consumed = *consumed = (size_t) (p - data);
	reader->unread = len - *consumed;
	reader->again = lines->n == LINES_ROOM;
	reader->stopped = reader->nlines == reader->stop_at;
	if (reader->stopped)
		return DCF_INFLATE_THREAD_READ_STOP;
	return reader->again ? DCF_INFLATE_THREAD_READ_FULL :
						   DCF_INFLATE_THREAD_READ;
}

/* Lines of all lengths up to a limit, and one of another length unless 0. */
static Text
made_up_lines(size_t len, uint32_t limit, size_t other)
{
	Text body = {0};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	text_add_string(&body, "");
	while (body.len < len)
	{
		uint32_t n = dice_roll(&dice, limit);

		if (other > 0 && body.len > len / 2)
		{
			n = (uint32_t) other;
			other = 0;
		}
		for (uint32_t i = 0; i < n; i++)
			text_add(&body, &"abcdefghijklmnop"[dice_roll(&dice, 16)], 1);
		text_add(&body, "\n", 1);
	}
	return body;
}

static int
count_lines(const Text *body)
{
	int n = 0;

	for (size_t i = 0; i < body->len; i++)
		n += body->data[i] == '\n';
	return n;
}

#endif /* LINE_READER_H */
