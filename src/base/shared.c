/*
 * shared.c
 *	  Memory that all backends share.  See shared.h.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/shared.h"

static Size compute_secret_size(bool for_all);
static void init_secret(void *memory, bool for_all);
static void request_memory(void);
static void start_memory(void);

/* The secret of dcf_shared_key().  It never changes, so it needs no lock. */
static DcfShared secret = {.name = "dataconnect_fdw secret",
						   .compute_size = compute_secret_size,
						   .init = init_secret};

/* The pieces that were requested, and the hooks that were there before ours. */
static DcfShared *pieces = NULL;
static shmem_request_hook_type next_request_hook = NULL;
static shmem_startup_hook_type next_startup_hook = NULL;

static Size
compute_secret_size(bool for_all)
{
	return DCF_SIPHASH_SIZE;
}

static void
init_secret(void *memory, bool for_all)
{
	/* PostgreSQL without OpenSSL opens a device for random bytes. */
	dcf_file_descriptor_check();

	/*
	 * With a predictable secret, the keys would reveal whether a guessed
	 * credential is right.
	 */
	if (!pg_strong_random(memory, DCF_SIPHASH_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random bytes")));
}

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
		/*
		 * The first request also brings the secret, on which all keys depend.
		 */
		pieces = &secret;
	}
	piece->next = pieces;
	pieces = piece;
}

/* The shmem_request_hook: reserve memory and a lock for each piece. */
static void
request_memory(void)
{
	if (next_request_hook)
		next_request_hook();
	for (DcfShared *piece = pieces; piece; piece = piece->next)
	{
		/* Both calls are allowed only inside this hook. */
		RequestAddinShmemSpace(MAXALIGN(piece->compute_size(true)));
		RequestNamedLWLockTranche(piece->name, 1);
	}
}

/*
 * The shmem_startup_hook: attach to each piece, and initialise those that are
 * new.  With EXEC_BACKEND it runs in every backend.
 */
static void
start_memory(void)
{
	if (next_startup_hook)
		next_startup_hook();
	/* The lock keeps two backends from initialising the same piece. */
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (DcfShared *piece = pieces; piece; piece = piece->next)
	{
		bool found;

		piece->memory =
			ShmemInitStruct(piece->name, piece->compute_size(true), &found);
		piece->lock = &GetNamedLWLockTranche(piece->name)->lock;
		if (!found)
			piece->init(piece->memory, true);
	}
	LWLockRelease(AddinShmemInitLock);
}

bool
dcf_shared_is_preloaded(void)
{
	return secret.memory != NULL;
}

void *
dcf_shared_get(DcfShared *piece)
{
	return piece->memory ? piece->memory : dcf_shared_get_own(piece);
}

void *
dcf_shared_get_own(DcfShared *piece)
{
	if (piece->own == NULL)
	{
		void *memory =
			MemoryContextAlloc(TopMemoryContext, piece->compute_size(false));

		piece->init(memory, false);
		/* Stored last: if init raises, the next call starts afresh. */
		piece->own = memory;
	}
	return piece->own;
}

void
dcf_shared_lock(const DcfShared *piece, const void *memory, LWLockMode mode)
{
	/* piece->memory is NULL without preloading, memory is never NULL. */
	if (memory == piece->memory)
		LWLockAcquire(piece->lock, mode);
}

void
dcf_shared_unlock(const DcfShared *piece, const void *memory)
{
	if (memory == piece->memory)
		LWLockRelease(piece->lock);
}

/* The length that is hashed for a text: NULL must differ from "". */
static int64
hashed_length(const char *text)
{
	return text ? (int64) strlen(text) : -1;
}

/* Each text is hashed after its length, so ("a", "bc") differs from ("ab", "c"). */
DcfSharedKey
dcf_shared_key(const char *const *texts, int n)
{
	Size size = 0;
	char *bytes;
	char *end;
	DcfSharedKey key;

	for (int i = 0; i < n; i++)
		size += sizeof(int64) + (texts[i] ? strlen(texts[i]) : 0);
	bytes = end = palloc(size);
	for (int i = 0; i < n; i++)
	{
		int64 len = hashed_length(texts[i]);

		memcpy(end, &len, sizeof(len));
		end += sizeof(len);
		if (len > 0)
		{
			memcpy(end, texts[i], (Size) len);
			end += len;
		}
	}
	dcf_siphash(dcf_shared_get(&secret), bytes, size, key.bytes);
	/* The texts may be credentials. */
	explicit_bzero(bytes, size);
	pfree(bytes);
	return key;
}

bool
dcf_shared_same_key(const DcfSharedKey *a, const DcfSharedKey *b)
{
	return memcmp(a, b, sizeof(DcfSharedKey)) == 0;
}
