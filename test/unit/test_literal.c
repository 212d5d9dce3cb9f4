/*
 * test_literal.c
 *	  Splitting arrays, ranges and rows into their parts.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/literal.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* A copy of exactly the text's size, so that overruns are detected. */
static char *
bare(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

/* An array, and its elements as KIND(escaped)=span, each followed by '|'. */
static const struct
{
	const char *src;
	const char *text;
	int depth;
} json_cases[] = {
	{"[]", "", 1},
	{"[ ]", "", 1},
	{"[1]", "4=1|", 1},
	{"[ -1.5e3 , 2 ]", "4=-1.5e3|4=2|", 1},
	{"[null,true,false]", "1=null|3=true|2=false|", 1},
	{"[\"\"]", "5=|", 1},
	{"[\"a,]\"]", "5=a,]|", 1},
	{"[\"a\\\"b\",\"c\\\\\"]", "5!=a\\\"b|5!=c\\\\|", 1},
	{"[{\"a\":[1,\"}\"]}, {}]", "6={\"a\":[1,\"}\"]}|6={}|", 1},
	{"[[1,2],[3]]", "7=[1,2]|7=[3]|", 2},
	{"[ [ \"]\" ] ,[]]", "7=[ \"]\" ]|7=[]|", 2},
	{"[\n[\t[]]]", "7=[\t[]]|", 3},
	{"[{\"a\":[]}]", "6={\"a\":[]}|", 1},
	/* Invalid JSON, but nothing is read beyond its end. */
	{"[", "", 1},
	{"[\"", "5=|", 1},
	{"[\"a", "5=a|", 1},
	{"[\"a\\", "5!=a\\|", 1},
	{"[{\"", "6={\"|", 1},
	{"[1", "4=1|", 1},
};

static void
json(void)
{
	for (int i = 0; i < COUNT(json_cases); i++)
	{
		const char *src = json_cases[i].src;
		size_t len = strlen(src);
		char *copy = bare(src);
		char text[200] = "";
		size_t used = 0;
		size_t pos = 0;
		DcfField field;

		while (dcf_literal_next_json(copy, len, &pos, &field))
		{
			CHECK(field.data >= copy && field.data + field.len <= copy + len,
				  "%s: within", src);
			used += (size_t) snprintf(text + used, sizeof(text) - used,
									  "%d%s=%.*s|", (int) field.kind,
									  field.escaped ? "!" : "",
									  (int) field.len, field.data);
		}
		CHECK(strcmp(text, json_cases[i].text) == 0, "%s: %s", src, text);
		CHECK(dcf_literal_json_depth(copy, len) == json_cases[i].depth,
			  "%s: depth", src);
		free(copy);
	}
}

/* A part up to a comma or bracket: itself and the rest; "missing", "wrong". */
static const struct
{
	const char *src;
	const char *text;
} part_cases[] = {
	{",b)", "missing ,b)"},
	{")", "missing )"},
	{"a,b)", "a ,b)"},
	{" a b )", " a b  )"},
	{"\"\")", " )"},
	{"\"a,b)\",", "a,b) ,"},
	{"\"a\"\"b\",", "a\"b ,"},
	{"\"a\"b\"c\",", "abc ,"},
	{"a\\,b,", "a,b ,"},
	{"\"a\\\"b\",", "a\"b ,"},
	{"\\\\,", "\\ ,"},
	{"", "wrong"},
	{"a", "wrong"},
	{"\"a,", "wrong"},
	{"a\\", "wrong"},
	{"\"a\"", "wrong"},
};

static void
part(void)
{
	for (int i = 0; i < COUNT(part_cases); i++)
	{
		const char *src = part_cases[i].src;
		size_t len = strlen(src);
		char *copy = bare(src);
		char *out = malloc(len);
		char text[80] = "wrong";
		size_t out_len;
		size_t pos = 0;
		bool missing;

		if (dcf_literal_next_part(copy, len, &pos, ",)", out, &out_len,
								  &missing))
			snprintf(text, sizeof(text), "%.*s%s %.*s", (int) out_len, out,
					 missing ? "missing" : "", (int) (len - pos), copy + pos);
		CHECK(strcmp(text, part_cases[i].text) == 0, "%s: %s", src, text);
		free(out);
		free(copy);
	}
}

static void
space(void)
{
	size_t pos = 1;

	dcf_literal_skip_space("a \t\n\r\v\fb", 8, &pos);
	CHECK(pos == 7, "stops at %zu", pos);
	dcf_literal_skip_space("a  ", 3, &pos);
	CHECK(pos == 7, "stays");
	pos = 1;
	dcf_literal_skip_space("a  ", 3, &pos);
	CHECK(pos == 3, "stops at the end");
}

int
main(void)
{
	RUN(json);
	RUN(part);
	RUN(space);
	return check_finish();
}
