/*
 * shared.c
 *	  Memory that all backends share.  See shared.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "shared.h"

static DcfShared *pieces = NULL;
static shmem_request_hook_type next_request_hook = NULL;
static shmem_startup_hook_type next_startup_hook = NULL;

static void request_memory(void);
static void start_memory(void);

void
dcf_shared_request(DcfShared *piece)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	if (pieces == NULL)
	{
		next_request_hook = shmem_request_hook;
		shmem_request_hook = request_memory;
		next_startup_hook = shmem_startup_hook;
		shmem_startup_hook = start_memory;
	}
	piece->next = pieces;
	pieces = piece;
}

static void
request_memory(void)
{
	if (next_request_hook)
		next_request_hook();
	for (DcfShared *piece = pieces; piece; piece = piece->next)
	{
		if (piece->measure)
			piece->size = piece->measure();
		RequestAddinShmemSpace(MAXALIGN(piece->size));
		RequestNamedLWLockTranche(piece->name, 1);
	}
}

static void
start_memory(void)
{
	if (next_startup_hook)
		next_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (DcfShared *piece = pieces; piece; piece = piece->next)
	{
		bool found;

		piece->memory = ShmemInitStruct(piece->name, piece->size, &found);
		piece->lock = &GetNamedLWLockTranche(piece->name)->lock;
		if (!found)
			piece->init(piece->memory);
	}
	LWLockRelease(AddinShmemInitLock);
}
