/*
 * sample_type.h
 *	  The type of PostgreSQL that takes all values seen of a field.
 */
#ifndef DCF_SAMPLE_TYPE_H
#define DCF_SAMPLE_TYPE_H

#include "postgres.h"

#include "core/field.h"

/* The kinds of values seen so far: an or of DCF_SEEN_...; 0: only NULLs. */
#define DCF_SEEN_BOOLEAN	 (1 << 0)
#define DCF_SEEN_INTEGER	 (1 << 1)
#define DCF_SEEN_BIGINT		 (1 << 2)
#define DCF_SEEN_NUMERIC	 (1 << 3)
#define DCF_SEEN_UUID		 (1 << 4)
#define DCF_SEEN_DATE		 (1 << 5)
#define DCF_SEEN_TIMESTAMP	 (1 << 6)
#define DCF_SEEN_TIMESTAMPTZ (1 << 7)
#define DCF_SEEN_TEXT		 (1 << 8)
#define DCF_SEEN_JSON		 (1 << 9)

/*
 * The kind of one field, whose text (escapes decoded, if a string) is given;
 * 0 for NULL and for what reads as NULL into all types but text.
 */
extern int dcf_sample_kind(const DcfField *field, const char *text,
						   size_t len);

/* The type for the kinds seen, as it stands in a column definition. */
extern const char *dcf_sample_type(int seen);

#endif /* DCF_SAMPLE_TYPE_H */
