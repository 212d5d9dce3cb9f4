/*
 * copy_private.h
 *	  What the files of copy_*.c share.
 */
#ifndef DCF_COPY_PRIVATE_H
#define DCF_COPY_PRIVATE_H

#include "postgres.h"

#include "net/copy.h"

/* The key of the service that a server's url names. */
extern DcfSharedKey dcf_copy_service_key(const DcfServerOptions *server);

/* The key of an endpoint of a service. */
extern DcfSharedKey dcf_copy_endpoint_key(const DcfSharedKey *service,
										  const char *endpoint);

#endif /* DCF_COPY_PRIVATE_H */
