/*
 * test_markup.c
 *	  Recognising pages, and their titles.
 */
#include "check.h"
#include "core/markup.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* A block of exactly this size, so that overruns are detected. */
static char *
block_of(const char *text, size_t len)
{
	char *block = malloc(len);

	return len > 0 ? memcpy(block, text, len) : block;
}

static void
beginnings(void)
{
	static const struct
	{
		const char *body;
		DcfBodyStart start;
	} cases[] = {
		{"", DCF_BODY_BLANK},
		{" \t\r\n", DCF_BODY_BLANK},
		{"\xEF", DCF_BODY_BLANK},
		{"\xEF\xBB", DCF_BODY_BLANK},
		{"\xEF\xBB\xBF", DCF_BODY_BLANK},
		{"\xEF\xBB\xBF\r\n", DCF_BODY_BLANK},
		{"<", DCF_BODY_OPEN},
		{"\xEF\xBB\xBF <", DCF_BODY_OPEN},
		{"<T", DCF_BODY_MARKUP},
		{"\r\n\r\n<!DOCTYPE html>", DCF_BODY_MARKUP},
		{"<?xml", DCF_BODY_MARKUP},
		{"</x>", DCF_BODY_MARKUP},
		{"<html>", DCF_BODY_MARKUP},
		{"[<a>]", DCF_BODY_OTHER},
		{"{", DCF_BODY_OTHER},
		{"<5,5-10\r\n", DCF_BODY_OTHER},
		{"<<a>", DCF_BODY_OTHER},
		{"< a>", DCF_BODY_OTHER},
		{"\xEF\xBBx", DCF_BODY_OTHER},
		{"\xEF\xBF<a>", DCF_BODY_OTHER},
		{" \xEF\xBB\xBF<a>", DCF_BODY_OTHER},
		{"x<a>", DCF_BODY_OTHER},
		{"\v<a>", DCF_BODY_OTHER},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		size_t len = strlen(cases[i].body);
		char *body = block_of(cases[i].body, len);

		CHECK(dcf_markup_look(body, len) == cases[i].start, "%s: %d",
			  cases[i].body, (int) dcf_markup_look(body, len));
		free(body);
	}
}

/* In each of them, and in no part of it. */
static void
empty_tables(void)
{
	static const char *const tables[] =
		{"<Table />",
		 "<Table/>",
		 "<table></TABLE>",
		 "\xEF\xBB\xBF\r\n<Table >\r\n</Table >",
		 "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<Table />",
		 "<Table xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" />"};
	static const char *const others[] = {"",
										 "[]",
										 "<Table>",
										 "<Table><Record /></Table>",
										 "<Table>0</Table>",
										 "<Table /><Table />",
										 "<Table1 />",
										 "<Tables></Tables>",
										 "<?xml version=\"1.0\"?>",
										 "<?xml <Table />",
										 "<html><Table /></html>",
										 "<Table></Tables>"};

	for (int i = 0; i < COUNT(tables); i++)
	{
		size_t len = strlen(tables[i]);

		for (size_t cut = 0; cut <= len; cut++)
		{
			char *body = block_of(tables[i], cut);

			CHECK(dcf_markup_is_empty_table(body, cut) == (cut == len),
				  "%zu bytes of %s", cut, tables[i]);
			free(body);
		}
	}
	for (int i = 0; i < COUNT(others); i++)
		CHECK(!dcf_markup_is_empty_table(others[i], strlen(others[i])), "%s",
			  others[i]);
	CHECK(dcf_markup_is_empty_table("<Table /> \r\n", 12),
		  "with space behind");
}

static void
titles(void)
{
	static const struct
	{
		const char *body;
		const char *title; /* or NULL */
	} cases[] = {
		{"<html><head><title>Log In</title></head>", "Log In"},
		{"<TITLE lang=\"en\">\r\n  502 Bad Gateway \n</TITLE>",
		 "502 Bad Gateway"},
		{"<titles>no</titles><title>yes</title>", "yes"},
		{"<title>cut he", "cut he"},
		{"<title>a &amp; b<!-- c --></title>", "a &amp; b"},
		{"<title></title>", NULL},
		{"<title> \r\n </title>", NULL},
		{"<title", NULL},
		{"<title>", NULL},
		{"<title lang", NULL},
		{"<Table />", NULL},
		{"", NULL},
	};

	for (int i = 0; i < COUNT(cases); i++)
	{
		size_t len = strlen(cases[i].body);
		char *body = block_of(cases[i].body, len);
		const char *title = NULL;
		size_t title_len = 0;
		bool found = dcf_markup_title(body, len, &title, &title_len);

		CHECK(found == (cases[i].title != NULL), "%s: found or not",
			  cases[i].body);
		CHECK(!found ||
				  (title_len == strlen(cases[i].title) &&
				   memcmp(title, cases[i].title, title_len) == 0),
			  "%s: %.*s", cases[i].body, (int) title_len, found ? title : "");
		free(body);
	}
}

int
main(void)
{
	RUN(beginnings);
	RUN(empty_tables);
	RUN(titles);
	return check_finish();
}
