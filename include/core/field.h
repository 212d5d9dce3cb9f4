/*
 * field.h *	  What the readers of all formats share: keys, fields, and errors.
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
	DCF_FIELD_ABSENT = 0, /* the record does not have the key */
	DCF_FIELD_NULL,
	DCF_FIELD_FALSE,
	DCF_FIELD_TRUE,
	DCF_FIELD_NUMBER, /* the span is the number as written */
	DCF_FIELD_STRING, /* the span is between the quotes */
	DCF_FIELD_OBJECT, /* the span includes the braces */
	DCF_FIELD_ARRAY,  /* the span includes the brackets */
	DCF_FIELD_TEXT	  /* any value of CSV or XML, which have only text */
} DcfFieldKind;

/*
 * One field of a record.  data is not NUL-terminated, and is valid as long as the
 * reader's record.  escaped: the span must be decoded, that of a string by
 * dcf_json_unescape() (it has a backslash), that of a text by dcf_csv_unescape()
 * (it has doubled quotes).
 */
typedef struct DcfField
{
	const char *data;
	size_t len;
	DcfFieldKind kind;
	bool escaped;
} DcfField;

/* A wanted key, in UTF-8; compared byte by byte with the decoded key. */
typedef struct DcfKey
{
	const char *name;
	size_t len;
} DcfKey;

typedef enum DcfReadStatus
{
	DCF_READ_RECORD, /* a record is complete, and its fields are set */
	DCF_READ_HEADER, /* the header is complete; once, before all records */
	DCF_READ_MORE,	 /* the next record needs more bytes */
	DCF_READ_END,	 /* the reply is complete */
	DCF_READ_WRONG	 /* the reply is refused; see the error */
} DcfReadStatus;

typedef enum DcfReadErrorCode
{
	DCF_READ_OK = 0,
	DCF_READ_E_SYNTAX,	 /* not the format */
	DCF_READ_E_UTF8,	 /* not UTF-8 */
	DCF_READ_E_SHAPE,	 /* the format, but without records in their place */
	DCF_READ_E_DEPTH,	 /* nested too deep */
	DCF_READ_E_TRAILING, /* something follows the end */
	DCF_READ_E_CUT,		 /* the input ended too early */
	DCF_READ_E_TOO_LONG	 /* a record exceeds max_record_size */
} DcfReadErrorCode;

typedef struct DcfReadError
{
	DcfReadErrorCode code;
	const char *reason; /* static, lower case, no full stop */
	uint64_t offset;	/* of the first wrong byte in the input; the same
								 * however the input is cut */
	uint64_t record;	/* number of complete records before it */
} DcfReadError;

#endif /* DCF_FIELD_H */
