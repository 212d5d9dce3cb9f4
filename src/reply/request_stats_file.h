/*
 * request_stats_file.h
 *	  The file that keeps the totals of requests while the server is stopped:
 *	  pg_stat/dataconnect_fdw.stat.  It is removed when it has been read, so totals of
 *	  before a crash do not come back later.
 *
 * Failures are logged, and cost the totals only.
 */
#ifndef DCF_REQUEST_STATS_FILE_H
#define DCF_REQUEST_STATS_FILE_H

#include "postgres.h"

#include "reply/request_stats.h"

/* Write all that get() returns, for n from 0 until it returns NULL. */
extern void
dcf_request_stats_file_save(const DcfRequestTotals *(*get)(void *arg, int n),
							void *arg);

/* Call put() for each, and remove the file.  A damaged file gives none. */
extern void dcf_request_stats_file_load(
	void (*put)(void *arg, const DcfRequestTotals *totals), void *arg);

#endif /* DCF_REQUEST_STATS_FILE_H */
