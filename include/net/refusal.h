/*
 * refusal.h
 *	  The service's refusals as PostgreSQL errors.
 */
#ifndef DCF_REFUSAL_H
#define DCF_REFUSAL_H

#include "postgres.h"

#include "base/compat.h"
#include "net/status.h"

/* One refusal to tell of. */
typedef struct DcfRefusal
{
	int status; /* HTTP */
	const char *content_type;
	const char *location; /* where a 3xx points to, made safe, or "" */
	const char *body;	  /* what of the body was read; may be cut */
	size_t body_len;
	const char *relation;	  /* foreign table, or NULL */
	const char *request;	  /* as dcf_request_show() gives it */
	const char *hint;		  /* for DCF_STATUS_TOO_MUCH in place of the
								 * status's own, else behind it; or NULL */
	int max_rows;			  /* the service's limit of records */
	bool is_login;			  /* the request was for a token: 400 and 403
								 * mean, too, that credentials are wrong */
	int tries;				  /* how often it was sent */
	int64 requested_wait;	  /* milliseconds the service asks to be left
								 * alone, where that is more than
								 * retry_max_wait; else 0 */
	const char *paused_until; /* when the next request is sent at the earliest,
							   * if the service asked for it; or NULL */
	const char *resume;		  /* the SQL that ends that before */
} DcfRefusal;

/* Raise the error that a status other than 200 means. */
pg_noreturn extern void dcf_refusal_raise(const DcfRefusal *refusal);

/* Raise that a record is longer than max_record_size, which is max bytes. */
pg_noreturn extern void dcf_refusal_raise_too_long(size_t max);

#endif /* DCF_REFUSAL_H */
