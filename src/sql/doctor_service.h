/*
 * doctor_service.h
 *	  The checks of dataconnect_doctor() up to the log-in: reply, clock, user mapping,
 *	  token service.
 */
#ifndef DCF_DOCTOR_SERVICE_H
#define DCF_DOCTOR_SERVICE_H

#include "doctor_ask.h"

/* Check these; *session gets the answer to the log-in, if it passes. */
extern void dcf_doctor_service_check(DcfDoctor *doctor,
									 DcfDoctorAsking *session);

#endif /* DCF_DOCTOR_SERVICE_H */
