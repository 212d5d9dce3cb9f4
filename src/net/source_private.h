/*
 * source_private.h
 *	  What a source is, for whatever implements one and for the body.
 */
#ifndef DCF_SOURCE_PRIVATE_H
#define DCF_SOURCE_PRIVATE_H

#include "postgres.h"

#include "base/wait.h"
#include "inbox.h"
#include "net/http.h"
#include "net/source.h"

typedef struct DcfSourceRoutine
{
	/* Take what is held back for want of room.  May enlarge the inbox's buffer. */
	void (*resume)(DcfSource *source);

	/* The body has decoded its first bytes. */
	void (*note_data)(DcfSource *source);

	/* Milliseconds from the start to the bytes that were decoded first; -1 before. */
	double (*first_byte_ms)(const DcfSource *source);

	/*
	 * Take part in the next dcf_wait().  The plan is ready if the source is done,
	 * or has failed.  waited() may find that it has failed.
	 */
	void (*plan)(DcfSource *source, DcfWaitPlan *plan);
	void (*waited)(DcfSource *source);

	/*
	 * Whether a source that is done brought the whole body; otherwise it has
	 * failed from now on.
	 */
	bool (*is_complete)(DcfSource *source);

	/* Whether it is known where the body ends. */
	bool (*marks_end)(const DcfSource *source);

	/* Raise why it has failed; does not return. */
	void (*raise)(const DcfSource *source);

	/*
	 * Raise that the body was cut short, as reason says in half a sentence; does
	 * not return.
	 */
	void (*raise_cut)(const DcfSource *source, const char *reason);
} DcfSourceRoutine;

/* The first member of each kind of source. */
struct DcfSource
{
	const DcfSourceRoutine *routine;
	DcfInbox *inbox;
	const DcfHttpHead *head; /* of the reply; complete before the body */
	bool done;				 /* no more bytes come; some may be unread */
	bool failed;			 /* and never gives another byte */
};

#endif /* DCF_SOURCE_PRIVATE_H */
