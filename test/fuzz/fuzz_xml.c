/*
 * fuzz_xml.c
 *	  Fuzzing the XML reader: reading a document in pieces, with its fast path, must
 *	  give the same as reading it whole and without.
 *
 * The first byte of an input determines how the document is split.  What follows it
 * comes after a first record, whose names the fast path knows.
 */
#include "../unit/xml_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const DcfKey keys[] = {{"a", 1}, {"Name", 4}, {"\xC3\xA9", 2}};

static const DcfFormatConfig config = {.format = DCF_FORMAT_XML,
									   .keys = keys,
									   .nkeys = lengthof(keys),
									   .max_record_size = 1 << 20};

static const char first[] = "<Table><R><a>1</a><Name>x</Name><\xC3\xA9/></R>";

static bool
reads_stepwise_as(const Reading *reading, const Text *doc, Cuts cuts)
{
	Reading stepwise = read_document(doc->data, doc->len, &config, cuts, true);
	bool same = same_reading(reading, &stepwise);

	reading_free(&stepwise);
	return same;
}

/*
 * Which error expat finds in what follows the document's end may depend on how it
 * is cut; so it may also be the one that is found step by step with these cuts.
 */
static void
must_read_the_same(const Reading *whole, const Text *doc, size_t first_piece,
				   size_t piece, Dice *dice)
{
	Dice again = *dice;
	bool random = first_piece == 0;
	Cuts cuts = {first_piece, piece, random ? dice : NULL};
	Reading reading = read_document(doc->data, doc->len, &config, cuts, false);
	bool same = same_reading(&reading, whole);

	cuts.dice = random ? &again : NULL;
	if (reading.problem != NULL ||
		!(same || reads_stepwise_as(&reading, doc, cuts)))
	{
		fprintf(stderr, "fuzz_xml: %s\n",
				reading.problem ? reading.problem : "it reads otherwise");
		abort();
	}
	reading_free(&reading);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Dice dice;
	Text doc = {0};
	Reading whole;

	if (size == 0)
		return 0;
	dice.state = (uint64_t) data[0] + 1;
	text_add_string(&doc, first);
	text_add(&doc, data + 1, size - 1);
	whole = read_document(doc.data, doc.len, &config, uncut, true);
	must_read_the_same(&whole, &doc, strlen(first), 0, &dice);
	must_read_the_same(&whole, &doc, 0, 0, &dice);
	must_read_the_same(&whole, &doc, strlen(first), data[0], &dice);
	reading_free(&whole);
	free(doc.data);
	return 0;
}
