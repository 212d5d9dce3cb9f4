/*
 * recording_body.c
 *	  The body of a reply as a file, without secrets.  See recording_body.h.
 *
 * What is searched is "text": the bytes of a plain body, or those decoded of a
 * compressed one.  It begins where a secret may begin that has not ended yet.
 */
#include "postgres.h"

#include "core/secret.h"
#include "net/inflate.h"
#include "recording_body.h"

/* Bytes that are decoded, and searched, at once. */
#define PIECE ((size_t) 64 * 1024)

/* The file while it is written anew. */
#define NEW_FILE ".reply.body.new"

struct DcfRecordingBody
{
	const DcfRecordingPlace *place;
	DcfRecordingForm form;
	DcfCoding coding;
	const char *file; /* the suffix of the one that is written */
	uint64 written;	  /* bytes of it */
	uint64 hidden;
	const List *secrets; /* in a call */
	bool found;			 /* one of them, in what was decoded */

	char *text; /* with a mark for each byte */
	bool *marks;
	size_t len;
	size_t size;

	/* Of a compressed body: */
	DcfInflate *inflate;
	bool undecodable; /* what follows is no compressed data */
	char *decoded;	  /* PIECE bytes */
	char *reading;	  /* likewise, of the file */
	char *held;		  /* received, and not written yet */
	size_t nheld;
	size_t held_size;
};

/* A function that takes decoded bytes; false, with errno, if it fails. */
typedef bool (*Take)(DcfRecordingBody *body, const char *bytes, size_t len);

static void
begin_inflate(DcfRecordingBody *body, void *memory)
{
	body->inflate = dcf_inflate_init(memory, DCF_INFLATE_ZLIB,
									 body->coding == DCF_CODING_GZIP ?
										 DCF_INFLATE_GZIP :
										 DCF_INFLATE_DEFLATE);
	body->undecodable = false;
}

DcfRecordingBody *
dcf_recording_body_create(const DcfRecordingPlace *place, DcfCoding coding)
{
	DcfRecordingBody *body = palloc0(sizeof(DcfRecordingBody));

	body->place = place;
	body->coding = coding;
	body->file = DCF_RECORDING_BODY_FILE;
	if (coding == DCF_CODING_UNKNOWN)
	{
		/* Nobody could say what is in it. */
		body->form = DCF_RECORDING_WITHHELD;
		return body;
	}
	body->size = 2 * PIECE;
	body->text = palloc(body->size);
	body->marks = palloc(body->size * sizeof(bool));
	if (coding == DCF_CODING_NONE)
		return body;
	body->decoded = palloc(PIECE);
	body->reading = palloc(PIECE);
	body->held_size = PIECE;
	body->held = palloc(body->held_size);
	begin_inflate(body, palloc(dcf_inflate_size(DCF_INFLATE_ZLIB)));
	return body;
}

void
dcf_recording_body_replace(char *bytes, const bool *marks, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		if (marks[i])
			bytes[i] = bytes[i] >= '0' && bytes[i] <= '9' ? '9' : 'x';
	}
}

/*
 * Make room for more bytes of text.  False, with errno, if there is no memory: to raise
 * would not do, as the end of a body may be written in a reset callback.
 */
static bool
enlarge_text(DcfRecordingBody *body, size_t more)
{
	const int flags = MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM;
	MemoryContext context = GetMemoryChunkContext(body->text);
	size_t size = 2 * (body->len + more);
	char *text;
	bool *marks;

	if (body->size - body->len >= more)
		return true;
	text = MemoryContextAllocExtended(context, size, flags);
	marks = MemoryContextAllocExtended(context, size * sizeof(bool), flags);
	if (text == NULL || marks == NULL)
	{
		if (text)
			pfree(text);
		if (marks)
			pfree(marks);
		errno = ENOMEM;
		return false;
	}
	/* The marks are made anew for each search. */
	memcpy(text, body->text, body->len);
	pfree(body->text);
	pfree(body->marks);
	body->text = text;
	body->marks = marks;
	body->size = size;
	return true;
}

/* Add at most PIECE bytes to the text; likewise. */
static bool
add_text(DcfRecordingBody *body, const char *bytes, size_t len)
{
	if (!enlarge_text(body, len))
		return false;
	memcpy(body->text + body->len, bytes, len);
	body->len += len;
	return true;
}

/* What is known of the end of a text. */
typedef enum Rest
{
	REST_COMES,
	REST_IS_CUT, /* more was to come, so the end may be the start of a secret */
	REST_NONE
} Rest;

/*
 * Mark the secrets in the text.  Returns from where on it is to be searched again
 * when it has gone on.
 */
static size_t
search(DcfRecordingBody *body, Rest rest)
{
	size_t settled = body->len;
	const ListCell *lc;

	memset(body->marks, 0, body->len * sizeof(bool));
	foreach(lc, body->secrets)
	{
		size_t at =
			dcf_secret_mark(body->text, body->len, rest == REST_IS_CUT,
							lfirst(lc), strlen(lfirst(lc)), body->marks);

		settled = Min(settled, at);
	}
	if (rest != REST_COMES)
		return body->len;
	/* Secrets may overlap, so what belongs to one stays together. */
	while (settled > 0 && settled < body->len && body->marks[settled - 1])
		settled--;
	return settled;
}

/* Drop the first n bytes of the text. */
static void
drop_text(DcfRecordingBody *body, size_t n)
{
	body->len -= n;
	memmove(body->text, body->text + n, body->len);
}

static bool
append(DcfRecordingBody *body, const char *bytes, size_t len)
{
	body->written += len;
	return dcf_recording_file_append(body->place, body->file, bytes, len);
}

/* Write the text without its secrets, except for an end that is not settled. */
static bool
write_text(DcfRecordingBody *body, Rest rest)
{
	size_t settled = search(body, rest);
	bool written;

	dcf_recording_body_replace(body->text, body->marks, settled);
	for (size_t i = 0; i < settled; i++)
		body->hidden += body->marks[i];
	written = settled == 0 || append(body, body->text, settled);
	drop_text(body, settled);
	return written;
}

/* A Take: bytes that are written, and were decoded or never compressed. */
static bool
take_text(DcfRecordingBody *body, const char *bytes, size_t len)
{
	for (size_t at = 0; at < len;)
	{
		size_t n = Min(len - at, PIECE);

		if (!add_text(body, bytes + at, n) || !write_text(body, REST_COMES))
			return false;
		at += n;
	}
	return true;
}

/* Look for a secret in the text, and forget what is settled. */
static void
look(DcfRecordingBody *body, Rest rest)
{
	size_t settled = search(body, rest);

	body->found |= memchr(body->marks, true, body->len) != NULL;
	drop_text(body, settled);
}

/* A Take: decoded bytes that are only searched. */
static bool
take_look(DcfRecordingBody *body, const char *bytes, size_t len)
{
	if (!add_text(body, bytes, len))
		return false;
	look(body, REST_COMES);
	return true;
}

/*
 * Decode, up to the end of the bytes or of what can be decoded; *used becomes the
 * number of bytes that were.
 */
static bool
decode(DcfRecordingBody *body, const char *bytes, size_t len, Take take,
	   size_t *used)
{
	size_t out = PIECE;

	*used = 0;
	while (!body->undecodable && (*used < len || out == PIECE))
	{
		size_t in = len - *used;
		const char *reason;

		out = PIECE;
		reason = dcf_inflate_run(body->inflate, bytes + *used, &in,
								 body->decoded, &out);
		*used += in;
		if (out > 0 && !take(body, body->decoded, out))
			return false;
		body->undecodable = reason != NULL;
	}
	return true;
}

/* Decode what the file has, which is as it was received. */
static bool
decode_file(DcfRecordingBody *body, uint64 end)
{
	size_t len;
	size_t used;

	for (uint64 at = 0; at < end; at += len)
	{
		if (!dcf_recording_file_read(body->place, DCF_RECORDING_BODY_FILE, at,
									 body->reading, PIECE, &len) ||
			!decode(body, body->reading, len, take_text, &used))
			return false;
		/* Somebody has cut it. */
		if (len == 0)
			return true;
	}
	return true;
}

/* A secret was found: write the file anew, decoded and without it. */
static bool
turn_to_decoded(DcfRecordingBody *body)
{
	uint64 end = body->written;
	size_t used;

	body->form = DCF_RECORDING_DECODED;
	body->len = 0;
	body->written = 0;
	body->file = NEW_FILE;
	begin_inflate(body, body->inflate);
	if (!append(body, "", 0) || !decode_file(body, end) ||
		!decode(body, body->held, body->nheld, take_text, &used) ||
		!dcf_recording_file_rename(body->place, NEW_FILE,
								   DCF_RECORDING_BODY_FILE))
		return false;
	body->nheld = 0;
	body->file = DCF_RECORDING_BODY_FILE;
	return true;
}

static void
hold(DcfRecordingBody *body, const char *bytes, size_t len)
{
	if (body->held_size - body->nheld < len)
	{
		body->held_size = 2 * (body->nheld + len);
		body->held = repalloc_huge(body->held, body->held_size);
	}
	memcpy(body->held + body->nheld, bytes, len);
	body->nheld += len;
}

static bool
write_held(DcfRecordingBody *body)
{
	size_t len = body->nheld;

	body->nheld = 0;
	return len == 0 || append(body, body->held, len);
}

/* Add bytes that are compressed, up to where they cease to be. */
static bool
add_compressed(DcfRecordingBody *body, const char *bytes, size_t len)
{
	size_t used;

	if (!decode(body, bytes, len, take_look, &used))
		return false;
	if (body->undecodable)
		look(body, REST_IS_CUT);
	/* Those behind are searched as they are, if none was found before. */
	hold(body, bytes, body->undecodable ? used : len);
	if (body->found)
		return turn_to_decoded(body);
	if (body->len == 0 && !write_held(body))
		return false;
	return !body->undecodable || take_text(body, bytes + used, len - used);
}

bool
dcf_recording_body_add(DcfRecordingBody *body, const List *secrets,
					   const char *bytes, size_t len)
{
	size_t used;

	body->secrets = secrets;
	if (body->form == DCF_RECORDING_WITHHELD || len == 0)
		return true;
	if (body->form == DCF_RECORDING_DECODED)
		return decode(body, bytes, len, take_text, &used);
	if (body->inflate && !body->undecodable)
		return add_compressed(body, bytes, len);
	return take_text(body, bytes, len);
}

/*
 * What is known of the end of a body.  Even if the transfer is complete, the document
 * may be cut: it is whole if it ends as one does.
 */
static Rest
find_rest(const DcfRecordingBody *body, bool complete)
{
	char last = body->len > 0 ? body->text[body->len - 1] : '\n';

	return complete && strchr("]}>\n", last) != NULL && last != '\0' ?
		REST_NONE :
		REST_IS_CUT;
}

bool
dcf_recording_body_end(DcfRecordingBody *body, const List *secrets,
					   bool complete)
{
	body->secrets = secrets;
	if (body->form == DCF_RECORDING_WITHHELD)
		return true;
	if (body->form == DCF_RECORDING_RECEIVED && body->inflate &&
		!body->undecodable)
	{
		look(body, find_rest(body, complete));
		if (!body->found)
			return write_held(body);
		if (!turn_to_decoded(body))
			return false;
	}
	return write_text(body, find_rest(body, complete));
}

DcfRecordingForm
dcf_recording_body_form(const DcfRecordingBody *body)
{
	return body->form;
}

uint64
dcf_recording_body_hidden(const DcfRecordingBody *body)
{
	return body->hidden;
}
