/*
 * inflate_thread.c
 *	  Decompression and reading in a thread.  See inflate_thread.h.
 *
 * The input is a ring of bytes, the output a ring of pieces.  Their counters only
 * grow, and are protected by the lock.  What lies between two counters belongs to
 * one side, which uses it without the lock.
 */
#include "net/inflate_thread.h"

#include <stdint.h>
#include <string.h>

#include "worker.h"

/* Sizes of the rings, powers of two, so that counters may overflow. */
#define INPUT_SIZE ((size_t) 512 * 1024)
#define PIECES	   ((size_t) DCF_INFLATE_THREAD_PIECES)
#define PIECE_SIZE ((size_t) 256 * 1024)

/* Starts within the margin if unread bytes precede it. */
typedef struct Piece
{
	char *start;
	size_t len;
	bool was_read;
	char bytes[DCF_INFLATE_THREAD_MARGIN + PIECE_SIZE];
} Piece;

struct DcfInflateThread
{
	DcfWorker worker;
	DcfInflate *inflate; /* belongs to the thread, unless that is idle */
	bool stop;
	bool stop_reading;	/* the thread is to forget its reader */
	bool idle;			/* the thread has no input, and inflate no output */
	bool resting;		/* the thread waits for free pieces */
	const char *reason; /* why the input is invalid, or NULL */
	size_t put;			/* bytes of input: put in by the caller … */
	size_t used;		/* … and decompressed */
	size_t made;		/* pieces: by the thread … */
	size_t taken;		/* … by the caller … */
	size_t given_back;	/* … and free again */

	/* Used by the thread alone. */
	DcfInflateThreadReader reader; /* read is NULL while pieces are not read */
	const char *unread; /* unconsumed bytes of the last piece made */
	size_t nunread;
	bool reader_full; /* the reader had no room for more rows */

	char input[INPUT_SIZE];
	Piece pieces[PIECES];
};

static void *run(void *arg);
static bool wait_for_work(DcfInflateThread *self);
static void forget_reader(DcfInflateThread *self);
static void make_piece(DcfInflateThread *self, Piece *piece);
static const char *inflate_piece(DcfInflateThread *self, Piece *piece,
								 bool *idle);
static void read_piece(DcfInflateThread *self, Piece *piece);

size_t
dcf_inflate_thread_size(void)
{
	return sizeof(DcfInflateThread);
}

/* Set the reader.  The unread bytes wait in the piece before the first. */
static void
begin_reading(DcfInflateThread *self, const DcfInflateThreadReader *reader,
			  const char *unread, size_t len)
{
	char *bytes = self->pieces[PIECES - 1].bytes;

	self->reader = *reader;
	memcpy(bytes, unread, len);
	self->unread = bytes;
	self->nunread = len;
}

DcfInflateThread *
dcf_inflate_thread_start(void *memory, DcfInflate *inflate,
						 const DcfInflateThreadReader *reader,
						 const char *unread, size_t len)
{
	DcfInflateThread *self = memory;

	/* Not the buffers: their pages are allocated when first used. */
	memset(self, 0, offsetof(DcfInflateThread, input));
	self->inflate = inflate;
	self->unread = self->input;
	if (reader)
		begin_reading(self, reader, unread, len);
	return dcf_worker_start(&self->worker, run, self) ? self : NULL;
}

void
dcf_inflate_thread_stop_reading(DcfInflateThread *self)
{
	pthread_mutex_lock(&self->worker.lock);
	self->stop_reading = true;
	pthread_mutex_unlock(&self->worker.lock);
}

void
dcf_inflate_thread_stop(DcfInflateThread *self)
{
	dcf_worker_end(&self->worker, &self->stop);
}

size_t
dcf_inflate_thread_put(DcfInflateThread *self, const char *in, size_t len)
{
	size_t room;
	size_t at;
	size_t first;

	pthread_mutex_lock(&self->worker.lock);
	room = INPUT_SIZE - (self->put - self->used);
	pthread_mutex_unlock(&self->worker.lock);

	/* The room can only grow meanwhile, as only this side puts bytes in. */
	len = len < room ? len : room;
	if (len == 0)
		return 0;
	at = self->put % INPUT_SIZE;
	first = len < INPUT_SIZE - at ? len : INPUT_SIZE - at;
	memcpy(self->input + at, in, first);
	memcpy(self->input, in + first, len - first);

	pthread_mutex_lock(&self->worker.lock);
	self->put += len;
	/* A resting thread needs pieces, and is woken by give_back(). */
	if (self->idle && !self->resting)
		pthread_cond_signal(&self->worker.work);
	self->idle = false;
	pthread_mutex_unlock(&self->worker.lock);
	return len;
}

bool
dcf_inflate_thread_needs_input(DcfInflateThread *self)
{
	bool hungry;

	pthread_mutex_lock(&self->worker.lock);
	hungry = self->put - self->used < INPUT_SIZE / 2;
	pthread_mutex_unlock(&self->worker.lock);
	return hungry;
}

DcfInflateThreadState
dcf_inflate_thread_take(DcfInflateThread *self, DcfInflateThreadPiece *piece,
						const char **reason)
{
	DcfInflateThreadState state = DCF_INFLATE_THREAD_PIECE;

	pthread_mutex_lock(&self->worker.lock);
	piece->was_ahead = self->made != self->taken;
	while (self->made == self->taken && !self->idle && self->reason == NULL)
		pthread_cond_wait(&self->worker.result, &self->worker.lock);
	/* Pieces from before an error are taken first. */
	if (self->made != self->taken)
	{
		Piece *next = &self->pieces[self->taken++ % PIECES];

		piece->bytes = next->start;
		piece->len = next->len;
		piece->number = (int) (next - self->pieces);
		piece->was_read = next->was_read;
	}
	else
	{
		state =
			self->reason ? DCF_INFLATE_THREAD_WRONG : DCF_INFLATE_THREAD_EMPTY;
		*reason = self->reason;
	}
	pthread_mutex_unlock(&self->worker.lock);
	return state;
}

void
dcf_inflate_thread_take_rest(DcfInflateThread *self,
							 DcfInflateThreadPiece *piece)
{
	pthread_mutex_lock(&self->worker.lock);
	/* The thread waits, so these are free to use. */
	piece->bytes = (char *) self->unread;
	piece->len = self->nunread;
	piece->was_read = false;
	self->nunread = 0;
	pthread_mutex_unlock(&self->worker.lock);
}

bool
dcf_inflate_thread_is_empty(DcfInflateThread *self)
{
	bool empty;

	pthread_mutex_lock(&self->worker.lock);
	empty = self->made == self->taken && self->idle && self->reason == NULL;
	pthread_mutex_unlock(&self->worker.lock);
	return empty;
}

void
dcf_inflate_thread_give_back(DcfInflateThread *self)
{
	pthread_mutex_lock(&self->worker.lock);
	self->given_back++;
	if (self->resting && self->made - self->given_back <= PIECES / 2)
	{
		/* Waking the thread for each single piece would cost more. */
		self->resting = false;
		pthread_cond_signal(&self->worker.work);
	}
	pthread_mutex_unlock(&self->worker.lock);
}

bool
dcf_inflate_thread_ended(DcfInflateThread *self)
{
	bool ended;

	pthread_mutex_lock(&self->worker.lock);
	ended = self->idle && dcf_inflate_ended(self->inflate);
	pthread_mutex_unlock(&self->worker.lock);
	return ended;
}

/* The thread.  It reads "made" without the lock, as only it changes it. */
static void *
run(void *arg)
{
	DcfInflateThread *self = arg;

	while (wait_for_work(self))
		make_piece(self, &self->pieces[self->made % PIECES]);
	return NULL;
}

/*
 * Wait until there is a piece to make; false if the thread is to stop.  After
 * an error there is none, so the thread waits to be stopped.
 */
static bool
wait_for_work(DcfInflateThread *self)
{
	bool stop;

	pthread_mutex_lock(&self->worker.lock);
	self->resting = self->made - self->given_back == PIECES;
	while (!self->stop &&
		   (self->idle || self->reason != NULL || self->resting))
		pthread_cond_wait(&self->worker.work, &self->worker.lock);
	stop = self->stop;
	pthread_mutex_unlock(&self->worker.lock);
	return !stop;
}

/* Decompress and read one piece, and hand it over unless it is empty. */
static void
make_piece(DcfInflateThread *self, Piece *piece)
{
	bool idle;
	const char *reason = inflate_piece(self, piece, &idle);

	forget_reader(self);
	piece->was_read = self->reader.read != NULL;
	if (piece->was_read)
		read_piece(self, piece);

	pthread_mutex_lock(&self->worker.lock);
	/*
	 * An empty piece is made again.  Input may have come since inflate_piece()
	 * looked; and a full reader has records left without any new input.
	 */
	self->made += piece->len > 0;
	self->idle = idle && !self->reader_full && self->put == self->used;
	self->reason = reason;
	pthread_cond_signal(&self->worker.result);
	pthread_mutex_unlock(&self->worker.lock);
}

/* After a piece was inflated: if asked to, leave it to the caller as it is. */
static void
forget_reader(DcfInflateThread *self)
{
	bool forget;

	pthread_mutex_lock(&self->worker.lock);
	forget = self->stop_reading;
	pthread_mutex_unlock(&self->worker.lock);
	if (!forget)
		return;
	self->reader.read = NULL;
	self->reader_full = false;
	/* They are in the piece. */
	self->nunread = 0;
}

/*
 * Copy the unread bytes to the start of the piece and decompress behind them,
 * until the piece is full or the input is used up.  *idle says that there is no
 * more output: the input is used up and the piece is not full, so inflate has
 * nothing left either.  Returns NULL, or why the input is invalid.
 */
static const char *
inflate_piece(DcfInflateThread *self, Piece *piece, bool *idle)
{
	size_t margin = self->nunread < DCF_INFLATE_THREAD_MARGIN ?
		DCF_INFLATE_THREAD_MARGIN - self->nunread :
		0;
	size_t room = sizeof(piece->bytes) - margin;
	size_t len = self->nunread;
	const char *reason = NULL;

	piece->start = piece->bytes + margin;
	/* They are in the piece before, or in this one if it was empty. */
	memmove(piece->start, self->unread, len);
	*idle = false;
	pthread_mutex_lock(&self->worker.lock);
	while (reason == NULL && !*idle && len < room && !self->stop)
	{
		size_t at = self->used % INPUT_SIZE;
		size_t in = self->put - self->used;
		size_t out = room - len;

		in = in < INPUT_SIZE - at ? in : INPUT_SIZE - at;
		/* The input up to put belongs to this side until used is raised. */
		pthread_mutex_unlock(&self->worker.lock);
		reason = dcf_inflate_run(self->inflate, self->input + at, &in,
								 piece->start + len, &out);
		pthread_mutex_lock(&self->worker.lock);
		self->used += in;
		len += out;
		*idle = self->put == self->used && len < room;
	}
	pthread_mutex_unlock(&self->worker.lock);
	piece->len = len;
	return reason;
}

/*
 * Let the reader read the piece.  The piece then ends with the last consumed
 * byte, and the other bytes begin the next piece.
 */
static void
read_piece(DcfInflateThread *self, Piece *piece)
{
	size_t len = piece->len;
	size_t consumed = 0;
	DcfInflateThreadRead read = DCF_INFLATE_THREAD_READ;
	bool stop;

	/* Without new bytes the reader would only do the same again. */
	if (len > self->nunread || self->reader_full)
		read =
			self->reader.read(self->reader.arg, (int) (piece - self->pieces),
							  piece->start, len, &consumed);
	stop = read == DCF_INFLATE_THREAD_READ_STOP ||
		(read == DCF_INFLATE_THREAD_READ &&
		 len - consumed > DCF_INFLATE_THREAD_MARGIN);
	self->reader_full = read == DCF_INFLATE_THREAD_READ_FULL;
	/* After a stop the caller reads the remaining bytes, so it gets them. */
	piece->len = stop ? len : consumed;
	self->unread = piece->start + consumed;
	self->nunread = stop ? 0 : len - consumed;
	if (stop)
		self->reader.read = NULL;
}
