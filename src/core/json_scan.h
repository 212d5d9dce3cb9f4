/*
 * json_scan.h
 *	  Scanning one JSON scalar, and matching keys.  Private to src/core.
 *
 * A scan can stop at any byte and go on with the next: all that it must
 * remember is in DcfJsonScan.
 */
#ifndef DCF_JSON_SCAN_H
#define DCF_JSON_SCAN_H

#include "core/json_reader.h"
#include "core/key_table.h"
#include "utf8.h"

typedef enum DcfJsonScanResult
{
	DCF_SCAN_DONE, /* *p is just behind the scalar */
	DCF_SCAN_MORE, /* *p is end */
	DCF_SCAN_WRONG /* *p is the byte that cannot stand there */
} DcfJsonScanResult;

typedef struct DcfJsonScan
{
	uint8_t state;	 /* of strings and numbers, see json_scan.c */
	uint8_t ndigits; /* of \uXXXX read so far */
	bool low_half;	 /* this \uXXXX must be a low surrogate */
	bool escaped;	 /* the string has a backslash */
	uint16_t unit;	 /* value of \uXXXX so far */
	DcfUtf8 utf8;
	const char *word; /* what must follow of true, false, null */

	/* What went wrong: */
	DcfReadErrorCode code;
	const char *reason;
} DcfJsonScan;

/*
 * Begin a scalar whose first byte (for a string: its opening quote) is
 * *first; the scan goes on at the byte after it.
 */
extern void dcf_json_scan_begin(DcfJsonScan *scan, char first);

extern DcfJsonScanResult dcf_json_scan_string(DcfJsonScan *scan,
											  const char **p, const char *end);

/* A number ends before the first byte that is no part of it. */
extern DcfJsonScanResult dcf_json_scan_number(DcfJsonScan *scan,
											  const char **p, const char *end);

extern DcfJsonScanResult dcf_json_scan_word(DcfJsonScan *scan, const char **p,
											const char *end);

/* The index of the key with the name in that string span, or -1. */
extern int dcf_json_key_find(const DcfKeyTable *table, const char *src,
							 size_t len, bool escaped);

/* Whether a string span, decoded, is the key's name. */
extern bool dcf_json_key_equals(const DcfKey *key, const char *src, size_t len,
								bool escaped);

#endif /* DCF_JSON_SCAN_H */
