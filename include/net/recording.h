/*
 * recording.h
 *	  The setting dataconnect_fdw.record_directory: exchanges as files, for a
 *	  diagnosis, or for a test that replays them.
 *
 * Each transfer has files of its own, so each try does, and what is read from a copy
 * has none.  They hold no secret (recording_text.h, recording_body.h).  The files are
 *
 *	NAME.request.json	method, URL, headers and body
 *	NAME.reply.head		the head of the reply
 *	NAME.reply.body		its body, as it was received
 *	NAME.reply.json		how it ended, and when which bytes had come
 *
 * Recording never fails a query: what cannot be written ends it, for the session,
 * with a warning.
 */
#ifndef DCF_RECORDING_H
#define DCF_RECORDING_H

#include "postgres.h"

#include "net/http.h"

typedef struct DcfRecording DcfRecording;

/* How a transfer ended. */
typedef enum DcfRecordingEnd
{
	DCF_RECORDING_COMPLETE,
	DCF_RECORDING_CUT,		 /* within the body */
	DCF_RECORDING_NO_REPLY,	 /* before the head was complete */
	DCF_RECORDING_TIMED_OUT, /* the wrapper waited no longer */
	DCF_RECORDING_GIVEN_UP /* a query that needed no more, or was cancelled */
} DcfRecordingEnd;

/* Define the setting. */
extern void dcf_recording_init(void);

/*
 * Record a request that is about to be sent, with cookies or not.  NULL if recording
 * is off or has failed; the other functions are not for NULL.  It lives in the
 * current memory context.
 */
extern DcfRecording *dcf_recording_begin(const DcfHttpRequest *request,
										 bool cookies);

/*
 * A line of the head.  Only copies, up to DCF_RECORDING_HEAD bytes in all: it is for a
 * callback of libcurl's.
 */
#define DCF_RECORDING_HEAD (128 * 1024)
extern void dcf_recording_head(DcfRecording *recording, const char *line,
							   size_t len);

/*
 * The bytes of the body that came since the last call.  head is NULL while it is
 * incomplete.  To be called whenever something may have come.
 */
extern void dcf_recording_body(DcfRecording *recording,
							   const DcfHttpHead *head, const char *bytes,
							   size_t len);

/*
 * The transfer has ended.  reason is libcurl's text, static and without secrets, or
 * NULL; connected_at is by dcf_wait_now(), 0 if it was not connected.  To be called for
 * each recording, also in a reset callback; later calls do nothing.
 */
extern void dcf_recording_finish(DcfRecording *recording, DcfRecordingEnd end,
								 const char *reason, int64 connected_at);

#endif /* DCF_RECORDING_H */
