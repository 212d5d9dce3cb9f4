/*
 * progress.h
 *	  The scans under way, and how far each is: in memory that all backends share,
 *	  if the library is preloaded; otherwise each backend has its own.
 */
#ifndef DCF_PROGRESS_H
#define DCF_PROGRESS_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "reply/request_subject.h"

/* What a request is at.  Of a scan's requests, the one that is last in this list
 * counts. */
typedef enum DcfScanPhase
{
	DCF_SCAN_LOGGING_IN,  /* a token, or the preferred endpoint */
	DCF_SCAN_COPYING,	  /* another session is fetching the reply */
	DCF_SCAN_QUEUING,	  /* a slot of the limiter */
	DCF_SCAN_BACKING_OFF, /* the time of the next try */
	DCF_SCAN_CONNECTING,  /* a connection */
	DCF_SCAN_SENT,		  /* the first byte of the body */
	DCF_SCAN_READING	  /* the rest, or whoever takes the rows */
} DcfScanPhase;

/* How far a scan is. */
typedef struct DcfProgressState
{
	DcfScanPhase phase;
	int64 done;		/* requests that have ended */
	int open;		/* under way, or waiting for leave */
	double planned; /* requests in all, as far as is known */
	int64 records;
	int64 bytes;	 /* received */
	double expected; /* records, or -1 */
} DcfProgressState;

/* A scan under way. */
typedef struct DcfProgressLine
{
	DcfRequestSubject subject;
	int pid; /* 0: none */
	uint64 queryid;
	TimestampTz began;
	TimestampTz phase_since;
	DcfProgressState state;
} DcfProgressLine;

typedef struct DcfProgress DcfProgress;

/* Request shared memory; from _PG_init(). */
extern void dcf_progress_init(void);

/*
 * A scan begins.  It ends by dcf_progress_end(), or when the current memory context
 * is reset.  NULL, which all functions allow, if there is no room.
 */
extern DcfProgress *dcf_progress_begin(const DcfRequestSubject *subject);

/* These do not raise. */
extern void dcf_progress_set(DcfProgress *progress,
							 const DcfProgressState *state);
extern void dcf_progress_end(DcfProgress *progress);

/* All scans under way, palloc'd. */
extern DcfProgressLine *dcf_progress_list(int *n);

/* The name of a phase, for the view. */
extern const char *dcf_scan_phase_name(DcfScanPhase phase);

#endif /* DCF_PROGRESS_H */
