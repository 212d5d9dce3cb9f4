/*
 * sample_type.h
 *	  The PostgreSQL type that takes all values seen in a field.
 */
#ifndef DCF_SAMPLE_TYPE_H
#define DCF_SAMPLE_TYPE_H

#include "postgres.h"

#include "core/field.h"

/* Kinds of values, as a bit mask; 0: only NULLs were seen. */
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
 * The kind of one value, whose text is given with its escapes decoded; 0 for
 * NULL, and for the strings that all types but text read as NULL.
 */
extern int dcf_sample_kind(const DcfField *field, const char *text,
						   size_t len);

/* The type for the kinds seen, as it stands in a column definition. */
extern const char *dcf_sample_type(int seen);

#endif /* DCF_SAMPLE_TYPE_H */
