/*
 * copy_fetch.c
 *	  Making a copy of a reply that arrives.  See copy.h.
 */
#include "postgres.h"

#include "base/wait.h"
#include "copy_private.h"
#include "http_setting.h"

/* Bytes may come often; the others need to know only now and then. */
#define RENEW_MS 100

/* The session attends to the fetch. */
static void
attend(DcfCopy *copy)
{
	int64 now = dcf_wait_now();

	if (now - copy->attended < RENEW_MS)
		return;
	copy->attended = now;
	/* Nobody else changes it, so no lock is needed. */
	pg_atomic_write_u64(&copy->entry->attended, (uint64) now);
}

void
dcf_copy_fetch_plan(DcfCopy *copy, DcfWaitPlan *plan)
{
	if (copy->has_bytes)
		return;
	attend(copy);
	dcf_wait_plan_note(plan, dcf_wait_now() + DCF_COPY_ATTEND_MS,
					   DCF_WAIT_COPY);
}

void
dcf_copy_note_queued(DcfCopy *copy, bool queued)
{
	DcfCopyTable *table;

	if (copy->phase != DCF_COPY_FETCHING || copy->queued == queued)
		return;
	copy->queued = queued;
	table = dcf_copy_index_lock(LW_EXCLUSIVE);
	copy->entry->queued = queued;
	/* Some may no longer wait for it. */
	if (queued)
		dcf_copy_index_wake(table);
	dcf_copy_index_unlock(table);
}

/* Begin to compress a plain body; false if there is no memory. */
static bool
begin_deflate(DcfCopy *copy)
{
	DcfInflateLibrary library = (DcfInflateLibrary) dcf_inflate_library;
	void *memory = copy->deflate;

	if (memory == NULL)
		memory = MemoryContextAllocExtended(copy->context,
											dcf_deflate_size(library),
											MCXT_ALLOC_NO_OOM);
	if (memory)
		copy->deflate = dcf_deflate_init(memory, library);
	return memory != NULL;
}

static void
free_deflate(DcfCopy *copy)
{
	if (copy->deflate)
		pfree(copy->deflate);
	copy->deflate = NULL;
}

/* Write the head of the file, at once: those who look at the copy read it. */
static bool
write_head(DcfCopy *copy, const DcfCopyHead *head)
{
	DcfCopyFileHead file = {.magic = DCF_COPY_MAGIC,
							.format = head->format == DCF_INFLATE_NONE ?
								DCF_INFLATE_GZIP :
								head->format,
							.key = copy->subject.key,
							.fetched_at = head->fetched_at,
							.content_type_len =
								(uint32) strnlen(head->content_type,
												 sizeof(head->content_type) -
													 1),
							.request_len = (uint32) strlen(copy->shown)};

	return dcf_copy_stream_write(copy, (char *) &file, sizeof(file)) &&
		dcf_copy_stream_write(copy, head->content_type,
							  file.content_type_len) &&
		dcf_copy_stream_write(copy, copy->shown, file.request_len) &&
		dcf_copy_stream_flush(copy);
}

/* Note in the entry when the reply began to arrive, with nothing written yet. */
static void
note_arrival(DcfCopy *copy, TimestampTz fetched_at)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);
	DcfCopyEntry *entry = copy->entry;
	DcfCopyMoment now = dcf_copy_now();

	entry->arrived.time = fetched_at;
	entry->arrived.ms = now.ms - (now.time - fetched_at) / 1000;
	dcf_copy_index_shrink(table, entry);
	dcf_copy_index_unlock(table);
}

void
dcf_copy_begin(DcfCopy *copy, const DcfCopyHead *head)
{
	if (copy->phase != DCF_COPY_FETCHING)
		return;
	free_deflate(copy);
	dcf_copy_stream_close(&copy->stream);
	copy->begun = true;
	copy->has_bytes = false;
	note_arrival(copy, head->fetched_at);
	if (!dcf_copy_stream_create(copy) || !write_head(copy, head) ||
		(head->format == DCF_INFLATE_NONE && !begin_deflate(copy)))
		dcf_copy_give_up(copy);
}

/* Compress bytes into the stream's buffer; with last, up to the end. */
static bool
deflate_bytes(DcfCopy *copy, const char *bytes, size_t len, bool last)
{
	DcfCopyStream *stream = &copy->stream;
	bool ended = false;

	while (last ? !ended : len > 0)
	{
		size_t in = len;
		size_t out = DCF_COPY_CHUNK - stream->end;

		ended = dcf_deflate_run(copy->deflate, bytes, &in,
								stream->buffer + stream->end, &out, last);
		bytes += in;
		len -= in;
		stream->end += out;
		/* With room and nothing to do, the library has failed. */
		if (in == 0 && out == 0 && !ended && stream->end < DCF_COPY_CHUNK)
			return false;
		if (stream->end == DCF_COPY_CHUNK && !dcf_copy_stream_flush(copy))
			return false;
	}
	return true;
}

void
dcf_copy_put(DcfCopy *copy, const char *bytes, size_t len)
{
	bool done;

	if (copy->phase != DCF_COPY_FETCHING || !copy->begun || len == 0)
		return;
	copy->has_bytes = true;
	attend(copy);
	done = copy->deflate ? deflate_bytes(copy, bytes, len, false) :
						   dcf_copy_stream_write(copy, bytes, len);
	if (!done)
		dcf_copy_give_up(copy);
}

/* The file is complete: let others find it. */
static void
publish(DcfCopy *copy, int64 records)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);
	DcfCopyEntry *entry = copy->entry;

	entry->crc = copy->stream.crc;
	entry->records = records;
	dcf_copy_index_publish(table, entry);
	dcf_copy_leave_locked(copy, table);
	dcf_copy_index_unlock(table);
}

void
dcf_copy_keep(DcfCopy *copy, int64 records)
{
	if (copy->phase != DCF_COPY_FETCHING || !copy->begun)
		return;
	if (!(copy->deflate == NULL || deflate_bytes(copy, "", 0, true)) ||
		!dcf_copy_stream_flush(copy))
	{
		dcf_copy_give_up(copy);
		return;
	}
	FIN_CRC32C(copy->stream.crc);
	publish(copy, records);
	dcf_copy_stream_close(&copy->stream);
	free_deflate(copy);
}

void
dcf_copy_give_up(DcfCopy *copy)
{
	if (copy->phase != DCF_COPY_FETCHING)
		return;
	dcf_copy_leave(copy);
	free_deflate(copy);
}
