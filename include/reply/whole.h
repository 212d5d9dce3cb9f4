/*
 * whole.h
 *	  Replies that are wanted as a whole, of any format.
 *
 * They are replies to raw requests (request.h), and never copies.
 */
#ifndef DCF_WHOLE_H
#define DCF_WHOLE_H

#include "postgres.h"

#include "reply/reply.h"

/*
 * The rest of the body of a reply that has begun, as a bytea.  Raises
 * ERRCODE_PROGRAM_LIMIT_EXCEEDED if it has more than max bytes, what
 * dcf_body_fill() does, and ERRCODE_FDW_UNABLE_TO_CREATE_REPLY for a body whose
 * end is not marked.
 */
extern bytea *dcf_whole_read(DcfReply *reply, size_t max);

/*
 * What the service says of an order that it has taken: the text of the body, or its
 * beginning, in the database encoding.  It never fails, since the order is taken; but
 * raises ERRCODE_FDW_ERROR if the body says that it is not ("Error": true).
 */
extern char *dcf_whole_acknowledgement(DcfReply *reply);

#endif /* DCF_WHOLE_H */
