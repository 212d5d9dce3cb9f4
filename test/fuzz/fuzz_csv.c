/*
 * fuzz_csv.c
 *	  Fuzzing the CSV reader: reading a document whole, in random pieces or byte
 *	  by byte must give the same result, and agree with a second implementation.
 *
 * The first byte of an input determines how the document, which follows it, is
 * split.
 */
#include "../unit/csv_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const DcfKey keys[] = {{"a", 1},		   {"Name", 4}, {"ID #", 4},
							  {"\xC3\xA9", 2}, {"", 0},		{"q\",\n", 4},
							  {"StoreID", 7}};

static const DcfCsvConfig config = {keys, sizeof(keys) / sizeof(keys[0]), 0};

static void
must(bool condition, const char *what)
{
	if (!condition)
	{
		fprintf(stderr, "fuzz_csv: %s\n", what);
		abort();
	}
}

static void
must_read_the_same(const Reading *whole, const char *doc, size_t len,
				   Cuts cuts)
{
	Reading reading = read_document(doc, len, &config, cuts);

	must(reading.problem == NULL, reading.problem);
	must(same_reading(&reading, whole), "cut, it reads otherwise than whole");
	reading_free(&reading);
}

/*
 * A document that ends before the error's byte has no error, except that it is
 * truncated; one that ends just after it has the same error.
 */
static void
must_be_first_error(const Reading *whole, const char *doc)
{
	size_t offset = (size_t) whole->error.offset;
	Reading before = read_document(doc, offset, &config, uncut);

	must(before.accepted || before.error.offset == offset,
		 "the error is before where it is said to be");
	reading_free(&before);
	must_read_the_same(whole, doc, offset + 1, uncut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *doc = (const char *) data + 1;
	size_t len = size - 1;
	const char *verdict;
	Dice dice;
	Reading whole;
	Text padded;

	if (size == 0)
		return 0;
	dice.state = (uint64_t) data[0] + 1;
	whole = read_document(doc, len, &config, uncut);
	must(whole.problem == NULL, whole.problem);
	verdict = judge_reading(&whole, doc, len, &config);
	must(verdict == NULL, verdict);

	must_read_the_same(&whole, doc, len, (Cuts){0, 0, &dice});
	must_read_the_same(&whole, doc, len, (Cuts){0, 0, &dice});
	if (len < 400)
		must_read_the_same(&whole, doc, len, each_byte);
	if (!whole.accepted && whole.error.code != DCF_READ_E_CUT &&
		whole.error.offset < len)
		must_be_first_error(&whole, doc);
	reading_free(&whole);

	padded = padded_document(doc, len);
	must(judge_simd(&padded, &config) == NULL,
		 "in one go, it reads otherwise than stepwise");
	free(padded.data);
	return 0;
}
