/*
 * doctor_ask.h
 *	  The questions of dataconnect_doctor() to the service.
 */
#ifndef DCF_DOCTOR_ASK_H
#define DCF_DOCTOR_ASK_H

#include "doctor_row.h"
#include "net/question.h"

/* A question, and what is kept of its answer. */
typedef struct DcfDoctorAsking
{
	DcfDoctor *doctor;
	const char *path;
	bool log_in;
	MemoryContext context; /* of what is kept */
	DcfAnswer answer; /* without document and refusal: their memory is gone */
	bool answered;	  /* with any status */
	bool is_object;	  /* the document is one */
	bool is_invalid;  /* its member isValid is false */
	char *endpoint;	  /* its PreferredEndpoint, in UTF-8, or NULL */
} DcfDoctorAsking;

/*
 * GET a path, with the session's credentials or without any.  NULL if the answer has
 * status 200, else the error.  The rest of *asking is set in any case.
 */
extern const ErrorData *dcf_doctor_ask(DcfDoctorAsking *asking,
									   DcfDoctor *doctor, const char *path,
									   bool log_in);

#endif /* DCF_DOCTOR_ASK_H */
