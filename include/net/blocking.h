/*
 * blocking.h
 *	  Waiting for one transfer or body alone.
 */
#ifndef DCF_BLOCKING_H
#define DCF_BLOCKING_H

#include "postgres.h"

#include "net/body.h"
#include "net/transfer.h"

/* Wait for the head; never DCF_TRANSFER_STARTED. */
extern DcfTransferState dcf_blocking_await(DcfTransfer *transfer);

/*
 * Wait until the buffer holds max bytes or the reply has ended or failed, but
 * not much longer than idle_timeout (ms; 0: no limit).  Raises nothing for a
 * failure: this is for bodies that are only shown in a message.
 */
extern void dcf_blocking_gather(DcfBody *body, size_t max, int idle_timeout);

/*
 * Sleep for ms milliseconds, interruptibly.  If the deadline (by dcf_wait_now(),
 * 0 for none) comes first, raise the time-out of total_timeout milliseconds.
 */
extern void dcf_blocking_sleep(int64 ms, int64 deadline, int total_timeout);

#endif /* DCF_BLOCKING_H */
