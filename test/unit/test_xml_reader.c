/*
 * test_xml_reader.c
 *	  The XML reader: its fast path changes nothing, however a document is cut, and
 *	  whatever is wrong with it.
 */
#include "xml_judge.h"

#include "check.h"

static const DcfKey keys[] = {{"a", 1},
							  {"Name", 4},
							  {"unused", 6},
							  {"Total Cost", 10},
							  {"\xC3\xA9", 2},
							  {"aVeryLongNameOfAColumnThatIsMuchLongerThanAny"
							   "BlockOfVectorInstructionsOfAnyMachine",
							   82}};

static const DcfFormatConfig config = {.format = DCF_FORMAT_XML,
									   .keys = keys,
									   .nkeys = lengthof(keys),
									   .max_record_size = 1 << 20};

#define LONG                                        \
	"aVeryLongNameOfAColumnThatIsMuchLongerThanAny" \
	"BlockOfVectorInstructionsOfAnyMachine"
#define FIRST                                                        \
	"<Table><Record><a>1</a><b/><Name>x</Name><Total_x0020_Cost>1.5" \
	"</Total_x0020_Cost><\xC3\xA9>e</\xC3\xA9><" LONG ">l</" LONG    \
	"></Record>"

/* More than the fast path looks ahead. */
#define BLANK "                                                            "
#define END	  "</Table>" BLANK BLANK BLANK "\n"

/* What may be between the first record and END. */
static const char *const plain[] = {
	"",
	"<Record><a>2</a></Record>",
	"\r\n  <Record>\r\n    <a>2</a>\r\n    <Name> y </Name>\r\n  </Record>\r\n",
	"<Record><a></a><Name/><b /><\xC3\xA9 \n/></Record>",
	"<Record><Name>x &amp; y &lt;&gt;&quot;&apos;</Name></Record>"
	"<Record><a>&amp;amp;</a><Name>\r\n\r&gt;\t]</Name></Record>",
	"<Record><Name>Montr\xC3\xA9"
	"al \xE2\x80\x93 \xF0\x9F\x98\x80</Name>"
	"<\xC3\xA9>\x7F\xEF\xBF\xBD\xEF\xBB\xBF</\xC3\xA9></Record>",
	"<Record><a>1</a><a>2</a><b>3</b><a/></Record><Record><b>3</b></Record>",
	"<Record><Name>1</Name><a>2</a></Record><Record><b>n</b><a>]]</a>"
	"</Record><Record><Name>]] ></Name></Record>",
	"<Record><" LONG
	">a text that is longer than a block of vectors, which is "
	"long</" LONG "><Total_x0020_Cost>2</Total_x0020_Cost></Record>",
};

/* The same, but not all of it is read on the fast path. */
static const char *const other[] = {
	"<Record/><Record></Record><Record> </Record><Record><a>1</a></Record>",
	"<Record><a xsi:nil=\"true\"/><Name i:nil='1'></Name></Record>",
	"<Record x=\"1\"><a y=''>2</a></Record><Record ><a >2</a ></Record >",
	"<Record><a><![CDATA[<b>]]>]]&gt;</a></Record><Record><a>2</a></Record>",
	"<![CDATA[ ]]><Record><a>2</a></Record><![CDATA[\n]]>",
	"<![CDATA[ <Record><a>2</a></Record> ]]>",
	"<!-- <Record><a>2</a></Record> --><Record><a>3</a><!--</Record>--></Record>",
	"<?p <Record><a>2</a></Record> ?><Record><a>3</a><?q?></Record>",
	"<Record><a>&#65;&#x42;</a></Record><Record><a>&#13;&#10;</a></Record>",
	"<Record><new>1</new><a>2</a></Record><Record><new>1</new></Record>",
	"<Schema><a>7</a></Schema><Record><a>2</a></Record>",
	"<Schema><Record><a>7</a></Record></Schema>",
	"<Record><a>&nbsp;</a></Record>",
	"<Record><a>&amp</a></Record>",
	"<Record><a>]]></a></Record>",
	"<Record><a>1<Name>2</Name></a></Record>",
	"<Record><a>1</Name></Record>",
	"<Record><a>1</Record>",
	"<Record><a>1</a>",
	"<Record><a>1</a>x</Record>",
	"<Record><a>1</a></Record>x<Record><a>1</a></Record>",
	"<Record><a>\x01</a></Record>",
	"<Record><a>\xEF\xBF\xBE</a></Record>",
	"<Record><a>\xED\xA0\x80</a></Record>",
	"<Record><a>\xC3</a></Record>",
	"<Record><a>\xF4\x90\x80\x80</a></Record>",
	"<Record><a>\xC0\x80</a></Record>",
	"<Row><a>1</a></Row>",
	"</Table><Record><a>1</a></Record>",
	"<Record><a>1</a></Record></Table><Table>",
};

/* Other documents: those of sql/formats_csv_xml.sql and their like. */
static const char *const whole[] = {
	"",
	"<Table/>",
	"<?xml version=\"1.0\"?>",
	"<?xml version=\"1.0\" encoding=\"utf-16\"?><Table><R><a>1</a></R></Table>",
	"<?xml version=\"1.0\" encoding=\"latin1\"?><Table><R><a>1</a></R></Table>",
	"\xEF\xBB\xBF<Table><Schema><a>x</a></Schema><R><a>1</a></R></Table>",
	"<!DOCTYPE Table [<!ENTITY e 'x'>]><Table><R><a>&e;</a></R></Table>",
	"<Table xmlns:i=\"u\"><R><a i:nil=\"true\"/></R><R><a>1</a></R></Table>",
	"<Table><Record/><Record/><Record><a>1</a></Record><Record/></Table>",
	"<Table><Thing/><Thing/></Table>",
	"<html><body/></html>",
	"[{\"a\":1}]",
};

/* The document in which a text follows the first record. */
static Text
document(const char *text)
{
	Text doc = {0};

	text_add_string(&doc, FIRST);
	text_add_string(&doc, text);
	text_add_string(&doc, END);
	return doc;
}

/* Check one way to cut a document against reading it step by step. */
static bool
reads_as(const Reading *stepwise, const char *doc, size_t len,
		 const DcfFormatConfig *how, Cuts cuts)
{
	Reading reading = read_document(doc, len, how, cuts, false);
	bool same = reading.problem == NULL && same_reading(&reading, stepwise);

	if (!same)
		fprintf(stderr, "%s: %zu, %zu: %s %s %lu/%lu %s %lu/%lu\n",
				shown(doc + strlen(FIRST), len - strlen(FIRST)), cuts.first,
				cuts.rest, reading.problem ? reading.problem : "differs",
				reading.error.reason ? reading.error.reason : "ok",
				(unsigned long) reading.error.offset,
				(unsigned long) reading.error.record,
				stepwise->error.reason ? stepwise->error.reason : "ok",
				(unsigned long) stepwise->error.offset,
				(unsigned long) stepwise->error.record);
	reading_free(&reading);
	return same;
}

/* Cut at each byte, at each byte and then everywhere, and at random. */
static bool
reads_alike(const char *doc, size_t len, const DcfFormatConfig *how)
{
	Reading stepwise = read_document(doc, len, how, uncut, true);
	Dice dice = {len + 1};
	bool same = stepwise.problem == NULL;

	for (size_t cut = 0; cut < len; cut++)
	{
		same &= reads_as(&stepwise, doc, len, how, (Cuts){cut, 0, NULL});
		same &= reads_as(&stepwise, doc, len, how,
						 (Cuts){cut, 1 + cut % 97, NULL});
	}
	for (int i = 0; i < 20; i++)
		same &= reads_as(&stepwise, doc, len, how, (Cuts){0, 0, &dice});
	same &= reads_as(&stepwise, doc, len, how, each_byte);
	reading_free(&stepwise);
	return same;
}

static void
test_cuts(void)
{
	for (size_t i = 0; i < lengthof(whole); i++)
		CHECK(reads_alike(whole[i], strlen(whole[i]), &config), "%s",
			  whole[i]);
	for (size_t i = 0; i < lengthof(plain) + lengthof(other); i++)
	{
		Text doc = document(i < lengthof(plain) ? plain[i] :
												  other[i - lengthof(plain)]);

		CHECK(reads_alike(doc.data, doc.len, &config), "document %zu", i);
		free(doc.data);
	}
}

/* Plain records are read on the fast path, and as soon as they are complete. */
static void
test_fast(void)
{
	for (size_t i = 0; i < lengthof(plain); i++)
	{
		Text doc = document(plain[i]);
		size_t first = strlen(FIRST);
		Reading fast = read_document(doc.data, doc.len, &config,
									 (Cuts){first, 0, NULL}, false);

		CHECK(fast.accepted, "document %zu", i);
		CHECK(fast.skipped + 2 >= strlen(plain[i]), "document %zu: %lu bytes",
			  i, (unsigned long) fast.skipped);
		reading_free(&fast);
		for (size_t piece = 1; piece < 50; piece++)
		{
			Cuts cuts = {first, piece, NULL};
			Reading stepwise =
				read_document(doc.data, doc.len, &config, cuts, true);

			fast = read_document(doc.data, doc.len, &config, cuts, false);
			CHECK(text_is(&fast.progress, &stepwise.progress),
				  "document %zu in pieces of %zu", i, piece);
			reading_free(&stepwise);
			reading_free(&fast);
		}
		free(doc.data);
	}
}

/* A damaged document, cut after the first record, is read alike. */
static bool
damaged_reads_alike(const Text *doc)
{
	Reading stepwise =
		read_document(doc->data, doc->len, &config, uncut, true);
	size_t first = strlen(FIRST);
	bool same = reads_as(&stepwise, doc->data, doc->len, &config,
						 (Cuts){first, 0, NULL});

	same &= reads_as(&stepwise, doc->data, doc->len, &config,
					 (Cuts){first, 19, NULL});
	reading_free(&stepwise);
	return same;
}

static bool
spliced_reads_alike(const Text *doc, size_t at, size_t drop, const char *in,
					size_t inlen)
{
	Text copy = {0};
	bool same;

	text_add(&copy, doc->data, doc->len);
	splice(&copy, at, drop, in, inlen);
	same = damaged_reads_alike(&copy);
	free(copy.data);
	return same;
}

/* Each byte dropped, replaced, and something inserted before it. */
static bool
damages_read_alike(const Text *doc, size_t from, size_t to)
{
	static const char bytes[] =
		"<>&/!?]; \r\n\"'=:xR\x01\x7F\x80\xBF\xC3\xE2\xEF\xF0\xFF";
	bool same = true;

	for (size_t at = from; at < to; at++)
	{
		Text cut = {0};

		same &= spliced_reads_alike(doc, at, 1, "", 0);
		/* With its NUL. */
		for (size_t i = 0; i < sizeof(bytes); i++)
		{
			same &= spliced_reads_alike(doc, at, 1, bytes + i, 1);
			same &= spliced_reads_alike(doc, at, 0, bytes + i, 1);
		}
		text_add(&cut, doc->data, at);
		same &= damaged_reads_alike(&cut);
		free(cut.data);
	}
	return same;
}

static void
test_damage(void)
{
	for (size_t i = 0; i < lengthof(plain) + lengthof(other); i++)
	{
		const char *text =
			i < lengthof(plain) ? plain[i] : other[i - lengthof(plain)];
		Text doc = document(text);
		size_t first = strlen(FIRST);

		CHECK(damages_read_alike(&doc, first, first + strlen(text) + 8),
			  "document %zu", i);
		free(doc.data);
	}
}

static void
test_random_damage(void)
{
	static const char *const splinters[] = {"<Record>",
											"</Record>",
											"<a>",
											"</a>",
											"<a/>",
											"<a />",
											"</Table>",
											"<![CDATA[",
											"]]>",
											"<!--",
											"-->",
											"<?x",
											"?>",
											"&amp;",
											"&#10;",
											"&lt",
											"\r\n",
											"\xC3\xA9",
											"<Record><a>1</a></Record>",
											"<Schema>",
											"</Schema>",
											" x='1'",
											"<Name>",
											"</Name>",
											"]]",
											"\xEF\xBF\xBF"};
	Dice dice = {4711};
	bool same = true;

	for (int i = 0; i < 6000; i++)
	{
		Text doc = {0};
		Text text = {0};
		Reading stepwise;

		for (uint32_t n = 1 + dice_roll(&dice, 5); n > 0; n--)
			text_add_string(&text, plain[dice_roll(&dice, lengthof(plain))]);
		if (dice_roll(&dice, 2))
			text_add_string(&text, other[dice_roll(&dice, lengthof(other))]);
		text_add_string(&text, " ");
		for (uint32_t n = dice_roll(&dice, 4); n > 0 && text.len > 0; n--)
			damage(&text, &dice, splinters, lengthof(splinters));
		text_add_string(&doc, FIRST);
		text_add(&doc, text.data, text.len);
		text_add_string(&doc, END);
		stepwise = read_document(doc.data, doc.len, &config, uncut, true);
		same &= damaged_reads_alike(&doc);
		for (int j = 0; j < 3; j++)
			same &= reads_as(&stepwise, doc.data, doc.len, &config,
							 (Cuts){0, 0, &dice});
		reading_free(&stepwise);
		free(doc.data);
		free(text.data);
	}
	CHECK(same, "damaged at random");
}

/* Limits: of a record's size, of waiting for one, of expat's memory. */
static void
test_limits(void)
{
	for (size_t size = 20; size < 400; size += 13)
	{
		DcfFormatConfig small = config;

		small.max_record_size = size;
		for (size_t i = 0; i < lengthof(plain); i++)
		{
			Text doc = document(plain[i]);
			Reading stepwise =
				read_document(doc.data, doc.len, &small, uncut, true);

			CHECK(reads_as(&stepwise, doc.data, doc.len, &small,
						   (Cuts){strlen(FIRST), 0, NULL}),
				  "document %zu, at most %zu bytes", i, size);
			CHECK(reads_as(&stepwise, doc.data, doc.len, &small, each_byte),
				  "document %zu, at most %zu bytes", i, size);
			reading_free(&stepwise);
			free(doc.data);
		}
	}
}

/* Many records, long ones among them, in one piece and in others. */
static void
test_long(void)
{
	Text doc = {0};
	Dice dice = {99};
	Reading stepwise;
	Reading fast;

	text_add_string(&doc, FIRST);
	for (int i = 0; i < 3000; i++)
	{
		if (i % 100 == 50)
		{
			text_add_string(&doc, "<Record><Name>");
			for (int j = 0; j < i * 2; j++)
				text_add_string(&doc, "long &amp; ");
			text_add_string(&doc, "</Name></Record>");
		}
		text_add_string(&doc, plain[dice_roll(&dice, lengthof(plain))]);
		if (i % 500 > 400)
			text_add_string(&doc, other[dice_roll(&dice, 5)]);
	}
	text_add_string(&doc, END);
	stepwise = read_document(doc.data, doc.len, &config, uncut, true);
	CHECK(stepwise.accepted, "%s", stepwise.error.reason);
	CHECK(reads_as(&stepwise, doc.data, doc.len, &config, uncut), "whole");
	for (size_t piece = 1000; piece < 300000; piece = piece * 3 / 2)
		CHECK(reads_as(&stepwise, doc.data, doc.len, &config,
					   (Cuts){piece, piece, NULL}),
			  "pieces of %zu", piece);
	fast = read_document(doc.data, doc.len, &config, uncut, false);
	CHECK(fast.skipped > doc.len / 2, "%lu bytes",
		  (unsigned long) fast.skipped);
	reading_free(&fast);
	reading_free(&stepwise);
	free(doc.data);
}

int
main(void)
{
	RUN(test_cuts);
	RUN(test_fast);
	RUN(test_limits);
	RUN(test_long);
	RUN(test_random_damage);
	RUN(test_damage);
	return check_finish();
}
