/*
 * doctor_connection.h
 *	  The checks of dataconnect_doctor() before the first request: name, TCP, TLS,
 *	  certificate.
 */
#ifndef DCF_DOCTOR_CONNECTION_H
#define DCF_DOCTOR_CONNECTION_H

#include "doctor_row.h"

/* Check how the host of the server's url is reached, with a row for each step. */
extern void dcf_doctor_connection_check(DcfDoctor *doctor);

/*
 * Check how the host of another URL is reached.  Returns NULL if all is well, with
 * *detail a sentence about it; else the remedy, with *detail what is wrong.
 * *connected: requests can be sent there.
 */
extern const char *dcf_doctor_connection_summarize(const DcfDoctor *doctor,
												   const char *url,
												   const char **detail,
												   bool *connected);

#endif /* DCF_DOCTOR_CONNECTION_H */
