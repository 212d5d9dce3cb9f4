/*
 * csv_fast.h
 *	  The fast path of the CSV reader: the fields of a record whose bytes are in
 *	  the buffer, found 64 bytes at a time.
 *
 * It reads records, and leaves everything else to csv_reader.c: the header, every
 * error, and the end of the buffer.  There it hands the record over, at the start
 * of a field.  After that field, csv_reader.c hands the record back.
 */
#ifndef DCF_CSV_FAST_H
#define DCF_CSV_FAST_H

#include <stdbool.h>

#include "core/simd.h"

struct DcfCsvReader;
typedef struct DcfCsvCursor DcfCsvCursor;

/*
 * Read the next record, or the rest of one.  Returns true if a record is complete
 * and the current one; else the cursor is where csv_reader.c must read on.
 */
typedef bool (*DcfCsvFastLine)(struct DcfCsvReader *reader,
							   DcfCsvCursor *cursor);

/* The function for a kind of vector instructions; NULL if there is none. */
extern DcfCsvFastLine dcf_csv_fast_line(DcfSimd simd);

#endif /* DCF_CSV_FAST_H */
