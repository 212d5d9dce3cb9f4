/*
 * copy_private.h
 *	  What the files of copy_*.c share.
 */
#ifndef DCF_COPY_PRIVATE_H
#define DCF_COPY_PRIVATE_H

#include "postgres.h"

#include "lib/ilist.h"
#include "port/pg_crc32c.h"

#include "base/resource.h"
#include "copy_file.h"
#include "copy_index.h"
#include "deflate.h"
#include "net/copy.h"

/* Bytes that are written to a file, or read from it, at once. */
#define DCF_COPY_CHUNK ((size_t) 64 * 1024)

/* Longest time between two renewals of attended while a fetch waits. */
#define DCF_COPY_ATTEND_MS 500

/* A fetch that was not attended for so long holds up nobody. */
#define DCF_COPY_PATIENCE_MS 1000

typedef enum DcfCopyPhase
{
	DCF_COPY_NEW,
	DCF_COPY_WAITING,
	DCF_COPY_FETCHING,
	DCF_COPY_READING,
	DCF_COPY_OVER /* nothing more to do */
} DcfCopyPhase;

/* A file that is written or read; the next bytes are in buffer[start .. end). */
typedef struct DcfCopyStream
{
	int fd; /* -1: not open */
	char path[DCF_COPY_PATH];
	char *buffer; /* DCF_COPY_CHUNK bytes, or NULL */
	size_t start;
	size_t end;
	uint64 left; /* when reading: bytes of the body behind the buffer */
	pg_crc32c crc;
} DcfCopyStream;

struct DcfCopy
{
	DcfResource resource;
	dlist_node node; /* in copy_use.c's list, while entry is set */
	MemoryContext context;
	const DcfSession *session;
	const DcfRequest *request;
	DcfCopySubject subject;
	int64 max_age;
	DcfCopyMoment asked; /* at the first step; time is 0 before */
	DcfCopyPhase phase;
	bool has_waited;
	int in_vain;		 /* fetches it waited for that came to nothing */
	DcfCopyEntry *entry; /* that is read, fetched or waited for; or NULL */
	uint64 number;		 /* of that entry's file */
	int64 look_at;		 /* while waiting: when the fetch may be unattended */
	DcfCopyHead head;	 /* while reading, as the next */
	DcfCopyMoment arrived;
	DcfCopyStream stream;

	/* While fetching. */
	char *shown; /* the request */
	bool begun;
	bool queued; /* as in the entry */
	bool has_bytes;
	int64 attended;		 /* as in the entry */
	DcfDeflate *deflate; /* of a plain body; or NULL */
};

/* copy_key.c: the key of the service that a server's url names … */
extern DcfSharedKey dcf_copy_service_key(const DcfServerOptions *server);

/* … and of an endpoint of it. */
extern DcfSharedKey dcf_copy_endpoint_key(const DcfSharedKey *service,
										  const char *endpoint);

/* copy_stream.c: whether a file is as it was written. */
typedef enum DcfCopyCheck
{
	DCF_COPY_SOUND,
	DCF_COPY_DAMAGED, /* or missing; logged */
	DCF_COPY_NO_DESCRIPTOR
} DcfCopyCheck;

/*
 * Open the file of the entry that the copy reads, check all of it, and fill
 * copy->head and copy->arrived.  Raises for an interrupt.
 */
extern DcfCopyCheck dcf_copy_stream_open(DcfCopy *copy);

/* The next bytes of the body; as dcf_copy_read(). */
extern ssize_t dcf_copy_stream_read(DcfCopyStream *stream, char *bytes,
									size_t size);

/*
 * Create the file of the entry that the copy fetches; write bytes to it; write what
 * is left in the buffer.  False, which is logged unless only cache_size has no room,
 * if that fails.
 */
extern bool dcf_copy_stream_create(DcfCopy *copy);
extern bool dcf_copy_stream_write(DcfCopy *copy, const char *bytes,
								  size_t len);
extern bool dcf_copy_stream_flush(DcfCopy *copy);

/* Close the file, and free the buffer; no-op if that was done. */
extern void dcf_copy_stream_close(DcfCopyStream *stream);

/* The request in an entry's file, palloc'd; NULL if it cannot be read. */
extern char *dcf_copy_stream_request(const DcfCopyEntry *entry);

/* copy_fetch.c: dcf_copy_plan() while fetching. */
extern void dcf_copy_fetch_plan(DcfCopy *copy, DcfWaitPlan *plan);

/* copy_use.c: the present moment. */
extern DcfCopyMoment dcf_copy_now(void);

/* The age at a moment of what arrived then, in ms, rounded up; never negative. */
extern int64 dcf_copy_age_at(const DcfCopyMoment *arrived,
							 const DcfCopyMoment *moment);

/* To be called before the first use: ends what is in use at backend exit. */
extern void dcf_copy_use_init(void);

/*
 * The copy uses this entry from now on: so it is given up even if the backend
 * exits.  The index is locked.
 */
extern void dcf_copy_use(DcfCopy *copy, DcfCopyPhase phase,
						 DcfCopyTable *table, DcfCopyEntry *entry);

/*
 * End that use: a fetch that was not published is given up.  The phase becomes
 * DCF_COPY_OVER.  Does not raise.  The second is for when the index is locked.
 */
extern void dcf_copy_leave(DcfCopy *copy);
extern void dcf_copy_leave_locked(DcfCopy *copy, DcfCopyTable *table);

#endif /* DCF_COPY_PRIVATE_H */
