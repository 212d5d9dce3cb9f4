/*
 * test_json_random.c
 *	  Random documents, valid and damaged, each read in every way.
 */
#include "json_check.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

#define DOCUMENTS 3000

/* The approximate length of a document: it is read once for each cut. */
#define ENOUGH 160

static const DcfKey keys[] = {{"a", 1},
							  {"Name", 4},
							  {"ID #", 4},
							  {"\xC3\xA9", 2},
							  {"", 0},
							  {"q\"\\/", 4},
							  {"\xF0\x9F\x98\x80", 4},
							  {"StoreID", 7},
							  {"StoreName", 9}};

static const DcfJsonConfig array_config = {NULL, keys, COUNT(keys), 0};
static const DcfJsonConfig member_config = {"Records", keys, COUNT(keys), 0};

/* Strings as written in a document: wanted keys, and similar texts. */
static const char *const strings[] =
	{"\"a\"",
	 "\"\\u0061\"",
	 "\"Name\"",
	 "\"N\\u0061me\"",
	 "\"ID #\"",
	 "\"\xC3\xA9\"",
	 "\"\\u00e9\"",
	 "\"\\u00E9\"",
	 "\"\"",
	 "\"q\\\"\\\\/\"",
	 "\"q\\u0022\\u005C\\/\"",
	 "\"\xF0\x9F\x98\x80\"",
	 "\"\\uD83D\\ude00\"",
	 "\"StoreID\"",
	 "\"StoreName\"",
	 "\"Store\"",
	 "\"StoreIDs\"",
	 "\"name\"",
	 "\"Records\"",
	 "\"\\u0052ecords\"",
	 "\"Schema\"",
	 "\"Error\"",
	 "\"x\"",
	 "\"\\n\\t\\b\\f\\r\"",
	 "\"]}\"",
	 "\"{[\"",
	 "\"a rather long string, plain from end to end\"",
	 "\"2016-05-13T12:18:08.723\"",
	 "\"\xE2\x82\xAC\xED\x9F\xBF\"",
	 "\"\x7F\xEF\xBF\xBF\"",
	 "\"\\uffff\\u0001\""};

static const char *const scalars[] = {"null",
									  "true",
									  "false",
									  "0",
									  "-0",
									  "1",
									  "-1.5",
									  "1e3",
									  "0.25E-2",
									  "12345678",
									  "3.141592653589793",
									  "1E+10",
									  "-9223372036854775808",
									  "100000000.0001"};

/* Texts that damage inserts: whole tokens, parts of them, and worse. */
static const char *const splinters[] = {"{",
										"}",
										"[",
										"]",
										",",
										":",
										"\"",
										"\\",
										"\\u",
										"\\ud800",
										"\\udc00",
										"u",
										"0",
										"-",
										".",
										"e",
										"+",
										"n",
										"true",
										"<",
										"/",
										" ",
										"\n",
										"\x01",
										"\x7F",
										"\x80",
										"\xC0",
										"\xC3",
										"\xE0",
										"\xED",
										"\xF0",
										"\xF4",
										"\xFF",
										"\xEF\xBB\xBF",
										"{}",
										"[]",
										"\"a\":1,",
										"\"Records\":[],",
										"\"Error\":true,"};

static void
add_one(Text *doc, Dice *dice, const char *const *choices, int nchoices)
{
	text_add_string(doc, choices[dice_roll(dice, (uint32_t) nchoices)]);
}

static void
add_space(Text *doc, Dice *dice)
{
	static const char *const spaces[] = {" ", "\n", "\r\n", "\t", "  "};

	if (dice_roll(dice, 8) == 0)
		add_one(doc, dice, spaces, COUNT(spaces));
}

static void add_container(Text *doc, Dice *dice, int depth);

static void
add_any(Text *doc, Dice *dice, int depth)
{
	add_space(doc, dice);
	switch (dice_roll(dice, depth < 4 && doc->len < ENOUGH ? 6 : 5))
	{
		case 0:
		case 1:
			add_one(doc, dice, strings, COUNT(strings));
			break;
		case 5:
			add_container(doc, dice, depth + 1);
			break;
		default:
			add_one(doc, dice, scalars, COUNT(scalars));
			break;
	}
	add_space(doc, dice);
}

static void
add_key(Text *doc, Dice *dice)
{
	add_space(doc, dice);
	add_one(doc, dice, strings, COUNT(strings));
	add_space(doc, dice);
	text_add_string(doc, ":");
}

static void
add_object(Text *doc, Dice *dice, int depth)
{
	uint32_t n = dice_roll(dice, 6);

	text_add_string(doc, "{");
	for (uint32_t i = 0; i < n; i++)
	{
		if (i > 0)
			text_add_string(doc, ",");
		add_key(doc, dice);
		add_any(doc, dice, depth);
	}
	add_space(doc, dice);
	text_add_string(doc, "}");
}

static void
add_container(Text *doc, Dice *dice, int depth)
{
	uint32_t n = dice_roll(dice, 4);

	if (dice_roll(dice, 2) == 0)
	{
		add_object(doc, dice, depth);
		return;
	}
	text_add_string(doc, "[");
	for (uint32_t i = 0; i < n; i++)
	{
		if (i > 0)
			text_add_string(doc, ",");
		add_any(doc, dice, depth);
	}
	add_space(doc, dice);
	text_add_string(doc, "]");
}

static void
add_records(Text *doc, Dice *dice)
{
	uint32_t n = dice_roll(dice, 5);

	text_add_string(doc, "[");
	for (uint32_t i = 0; i < n && doc->len < ENOUGH; i++)
	{
		if (i > 0)
			text_add_string(doc, ",");
		add_space(doc, dice);
		if (dice_roll(dice, 60) == 0)
			add_any(doc, dice, 0);
		else
			add_object(doc, dice, 1);
	}
	add_space(doc, dice);
	text_add_string(doc, "]");
}

/* Members with any name, sometimes that of the records' member. */
static void
add_others(Text *doc, Dice *dice, bool before)
{
	for (uint32_t n = dice_roll(dice, 3); n > 0; n--)
	{
		if (!before)
			text_add_string(doc, ",");
		add_key(doc, dice);
		add_any(doc, dice, 2);
		if (before)
			text_add_string(doc, ",");
	}
}

static void
add_reply(Text *doc, Dice *dice, const DcfJsonConfig *config)
{
	if (dice_roll(dice, 10) == 0)
		text_add_string(doc, "\xEF\xBB\xBF");
	add_space(doc, dice);
	if (config->records_member != NULL)
	{
		text_add_string(doc, "{");
		add_others(doc, dice, true);
		text_add_string(doc,
						dice_roll(dice, 5) ? "\"Records\":" :
											 "\"Rec\\u006frds\" : ");
		add_records(doc, dice);
		add_others(doc, dice, false);
		text_add_string(doc, "}");
	}
	else if (dice_roll(dice, 3) == 0)
		add_object(doc, dice, 1);
	else
		add_records(doc, dice);
	add_space(doc, dice);
}

static void
random_documents(void)
{
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};
	int naccepted = 0;

	for (int i = 0; i < DOCUMENTS; i++)
	{
		const DcfJsonConfig *config =
			i % 3 == 0 ? &member_config : &array_config;
		Text doc = {0};
		Reading reading;

		add_reply(&doc, &dice, config);
		if (i % 2 == 1)
		{
			for (uint32_t n = 1 + dice_roll(&dice, 3); n > 0 && doc.len > 0;
				 n--)
				damage(&doc, &dice, splinters, COUNT(splinters));
		}
		check_document(doc.data, doc.len, config);

		/* Also several buffers with several records. */
		reading = read_document(doc.data, doc.len, config, uncut);
		for (int k = 0; k < 4; k++)
			check_cuts(&reading, doc.data, doc.len, config,
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
