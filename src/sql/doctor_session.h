/*
 * doctor_session.h
 *	  The checks of dataconnect_doctor() after the log-in: token, cookie, endpoint,
 *	  limiter, circuit breaker, compression.
 */
#ifndef DCF_DOCTOR_SESSION_H
#define DCF_DOCTOR_SESSION_H

#include "doctor_ask.h"

/* session has the answer to the log-in, if there is no obstacle. */
extern void dcf_doctor_session_check(DcfDoctor *doctor,
									 const DcfDoctorAsking *session);

#endif /* DCF_DOCTOR_SESSION_H */
