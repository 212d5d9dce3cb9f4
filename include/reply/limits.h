/*
 * limits.h
 *	  What a statement may ask of the service: the settings max_requests_per_statement,
 *	  max_records_per_statement, max_bytes_per_statement and max_days_per_request, which
 *	  bind a role (role_setting.h).
 *
 * What is known before anything is sent is compared then (limit_plan.h); the rest is
 * counted as it comes.  Requests are counted where replies are made, so all of the
 * extension's ways to the data count; its own questions (log-ins, preferred endpoints,
 * companies, counts for the planner) do not.  A request counts once, however often it
 * is tried.  A copy is no request and has no bytes, but its records count.
 */
#ifndef DCF_LIMITS_H
#define DCF_LIMITS_H

#include "postgres.h"

#include "base/compat.h"
#include "base/statement.h"

/* Define the settings. */
extern void dcf_limits_init(void);

typedef enum DcfLimitKind
{
	DCF_LIMIT_REQUESTS,
	DCF_LIMIT_RECORDS,
	DCF_LIMIT_BYTES,
	DCF_LIMIT_DAYS, /* of one request, not of the statement */
	DCF_LIMIT_KINDS
} DcfLimitKind;

/* The limit, or -1 if there is none; of bytes in bytes. */
extern double dcf_limits_get(DcfLimitKind kind);

/* Whether any is set that can be compared before anything is sent. */
extern bool dcf_limits_are_planned(void);

/* Whether any is set that is counted while replies are read. */
extern bool dcf_limits_are_counted(void);

/* A limit that is exceeded, or would be. */
typedef struct DcfLimitExcess
{
	DcfLimitKind kind;
	bool planned;  /* nothing of "more" has happened yet */
	double more;   /* what is planned */
	double before; /* what the statement has used */
} DcfLimitExcess;

/* The excess in a few words, for EXPLAIN, palloc'd. */
extern char *dcf_limits_show(const DcfLimitExcess *excess);

/*
 * Raise ERRCODE_CONFIGURATION_LIMIT_EXCEEDED.  hint says what to narrow; NULL for a
 * general one.
 */
pg_noreturn extern void dcf_limits_raise(const DcfLimitExcess *excess,
										 const char *hint);

/* Whether the statement may not send another request; sets *excess. */
extern bool dcf_limits_stop_request(const DcfStatement *statement,
									DcfLimitExcess *excess);

/*
 * Whether the statement may not send so many more requests, none of which has been sent;
 * NULL: a statement that has sent nothing.  Sets *excess.
 */
extern bool dcf_limits_stop_planned(const DcfStatement *statement,
									int64 requests, DcfLimitExcess *excess);

/* Whether the statement has read or received more than it may; sets *excess. */
extern bool dcf_limits_stop_data(const DcfStatement *statement,
								 DcfLimitExcess *excess);

/* Whether the present statement may send requests at all, or any more. */
extern bool dcf_limits_allow_request(void);

#endif /* DCF_LIMITS_H */
