/*
 * wide_check.h
 *	  Checks of a long document, for the readers of JSON and CSV.  To be included after
 *	  json_check.h or csv_check.h.
 */
#ifndef DCF_WIDE_CHECK_H
#define DCF_WIDE_CHECK_H

/*
 * Check a document as a whole, with each kind of vector instructions, and in pieces of
 * several sizes.
 */
static void
check_wide(const Text *doc, const CheckedConfig *config, Dice *dice)
{
	Text padded = padded_document(doc->data, doc->len);
	Reading whole = read_document(padded.data, padded.len, config, uncut);
	const char *simd = judge_simd(&padded, config);

	check_reading(&whole, padded.data, padded.len, config, "wide");
	CHECK(simd == NULL, "%s: with %s reads otherwise than stepwise",
		  shown(doc->data, doc->len), simd);
	check_cuts(&whole, padded.data, padded.len, config, (Cuts){0, 0, dice});
	for (int i = 0; i < 4; i++)
	{
		size_t first = 1 + dice_roll(dice, (uint32_t) padded.len);
		size_t rest = 1 + dice_roll(dice, i % 2 ? 300 : (uint32_t) padded.len);

		check_cuts(&whole, padded.data, padded.len, config,
				   (Cuts){first, rest, NULL});
	}
	reading_free(&whole);
	free(padded.data);
}

#endif /* DCF_WIDE_CHECK_H */
