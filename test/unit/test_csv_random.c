/*
 * test_csv_random.c
 *	  Random documents, valid and damaged, each read in every way.
 */
#include "csv_check.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

#define DOCUMENTS 3000

/* The approximate length of a document: it is read once for each cut. */
#define ENOUGH 160

static const DcfKey keys[] = {{"a", 1},		   {"Name", 4},
							  {"ID #", 4},	   {"\xC3\xA9", 2},
							  {"q\",\n", 4},   {"\xF0\x9F\x98\x80", 4},
							  {"StoreName", 9}};

static const DcfCsvConfig config = {keys, COUNT(keys), 0};

/* Fields as written in a document: wanted keys, and similar texts. */
static const char *const names[] = {"a",
									"\"a\"",
									"A",
									" a",
									"Name",
									"name",
									"\"Name\"",
									"\"Name\"\"\"",
									"ID #",
									"\"ID #\"",
									"\xC3\xA9",
									"\"\xC3\xA9\"",
									"\"q\"\",\n\"",
									"\"q\"\"\"",
									"\xF0\x9F\x98\x80",
									"StoreName",
									"Store",
									"\"Store,Name\"",
									"x"};

static const char *const values[] =
	{"",
	 "",
	 "\"\"",
	 "0",
	 "-1.50",
	 "\"1,5\"",
	 "null",
	 "true",
	 " ",
	 "x\ty",
	 "\"\"\"\"",
	 "\"x\"\"\"\"y\"",
	 "\"\r\n\"",
	 "\"\n,\n\"",
	 "\"\r\"",
	 "2016-05-13T12:18:08.723",
	 "a rather long text, plain from end",
	 "\"a rather long text, plain, \"\"quoted\"\"\"",
	 "\xE2\x82\xAC\xED\x9F\xBF",
	 "\"\xF4\x8F\xBF\xBF\"",
	 "\x7F\x01'`;\\"};

/* Texts that damage inserts: whole tokens, parts of them, and worse. */
static const char *const splinters[] =
	{",",	 "\"",	 "\"\"", "\n",	 "\r",	 "\r\n", "\",",			 ",\"",
	 "\"\n", "x",	 " ",	 "\t",	 "\x01", "\x7F", "\x80",		 "\xC0",
	 "\xC3", "\xE0", "\xED", "\xF0", "\xF4", "\xFF", "\xEF\xBB\xBF", "a,"};

static void
add_line_end(Text *doc, Dice *dice)
{
	text_add_string(doc, dice_roll(dice, 3) ? "\r\n" : "\n");
}

/* Distinct names, as the contract requires. */
static uint32_t
add_header(Text *doc, Dice *dice)
{
	uint32_t n = 1 + dice_roll(dice, 6);
	uint32_t first = dice_roll(dice, COUNT(names));

	for (uint32_t i = 0; i < n; i++)
	{
		if (i > 0)
			text_add_string(doc, ",");
		text_add_string(doc, names[(first + i * 3) % COUNT(names)]);
	}
	add_line_end(doc, dice);
	return n;
}

static void
add_reply(Text *doc, Dice *dice)
{
	uint32_t nrecords = dice_roll(dice, 6);
	uint32_t nfields;

	if (dice_roll(dice, 10) == 0)
		text_add_string(doc, "\xEF\xBB\xBF");
	nfields = add_header(doc, dice);
	for (uint32_t i = 0; i < nrecords && doc->len < ENOUGH; i++)
	{
		for (uint32_t k = 0; k < nfields; k++)
		{
			if (k > 0)
				text_add_string(doc, ",");
			text_add_string(doc, values[dice_roll(dice, COUNT(values))]);
		}
		add_line_end(doc, dice);
	}
}

static void
random_documents(void)
{
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};
	int naccepted = 0;

	for (int i = 0; i < DOCUMENTS; i++)
	{
		Text doc = {0};
		Reading reading;

		add_reply(&doc, &dice);
		if (i % 2 == 1)
		{
			for (uint32_t n = 1 + dice_roll(&dice, 3); n > 0 && doc.len > 0;
				 n--)
				damage(&doc, &dice, splinters, COUNT(splinters));
		}
		check_document(doc.data, doc.len, &config);

		/* Also several buffers with several records. */
		reading = read_document(doc.data, doc.len, &config, uncut);
		for (int k = 0; k < 4; k++)
			check_cuts(&reading, doc.data, doc.len, &config,
					   (Cuts){0, 0, &dice});
		naccepted += reading.accepted;
		reading_free(&reading);
		free(doc.data);
	}
	CHECK(naccepted > DOCUMENTS / 4 && naccepted < DOCUMENTS * 3 / 4,
		  "%d of %d documents are sound", naccepted, DOCUMENTS);
}

int
main(void)
{
	RUN(random_documents);
	return check_finish();
}
