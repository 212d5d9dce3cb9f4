/*
 * recording_text.h
 *	  What a recording says of a request and a reply's head, without secrets.
 *
 * Secrets are known by their name (a header, a parameter, a field of a log-in), and
 * become DCF_RECORDING_REPLACED; or by their value, wherever it stands.
 */
#ifndef DCF_RECORDING_TEXT_H
#define DCF_RECORDING_TEXT_H

#include "postgres.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "net/http.h"

/* In the place of a secret. */
#define DCF_RECORDING_REPLACED "REPLACED"

/*
 * Append the request as a JSON document.  at is the time; cookies says whether some
 * are sent; secrets is a List of char *.
 */
extern void dcf_recording_text_request(StringInfo out,
									   const DcfHttpRequest *request,
									   bool cookies, const char *at,
									   const List *secrets);

/*
 * Whether the reply to a request for this URL has credentials, as one to a log-in: its
 * path ends in /session, in whatever notation.
 */
extern bool dcf_recording_text_is_login(const char *url);

/* Append the head of a reply, line by line. */
extern void dcf_recording_text_head(StringInfo out, const char *head,
									size_t len, const List *secrets);

/*
 * Append what may be known of a reply to a log-in: of a JSON object all but its
 * texts, of anything else its form.  Returns the number of bytes that were replaced,
 * at least 1.
 */
extern uint64 dcf_recording_text_login(StringInfo out, const char *bytes,
									   size_t len, const List *secrets);

#endif /* DCF_RECORDING_TEXT_H */
