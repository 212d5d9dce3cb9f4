/*
 * recording_body.h
 *	  The body of a reply as a file, without secrets.
 *
 * The file has the bytes as they were received, after chunks were put together.  Each
 * byte of a secret is replaced by one of its kind (9 for a digit, x for all others),
 * so the length stays, and so does the form of a document.  A compressed body is
 * decompressed to look for secrets.  Once one is found, the file is written anew,
 * decompressed.
 *
 * Bytes that may be the start of a secret are held back, so the file never has it.
 */
#ifndef DCF_RECORDING_BODY_H
#define DCF_RECORDING_BODY_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "coding.h"
#include "recording_file.h"

/* The suffix of the file. */
#define DCF_RECORDING_BODY_FILE ".reply.body"

typedef enum DcfRecordingForm
{
	DCF_RECORDING_RECEIVED, /* as it was received */
	DCF_RECORDING_DECODED,	/* decompressed */
	DCF_RECORDING_WITHHELD	/* there is no file: its compression is unknown */
} DcfRecordingForm;

typedef struct DcfRecordingBody DcfRecordingBody;

/* In the current memory context.  place must live as long. */
extern DcfRecordingBody *
dcf_recording_body_create(const DcfRecordingPlace *place, DcfCoding coding);

/*
 * Add what was received; secrets is a List of char *.  False, with errno, if a file
 * cannot be written.
 */
extern bool dcf_recording_body_add(DcfRecordingBody *body, const List *secrets,
								   const char *bytes, size_t len);

/* Write what was held back; likewise.  complete: so is the transfer. */
extern bool dcf_recording_body_end(DcfRecordingBody *body, const List *secrets,
								   bool complete);

extern DcfRecordingForm dcf_recording_body_form(const DcfRecordingBody *body);

/* The number of bytes that were replaced. */
extern uint64 dcf_recording_body_hidden(const DcfRecordingBody *body);

/* Replace those bytes that are marked, each by one of its kind. */
extern void dcf_recording_body_replace(char *bytes, const bool *marks,
									   size_t len);

#endif /* DCF_RECORDING_BODY_H */
