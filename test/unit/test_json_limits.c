/*
 * test_json_limits.c
 *	  Many keys, deep nesting, huge records, and the time they take.
 */
#include <time.h>

#include "json_check.h"

/* Containers nested to this depth, then closed. */
static Text
nested(const DcfJsonConfig *config, int levels, bool objects)
{
	bool member = config->records_member != NULL;
	int inner = levels - (member ? 3 : 2);
	Text doc = {0};

	text_add_string(&doc, member ? "{\"Records\":[{\"a\":" : "[{\"a\":");
	for (int i = 0; i < inner; i++)
		text_add_string(&doc, objects ? "{\"a\":" : "[");
	text_add_string(&doc, "1");
	for (int i = 0; i < inner; i++)
		text_add_string(&doc, objects ? "}" : "]");
	text_add_string(&doc, member ? "}]}" : "}]");
	return doc;
}

static void
depth(void)
{
	static const DcfKey keys[] = {{"a", 1}};
	static const DcfJsonConfig configs[] = {{NULL, keys, 1, 0},
											{"Records", keys, 1, 0}};

	for (int i = 0; i < 4; i++)
	{
		const DcfJsonConfig *config = &configs[i / 2];
		Text fits = nested(config, DCF_JSON_MAX_DEPTH, i % 2);
		Text deep = nested(config, DCF_JSON_MAX_DEPTH + 1, i % 2);
		Reading reading = read_document(fits.data, fits.len, config, uncut);
		const char *innermost;

		CHECK(reading.accepted && reading.nrecords == 1, "as deep as allowed");
		check_reading(&reading, fits.data, fits.len, config, "whole");
		check_cuts(&reading, fits.data, fits.len, config, each_byte);
		reading_free(&reading);

		reading = read_document(deep.data, deep.len, config, uncut);
		CHECK(reading.error.code == DCF_READ_E_DEPTH, "too deep: %d",
			  reading.error.code);
		innermost = deep.data + reading.error.offset;
		CHECK(strncmp(innermost, i % 2 ? "{\"a\":1" : "[1", i % 2 ? 6 : 2) ==
				  0,
			  "too deep at %d", (int) reading.error.offset);
		check_reading(&reading, deep.data, deep.len, config, "whole");
		check_cuts(&reading, deep.data, deep.len, config, each_byte);
		reading_free(&reading);
		free(fits.data);
		free(deep.data);
	}
}

/* The depth also counts in fields that are not wanted. */
static void
depth_elsewhere(void)
{
	static const DcfJsonConfig config = {"Records", NULL, 0, 0};
	Text doc = {0};
	Reading reading;

	text_add_string(&doc, "{\"x\":");
	for (int i = 0; i < DCF_JSON_MAX_DEPTH; i++)
		text_add_string(&doc, "[");
	reading = read_document(doc.data, doc.len, &config, uncut);
	CHECK(reading.error.code == DCF_READ_E_DEPTH &&
			  reading.error.offset == doc.len - 1,
		  "error %d at %d", reading.error.code, (int) reading.error.offset);
	reading_free(&reading);
	free(doc.data);
}

#define MANY 1600

/* Names with a common prefix, in another order than the keys; some unknown. */
static void
many_keys(void)
{
	static char names[MANY][24];
	static DcfKey keys[MANY];
	DcfJsonConfig config = {NULL, keys, MANY, 0};
	Dice dice = {42};
	Text doc = {0};
	Reading reading;

	for (int i = 0; i < MANY; i++)
	{
		snprintf(names[i], sizeof(names[i]), "Column_%d", i);
		keys[i] = (DcfKey){names[i], strlen(names[i])};
	}
	text_add_string(&doc, "[{\"Column_\":0}");
	for (int record = 0; record < 6; record++)
	{
		text_add_string(&doc, ",{\"Column_1600\":0");
		for (uint32_t i = 0; i < MANY; i++)
		{
			uint32_t key = record < 4 ?
				(i * 7 + (uint32_t) record / 2) % MANY :
				dice_roll(&dice, MANY);
			char member[64];

			snprintf(member, sizeof(member), ",\"%s%u\":%u",
					 i % 50 == 0 ? "\\u0043olumn_" : "Column_", key, i);
			text_add_string(&doc, member);
		}
		text_add_string(&doc, "}");
	}
	text_add_string(&doc, "]");

	reading = read_document(doc.data, doc.len, &config, uncut);
	CHECK(reading.accepted && reading.nrecords == 7, "many keys");
	check_reading(&reading, doc.data, doc.len, &config, "whole");
	check_cuts(&reading, doc.data, doc.len, &config, (Cuts){5000, 977, NULL});
	reading_free(&reading);
	free(doc.data);
}

/*
 * A record with a long string, a long number, a long array and much white space,
 * in buffers that grow byte by byte: linear time is milliseconds, quadratic time
 * minutes.
 */
static void
linear_time(void)
{
	static const DcfKey keys[] = {{"a", 1}, {"b", 1}, {"c", 1}};
	static const DcfJsonConfig config = {NULL, keys, 3, 0};
	enum
	{
		part = 200000
	};
	static const char *const pieces[] = {"[",  "{\"a\":\"", NULL, "\",\"b\":",
										 NULL, ",\"c\":[1", NULL, "]",
										 NULL, "}]"};
	static const char *const fillings[] = {"x\xC3\xA9\\n", "7", ",1", " "};
	void *memory = malloc(dcf_json_size(&config));
	DcfJsonReader *reader = dcf_json_init(memory, &config);
	int nfillings = 0;
	int nrecords = 0;
	Text doc = {0};
	size_t start = 0;
	clock_t began;
	double seconds;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
	{
		if (pieces[i] != NULL)
			text_add_string(&doc, pieces[i]);
		else
		{
			const char *filling = fillings[nfillings++];
			size_t size = strlen(filling);
			char *block = malloc(part);

			for (size_t k = 0; k < part; k++)
				block[k] = filling[k % size];
			text_add(&doc, block, part - part % size);
			free(block);
		}
	}

	began = clock();
	for (size_t given = 1; given <= doc.len; given++)
	{
		size_t consumed;

		if (dcf_json_next(reader, doc.data + start, given - start,
						  &consumed) == DCF_READ_RECORD)
		{
			nrecords++;
			CHECK(dcf_json_matched(reader) == 3, "fields of a huge record");
		}
		start += consumed;
	}
	seconds = (double) (clock() - began) / CLOCKS_PER_SEC;
	CHECK(dcf_json_finish(reader) && nrecords == 1, "a huge record");
	CHECK(seconds < 5, "%zu buffers took %.1f s", doc.len, seconds);
	free(doc.data);
	free(memory);
}

int
main(void)
{
	RUN(depth);
	RUN(depth_elsewhere);
	RUN(many_keys);
	RUN(linear_time);
	return check_finish();
}
