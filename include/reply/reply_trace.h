/*
 * reply_trace.h
 *	  What is kept of requests for monitoring: settings and shared memory.  reply.h
 *	  has how a request is traced.
 */
#ifndef DCF_REPLY_TRACE_H
#define DCF_REPLY_TRACE_H

/*
 * Define the settings track_requests and log_min_request_duration, and request
 * shared memory; from _PG_init().
 */
extern void dcf_reply_trace_init(void);

#endif /* DCF_REPLY_TRACE_H */
