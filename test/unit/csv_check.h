/*
 * csv_check.h
 *	  Checks that must hold for every CSV document.
 */
#ifndef CSV_CHECK_H
#define CSV_CHECK_H

#include "check.h"
#include "csv_judge.h"

/* For checks that do not depend on the format. */
typedef DcfCsvConfig CheckedConfig;

/* Reading the document keeps the reader's contract and agrees with the judge. */
static void
check_reading(const Reading *reading, const char *doc, size_t len,
			  const DcfCsvConfig *config, const char *how)
{
	const char *verdict = judge_reading(reading, doc, len, config);

	CHECK(reading->problem == NULL, "%s, %s: %s", shown(doc, len), how,
		  reading->problem);
	CHECK(verdict == NULL, "%s, %s: %s", shown(doc, len), how, verdict);
}

/* Reading the document in pieces gives the same result as reading it whole. */
static void
check_cuts(const Reading *whole, const char *doc, size_t len,
		   const DcfCsvConfig *config, Cuts cuts)
{
	Reading reading = read_document(doc, len, config, cuts);

	CHECK(reading.problem == NULL, "%s, cut at %zu and every %zu: %s",
		  shown(doc, len), cuts.first, cuts.rest, reading.problem);
	CHECK(same_reading(&reading, whole),
		  "%s, cut at %zu and every %zu: reads otherwise than whole",
		  shown(doc, len), cuts.first, cuts.rest);
	reading_free(&reading);
}

/*
 * Reading only the first cut bytes agrees with the judge; at the end of a line,
 * it gives the records up to there.
 */
static void
check_truncated(const Reading *whole, const char *doc, size_t len, size_t cut,
				const DcfCsvConfig *config)
{
	Reading reading = read_document(doc, cut, config, uncut);

	check_reading(&reading, doc, cut, config, "truncated");
	if (reading.accepted && doc[cut - 1] == '\n')
		CHECK(reading.nrecords <= whole->nrecords &&
				  memcmp(reading.values.data, whole->values.data,
						 reading.values.len) == 0,
			  "%s, truncated at %zu: accepted", shown(doc, len), cut);

	/* An error is at the first byte that makes it one, or at the end. */
	if (!whole->accepted && whole->error.code != DCF_READ_E_CUT)
	{
		bool before = cut <= whole->error.offset;

		CHECK(before ? reading.accepted || reading.error.offset == cut :
					   same_reading(&reading, whole),
			  "%s, truncated at %zu: error %d at %d, not %d at %d",
			  shown(doc, len), cut, reading.error.code,
			  (int) reading.error.offset, whole->error.code,
			  (int) whole->error.offset);
	}
	reading_free(&reading);
}

/* Reading all records by the fast path agrees with the judge. */
__attribute__((unused)) static void
check_padded(const char *doc, size_t len, const DcfCsvConfig *config)
{
	Text padded = padded_document(doc, len);
	Reading reading = read_document(padded.data, padded.len, config, uncut);
	const char *simd = judge_simd(&padded, config);

	check_reading(&reading, padded.data, padded.len, config, "padded");
	CHECK(simd == NULL, "%s, padded: with %s reads otherwise than stepwise",
		  shown(doc, len), simd);
	reading_free(&reading);
	free(padded.data);
}

/* Read the document whole, cut and truncated in every way. */
__attribute__((unused)) static void
check_document(const char *doc, size_t len, const DcfCsvConfig *config)
{
	Reading whole = read_document(doc, len, config, uncut);

	check_reading(&whole, doc, len, config, "whole");
	check_cuts(&whole, doc, len, config, each_byte);
	for (size_t cut = 1; cut < len; cut++)
		check_cuts(&whole, doc, len, config, (Cuts){cut, 0, NULL});
	for (size_t cut = 0; cut < len; cut++)
		check_truncated(&whole, doc, len, cut, config);
	check_padded(doc, len, config);
	reading_free(&whole);
}

#endif /* CSV_CHECK_H */
