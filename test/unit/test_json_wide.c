/*
 * test_json_wide.c
 *	  Records of up to 1,600 keys, in any order, with keys that are absent or come
 *	  twice; and more different keys than the reader remembers.
 */
#include "json_check.h"
#include "wide_check.h"

#define KEYS	  1600
#define NAME	  80
#define DOCUMENTS 60

static char names[KEYS][NAME];
static DcfKey keys[KEYS];

/* Names of many lengths; most of them share their ends. */
static void
make_keys(void)
{
	for (int i = 0; i < KEYS; i++)
	{
		static const char *const formats[] = {"%d",
											  "Column%d",
											  "c%dTotal",
											  "A rather long name %d of a key",
											  "\xC3\xA9%d",
											  "Beginning of a key that is so "
											  "long that no lead holds it, %d"};
		int len = snprintf(names[i], NAME, formats[i % 97 % 6], i);

		keys[i] = (DcfKey){names[i], (size_t) len};
	}
}

static void
add_member_value(Text *doc, Dice *dice)
{
	static const char *const values[] = {"null",
										 "true",
										 "\"\"",
										 "\"Main Street\"",
										 "12.5",
										 "-3",
										 "1e5",
										 "[1, {\"a\": \"]\"}]",
										 "{}",
										 "\"\\u00e9\\n\"",
										 "\"caf\xC3\xA9\"",
										 "\"\xE2\x82\xAC\xF0\x9F\x98\x80\"",
										 " 7 ",
										 "\"2016-05-13T12:18:08\""};

	/* The first ones are frequent. */
	text_add_string(doc, values[dice_roll(dice, dice_roll(dice, 4) ? 6 : 14)]);
}

static void
add_key(Text *doc, Dice *dice, int key)
{
	static const char *const spaces[] = {"", " ", "\n  ", "\t"};
	bool spaced = dice_roll(dice, 40) == 0;
	char other[NAME];

	text_add_string(doc, spaced ? spaces[dice_roll(dice, 4)] : "");
	text_add_string(doc, "\"");
	if (dice_roll(dice, 50) == 0)
	{
		snprintf(other, sizeof(other), "unwanted %u", dice_roll(dice, 5000));
		text_add_string(doc, other);
	}
	else
		text_add_string(doc, names[key]);
	text_add_string(doc, "\"");
	text_add_string(doc, spaced ? spaces[dice_roll(dice, 4)] : "");
	text_add_string(doc, ":");
}

/* A document with width keys in a record, which are shuffled again each. */
static Text
make_document(Dice *dice, int width, int nrecords, int shuffled)
{
	Text doc = {0};
	int *order = malloc(sizeof(int) * (size_t) width);

	for (int i = 0; i < width; i++)
		order[i] = i;
	text_add_string(&doc, "[");
	for (int r = 0; r < nrecords; r++)
	{
		bool first = true;

		text_add_string(&doc, r > 0 ? ",{" : "{");
		for (int i = width - 1; i > 0 && shuffled; i--)
		{
			int j = (int) dice_roll(dice, (uint32_t) i + 1);
			int k = order[i];

			order[i] = order[j];
			order[j] = k;
		}
		for (int i = 0; i < width; i++)
		{
			if (dice_roll(dice, 8) == 0)
				continue;
			text_add_string(&doc, first ? "" : ",");
			first = false;
			/* Sometimes a key that was, or will be, there as well. */
			add_key(&doc, dice,
					dice_roll(dice, 30) ?
						order[i] :
						(int) dice_roll(dice, (uint32_t) width));
			add_member_value(&doc, dice);
		}
		text_add_string(&doc, "}");
	}
	text_add_string(&doc, "]");
	free(order);
	return doc;
}

static void
wide_records(void)
{
	static const int widths[] = {26, 127, 128, 129, 400, 1600};
	static const char *const splinters[] = {"}", ",", "\"", ":", "{", "\x80"};
	Dice dice = {UINT64_C(0x9E3779B97F4A7C15)};

	make_keys();
	for (int i = 0; i < DOCUMENTS; i++)
	{
		int width = widths[i % 6];
		DcfJsonConfig config = {.keys = keys, .nkeys = i % 5 == 0 ? 7 : width};
		Text doc = make_document(&dice, width, 2 + 400 / width, i % 3);

		if (i % 4 == 3)
			damage(&doc, &dice, splinters, 6);
		check_wide(&doc, &config, &dice);
		free(doc.data);
	}
}

/* More leads than the reader remembers; of the others, none is lost. */
static void
too_many_leads(void)
{
	DcfJsonConfig config = {.keys = keys, .nkeys = KEYS};
	Dice dice = {UINT64_C(0x0123456789ABCDEF)};
	Text doc = {0};

	text_add_string(&doc, "[");
	for (int r = 0; r < 3; r++)
	{
		text_add_string(&doc, r > 0 ? ",{" : "{");
		for (int i = 0; i < 6000; i++)
		{
			char member[NAME];

			snprintf(member, sizeof(member), "%s\"x%d\":%d", i > 0 ? "," : "",
					 r == 1 ? 5999 - i : i, i);
			text_add_string(&doc, member);
		}
		for (int i = 0; i < KEYS; i++)
		{
			text_add_string(&doc, ",\"");
			text_add_string(&doc, names[i]);
			text_add_string(&doc, "\":1");
		}
		text_add_string(&doc, "}");
	}
	text_add_string(&doc, "]");
	check_wide(&doc, &config, &dice);
	free(doc.data);
}

int
main(void)
{
	RUN(wide_records);
	RUN(too_many_leads);
	return check_finish();
}
