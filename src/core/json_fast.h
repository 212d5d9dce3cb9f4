/*
 * json_fast.h
 *	  The fast path of the JSON reader: a record that is in the buffer as a
 *	  whole, in one pass.
 *
 * It reads plain records.  At anything else, which includes every error and the
 * end of the buffer, it hands the record over to json_reader.c: at the end of
 * the last value that it has read.  After the next value, json_reader.c hands
 * the record back.
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
 * so the first DCF_LEADS - 1 different ones are remembered as they were written.
 * More than PostgreSQL's columns: a reply may have keys that no column reads.
 *
 * Each lead knows which one followed last time.  A hash table of their keys
 * finds any other.  A lead that would be more than DCF_LEAD_PROBES slots away is
 * not remembered, so each search is short whatever keys the service sends.
 */
#define DCF_LEADS		2048
#define DCF_LEAD_SIZE	(DCF_VECTOR_BLOCK * 2)
#define DCF_LEAD_SLOTS	(DCF_LEADS * 4) /* a power of two */
#define DCF_LEAD_PROBES 8

typedef struct DcfJsonLead
{
	uint32_t bytes; /* its text's offset in bytes */
	uint16_t len;
	uint16_t next; /* the lead that followed last time, or 0 */
	int key;	   /* the wanted key that it has, or -1 */
} DcfJsonLead;

typedef struct DcfJsonLeads
{
	uint16_t n;		/* leads 1 .. n are remembered */
	uint16_t first; /* the last record's first lead, or 0 */
	uint32_t used;	/* of bytes */

	/*
	 * In the record that is being read: the next of the last lead, or first;
	 * and the wanted key of the last lead that did not follow as expected.
	 */
	uint16_t *next;
	int key;

	uint16_t slots[DCF_LEAD_SLOTS]; /* a lead, or 0 */

	/* Not initialized. */
	DcfJsonLead leads[DCF_LEADS];
	char bytes[DCF_LEADS * DCF_LEAD_SIZE]; /* multiples of a vector's size */
} DcfJsonLeads;

struct DcfJsonReader;
struct DcfJsonCursor;

/*
 * Read the next record, or the rest of one.  The cursor is after the previous
 * record, after the opening bracket of the array, or after a value of the record.
 * Returns true if the cursor is after the record; else the cursor is where
 * json_reader.c must read on.
 */
typedef bool (*DcfJsonFastRecord)(struct DcfJsonReader *reader,
								  struct DcfJsonCursor *cursor);

/* The function for a kind of vector instructions. */
extern DcfJsonFastRecord dcf_json_fast_record(DcfSimd simd);

#endif /* DCF_JSON_FAST_H */
