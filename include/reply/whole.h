/*
 * whole.h
 *	  Replies that are wanted as a whole, of any format.
 *
 * They are replies to raw requests (request.h), and never copies.
 */
#ifndef DCF_WHOLE_H
#define DCF_WHOLE_H

#include "postgres.h"

#include "base/compat.h"
#include "reply/reply.h"

/*
 * The rest of the body of a reply that has begun, as a bytea.  Raises
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED if it has more than max bytes, what
 * dcf_body_fill() does, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a body whose
 * end is not marked.
 */
extern bytea *dcf_whole_read(DcfReply *reply, size_t max);

/*
 * Wait for a body, or for its beginning.  What the service says if the body says that
 * the request has failed ("Error": true), palloc'd; else NULL.  Nothing is consumed.
 */
extern char *dcf_whole_refusal(DcfReply *reply);

/* Raise ERRCODE_FDW_ERROR with that. */
pg_noreturn extern void dcf_whole_raise_refusal(const DcfReply *reply,
												const char *said);

/* After dcf_whole_refusal(): whether the body has nothing but white space. */
extern bool dcf_whole_is_blank(const DcfReply *reply);

/*
 * What the service says of an order that it has taken: the text of the body, or its
 * beginning, in the database encoding.  It never fails, since the order is taken; but
 * raises what dcf_whole_raise_refusal() does if the body says that it is not.
 */
extern char *dcf_whole_acknowledgement(DcfReply *reply);

#endif /* DCF_WHOLE_H */
