/*
 * transfer_probe.h
 *	  How far a connection to a host comes, and what is learned on the way.
 *
 * A probe resolves the name, connects, makes the TLS handshake, and closes the
 * connection.  It sends no request, so no credentials.  It knows neither limiter nor
 * circuit breaker.
 */
#ifndef DCF_TRANSFER_PROBE_H
#define DCF_TRANSFER_PROBE_H

#include "postgres.h"

#include "options/option.h"

typedef enum DcfProbeStep
{
	DCF_PROBE_NAME, /* of the host, or of the proxy */
	DCF_PROBE_TCP,	/* with a proxy, until it has connected to the host */
	DCF_PROBE_TLS,
	DCF_PROBE_DONE
} DcfProbeStep;

/* Times of a certificate, in Unix time. */
typedef struct DcfProbeCertificate
{
	bool dated;	   /* libcurl tells the times */
	int64 starts;  /* of the one that begins last */
	int64 ends;	   /* of the one that ends first, of all that the host sends */
	char *ending;  /* whose that is */
	char *subject; /* of the host's own; NULL if not known, like the next */
	char *issuer;
} DcfProbeCertificate;

/* Texts are safe to show, and NULL if not known. */
typedef struct DcfProbe
{
	DcfProbeStep failed;   /* the step that failed, or DCF_PROBE_DONE */
	bool no_such_name;	   /* it failed because the name has no address */
	bool untrusted;		   /* because of the certificate */
	bool unusable_ca_file; /* because of the option ca_file */
	const char *message;   /* libcurl's, about the failure */
	char *address;		   /* that is connected */
	int port;			   /* likewise */
	double name_ms;		   /* times from the beginning; 0: not known */
	double tcp_ms;		   /* known only if all has succeeded, like the next */
	double tls_ms;
	char *tls_version; /* such as "TLSv1.3" */
	DcfProbeCertificate certificate;
} DcfProbe;

/*
 * Probe the host of a URL, with a server's proxy, ca_file and connect_timeout.
 * Waits for the end.  verify: check the certificate.  The result is in the current
 * memory context.  Raises only what dcf_wait() and a lack of resources do.
 */
extern DcfProbe *dcf_transfer_probe(const char *url,
									const DcfServerOptions *options,
									bool verify);

#endif /* DCF_TRANSFER_PROBE_H */
