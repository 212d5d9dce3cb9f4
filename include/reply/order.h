/*
 * order.h
 *	  Orders: requests that change something, each sent once, whose reply shows what
 *	  was changed as one record.
 */
#ifndef DCF_ORDER_H
#define DCF_ORDER_H

#include "postgres.h"

#include "net/exchange.h"
#include "request/relation.h"
#include "request/request.h"

/* The orders of one statement for one table, sent one after another. */
typedef struct DcfOrders DcfOrders;

/*
 * Sends nothing.  They live in the current memory context, as must relation.  userid
 * is the user whose user mapping is used.
 */
extern DcfOrders *dcf_orders_create(const DcfRelation *relation, Oid userid);

/*
 * So many orders will be sent: raise ERRCODE_CONFIGURATION_LIMIT_EXCEEDED if the statement
 * may not send as many.
 */
extern void dcf_orders_expect(const DcfOrders *orders, int64 n);

/*
 * Send a request, which must live until dcf_orders_close(), and wait for the end of
 * the reply.  Sets values and isnull, by attnum - 1, of the columns that replies
 * have; they are valid until dcf_orders_close().  Returns false, with the others
 * unchanged, if the service has taken the order without a record: a blank body with
 * another 2xx status than 200.
 *
 * Raises what dcf_reply_step(), dcf_record_next() and dcf_whole_raise_refusal() do,
 * and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a reply without a record.
 */
extern bool dcf_orders_send(DcfOrders *orders, DcfRequest *request,
							Datum *values, bool *isnull);
extern void dcf_orders_close(DcfOrders *orders);

/* In an error context callback: the error, unless it is a warning, ends the order. */
extern void dcf_orders_note_error(DcfOrders *orders);

/*
 * Whether the service has taken the order that is under way; DCF_TAKEN_NO if there is
 * none.  A reply that says so counts only once it was read.
 */
extern DcfTaken dcf_orders_taken(const DcfOrders *orders);

/* Requests sent, the tries of refused ones included; and tries beyond the first. */
extern uint64 dcf_orders_requests(const DcfOrders *orders);
extern uint64 dcf_orders_retries(const DcfOrders *orders);

/* No more orders follow. */
extern void dcf_orders_end(DcfOrders *orders);

#endif /* DCF_ORDER_H */
