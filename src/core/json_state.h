/*
 * json_state.h
 *	  The state of the JSON reader, and what its files share.
 */
#ifndef DCF_JSON_STATE_H
#define DCF_JSON_STATE_H

#include "json_fast.h"
#include "json_scan.h"

/* Members of a bare object that may show that it is no record. */
typedef enum DcfJsonMember
{
	MEMBER_OTHER,
	MEMBER_ERROR,	/* "Error" */
	MEMBER_ENVELOPE /* "Records" or "Schema" */
} DcfJsonMember;

typedef enum DcfJsonState
{
	AT_BEGINNING, /* a byte order mark may follow */
	AT_VALUE,
	AT_VALUE_OR_END, /* after '[' */
	AT_KEY,			 /* after a comma */
	AT_KEY_OR_END,	 /* after '{' */
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

	/* The position.  pos and hold are offsets in the buffer. */
	uint64_t base; /* offset of the buffer's start in the input */
	size_t pos;	   /* the next byte to look at */
	size_t hold;   /* the first byte that must stay in the buffer */
	bool holding;  /* hold is valid: a record or a key has begun */
	DcfJsonState state;
	DcfJsonScan scan;
	DcfFieldKind word_kind; /* the word, in the state IN_WORD */
	unsigned mark_bytes;	/* bytes of a byte order mark read so far */

	/* Open containers; the bit is set for an object. */
	unsigned depth;
	uint64_t objects[DCF_JSON_MAX_DEPTH / 64];

	/* The place of the records in the reply. */
	unsigned record_depth; /* depth inside a record */
	bool in_records;	   /* inside the array of records */
	bool records_next;	   /* the next value is that array */
	bool records_seen;	   /* that array has begun */
	bool in_record;
	bool bare;			  /* the reply is an object, which is the record */
	DcfJsonMember member; /* the member of it that is being read */
	uint64_t nrecords;	  /* number of complete records */

	/* The record being read.  Offsets are from its start, hold. */
	int key;			/* the wanted key being read, or -1 */
	int last_key;		/* the last wanted key, or -1 */
	size_t token_start; /* offset of the key or value being read */
	int nmatched;		/* number of wanted keys found */
	DcfField *fields;
	size_t *starts; /* offset of each field's span */
	int *followers; /* [k + 1]: the key that last followed k */

	/* The current record; NULL if there is none. */
	const char *record;
	size_t record_len;

	/* The fast path.  The leads are last: most of them are not initialized. */
	DcfJsonFastRecord fast_record;
	DcfJsonLeads leads;
};

/* A buffer, and the position in it. */
typedef struct DcfJsonCursor DcfJsonCursor;

struct DcfJsonCursor
{
	const char *start;
	const char *p;
	const char *end;
};

/* The result of one step of the reader. */
typedef enum DcfJsonStep
{
	STEP_ON,	 /* continue */
	STEP_VALUE,	 /* continue; a value of the record has ended */
	STEP_RECORD, /* a record is complete */
	STEP_MORE,	 /* the buffer has ended */
	STEP_WRONG	 /* the error is set */
} DcfJsonStep;

/* Set the error, at an offset of the input; returns STEP_WRONG. */
extern DcfJsonStep dcf_json_fail(DcfJsonReader *reader, DcfReadErrorCode code,
								 const char *reason, uint64_t offset);

/* json_record.c; each function has its comment there. */
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
extern void dcf_json_record_open(DcfJsonReader *reader, size_t hold);
extern void dcf_json_record_close(DcfJsonReader *reader, DcfJsonCursor *cursor,
								  const char *end);
extern int dcf_json_record_find_key(DcfJsonReader *reader, const char *name,
									size_t len);

/* Set an error at the cursor's byte. */
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

/* Inside the object around the records, if there is one. */
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

/* The cursor's offset from the start of the held bytes. */
static inline size_t
held_offset(const DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	return (size_t) (cursor->p - cursor->start) - reader->hold;
}

/* Hold the buffer's bytes from the cursor on. */
static inline void
hold_from_here(DcfJsonReader *reader, const DcfJsonCursor *cursor)
{
	reader->holding = true;
	reader->hold = (size_t) (cursor->p - cursor->start);
}

#endif /* DCF_JSON_STATE_H */
