/*
 * inbox.h
 *	  What a transfer hands to the body that takes its bytes.
 */
#ifndef DCF_INBOX_H
#define DCF_INBOX_H

#include "postgres.h"

#include "buffer.h"
#include "net/transfer.h"

/* Most bytes that libcurl hands over at once (CURL_MAX_WRITE_SIZE). */
#define DCF_INBOX_CHUNK ((size_t) 16 * 1024)

/*
 * Initial size of a buffer, and the size that it gets once it was full.  Memory
 * beyond a small reply's would be taken from the system, and given back, for each
 * request.  What is confidential is never moved.
 */
#define DCF_INBOX_SHORT ((size_t) 32 * 1024)
#define DCF_INBOX_LONG	((size_t) 256 * 1024)

typedef struct DcfInbox
{
	MemoryContext context; /* of bytes.base */
	DcfBuffer bytes; /* received; the body consumes and moves them, and may
					  * enlarge the buffer */
	uint64 received; /* all bytes so far */
	size_t wanted;	 /* libcurl has so many more, but there was no room for
					  * them; 0: no */
	size_t max_buffer;
	bool confidential;
} DcfInbox;

/* The initial size of the inbox's buffer and of the body's. */
static inline size_t
dcf_inbox_initial_size(const DcfInbox *inbox)
{
	return inbox->confidential ? DCF_INBOX_LONG : DCF_INBOX_SHORT;
}

/* The inbox, as long as the transfer lives.  It has room for several chunks. */
extern DcfInbox *dcf_transfer_inbox(DcfTransfer *transfer);

/* Take what libcurl holds back.  May enlarge the buffer. */
extern void dcf_transfer_resume(DcfTransfer *transfer);

/*
 * The body has decoded its first bytes: from now on idle_timeout counts in place of
 * first_byte_timeout.
 */
extern void dcf_transfer_note_data(DcfTransfer *transfer);

/* Milliseconds from the start to the bytes that were decoded first; -1 before. */
extern double dcf_transfer_first_byte_ms(const DcfTransfer *transfer);

/* Whether it has timed out, was given up, or was found to be incomplete. */
extern bool dcf_transfer_has_failed(const DcfTransfer *transfer);

/*
 * Whether a transfer that is done brought the whole body; otherwise it has failed
 * from now on.  libcurl checks the length or the last chunk.
 */
extern bool dcf_transfer_is_complete(DcfTransfer *transfer);

/* Whether chunks or one valid Content-Length say where the body ends. */
extern bool dcf_transfer_marks_end(const DcfTransfer *transfer);

/* Raise why it has failed. */
pg_noreturn extern void dcf_transfer_raise(const DcfTransfer *transfer);

/* Raise that the reply was cut short, as reason says in half a sentence. */
pg_noreturn extern void dcf_transfer_raise_cut(const DcfTransfer *transfer,
											   const char *reason);

#endif /* DCF_INBOX_H */
