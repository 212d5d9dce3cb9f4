/*
 * json_scan.h
 *	  Scanning one JSON scalar, and finding keys by name.
 *
 * A scan can stop at any byte and continue with the next one; its whole state is
 * in DcfJsonScan.
 */
#ifndef DCF_JSON_SCAN_H
#define DCF_JSON_SCAN_H

#include "core/json_reader.h"
#include "core/key_table.h"
#include "utf8.h"

typedef enum DcfJsonScanResult
{
	DCF_SCAN_DONE, /* *p is just after the scalar */
	DCF_SCAN_MORE, /* the buffer ended; *p is end */
	DCF_SCAN_WRONG /* *p is the wrong byte */
} DcfJsonScanResult;

typedef struct DcfJsonScan
{
	uint8_t state;	 /* of strings and numbers, see json_scan.c */
	uint8_t ndigits; /* digits of \uXXXX read so far */
	bool low_half;	 /* this \uXXXX must be a low surrogate */
	bool escaped;	 /* the string has a backslash */
	uint16_t unit;	 /* the value of these digits */
	DcfUtf8 utf8;
	const char *word; /* the rest of true, false or null */

	/* The error after DCF_SCAN_WRONG. */
	DcfReadErrorCode code;
	const char *reason;
} DcfJsonScan;

/*
 * Begin a scalar by its first byte (the opening quote of a string); the next call
 * continues with the byte after it.
 */
extern void dcf_json_scan_begin(DcfJsonScan *scan, char first);

/* Continue a string, up to its closing quote. */
extern DcfJsonScanResult dcf_json_scan_string(DcfJsonScan *scan,
											  const char **p, const char *end);

/* Continue a number, up to the first byte that is not part of it. */
extern DcfJsonScanResult dcf_json_scan_number(DcfJsonScan *scan,
											  const char **p, const char *end);

/* Continue true, false or null. */
extern DcfJsonScanResult dcf_json_scan_word(DcfJsonScan *scan, const char **p,
											const char *end);

/* The index of the key whose name is in a string span, or -1. */
extern int dcf_json_key_find(const DcfKeyTable *table, const char *src,
							 size_t len, bool escaped);

/* Whether a string span, once decoded, is the key's name. */
extern bool dcf_json_key_equals(const DcfKey *key, const char *src, size_t len,
								bool escaped);

#endif /* DCF_JSON_SCAN_H */
