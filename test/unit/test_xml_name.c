/*
 * test_xml_name.c
 *	  Names of elements, and the results of .NET's XmlConvert.DecodeName.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/xml_name.h"

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

static const struct
{
	const char *name;
	const char *decoded;
} cases[] = {
	{"", ""},
	{"StoreName", "StoreName"},
	{"na\xC3\xAFve", "na\xC3\xAFve"},
	{"ID_x0020__x0023_", "ID #"},
	{"_x0031_st", "1st"},
	{"_X002f__x002F_", "//"},
	{"a_x0020_b_x0020_", "a b "},
	{"_x00E9__x6771_", "\xC3\xA9\xE6\x9D\xB1"},
	{"_xFFFF_", "\xEF\xBF\xBF"},

	/* Beyond U+FFFF: as two surrogates, or with eight digits. */
	{"_xD83D__xDE00_", "\xF0\x9F\x98\x80"},
	{"_x0001F600_", "\xF0\x9F\x98\x80"},
	{"_xDBFF__xDFFF_x", "\xF4\x8F\xBF\xBFx"},
	{"_x0010FFFF_", "\xF4\x8F\xBF\xBF"},
	{"_x00000041_", "A"},

	/* An escaped underscore protects what follows: nothing is decoded twice. */
	{"_x005F_x0041_", "_x0041_"},
	{"_x005F__x0041_", "_A"},
	{"_x0041_x0042_", "Ax0042_"},
	{"__x0041__", "_A_"},

	/* Not an escape. */
	{"_", "_"},
	{"__", "__"},
	{"_x_", "_x_"},
	{"_x0041", "_x0041"},
	{"x0041_", "x0041_"},
	{"_x041_", "_x041_"},
	{"_x00041_", "_x00041_"},
	{"_x004G_", "_x004G_"},
	{"_x004\xC3\xA9_", "_x004\xC3\xA9_"},
	{"_0041_", "_0041_"},
	{"_x000000041_", "_x000000041_"},

	/* Characters that no text can contain. */
	{"_x0000_", "_x0000_"},
	{"_x00000000_", "_x00000000_"},
	{"_xD83D_", "_xD83D_"},
	{"_xDE00_", "_xDE00_"},
	{"_xD83D_x", "_xD83D_x"},
	{"_xD83D__x0041_", "_xD83D_A"},
	{"_xD83D__xD83D__xDE00_", "_xD83D_\xF0\x9F\x98\x80"},
	{"_x0000D83D_", "_x0000D83D_"},
	{"_x00110000_", "_x00110000_"},
	{"_xFFFFFFFF_", "_xFFFFFFFF_"},
};

static void
decoding(void)
{
	for (int i = 0; i < COUNT(cases); i++)
	{
		/* Exactly the room that the contract requires. */
		size_t len = strlen(cases[i].name);
		char *name = malloc(len);
		char *decoded = malloc(len);

		if (len > 0)
			memcpy(name, cases[i].name, len);
		len = dcf_xml_decode_name(name, len, decoded);
		CHECK(len == strlen(cases[i].decoded) &&
				  (len == 0 || memcmp(decoded, cases[i].decoded, len) == 0),
			  "%s: %.*s", cases[i].name, (int) len, decoded);
		free(name);
		free(decoded);
	}
}

int
main(void)
{
	RUN(decoding);
	return check_finish();
}
