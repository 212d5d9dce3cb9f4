/*
 * json_fast.h
 *	  Reading a record that lies in the window as a whole, in one go.  Private
 *	  to src/core.
 *
 * It takes what it knows to be right and leaves all else, every error among
 * it, to the steps of json_reader.c, from the record's first byte.
 *
 * The keys of a record mostly stand in the order of the record before.  So
 * what stands between two values (comma, key, colon, white space) is first
 * compared with what stood there last time, as one piece of memory.
 */
#ifndef DCF_JSON_FAST_H
#define DCF_JSON_FAST_H

#include "core/field.h"
#include "core/simd.h"
#include "vector.h"

/*
 * A lead is what stands between two values of a record: a brace or a comma, a
 * key, a colon, and white space.  Replies repeat their leads, mostly in order,
 * so those seen are kept, once each, as they were written.
 */
#define DCF_LEADS	  128
#define DCF_LEAD_SIZE (DCF_VECTOR_BLOCK * 2)

typedef struct DcfJsonLead
{
	uint16_t len;
	int key; /* that it names, or -1 */
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
 * The cursor is behind a record, or behind the bracket before the first: read
 * on to the end of the next one.  True if that was done; else nothing has
 * changed but for the fields, which are of no record.
 */
typedef bool (*DcfJsonFastRecord)(struct DcfJsonReader *reader,
								  struct DcfJsonCursor *cursor);

extern DcfJsonFastRecord dcf_json_fast_record(DcfSimd simd);

#endif /* DCF_JSON_FAST_H */
