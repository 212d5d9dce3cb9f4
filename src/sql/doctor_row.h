/*
 * doctor_row.h
 *	  The rows of dataconnect_doctor(), and what its checks share.
 */
#ifndef DCF_DOCTOR_ROW_H
#define DCF_DOCTOR_ROW_H

#include "postgres.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "utils/timestamp.h"

#include "net/session_facts.h"
#include "options/option.h"

/* A call of dataconnect_doctor(). */
typedef struct DcfDoctor
{
	FunctionCallInfo fcinfo;
	const ForeignServer *server;
	DcfServerOptions *options;	 /* NULL: they cannot be used */
	DcfSession *session;		 /* the caller's; NULL: there is none */
	const ErrorData *no_session; /* then: why */
	DcfSessionFacts facts;		 /* of the session, before the first request */
	TimestampTz unreachable_since; /* of its hosts; 0: they can be reached */
	const char *obstacle; /* why nothing can be asked any more; NULL: it can */
} DcfDoctor;

/* Add a row: what was checked is as it should be. */
extern void dcf_doctor_row_pass(DcfDoctor *doctor, const char *check,
								const char *detail);

/* It is not; the remedy says what to do. */
extern void dcf_doctor_row_fail(DcfDoctor *doctor, const char *check,
								const char *detail, const char *remedy);

/* The same by an error, with the remedy unless the error has a hint. */
extern void dcf_doctor_row_fail_by(DcfDoctor *doctor, const char *check,
								   const ErrorData *error, const char *remedy);

/* It was not checked. */
extern void dcf_doctor_row_skip(DcfDoctor *doctor, const char *check,
								const char *reason);

/* After a check that did not pass: skip all that need what it has found missing. */
extern void dcf_doctor_row_obstruct(DcfDoctor *doctor, const char *check);

/* Skip a check if something is in its way; true if so. */
extern bool dcf_doctor_row_skip_obstructed(DcfDoctor *doctor,
										   const char *check);

/* A duration as "12 s", "3 min", "5 h" or "40 days", rounded down; palloc'd. */
extern char *dcf_doctor_row_duration(int64 seconds);

/* The value of an option as it is stored, NULL if it is not. */
extern const char *dcf_doctor_row_option(const DcfDoctor *doctor,
										 const char *name);

/* The command that sets an option of the server; palloc'd. */
extern char *dcf_doctor_row_alter(const DcfDoctor *doctor, const char *option,
								  const char *value);

#endif /* DCF_DOCTOR_ROW_H */
