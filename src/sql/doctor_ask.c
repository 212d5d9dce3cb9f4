/*
 * doctor_ask.c
 *	  The questions of dataconnect_doctor().  See doctor_ask.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/catch_error.h"
#include "base/json_document.h"
#include "doctor_ask.h"

static void
keep_document(DcfDoctorAsking *asking)
{
	json_t *document = asking->answer.document;
	const char *endpoint =
		dcf_json_document_text(document, "PreferredEndpoint");

	asking->is_object = json_is_object(document);
	asking->is_invalid =
		json_is_false(dcf_json_document_member(document, "isValid"));
	asking->endpoint =
		endpoint ? MemoryContextStrdup(asking->context, endpoint) : NULL;
}

/* A DcfCatchErrorFn. */
static void
call_ask(void *arg)
{
	DcfDoctorAsking *asking = arg;

	if (asking->log_in)
		dcf_question_ask(asking->doctor->session, asking->path,
						 &asking->answer);
	else
		dcf_question_ask_openly(asking->doctor->options, asking->path,
								&asking->answer);
	asking->answered = true;
	if (asking->answer.head.status != 200)
		dcf_refusal_raise(&asking->answer.refusal);
	keep_document(asking);
}

const ErrorData *
dcf_doctor_ask(DcfDoctorAsking *asking, DcfDoctor *doctor, const char *path,
			   bool log_in)
{
	memset(asking, 0, sizeof(DcfDoctorAsking));
	asking->doctor = doctor;
	asking->path = path;
	asking->log_in = log_in;
	asking->context = CurrentMemoryContext;
	return dcf_catch_error(call_ask, asking);
}
