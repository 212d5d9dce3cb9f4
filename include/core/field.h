/*
 * field.h
 *	  What the readers of all formats have in common: the keys they look for,
 *	  the fields they find, and how they say that a reply is wrong.
 *
 * Pure C: no I/O, no allocation, no globals, no PostgreSQL.
 */
#ifndef DCF_FIELD_H
#define DCF_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum DcfFieldKind
{
	DCF_FIELD_ABSENT = 0, /* the record has no such key */
	DCF_FIELD_NULL,
	DCF_FIELD_FALSE,
	DCF_FIELD_TRUE,
	DCF_FIELD_NUMBER, /* span is the number as written */
	DCF_FIELD_STRING, /* span is what stands between the quotes */
	DCF_FIELD_OBJECT, /* span is the whole text, braces included */
	DCF_FIELD_ARRAY,  /* span is the whole text, brackets included */
	DCF_FIELD_TEXT	  /* any value, of a format that has only text */
} DcfFieldKind;

/*
 * One field of a record.  data is not NUL-terminated, and lives as long as the
 * reader's record.  escaped: a string's span has at least one backslash and must go
 * through dcf_json_unescape(); a text's has doubled quotes and must go through
 * dcf_csv_unescape().
 */
typedef struct DcfField
{
	const char *data;
	size_t len;
	DcfFieldKind kind;
	bool escaped;
} DcfField;

/* A key to look for: UTF-8 after unescaping, compared byte by byte. */
typedef struct DcfKey
{
	const char *name;
	size_t len;
} DcfKey;

typedef enum DcfReadStatus
{
	DCF_READ_RECORD, /* a record: fields are set */
	DCF_READ_HEADER, /* once, before all records: what keys they have */
	DCF_READ_MORE,	 /* the input ends before the next record does */
	DCF_READ_END,	 /* it was one whole reply */
	DCF_READ_WRONG	 /* not such a reply: see the error */
} DcfReadStatus;

typedef enum DcfReadErrorCode
{
	DCF_READ_OK = 0,
	DCF_READ_E_SYNTAX,	 /* not of the format */
	DCF_READ_E_UTF8,	 /* not UTF-8 */
	DCF_READ_E_SHAPE,	 /* of the format, but not records where they belong */
	DCF_READ_E_DEPTH,	 /* nested too deep */
	DCF_READ_E_TRAILING, /* something after the end */
	DCF_READ_E_CUT,		 /* input ended too early */
	DCF_READ_E_TOO_LONG	 /* a record beyond max_record_size */
} DcfReadErrorCode;

typedef struct DcfReadError
{
	DcfReadErrorCode code;
	const char *reason; /* static, lower case, no full stop */
	uint64_t offset;	/* bytes before the first that cannot stand
								 * where it does, however the input is cut */
	uint64_t record;	/* records completed before it */
} DcfReadError;

#endif /* DCF_FIELD_H */
