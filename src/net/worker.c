/*
 * worker.c
 *	  The start and the end of a thread that works for a caller.  See worker.h.
 */
#include "worker.h"

#include <stddef.h>

/* The readers, zlib and ISA-L need some kilobytes. */
#define STACK_SIZE ((size_t) 256 * 1024)

/* Make the lock and both conditions; false if one fails. */
static bool
init(DcfWorker *worker)
{
	if (pthread_mutex_init(&worker->lock, NULL) != 0)
		return false;
	if (pthread_cond_init(&worker->work, NULL) != 0)
	{
		pthread_mutex_destroy(&worker->lock);
		return false;
	}
	if (pthread_cond_init(&worker->result, NULL) != 0)
	{
		pthread_cond_destroy(&worker->work);
		pthread_mutex_destroy(&worker->lock);
		return false;
	}
	return true;
}

static void
destroy(DcfWorker *worker)
{
	pthread_cond_destroy(&worker->result);
	pthread_cond_destroy(&worker->work);
	pthread_mutex_destroy(&worker->lock);
}

static bool
create_thread(DcfWorker *worker, void *(*run)(void *arg), void *arg)
{
	pthread_attr_t attributes;
	bool created;

	if (pthread_attr_init(&attributes) != 0)
		return false;
	created = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
		pthread_create(&worker->thread, &attributes, run, arg) == 0;
	pthread_attr_destroy(&attributes);
	return created;
}

bool
dcf_worker_start(DcfWorker *worker, void *(*run)(void *arg), void *arg)
{
	if (!init(worker))
		return false;
	if (create_thread(worker, run, arg))
		return true;
	destroy(worker);
	return false;
}

void
dcf_worker_end(DcfWorker *worker, bool *end)
{
	pthread_mutex_lock(&worker->lock);
	*end = true;
	pthread_cond_signal(&worker->work);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	destroy(worker);
}
