/*
 * error.h
 *	  The service's refusals as PostgreSQL errors, and foreign text in them.
 */
#ifndef DCF_ERROR_H
#define DCF_ERROR_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "base/compat.h"
#include "net/status.h"

/* The most of a foreign text that a message shows, in bytes. */
#define DCF_ERROR_SHOWN 200

/*
 * Foreign bytes (UTF-8) made safe, without the secrets of any holder, in the
 * database encoding, palloc'd.
 */
extern char *dcf_error_safe(const char *bytes, size_t len);

/* The same of bytes behind which others may have been: part of a secret. */
extern char *dcf_error_safe_start(const char *bytes, size_t len);

/* The same of a text in a buffer, which was cut if it fills it. */
extern char *dcf_error_safe_kept(const char *text, size_t size);

/* The title of an HTML page, made safe, in one line, palloc'd; or NULL. */
extern char *dcf_error_title(const char *body, size_t len);

/*
 * Whoever holds secrets says so: until cxt is reset, dcf_error_safe() asks the
 * holder for them (list of char *, UTF-8) and hides each.
 */
typedef List *(*DcfSecretsFn)(const void *holder);

extern void dcf_error_add_holder(DcfSecretsFn secrets, const void *holder,
								 MemoryContext cxt);

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
	int64 asked_wait;		  /* milliseconds the service asks to be left
								 * alone, where that is more than
								 * retry_max_wait; else 0 */
	const char *paused_until; /* when the next request is sent at the earliest,
							   * if the service asked for it; or NULL */
	const char *resume;		  /* the SQL that ends that before */
} DcfRefusal;

/* Raise the error that a status other than 200 means. */
pg_noreturn extern void dcf_error_raise_refusal(const DcfRefusal *refusal);

/* Raise that a record is longer than max_record_size, which is max bytes. */
pg_noreturn extern void dcf_error_raise_too_long(size_t max);

#endif /* DCF_ERROR_H */
