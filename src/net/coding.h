/*
 * coding.h
 *	  How a body is compressed, as its head says.
 */
#ifndef DCF_CODING_H
#define DCF_CODING_H

#include "postgres.h"

#include "net/http.h"

typedef enum DcfCoding
{
	DCF_CODING_NONE,
	DCF_CODING_GZIP,
	DCF_CODING_DEFLATE,
	DCF_CODING_UNKNOWN
} DcfCoding;

/* The coding that the head names. */
static inline DcfCoding
dcf_coding_find(const DcfHttpHead *head)
{
	const char *name = head->content_coding;

	if (name[0] == '\0')
		return DCF_CODING_NONE;
	if (head->several_codings)
		return DCF_CODING_UNKNOWN;
	if (pg_strcasecmp(name, "gzip") == 0 || pg_strcasecmp(name, "x-gzip") == 0)
		return DCF_CODING_GZIP;
	if (pg_strcasecmp(name, "deflate") == 0)
		return DCF_CODING_DEFLATE;
	return DCF_CODING_UNKNOWN;
}

#endif /* DCF_CODING_H */
