/*
 * copy_source.c
 *	  A copy of a reply as a source.  See copy_source.h and source_private.h.
 *
 * Its bytes are there at once, so it always holds some back, until the last: the
 * body then asks for more as soon as it has room, and never waits.
 */
#include "postgres.h"

#include "net/copy_source.h"
#include "source_private.h"

typedef struct CopySource
{
	DcfSource source; /* has to be first */
	DcfInbox inbox;
	DcfHttpHead head;
	DcfCopy *copy;
} CopySource;

static void
resume(DcfSource *source)
{
	CopySource *self = (CopySource *) source;
	DcfInbox *inbox = &self->inbox;
	DcfBuffer *bytes = &inbox->bytes;
	ssize_t n;

	dcf_inbox_lengthen(inbox);
	dcf_buffer_drop_consumed(bytes);
	/* 0 would be taken for the end. */
	if (bytes->end == bytes->size)
		return;
	n = dcf_copy_read(self->copy, bytes->base + bytes->end,
					  bytes->size - bytes->end);
	if (n > 0)
	{
		bytes->end += n;
		inbox->received += n;
		return;
	}
	inbox->wanted = 0;
	source->done = true;
	source->failed = n < 0;
}

/* No time is measured: it would be taken for the service's. */
static void
note_data(DcfSource *source)
{
}

static double
first_byte_ms(const DcfSource *source)
{
	return -1;
}

static void
plan(DcfSource *source, DcfWaitPlan *plan)
{
	plan->ready = true;
}

static void
waited(DcfSource *source)
{
}

static bool
is_complete(DcfSource *source)
{
	return !source->failed;
}

static bool
marks_end(const DcfSource *source)
{
	return true;
}

static void
raise_failure(const DcfSource *source)
{
	ereport(ERROR,
			(errcode(ERRCODE_IO_ERROR),
			 errmsg("could not read the copy of a reply"),
			 errdetail("The server log has the reason."),
			 errhint("Run the query again, or set "
					 "\"dataconnect_fdw.max_age\" to 0.")));
}

static void
raise_cut(const DcfSource *source, const char *reason)
{
	raise_failure(source);
}

static const DcfSourceRoutine routine = {.resume = resume,
										 .note_data = note_data,
										 .first_byte_ms = first_byte_ms,
										 .plan = plan,
										 .waited = waited,
										 .is_complete = is_complete,
										 .marks_end = marks_end,
										 .raise = raise_failure,
										 .raise_cut = raise_cut};

/* The head of the reply, as far as a copy has it. */
static void
fill_head(DcfHttpHead *head, const DcfCopyHead *copied)
{
	static const char *const codings[] = {[DCF_INFLATE_GZIP] = "gzip",
										  [DCF_INFLATE_DEFLATE] = "deflate",
										  [DCF_INFLATE_NONE] = ""};

	head->status = 200;
	strlcpy(head->content_type, copied->content_type,
			sizeof(head->content_type));
	strlcpy(head->content_coding, codings[copied->format],
			sizeof(head->content_coding));
}

DcfSource *
dcf_copy_source_create(DcfCopy *copy, size_t max_buffer, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	CopySource *self = palloc0(sizeof(CopySource));
	DcfInbox *inbox = &self->inbox;

	self->source.routine = &routine;
	self->source.inbox = inbox;
	self->source.head = &self->head;
	self->copy = copy;
	fill_head(&self->head, dcf_copy_head(copy));
	inbox->context = cxt;
	inbox->max_buffer = max_buffer;
	inbox->wanted = DCF_INBOX_CHUNK;
	inbox->bytes.size = dcf_inbox_initial_size(inbox);
	inbox->bytes.base = palloc(inbox->bytes.size);
	MemoryContextSwitchTo(old);
	return &self->source;
}
