/*
 * copy_stream.c
 *	  Writing, checking and reading the file of a copy.  See copy_private.h.
 */
#include "postgres.h"

#include <unistd.h>

#include "miscadmin.h"

#include "base/file_descriptor.h"
#include "copy_private.h"

/* What could not be done with a file, with errno; shows at most one a minute. */
static void
log_failure(const char *what, const char *path)
{
	int error = errno;

	if (!dcf_copy_index_may_log())
		return;
	errno = error;
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not %s file \"%s\": %m", what, path),
			 errdetail("The request goes on without a copy of the reply.")));
}

static void
log_damage(const char *path)
{
	ereport(LOG,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("copy of a reply in file \"%s\" is damaged", path),
			 errdetail("Its length or check sum is wrong. The request is "
					   "sent again.")));
}

/* Begin with a file that is open, or could not be opened (-1, with errno). */
static bool
begin(DcfCopyStream *stream, int fd, const char *what, MemoryContext cxt)
{
	stream->fd = fd;
	stream->start = stream->end = 0;
	stream->left = 0;
	INIT_CRC32C(stream->crc);
	if (fd < 0)
	{
		log_failure(what, stream->path);
		return false;
	}
	if (stream->buffer == NULL)
		stream->buffer =
			MemoryContextAllocExtended(cxt, DCF_COPY_CHUNK, MCXT_ALLOC_NO_OOM);
	return stream->buffer != NULL;
}

void
dcf_copy_stream_close(DcfCopyStream *stream)
{
	if (stream->fd >= 0)
		dcf_copy_file_close(stream->fd);
	stream->fd = -1;
	if (stream->buffer)
		pfree(stream->buffer);
	stream->buffer = NULL;
	stream->start = stream->end = 0;
}

bool
dcf_copy_stream_create(DcfCopy *copy)
{
	DcfCopyStream *stream = &copy->stream;

	dcf_copy_index_path(copy->number, stream->path);
	return begin(stream, dcf_copy_file_create(stream->path), "create",
				 copy->context);
}

bool
dcf_copy_stream_flush(DcfCopy *copy)
{
	DcfCopyStream *stream = &copy->stream;
	size_t len = stream->end;

	if (len == 0)
		return true;
	if (!dcf_copy_index_grow(copy->entry, len))
		return false;
	if (!dcf_file_descriptor_write(stream->fd, stream->buffer, len))
	{
		log_failure("write", stream->path);
		return false;
	}
	COMP_CRC32C(stream->crc, stream->buffer, len);
	stream->end = 0;
	return true;
}

bool
dcf_copy_stream_write(DcfCopy *copy, const char *bytes, size_t len)
{
	DcfCopyStream *stream = &copy->stream;

	while (len > 0)
	{
		size_t n = Min(len, DCF_COPY_CHUNK - stream->end);

		memcpy(stream->buffer + stream->end, bytes, n);
		stream->end += n;
		bytes += n;
		len -= n;
		if (stream->end == DCF_COPY_CHUNK && !dcf_copy_stream_flush(copy))
			return false;
	}
	return true;
}

/*
 * Read the head of a file from its first bytes; *size becomes its length with both
 * texts.  False if it is not the head of an entry's file.
 */
static bool
read_head(const char *bytes, size_t len, const DcfCopyEntry *entry,
		  DcfCopyFileHead *head, size_t *size)
{
	if (len < sizeof(DcfCopyFileHead))
		return false;
	memcpy(head, bytes, sizeof(DcfCopyFileHead));
	*size = sizeof(DcfCopyFileHead) + (size_t) head->content_type_len +
		(size_t) head->request_len;
	return head->magic == DCF_COPY_MAGIC &&
		dcf_shared_same_key(&head->key, &entry->subject.key) &&
		(head->format == DCF_INFLATE_GZIP ||
		 head->format == DCF_INFLATE_DEFLATE) &&
		head->content_type_len <
		sizeof(((DcfCopyHead *) NULL)->content_type) &&
		head->request_len < DCF_COPY_CHUNK && *size <= len;
}

/* Fill the copy's head from that of its file, whose length is head_size. */
static void
take_head(DcfCopy *copy, const char *bytes, const DcfCopyFileHead *head)
{
	memset(&copy->head, 0, sizeof(DcfCopyHead));
	copy->head.format = (DcfInflateFormat) head->format;
	copy->head.fetched_at = head->fetched_at;
	memcpy(copy->head.content_type, bytes + sizeof(DcfCopyFileHead),
		   head->content_type_len);
}

/*
 * Read the whole file; whether length, head and check sum are those of the entry.
 * *head_size becomes the length of the head.
 */
static bool
check_all(DcfCopy *copy, size_t *head_size)
{
	DcfCopyStream *stream = &copy->stream;
	const DcfCopyEntry *entry = copy->entry;
	uint64 done = 0;
	pg_crc32c crc;
	ssize_t n;

	INIT_CRC32C(crc);
	do
	{
		CHECK_FOR_INTERRUPTS();
		n = dcf_file_descriptor_read(stream->fd, stream->buffer,
									 DCF_COPY_CHUNK);
		if (n < 0)
			return false;
		if (done == 0)
		{
			DcfCopyFileHead head;

			if (!read_head(stream->buffer, (size_t) n, entry, &head,
						   head_size))
				return false;
			take_head(copy, stream->buffer, &head);
		}
		COMP_CRC32C(crc, stream->buffer, (size_t) n);
		done += (uint64) n;
		stream->end = (size_t) n;
	} while ((size_t) n == DCF_COPY_CHUNK && done <= entry->size);
	FIN_CRC32C(crc);
	return done == entry->size && EQ_CRC32C(crc, entry->crc);
}

/* A file of one chunk is in the buffer; any other is read from its body on. */
static bool
rewind_to_body(DcfCopyStream *stream, uint64 size, size_t head_size)
{
	if (size < DCF_COPY_CHUNK)
	{
		stream->start = head_size;
		stream->left = 0;
		return true;
	}
	stream->start = stream->end = 0;
	stream->left = size - head_size;
	return lseek(stream->fd, (off_t) head_size, SEEK_SET) >= 0;
}

DcfCopyCheck
dcf_copy_stream_open(DcfCopy *copy)
{
	DcfCopyStream *stream = &copy->stream;
	size_t head_size = 0;
	int fd;
	bool exhausted;

	dcf_copy_index_path(copy->number, stream->path);
	fd = dcf_copy_file_open(stream->path);
	exhausted = fd < 0 && dcf_file_descriptor_is_exhausted(errno);
	if (!begin(stream, fd, "open", copy->context))
		return exhausted ? DCF_COPY_NO_DESCRIPTOR : DCF_COPY_DAMAGED;
	if (!check_all(copy, &head_size) ||
		!rewind_to_body(stream, copy->entry->size, head_size))
	{
		log_damage(stream->path);
		return DCF_COPY_DAMAGED;
	}
	copy->arrived = copy->entry->arrived;
	return DCF_COPY_SOUND;
}

ssize_t
dcf_copy_stream_read(DcfCopyStream *stream, char *bytes, size_t size)
{
	size_t buffered = Min(size, stream->end - stream->start);
	ssize_t n;

	if (buffered > 0)
	{
		memcpy(bytes, stream->buffer + stream->start, buffered);
		stream->start += buffered;
		return (ssize_t) buffered;
	}
	if (stream->left == 0 || size == 0)
		return 0;
	n = dcf_file_descriptor_read(stream->fd, bytes,
								 (size_t) Min((uint64) size, stream->left));
	if (n < 0)
		log_failure("read", stream->path);
	else if (n == 0)
		log_damage(stream->path);
	if (n <= 0)
		return -1;
	stream->left -= (uint64) n;
	return n;
}

char *
dcf_copy_stream_request(const DcfCopyEntry *entry)
{
	char path[DCF_COPY_PATH];
	char *bytes = palloc(DCF_COPY_CHUNK);
	char *request = NULL;
	DcfCopyFileHead head;
	size_t size;
	ssize_t n = -1;
	int fd;

	dcf_copy_index_path(entry->number, path);
	fd = dcf_copy_file_open(path);
	if (fd >= 0)
	{
		n = dcf_file_descriptor_read(fd, bytes, DCF_COPY_CHUNK);
		dcf_copy_file_close(fd);
	}
	if (n >= 0 && read_head(bytes, (size_t) n, entry, &head, &size))
		request = pnstrdup(bytes + size - head.request_len, head.request_len);
	pfree(bytes);
	/* It was written as ASCII, but is only checked when it is read. */
	for (char *p = request; p && *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return request;
}
