/*
 * doctor_here.h
 *	  The checks of dataconnect_doctor() on this machine: libraries, preloading,
 *	  catalogue, time zone.
 */
#ifndef DCF_DOCTOR_HERE_H
#define DCF_DOCTOR_HERE_H

#include "doctor_row.h"

extern void dcf_doctor_here_check(DcfDoctor *doctor);

#endif /* DCF_DOCTOR_HERE_H */
