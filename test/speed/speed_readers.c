/*
 * speed_readers.c
 *	  Measures the readers of JSON and CSV: nanoseconds a byte, for narrow and wide
 *	  records, with their keys in several orders.  `make bench-readers`.
 *
 * The input arrives in pieces of PIECE bytes, as from the transport.  Each number is
 * the fastest of some passes over about SIZE bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/csv_reader.h"
#include "core/json_reader.h"

#define SIZE   (8 * 1024 * 1024)
#define PIECE  (256 * 1024)
#define PASSES 12
#define NAME   32 /* bytes for a key's name */

typedef enum Order
{
	IN_ORDER, /* as configured */
	SHUFFLED, /* another order, the same in each record */
	RANDOM,	  /* another one in each record */
	ABSENT,	  /* as configured, but each record lacks a quarter of the keys */
	ORDERS
} Order;

typedef struct Document
{
	char *data;
	size_t len;
	size_t size;
	uint64_t nrecords;
} Document;

static uint64_t dice = 1;

static uint32_t
roll(uint32_t n)
{
	dice =
		dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (dice >> 33) % n;
}

static void
add(Document *doc, const char *text)
{
	size_t len = strlen(text);

	if (doc->len + len > doc->size)
	{
		doc->size = (doc->len + len) * 2;
		doc->data = realloc(doc->data, doc->size);
		if (doc->data == NULL)
			abort();
	}
	memcpy(doc->data + doc->len, text, len);
	doc->len += len;
}

/* A value; strings have quotes if quoted. */
static void
add_value(Document *doc, bool quoted)
{
	static const char *const texts[] = {"Main Street", "X",
										"2016-05-13T12:18:08.723",
										"Caf\xC3\xA9 au lait, large"};
	char number[32];

	switch (roll(8))
	{
		case 0:
			add(doc, quoted ? "null" : "");
			break;
		case 1:
			add(doc, quoted ? "true" : "True");
			break;
		case 2:
		case 3:
		case 4:
			snprintf(number, sizeof(number), "%u%s", roll(1000000),
					 roll(2) ? ".25" : "");
			add(doc, number);
			break;
		default:
			add(doc, "\"");
			add(doc, texts[roll(4)]);
			add(doc, "\"");
			break;
	}
}

static void
shuffle(int *order, int n)
{
	for (int i = n - 1; i > 0; i--)
	{
		int j = (int) roll((uint32_t) i + 1);
		int k = order[i];

		order[i] = order[j];
		order[j] = k;
	}
}

/* The keys as all records have them, or as the first one does; to be freed. */
static int *
make_order(int nkeys, Order kind)
{
	int *order = malloc(sizeof(int) * (size_t) nkeys);

	for (int i = 0; i < nkeys; i++)
		order[i] = i;
	if (kind == SHUFFLED)
		shuffle(order, nkeys);
	return order;
}

static Document
make_json(const DcfKey *keys, int nkeys, Order kind)
{
	Document doc = {0};
	int *order = make_order(nkeys, kind);

	add(&doc, "[");
	while (doc.len < SIZE)
	{
		bool first = true;

		if (kind == RANDOM)
			shuffle(order, nkeys);
		add(&doc, doc.nrecords++ > 0 ? ",{" : "{");
		for (int i = 0; i < nkeys; i++)
		{
			if (kind == ABSENT && roll(4) == 0)
				continue;
			add(&doc, first ? "\"" : ",\"");
			first = false;
			add(&doc, keys[order[i]].name);
			add(&doc, "\":");
			add_value(&doc, true);
		}
		add(&doc, "}");
	}
	add(&doc, "]");
	free(order);
	return doc;
}

/* All records of CSV have the order of the header. */
static Document
make_csv(const DcfKey *keys, int nkeys, Order kind)
{
	Document doc = {0};
	int *order = make_order(nkeys, kind);

	for (int i = 0; i < nkeys; i++)
	{
		add(&doc, i > 0 ? "," : "");
		add(&doc, keys[order[i]].name);
	}
	add(&doc, "\r\n");
	while (doc.len < SIZE)
	{
		doc.nrecords++;
		for (int i = 0; i < nkeys; i++)
		{
			add(&doc, i > 0 ? "," : "");
			add_value(&doc, false);
		}
		add(&doc, "\r\n");
	}
	free(order);
	return doc;
}

static DcfReadStatus
next_json(void *reader, const char *data, size_t len, size_t *consumed)
{
	return dcf_json_next(reader, data, len, consumed);
}

static DcfReadStatus
next_csv(void *reader, const char *data, size_t len, size_t *consumed)
{
	return dcf_csv_next(reader, data, len, consumed);
}

typedef DcfReadStatus (*Next)(void *reader, const char *data, size_t len,
							  size_t *consumed);

/* Read the document, piece by piece; returns the number of records. */
static uint64_t
read_document(const Document *doc, void *reader, Next next)
{
	uint64_t nrecords = 0;
	size_t start = 0;
	size_t given = 0;

	while (given < doc->len)
	{
		DcfReadStatus status;

		given = given + PIECE < doc->len ? given + PIECE : doc->len;
		do
		{
			size_t consumed;

			status = next(reader, doc->data + start, given - start, &consumed);
			start += consumed;
			nrecords += status == DCF_READ_RECORD;
		} while (status == DCF_READ_RECORD || status == DCF_READ_HEADER);
		if (status == DCF_READ_WRONG)
			abort();
	}
	return nrecords;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void
measure(const char *label, const Document *doc, void *(*create)(const void *),
		const void *config, Next next)
{
	double best = 1e300;

	for (int i = 0; i < PASSES; i++)
	{
		void *reader = create(config);
		double begin = now();
		double time;

		if (read_document(doc, reader, next) != doc->nrecords)
			abort();
		time = now() - begin;
		if (time < best)
			best = time;
		free(reader);
	}
	printf("  %s %5.3f", label, best / (double) doc->len);
	fflush(stdout);
}

static void *
create_json(const void *config)
{
	return dcf_json_init(malloc(dcf_json_size(config)), config);
}

static void *
create_csv(const void *config)
{
	return dcf_csv_init(malloc(dcf_csv_size(config)), config);
}

int
main(void)
{
	static const int widths[] = {26, 128, 400, 1500, 1600};
	static const char *const labels[ORDERS] = {"in order", "shuffled",
											   "random", "absent"};

	printf("Nanoseconds a byte, %d kB at once (%s)\n", PIECE / 1024,
		   dcf_simd_name(dcf_simd_choose(DCF_SIMD_BEST)));
	for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
	{
		int nkeys = widths[w];
		char(*names)[NAME] = malloc((size_t) nkeys * NAME);
		DcfKey *keys = malloc(sizeof(DcfKey) * (size_t) nkeys);

		for (int i = 0; i < nkeys; i++)
		{
			int len =
				snprintf(names[i], NAME, "%sColumn%d", i % 3 ? "" : "Long", i);

			keys[i] = (DcfKey){names[i], (size_t) len};
		}
		for (int few = 0; few < 2; few++)
		{
			DcfJsonConfig json = {.keys = keys, .nkeys = few ? 3 : nkeys};
			DcfCsvConfig csv = {.keys = keys, .nkeys = few ? 3 : nkeys};

			printf("%4d keys, %4d wanted, JSON", nkeys, json.nkeys);
			for (int kind = 0; kind < ORDERS; kind++)
			{
				Document doc = make_json(keys, nkeys, (Order) kind);

				measure(labels[kind], &doc, create_json, &json, next_json);
				free(doc.data);
			}
			printf("\n%28s", "CSV ");
			for (int kind = 0; kind <= SHUFFLED; kind++)
			{
				Document doc = make_csv(keys, nkeys, (Order) kind);

				measure(labels[kind], &doc, create_csv, &csv, next_csv);
				free(doc.data);
			}
			printf("\n");
		}
		free(keys);
		free(names);
	}
	return 0;
}
