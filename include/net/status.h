/*
 * status.h
 *	  HTTP statuses with a meaning of their own in this service (documented), and one for
 *	  a request without any.
 */
#ifndef DCF_STATUS_H
#define DCF_STATUS_H

/* Not sent, because the statement may not send as many requests. */
#define DCF_STATUS_UNSENT 0

/* A parameter is missing or invalid. */
#define DCF_STATUS_BAD_VALUE 400

/* The request asks for too many records. */
#define DCF_STATUS_TOO_MUCH 413

#endif /* DCF_STATUS_H */
