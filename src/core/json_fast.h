/*
 * json_fast.h
 *	  The fast path of the JSON reader: a record that is in the buffer as a
 *	  whole, in one pass.
 *
 * It reads plain records, and leaves everything else, including every error, to
 * json_reader.c, which then starts at the record's first byte.
 *
 * Most records have their keys in the order of the record before.  So the text
 * between two values (comma, key, colon, white space) is first compared, as one
 * piece of memory, with the text that was there last time.
 */
#ifndef DCF_JSON_FAST_H
#define DCF_JSON_FAST_H

#include "core/field.h"
#include "core/simd.h"
#include "vector.h"

/*
 * A lead is the text before a value of a record: a brace or a comma, a key, a
 * colon, and white space.  Replies repeat their leads, mostly in the same order,
 * so the first DCF_LEADS different ones are remembered as they were written.
 */
#define DCF_LEADS	  128
#define DCF_LEAD_SIZE (DCF_VECTOR_BLOCK * 2)

typedef struct DcfJsonLead
{
	uint16_t len;
	int key; /* the wanted key that it has, or -1 */
} DcfJsonLead;

typedef struct DcfJsonLeads
{
	int n;
	DcfJsonLead leads[DCF_LEADS];
	char bytes[DCF_LEADS][DCF_LEAD_SIZE]; /* padded with NULs */
} DcfJsonLeads;

struct DcfJsonReader;
struct DcfJsonCursor;

/*
 * Read the next record.  The cursor is after the previous record, or after the
 * opening bracket of the array.  Returns true if the cursor is after the record;
 * else only the reader's fields have changed, and are undefined.
 */
typedef bool (*DcfJsonFastRecord)(struct DcfJsonReader *reader,
								  struct DcfJsonCursor *cursor);

/* The function for a kind of vector instructions. */
extern DcfJsonFastRecord dcf_json_fast_record(DcfSimd simd);

#endif /* DCF_JSON_FAST_H */
