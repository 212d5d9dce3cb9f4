/*
 * test_secret.c
 *	  Finding a secret in foreign text.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/secret.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* The text with stars for marked bytes, malloc'd. */
static char *
hide(const char *text, bool cut, const char *secret)
{
	size_t len = strlen(text);
	/* Exactly the text's size, so that overruns are detected. */
	char *bare = malloc(len);
	bool *mark = calloc(len + 1, sizeof(bool));
	char *hidden = calloc(len + 1, 1);

	memcpy(bare, text, len);
	dcf_secret_mark(bare, len, cut, secret, strlen(secret), mark);
	for (size_t i = 0; i < len; i++)
		hidden[i] = mark[i] ? '*' : text[i];
	CHECK(!mark[len], "a mark behind \"%s\"", text);
	free(bare);
	free(mark);
	return hidden;
}

typedef struct Case
{
	const char *secret;
	const char *text;
	const char *hidden;
} Case;

static const Case cases[] = {
	/* plain */
	{"secret", "", ""},
	{"secret", "the secret.", "the ******."},
	{"secret", "secretsecret and secret", "************ and ******"},
	{"secret", "Secret secre-t", "Secret secre-t"},
	{"aaaa", "aaaaaa", "******"},
	{"abc", "abc abc", "abc abc"},
	{"", "abc", "abc"},
	{"p\xC3\xA9p\xC3\xA9", "a p\xC3\xA9p\xC3\xA9 b", "a ****** b"},
	/* in a URL or a form */
	{"a&b c", "x=a%26b%20c&y", "x=*********&y"},
	{"a&b c", "x=a%26b+c&y", "x=*******&y"},
	{"p\xC3\xA9ta", "x=p%c3%A9ta.", "x=*********."},
	{"%41b+", "%41b+ %2541b%2B", "***** *********"},
	{"word", "%77%6f%72%64!", "************!"},
	{"100%", "100% 100%25 100%2", "**** ****** ****2"},
	/* in JSON */
	{"a\"b\\/", "{\"a\\\"b\\\\\\/\"}", "{\"********\"}"},
	{"p\xC3\xA9ta", "p\\u00e9ta p\\u00E9ta", "********* *********"},
	{"abc\xF0\x9D\x84\x9E", "abc\\ud834\\udd1e.", "***************."},
	{"line\nend", "line\\nend", "*********"},
	/* in HTML */
	{"a&<>\"'", "a&amp;&lt;&gt;&quot;&#39;", "*************************"},
	{"a&<>\"'", "a&#38;&#x3c;&#X3E;&quot;&apos;.",
	 "******************************."},
	{"p\xC3\xA9ta", "p&#233;ta p&#xE9;ta", "********* *********"},
	{"a&b;", "a&b; a&amp;b;", "**** ********"},
	/* in CSV */
	{"a\"b\"", "x,\"a\"\"b\"\"\",y", "x,\"******\",y"},
	{"\"ab\"", "\"\"\"ab\"\"\"", "\"******\""},
	{"abcd\"", "{\"abcd\\\"\", \"\"}", "{\"******\", \"\"}"},
	{"a\"bc", "\"\\\"a\\\"\\\"bc\\\"\"", "\"\\\"*******\\\"\""},
	/* one encoding inside the other */
	{"a&\"<", "a%26\\\"< a&amp;\\\"&lt;", "******* ************"},
	{"a&\"<", "\"a\\u00260\\\"<\"", "\"a\\u00260\\\"<\""},
	{"p\xC3\xA9/t", "\"p\\\\u00e9\\\\\\/t\"", "\"*************\""},
};

/* Texts that were cut; if they were not, nothing is found in them. */
static const Case cut_cases[] = {
	{"secret", "the secre", "the *****"},
	{"secret", "the secr", "the ****"},
	{"secret", "the sec", "the sec"},
	{"abcd&e", "x abcd%2", "x ******"},
	{"abcd&e", "x abcd%", "x *****"},
	{"abcd\"e", "x abcd\\", "x *****"},
	{"abcd\xF0\x9D\x84\x9E", "x abcd\\ud834\\u", "x ************"},
	{"abcd&e", "x abcd&am", "x *******"},
	{"p\xC3\xA9\xC3\xA9ta", "p\xC3\xA9\xC3", "****"},
};

static void
check_case(const Case *one, bool cut, const char *expected)
{
	char *hidden = hide(one->text, cut, one->secret);

	CHECK(strcmp(hidden, expected) == 0, "\"%s\" in \"%s\": \"%s\"",
		  one->secret, one->text, hidden);
	free(hidden);
}

static void
hides(void)
{
	for (int i = 0; i < COUNT(cases); i++)
	{
		check_case(&cases[i], false, cases[i].hidden);
		check_case(&cases[i], true, cases[i].hidden);
	}
}

static void
hides_what_was_cut(void)
{
	for (int i = 0; i < COUNT(cut_cases); i++)
	{
		check_case(&cut_cases[i], true, cut_cases[i].hidden);
		check_case(&cut_cases[i], false, cut_cases[i].text);
	}
}

static void
leaves_other_marks(void)
{
	bool mark[] = {true, false, false, false, false, true};

	dcf_secret_mark("xword-", 6, false, "word", 4, mark);
	for (int i = 0; i < COUNT(mark); i++)
		CHECK(mark[i], "byte %d", i);
}

/* Where to search once more: no secret that was found is to be cut in two. */
static size_t
unsettled(const char *text, size_t len, const char *secret, bool *mark)
{
	size_t at =
		dcf_secret_mark(text, len, false, secret, strlen(secret), mark);

	while (at > 0 && at < len && mark[at - 1])
		at--;
	return at;
}

/* A text that comes in two pieces, wherever it is cut, has the same marks. */
static void
finds_in_pieces(void)
{
	for (int i = 0; i < COUNT(cases); i++)
	{
		const char *text = cases[i].text;
		const char *secret = cases[i].secret;
		size_t len = strlen(text);

		for (size_t cut = 0; cut <= len; cut++)
		{
			bool *mark = calloc(len + 1, sizeof(bool));
			size_t at = unsettled(text, cut, secret, mark);

			dcf_secret_mark(text + at, len - at, false, secret, strlen(secret),
							mark + at);
			for (size_t j = 0; j < len; j++)
				CHECK(mark[j] == (cases[i].hidden[j] == '*'),
					  "\"%s\" in \"%s\", cut at %zu: byte %zu", secret, text,
					  cut, j);
			free(mark);
		}
	}
}

/* Only what may be a secret's start is searched again. */
static void
settles(void)
{
	static const struct
	{
		const char *text;
		size_t at;
	} texts[] = {{"", 0},		   {"the end", 7}, {"the s", 4},
				 {"the secre", 4}, {"secret", 6},  {"the secr\\u00", 4},
				 {"secrets", 6},   {"sesecre", 2}, {"set", 3},
				 {"the %7", 4},	   {"a \\", 2}};

	for (int i = 0; i < COUNT(texts); i++)
	{
		bool mark[32] = {false};
		size_t at = dcf_secret_mark(texts[i].text, strlen(texts[i].text),
									false, "secret", 6, mark);

		CHECK(at == texts[i].at, "\"%s\": %zu", texts[i].text, at);
	}
}

int
main(void)
{
	RUN(finds_in_pieces);
	RUN(settles);
	RUN(hides);
	RUN(hides_what_was_cut);
	RUN(leaves_other_marks);
	return check_finish();
}
