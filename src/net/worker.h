/*
 * worker.h
 *	  A thread that works for a caller: its start and its end.
 *
 * Pure C over pthread: no PostgreSQL.
 */
#ifndef DCF_WORKER_H
#define DCF_WORKER_H

#include <pthread.h>
#include <stdbool.h>

typedef struct DcfWorker
{
	pthread_t thread;
	pthread_mutex_t lock;  /* protects what the two share */
	pthread_cond_t work;   /* signals the thread */
	pthread_cond_t result; /* signals the caller */
} DcfWorker;

/*
 * Start a thread that calls run(arg).  It has 256 kB of stack, and inherits the
 * signal mask, so the caller must block all signals.  False, with nothing left to
 * release, if that fails.
 */
extern bool dcf_worker_start(DcfWorker *worker, void *(*run)(void *arg),
							 void *arg);

/* Set *end under the lock, wake the thread, and wait until run() has returned. */
extern void dcf_worker_end(DcfWorker *worker, bool *end);

#endif /* DCF_WORKER_H */
