/*
 * inbox.h
 *	  What a source hands to the body that takes its bytes.
 */
#ifndef DCF_INBOX_H
#define DCF_INBOX_H

#include "postgres.h"

#include "buffer.h"

/* Most bytes that libcurl hands over at once (CURL_MAX_WRITE_SIZE). */
#define DCF_INBOX_CHUNK ((size_t) 16 * 1024)

/*
 * Initial size of a buffer, and the size that the inbox's gets once it was full.
 * Memory beyond a small reply's would be taken from the system, and given back, for
 * each request.  Twice what libcurl may hand over in one wait is enough not to pause
 * it, which costs a copy.  What is confidential is never moved.
 */
#define DCF_INBOX_SHORT ((size_t) 32 * 1024)
#define DCF_INBOX_LONG	((size_t) 512 * 1024)

typedef struct DcfInbox
{
	MemoryContext context; /* of bytes.base */
	DcfBuffer bytes; /* received; the body consumes and moves them, and may
					  * enlarge the buffer */
	uint64 received; /* all bytes so far */
	size_t wanted;	 /* the source has so many more, but there was no room
					  * for them; 0: no */
	bool is_lent;	 /* bytes is memory of the body's that is not to be
					  * enlarged, and may be no room at all */
	size_t max_buffer;
	bool confidential;
} DcfInbox;

/* The initial size of the inbox's buffer and of the body's. */
static inline size_t
dcf_inbox_initial_size(const DcfInbox *inbox)
{
	return inbox->confidential ? DCF_INBOX_LONG : DCF_INBOX_SHORT;
}

/* The buffer was full: give it its long size. */
static inline void
dcf_inbox_lengthen(DcfInbox *inbox)
{
	DcfBuffer *bytes = &inbox->bytes;

	if (bytes->size < DCF_INBOX_LONG && !inbox->is_lent)
		dcf_buffer_enlarge(bytes, DCF_INBOX_LONG - bytes->end, DCF_INBOX_LONG,
						   inbox->context);
}

#endif /* DCF_INBOX_H */
