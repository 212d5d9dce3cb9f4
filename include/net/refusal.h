/*
 * refusal.h
 *	  The service's refusals as PostgreSQL errors.
 */
#ifndef DCF_REFUSAL_H
#define DCF_REFUSAL_H

#include "postgres.h"

#include "base/compat.h"
#include "net/status.h"

/* A refusal, as dcf_exchange_describe() fills it and callers complete it. */
typedef struct DcfRefusal
{
	int status; /* HTTP */
	const char *content_type;
	const char *location; /* target of a 3xx, safe to show, or "" */
	const char *body;	  /* the start of the body, not terminated */
	size_t body_len;
	const char *relation;	  /* foreign table, or NULL */
	const char *request;	  /* as dcf_request_show() gives it */
	const char *hint;		  /* replaces the status's own hint for
								 * DCF_STATUS_TOO_MUCH, else follows it; or
								 * NULL */
	int max_rows;			  /* the service's limit of records; 0: none */
	bool is_order;			  /* values to be written, not conditions */
	bool is_login;			  /* a request for a token, for which 400 and
								 * 403 mean wrong credentials, too */
	int tries;				  /* number of times it was sent */
	int64 requested_wait;	  /* ms that the service asks to wait, if that is
								 * more than retry_max_wait; else 0 */
	const char *paused_until; /* end of the account's pause, or NULL */
	const char *resume;		  /* SQL that ends the pause early */
} DcfRefusal;

/* Raise the error that a status other than 200 means. */
pg_noreturn extern void dcf_refusal_raise(const DcfRefusal *refusal);

/* Raise that a record is longer than max_record_size, which is max bytes. */
pg_noreturn extern void dcf_refusal_raise_too_long(size_t max);

#endif /* DCF_REFUSAL_H */
