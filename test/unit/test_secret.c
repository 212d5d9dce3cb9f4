/*
 * test_secret.c
 *	  Finding a secret in foreign text.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "secret.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* The text with stars for what is marked, malloc'd. */
static char *
hide(const char *text, const char *secret)
{
	size_t len = strlen(text);
	/* Nothing behind it, so that reading on is noticed. */
	char *bare = malloc(len);
	bool *mark = calloc(len + 1, sizeof(bool));
	char *hidden = calloc(len + 1, 1);

	memcpy(bare, text, len);
	dcf_secret_mark(bare, len, secret, strlen(secret), mark);
	for (size_t i = 0; i < len; i++)
		hidden[i] = mark[i] ? '*' : text[i];
	CHECK(!mark[len], "a mark behind \"%s\"", text);
	free(bare);
	free(mark);
	return hidden;
}

static const struct
{
	const char *secret;
	const char *text;
	const char *hidden;
} cases[] = {
	/* as it stands */
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
	/* one in the other */
	{"a&\"<", "a%26\\\"< a&amp;\\\"&lt;", "******* ************"},
	{"a&\"<", "\"a\\u00260\\\"<\"", "\"a\\u00260\\\"<\""},
	{"p\xC3\xA9/t", "\"p\\\\u00e9\\\\\\/t\"", "\"*************\""},
	/* cut off at the end */
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
hides(void)
{
	for (int i = 0; i < COUNT(cases); i++)
	{
		char *hidden = hide(cases[i].text, cases[i].secret);

		CHECK(strcmp(hidden, cases[i].hidden) == 0, "\"%s\" in \"%s\": \"%s\"",
			  cases[i].secret, cases[i].text, hidden);
		free(hidden);
	}
}

static void
leaves_other_marks(void)
{
	bool mark[] = {true, false, false, false, false, true};

	dcf_secret_mark("xword-", 6, "word", 4, mark);
	for (int i = 0; i < COUNT(mark); i++)
		CHECK(mark[i], "byte %d", i);
}

int
main(void)
{
	RUN(hides);
	RUN(leaves_other_marks);
	return check_finish();
}
