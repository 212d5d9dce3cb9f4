/*
 * test_csv_wide.c
 *	  Records of up to 1,600 fields, with the header in any order; and records long
 *	  enough for every part of the fast path.
 */
#include "csv_check.h"
#include "wide_check.h"

#define KEYS	  1600
#define NAME	  32
#define DOCUMENTS 36

static char names[KEYS][NAME];
static DcfKey keys[KEYS];

static void
make_keys(void)
{
	for (int i = 0; i < KEYS; i++)
	{
		int len =
			snprintf(names[i], NAME, i % 7 ? "Column%d" : "\xC3\xA9%d", i);

		keys[i] = (DcfKey){names[i], (size_t) len};
	}
}

static void
add_field(Text *doc, Dice *dice)
{
	static const char *const values[] = {
		"",
		"12.5",
		"Main Street",
		"\"\"",
		"true",
		"\"a, b\"",
		"\"2\"\" pipe\"",
		"\"\"\"\"\"\"",
		"caf\xC3\xA9",
		"\"\r\n\"",
		"tab\there",
		"\xE2\x82\xAC\xF0\x9F\x98\x80",
		"\"\xE2\x82\xAC\\\"",
		"2016-05-13T12:18:08",
		"a text that is a good deal longer than any vector is and than two of "
		"them",
		"\"a text, in quotes, that is a good deal longer than any vector is "
		"and than two of them\""};

	/* The first ones are frequent. */
	text_add_string(doc, values[dice_roll(dice, dice_roll(dice, 4) ? 5 : 16)]);
}

/* A document with width fields in a record. */
static Text
make_document(Dice *dice, int width, int nrecords)
{
	Text doc = {0};
	const char *line_end = dice_roll(dice, 2) ? "\r\n" : "\n";

	for (int i = 0; i < width; i++)
	{
		/* A step without a common divisor visits each key once. */
		int key = (int) ((long) i * 4001 % width);

		text_add_string(&doc, i > 0 ? "," : "");
		text_add_string(&doc, names[key]);
	}
	text_add_string(&doc, line_end);
	for (int r = 0; r < nrecords; r++)
	{
		for (int i = 0; i < width; i++)
		{
			text_add_string(&doc, i > 0 ? "," : "");
			add_field(&doc, dice);
		}
		text_add_string(&doc, line_end);
	}
	return doc;
}

static void
wide_records(void)
{
	static const int widths[] = {1, 5, 26, 129, 400, 1600};
	static const char *const splinters[] = {"\"",	",",	"\n",  "\r",
											"\"\"", "\x80", "x\","};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	make_keys();
	for (int i = 0; i < DOCUMENTS; i++)
	{
		int width = widths[i % 6];
		DcfCsvConfig config = {.keys = keys, .nkeys = i % 5 == 0 ? 3 : width};
		Text doc = make_document(&dice, width, 2 + 400 / width);

		if (i % 4 == 3)
			damage(&doc, &dice, splinters, 7);
		check_wide(&doc, &config, &dice);
		free(doc.data);
	}
}

/* Each kind of damage, at many places of a record. */
static void
damaged_records(void)
{
	static const char *const splinters[] = {"\"",	",",	"\n",	"\r",
											"\"\"", "\x80", "x\",", "\xC3"};
	DcfCsvConfig config = {.keys = keys, .nkeys = 26};
	Dice dice = {UINT64_C(0x0123456789ABCDEF)};

	for (int i = 0; i < 600; i++)
	{
		Text doc = make_document(&dice, 26, 2);

		damage(&doc, &dice, splinters, 8);
		check_padded(doc.data, doc.len, &config);
		free(doc.data);
	}
}

int
main(void)
{
	RUN(wide_records);
	RUN(damaged_records);
	return check_finish();
}
