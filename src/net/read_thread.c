/*
 * read_thread.c
 *	  Reading what is received in a thread.  See read_thread.h.
 *
 * Buffers are filled in turn, each from its margin on, and pieces are stretches of
 * them.  The counters of both only grow, and are protected by the lock.  Of a
 * buffer, the caller writes behind "end", and the thread uses what lies before it,
 * and the margin; neither needs the lock for that.
 */
#include "net/read_thread.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

#include "worker.h"

/* Powers of two, so that counters may overflow. */
#define BUFFERS ((size_t) 4)
#define PIECES	((size_t) DCF_INFLATE_THREAD_PIECES)

#define MARGIN		DCF_INFLATE_THREAD_MARGIN
#define BUFFER_SIZE ((size_t) 640 * 1024)

/* Most bytes that are read at once.  A smaller piece is ready sooner. */
#define PIECE_SIZE ((size_t) 256 * 1024)

/*
 * While the caller has pieces to take, the thread is only woken for so many bytes,
 * as each time costs some microseconds.
 */
#define WORTH_WAKING ((size_t) 256 * 1024)

/*
 * The caller may lose so many ns by waiting for the thread.  Less comes about by
 * chance, when the thread shares its processor for a while.
 */
#define MAX_LOSS ((int64_t) 20 * 1000 * 1000)

typedef struct Buffer
{
	size_t end;	   /* of what was written, offset in bytes */
	size_t pieces; /* that were made when the thread left the buffer */
	char bytes[DCF_INFLATE_THREAD_MARGIN + BUFFER_SIZE];
} Buffer;

typedef struct Piece
{
	char *bytes;
	size_t len;
} Piece;

struct DcfReadThread
{
	DcfWorker worker;
	bool end;
	bool stop_reading;
	bool stopped;	/* the thread reads no more */
	bool asleep;	/* the thread waits, and has not been signalled */
	size_t writing; /* number of the buffer that the caller writes to … */
	size_t reading; /* … and of the one that the thread reads */
	size_t at;		/* in that, offset of the first byte that is unread … */
	size_t seen;	/* … and of the first that the reader has not seen */
	bool reader_full; /* the reader had no room for more rows */
	size_t made;	  /* pieces: by the thread … */
	size_t taken;	  /* … by the caller … */
	size_t given_back;
	uint64_t read_time; /* of the thread's processor, in ns */

	/* Used by the caller alone. */
	uint64_t counted; /* of read_time */
	int64_t loss;	  /* in ns; at least 0, as gains are forgotten */
	bool rest_begun;

	DcfInflateThreadReader reader;
	Piece pieces[PIECES];
	Buffer buffers[BUFFERS];
};

static void *run(void *arg);

size_t
dcf_read_thread_size(void)
{
	return sizeof(DcfReadThread);
}

static Buffer *
buffer_of(DcfReadThread *self, size_t number)
{
	return &self->buffers[number % BUFFERS];
}

static uint64_t
get_time(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

DcfReadThread *
dcf_read_thread_start(void *memory, const DcfInflateThreadReader *reader,
					  const char *unread, size_t len)
{
	DcfReadThread *self = memory;

	/* Not the buffers: their pages are allocated when first used. */
	memset(self, 0, offsetof(DcfReadThread, buffers));
	self->reader = *reader;
	self->buffers[0].end = MARGIN;
	self->at = self->seen = MARGIN - len;
	memcpy(self->buffers[0].bytes + self->at, unread, len);
	return dcf_worker_start(&self->worker, run, self) ? self : NULL;
}

void
dcf_read_thread_end(DcfReadThread *self)
{
	dcf_worker_end(&self->worker, &self->end);
}

/* Bytes that the reader has not seen; under the lock. */
static size_t
count_unseen(DcfReadThread *self)
{
	size_t n = buffer_of(self, self->reading)->end - self->seen;

	for (size_t i = self->reading + 1; i != self->writing + 1; i++)
		n += buffer_of(self, i)->end - MARGIN;
	return n;
}

/* Whether the thread has something to read, and a piece for it; under the lock. */
static bool
has_work(DcfReadThread *self)
{
	return !self->stopped && !self->stop_reading &&
		self->made - self->given_back < PIECES &&
		(self->reader_full || count_unseen(self) > 0);
}

/* Wake the thread if it has work that is urgent, or worth it; under the lock. */
static void
wake(DcfReadThread *self)
{
	if (!self->asleep || !has_work(self))
		return;
	if (self->made != self->taken &&
		(self->made - self->given_back > PIECES / 2 ||
		 (!self->reader_full && count_unseen(self) < WORTH_WAKING)))
		return;
	self->asleep = false;
	pthread_cond_signal(&self->worker.work);
}

/*
 * Whether the buffer of this number can be written to: the thread has left the
 * one that it was before, whose pieces have all been given back; under the lock.
 */
static bool
is_free(DcfReadThread *self, size_t number)
{
	size_t before = number - BUFFERS;

	/* The first ones were none before. */
	if (number < BUFFERS)
		return true;
	return self->reading - before - 1 < BUFFERS &&
		(ptrdiff_t) (self->given_back - buffer_of(self, number)->pieces) >= 0;
}

char *
dcf_read_thread_room(DcfReadThread *self, size_t *len)
{
	Buffer *buffer;

	pthread_mutex_lock(&self->worker.lock);
	buffer = buffer_of(self, self->writing);
	if (sizeof(buffer->bytes) - buffer->end < DCF_READ_THREAD_ROOM)
	{
		if (is_free(self, self->writing + 1))
		{
			buffer = buffer_of(self, ++self->writing);
			buffer->end = MARGIN;
		}
		else
			buffer = NULL;
	}
	pthread_mutex_unlock(&self->worker.lock);

	*len = buffer ? sizeof(buffer->bytes) - buffer->end : 0;
	return buffer ? buffer->bytes + buffer->end : NULL;
}

void
dcf_read_thread_add(DcfReadThread *self, size_t n)
{
	pthread_mutex_lock(&self->worker.lock);
	buffer_of(self, self->writing)->end += n;
	wake(self);
	pthread_mutex_unlock(&self->worker.lock);
}

/* Whether the thread is reading, or is about to; under the lock. */
static bool
is_at_work(DcfReadThread *self)
{
	return !self->asleep || has_work(self);
}

/*
 * Wait for a piece, or until there is none to come; returns the time in ns.  Under
 * the lock.
 */
static uint64_t
await_piece(DcfReadThread *self)
{
	uint64_t begin;

	wake(self);
	if (self->made != self->taken || !is_at_work(self))
		return 0;
	begin = get_time(CLOCK_MONOTONIC);
	while (self->made == self->taken && is_at_work(self))
		pthread_cond_wait(&self->worker.result, &self->worker.lock);
	return get_time(CLOCK_MONOTONIC) - begin;
}

/*
 * The caller has waited, and the thread has read meanwhile, which the caller would
 * otherwise have done.  That would take less time there, as the bytes are in its
 * processor's cache.  Under the lock.
 */
static void
count_loss(DcfReadThread *self, uint64_t waited)
{
	uint64_t read = self->read_time - self->counted;

	self->loss += (int64_t) waited - (int64_t) (read - read / 4);
	if (self->loss < 0)
		self->loss = 0;
	self->counted = self->read_time;
}

DcfReadThreadState
dcf_read_thread_take(DcfReadThread *self, DcfInflateThreadPiece *piece)
{
	DcfReadThreadState state = DCF_READ_THREAD_PIECE;

	pthread_mutex_lock(&self->worker.lock);
	count_loss(self, await_piece(self));
	if (self->made != self->taken)
	{
		size_t number = self->taken++ % PIECES;

		piece->bytes = self->pieces[number].bytes;
		piece->len = self->pieces[number].len;
		piece->number = (int) number;
		piece->was_read = true;
		piece->was_ahead = false;
	}
	else
		state = self->stopped || self->stop_reading ? DCF_READ_THREAD_STOPPED :
													  DCF_READ_THREAD_EMPTY;
	pthread_mutex_unlock(&self->worker.lock);
	return state;
}

void
dcf_read_thread_give_back(DcfReadThread *self)
{
	pthread_mutex_lock(&self->worker.lock);
	self->given_back++;
	wake(self);
	pthread_mutex_unlock(&self->worker.lock);
}

bool
dcf_read_thread_is_empty(DcfReadThread *self)
{
	bool empty;

	pthread_mutex_lock(&self->worker.lock);
	empty = self->made == self->taken && !is_at_work(self) && !self->stopped &&
		!self->stop_reading;
	pthread_mutex_unlock(&self->worker.lock);
	return empty;
}

void
dcf_read_thread_stop_reading(DcfReadThread *self)
{
	pthread_mutex_lock(&self->worker.lock);
	self->stop_reading = true;
	pthread_mutex_unlock(&self->worker.lock);
}

bool
dcf_read_thread_pays(const DcfReadThread *self)
{
	return self->loss <= MAX_LOSS;
}

bool
dcf_read_thread_rest(DcfReadThread *self, const char **bytes, size_t *len)
{
	Buffer *buffer;

	/* The thread sleeps for good, so its part is free to use. */
	pthread_mutex_lock(&self->worker.lock);
	if (self->rest_begun && self->reading != self->writing)
	{
		self->reading++;
		self->at = MARGIN;
	}
	buffer = buffer_of(self, self->reading);
	*bytes = buffer->bytes + self->at;
	*len = buffer->end - self->at;
	self->at = self->seen = buffer->end;
	pthread_mutex_unlock(&self->worker.lock);
	self->rest_begun = true;
	return *len > 0 || self->reading != self->writing;
}

/*
 * Go on to the next buffer, with the unconsumed bytes in its margin.  False, and
 * the thread has stopped, if they do not fit; under the lock.
 */
static bool
leave_buffer(DcfReadThread *self)
{
	Buffer *buffer = buffer_of(self, self->reading);
	size_t len = buffer->end - self->at;
	Buffer *next = buffer_of(self, self->reading + 1);

	if (len > MARGIN)
	{
		self->stopped = true;
		return false;
	}
	memcpy(next->bytes + MARGIN - len, buffer->bytes + self->at, len);
	buffer->pieces = self->made;
	self->reading++;
	self->at = MARGIN - len;
	self->seen = MARGIN;
	return true;
}

/*
 * Read more of a buffer, up to "to", and make what was consumed a piece, if
 * anything was; under the lock, but not while reading.
 */
static void
read_piece(DcfReadThread *self, Buffer *buffer, size_t to)
{
	Piece *piece = &self->pieces[self->made % PIECES];
	char *bytes = buffer->bytes + self->at;
	size_t len = to - self->at;
	size_t consumed = 0;
	DcfInflateThreadRead read;
	uint64_t begin;
	uint64_t end;

	pthread_mutex_unlock(&self->worker.lock);
	begin = get_time(CLOCK_THREAD_CPUTIME_ID);
	read = self->reader.read(self->reader.arg, (int) (piece - self->pieces),
							 bytes, len, &consumed);
	end = get_time(CLOCK_THREAD_CPUTIME_ID);
	pthread_mutex_lock(&self->worker.lock);

	self->stopped = read == DCF_INFLATE_THREAD_READ_STOP;
	self->reader_full = read == DCF_INFLATE_THREAD_READ_FULL;
	/* After a stop the caller reads the remaining bytes, so it gets them. */
	piece->bytes = bytes;
	piece->len = self->stopped ? len : consumed;
	self->at += piece->len;
	self->seen = to;
	self->made += piece->len > 0;
	self->read_time += end - begin;
}

/* Read what has come, as far as there are pieces for it; under the lock. */
static void
work(DcfReadThread *self)
{
	while (!self->end && has_work(self))
	{
		Buffer *buffer = buffer_of(self, self->reading);
		size_t more = buffer->end - self->seen;

		if (more == 0 && !self->reader_full)
		{
			if (!leave_buffer(self))
				return;
			continue;
		}
		if (self->reader_full)
			more = 0;
		read_piece(self, buffer,
				   self->seen + (more < PIECE_SIZE ? more : PIECE_SIZE));
		pthread_cond_signal(&self->worker.result);
	}
}

/* The thread. */
static void *
run(void *arg)
{
	DcfReadThread *self = arg;

	pthread_mutex_lock(&self->worker.lock);
	while (!self->end)
	{
		work(self);
		self->asleep = true;
		pthread_cond_signal(&self->worker.result);
		while (self->asleep && !self->end)
			pthread_cond_wait(&self->worker.work, &self->worker.lock);
	}
	pthread_mutex_unlock(&self->worker.lock);
	return NULL;
}
