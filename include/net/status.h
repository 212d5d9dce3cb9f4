/*
 * status.h
 *	  HTTP statuses that mean something of their own to this service.
 */
#ifndef DCF_STATUS_H
#define DCF_STATUS_H

/* It refuses a parameter that is missing or bad. */
#define DCF_STATUS_BAD_VALUE 400

/* It refuses a request for too many records. */
#define DCF_STATUS_TOO_MUCH 413

#endif /* DCF_STATUS_H */
