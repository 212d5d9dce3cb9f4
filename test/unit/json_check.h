/*
 * json_check.h
 *	  Checks that must hold for every JSON document.
 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include "check.h"
#include "json_judge.h"

/* For checks that do not depend on the format. */
typedef DcfJsonConfig CheckedConfig;

static bool
is_all_space(const char *doc, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		if (memchr(" \t\r\n", doc[i], 4) == NULL)
			return false;
	}
	return true;
}

/* Reading the document keeps the reader's contract and agrees with jansson. */
static void
check_reading(const Reading *reading, const char *doc, size_t len,
			  const DcfJsonConfig *config, const char *how)
{
	const char *verdict = judge_reading(reading, doc, len, config);

	CHECK(reading->problem == NULL, "%s, %s: %s", shown(doc, len), how,
		  reading->problem);
	CHECK(verdict == NULL, "%s, %s: %s", shown(doc, len), how, verdict);
}

/* Reading the document in pieces gives the same result as reading it whole. */
static void
check_cuts(const Reading *whole, const char *doc, size_t len,
		   const DcfJsonConfig *config, Cuts cuts)
{
	Reading reading = read_document(doc, len, config, cuts);

	CHECK(reading.problem == NULL, "%s, cut at %zu and every %zu: %s",
		  shown(doc, len), cuts.first, cuts.rest, reading.problem);
	CHECK(same_reading(&reading, whole),
		  "%s, cut at %zu and every %zu: reads otherwise than whole",
		  shown(doc, len), cuts.first, cuts.rest);
	reading_free(&reading);
}

/* The first cut bytes are never accepted as a complete document. */
static void
check_truncated(const Reading *whole, const char *doc, size_t len, size_t cut,
				const DcfJsonConfig *config)
{
	Reading reading = read_document(doc, cut, config, uncut);
	bool may_accept = is_all_space(doc + cut, len - cut) ||
		whole->error.code == DCF_READ_E_TRAILING;

	check_reading(&reading, doc, cut, config, "truncated");
	CHECK(!reading.accepted || may_accept, "%s, truncated at %zu: accepted",
		  shown(doc, len), cut);

	/* An error is at the first byte that makes it one. */
	if (!whole->accepted && whole->error.code != DCF_READ_E_CUT)
	{
		bool before = cut <= whole->error.offset;

		CHECK(before ?
				  reading.accepted || reading.error.code == DCF_READ_E_CUT :
				  same_reading(&reading, whole),
			  "%s, truncated at %zu: error %d at %d, not %d at %d",
			  shown(doc, len), cut, reading.error.code,
			  (int) reading.error.offset, whole->error.code,
			  (int) whole->error.offset);
	}
	reading_free(&reading);
}

/* Reading all records by the fast path agrees with jansson. */
static void
check_padded(const char *doc, size_t len, const DcfJsonConfig *config)
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
check_document(const char *doc, size_t len, const DcfJsonConfig *config)
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

#endif /* JSON_CHECK_H */
