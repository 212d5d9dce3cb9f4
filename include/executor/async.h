/*
 * async.h
 *	  The ForeignAsyncRequest, ForeignAsyncConfigureWait and ForeignAsyncNotify
 *	  callbacks: scans below an Append run at the same time.
 */
#ifndef DCF_ASYNC_H
#define DCF_ASYNC_H

#include "postgres.h"
#include "nodes/execnodes.h"

extern void dcf_async_request(AsyncRequest *areq);
extern void dcf_async_configure_wait(AsyncRequest *areq);
extern void dcf_async_notify(AsyncRequest *areq);

#endif /* DCF_ASYNC_H */
