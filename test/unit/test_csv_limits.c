/*
 * test_csv_limits.c
 *	  Many columns, and input that arrives byte by byte.
 */
#include <time.h>

#include "csv_check.h"

#define MANY 1600

/* Names with a common prefix, in another order than the keys; some unknown. */
static void
many_columns(void)
{
	static char names[MANY][24];
	static DcfKey keys[MANY];
	DcfCsvConfig config = {keys, MANY, 0};
	Text doc = {0};
	Reading reading;

	for (int i = 0; i < MANY; i++)
	{
		snprintf(names[i], sizeof(names[i]), "Column_%d%s", i,
				 i % 50 == 0 ? "\"" : "");
		keys[i] = (DcfKey){names[i], strlen(names[i])};
	}
	for (int record = -1; record < 3; record++)
	{
		text_add_string(&doc, record < 0 ? "Column_" : "0");
		for (int i = 0; i < MANY; i++)
		{
			int key = i * 7 % MANY;
			char field[64];

			if (record >= 0)
				snprintf(field, sizeof(field), ",%d.%d", record, key);
			else
				snprintf(field, sizeof(field), ",\"Column_%d%s\"", key,
						 key % 50 == 0 ? "\"\"" : "");
			text_add_string(&doc, i == 99 ? ",x" : field);
		}
		text_add_string(&doc, "\r\n");
	}

	reading = read_document(doc.data, doc.len, &config, uncut);
	CHECK(reading.accepted && reading.nrecords == 3 &&
			  reading.nmatched == MANY - 1,
		  "many columns");
	check_reading(&reading, doc.data, doc.len, &config, "whole");
	check_cuts(&reading, doc.data, doc.len, &config, (Cuts){5000, 977, NULL});
	check_cuts(&reading, doc.data, doc.len, &config, each_byte);
	reading_free(&reading);
	free(doc.data);
}

/*
 * A header and a record of long fields and of many empty ones, in buffers that
 * grow byte by byte: linear time is milliseconds, quadratic time minutes.
 */
static void
linear_time(void)
{
	static const DcfKey keys[] = {{"a", 1}, {"b", 1}};
	static const DcfCsvConfig config = {keys, 2, 0};
	enum
	{
		part = 200000
	};
	void *memory = malloc(dcf_csv_size(&config));
	DcfCsvReader *reader = dcf_csv_init(memory, &config);
	char *plain = malloc(part);
	char *quotes = malloc(part);
	char *commas = malloc(part);
	int nrecords = 0;
	Text doc = {0};
	size_t start = 0;
	clock_t began;
	double seconds;

	memset(plain, 'x', part);
	memset(quotes, '"', part);
	memset(commas, ',', part);
	text_add_string(&doc, "a,b");
	text_add(&doc, commas, part);
	text_add(&doc, plain, part);
	text_add_string(&doc, "\r\n");
	text_add(&doc, plain, part);
	text_add_string(&doc, ",\"");
	text_add(&doc, quotes, part);
	text_add_string(&doc, "\"");
	text_add(&doc, commas, part);
	text_add_string(&doc, "\r\n");

	began = clock();
	for (size_t given = 1; given <= doc.len; given++)
	{
		size_t consumed;

		if (dcf_csv_next(reader, doc.data + start, given - start, &consumed) ==
			DCF_READ_RECORD)
		{
			const DcfField *fields = dcf_csv_fields(reader);

			nrecords++;
			CHECK(fields[0].len == part && fields[1].len == part &&
					  fields[1].escaped,
				  "fields of a huge record");
		}
		start += consumed;
	}
	seconds = (double) (clock() - began) / CLOCKS_PER_SEC;
	CHECK(dcf_csv_finish(reader, doc.data + doc.len, 0, &start) ==
				  DCF_READ_END &&
			  nrecords == 1,
		  "a huge record");
	CHECK(seconds < 5, "%zu buffers took %.1f s", doc.len, seconds);
	free(plain);
	free(quotes);
	free(commas);
	free(doc.data);
	free(memory);
}

int
main(void)
{
	RUN(many_columns);
	RUN(linear_time);
	return check_finish();
}
