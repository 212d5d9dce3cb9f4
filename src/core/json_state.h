/*
 * json_state.h
 *	  What the JSON reader remembers, and what its files share.  Private to
 *	  src/core.
 */
#ifndef DCF_JSON_STATE_H
#define DCF_JSON_STATE_H

#include "json_fast.h"
#include "json_scan.h"

/* Members of a bare object by which it is none of the records. */
typedef enum DcfJsonMember
{
	MEMBER_OTHER,
	MEMBER_ERROR,	/* "Error" */
	MEMBER_ENVELOPE /* "Records" or "Schema" */
} DcfJsonMember;

typedef enum DcfJsonState
{
	AT_BEGINNING, /* a byte order mark may come */
	AT_VALUE,
	AT_VALUE_OR_END, /* behind '[' */
	AT_KEY,			 /* behind a comma */
	AT_KEY_OR_END,	 /* behind '{' */
	AT_COLON,
	AT_COMMA_OR_END,
	AT_TRAILER, /* the reply is complete */
	IN_STRING,
	IN_KEY,
	IN_NUMBER,
	IN_WORD
} DcfJsonState;

struct DcfJsonReader
{
	const DcfJsonConfig *config;
	DcfKeyTable table;
	DcfReadError error;

	/* Where we are.  Offsets in the window end with the call. */
	uint64_t base; /* offset in the input of the window's start */
	size_t pos;	   /* next byte to look at */
	size_t hold;   /* start of what must stay in the window */
	bool holding;  /* ... if anything must: a record or a key */
	DcfJsonState state;
	DcfJsonScan scan;
	DcfFieldKind word_kind; /* IN_WORD: which */
	unsigned mark_bytes;	/* of a byte order mark read so far */

	/* Open containers: bit set for an object. */
	unsigned depth;
	uint64_t objects[DCF_JSON_MAX_DEPTH / 64];

	/* Around the records. */
	unsigned record_depth; /* depth just inside a record */
	bool in_records;	   /* inside the array of records */
	bool records_next;	   /* the value to come is that array */
	bool records_seen;
	bool in_record;
	bool bare;			  /* the reply is an object, which is the record */
	DcfJsonMember member; /* of a bare one: what is being read */
	uint64_t nrecords;	  /* completed */

	/* The record being read.  Offsets are from its start, hold. */
	int key;			/* whose value is being read, or -1 */
	int last_key;		/* the last that matched, or -1 */
	size_t token_start; /* of that value, or of the key itself */
	int nmatched;
	DcfField *fields;
	size_t *starts; /* of each field's span */
	int *followers; /* [k + 1]: the key that last came after k */

	/* Records in one go. */
	DcfJsonFastRecord fast_record;
	DcfJsonLeads leads;

	/* The record handed out. */
	const char *record;
	size_t record_len;
};

/* What a call reads: a window, and how far it was read. */
typedef struct DcfJsonCursor DcfJsonCursor;

struct DcfJsonCursor
{
	const char *start;
	const char *p;
	const char *end;
};

/* What a step in the reading led to. */
typedef enum DcfJsonStep
{
	STEP_ON,
	STEP_RECORD,
	STEP_MORE,
	STEP_WRONG
} DcfJsonStep;

/* Note an error at an offset of the input; gives STEP_WRONG. */
extern DcfJsonStep dcf_json_fail(DcfJsonReader *reader, DcfReadErrorCode code,
								 const char *reason, uint64_t offset);

/* json_record.c: the records in the structure of the reply. */
extern DcfJsonStep dcf_json_check_shape(DcfJsonReader *reader,
										const DcfJsonCursor *cursor);
extern void dcf_json_record_begin_bare(DcfJsonReader *reader);
extern DcfJsonMember dcf_json_record_member(const DcfJsonReader *reader,
											const char *name, size_t len);
extern DcfJsonStep dcf_json_record_check_bare(DcfJsonReader *reader,
											  const DcfJsonCursor *cursor,
											  DcfFieldKind kind);
extern void dcf_json_record_clear(DcfJsonReader *reader);
extern void dcf_json_record_begin(DcfJsonReader *reader,
								  const DcfJsonCursor *cursor);
extern void dcf_json_record_store(DcfJsonReader *reader,
								  const DcfJsonCursor *cursor,
								  DcfFieldKind kind);
extern void dcf_json_record_end(DcfJsonReader *reader,
								const DcfJsonCursor *cursor);
extern void dcf_json_record_take(DcfJsonReader *reader, DcfJsonCursor *cursor,
								 const char *start, const char *end);
extern int dcf_json_record_find_key(DcfJsonReader *reader, const char *name,
									size_t len);

/* Fail at the byte the cursor stands on. */
static inline DcfJsonStep
fail_here(DcfJsonReader *reader, const DcfJsonCursor *cursor,
		  DcfReadErrorCode code, const char *reason)
{
	return dcf_json_fail(reader, code, reason,
						 reader->base +
							 (uint64_t) (cursor->p - cursor->start));
}

static inline DcfJsonStep
fail_syntax(DcfJsonReader *reader, const DcfJsonCursor *cursor,
			const char *reason)
{
	return fail_here(reader, cursor, DCF_READ_E_SYNTAX, reason);
}

static inline bool
at_top_of_record(const DcfJsonReader *reader)
{
	return reader->in_record && reader->depth == reader->record_depth;
}

/* Inside the object around the records, where there is one. */
static inline bool
at_top_of_envelope(const DcfJsonReader *reader)
{
	return reader->record_depth == 3 && reader->depth == 1;
}

static inline bool
in_object(const DcfJsonReader *reader)
{
	unsigned top = reader->depth - 1;

	return (reader->objects[top / 64] >> (top % 64) & 1) != 0;
}

/* Offset of the cursor from what is held. */
static inline size_t
held_offset(const DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	return (size_t) (cursor->p - cursor->start) - reader->hold;
}

/* Keep the window's bytes from the cursor on. */
static inline void
hold_from_here(DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	reader->holding = true;
	reader->hold = (size_t) (cursor->p - cursor->start);
}

#endif /* DCF_JSON_STATE_H */
