/*
 * test_siphash.c
 *	  SipHash-2-4-128, compared with the authors' and OpenSSL's results.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/siphash.h"

/* The key is 00 01 … 0f, the text 00 01 … with this many bytes. */
static void
known_hashes(void)
{
	static const struct
	{
		size_t len;
		const char *hash;
	} cases[] = {
		{0, "a3817f04ba25a8e66df67214c7550293"},
		{1, "da87c1d86b99af44347659119b22fc45"},
		{7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
		{8, "3b62a9ba6258f5610f83e264f31497b4"},
		{9, "264499060ad9baabc47f8b02bb6d71ed"},
		{15, "5493e99933b0a8117e08ec0f97cfc3d9"},
		{16, "6ee2a4ca67b054bbfd3315bf85230577"},
		{63, "5150d1772f50834a503e069a973fbd7c"},
	};
	uint8_t bytes[64];

	for (int i = 0; i < 64; i++)
		bytes[i] = (uint8_t) i;
	for (int i = 0; i < (int) (sizeof(cases) / sizeof(cases[0])); i++)
	{
		uint8_t hash[DCF_SIPHASH_SIZE];
		char shown[2 * DCF_SIPHASH_SIZE + 1];

		dcf_siphash(bytes, bytes, cases[i].len, hash);
		for (int k = 0; k < DCF_SIPHASH_SIZE; k++)
			snprintf(shown + 2 * k, 3, "%02x", hash[k]);
		CHECK(strcmp(shown, cases[i].hash) == 0, "%d bytes: %s",
			  (int) cases[i].len, shown);
	}
}

static void
depends_on_all(void)
{
	uint8_t key[DCF_SIPHASH_SIZE] = {0};
	uint8_t text[40] = {0};
	uint8_t first[DCF_SIPHASH_SIZE];
	uint8_t other[DCF_SIPHASH_SIZE];

	dcf_siphash(key, text, sizeof(text), first);
	for (int i = 0; i < DCF_SIPHASH_SIZE; i++)
	{
		key[i] = 1;
		dcf_siphash(key, text, sizeof(text), other);
		CHECK(memcmp(first, other, sizeof(first)) != 0, "key byte %d", i);
		key[i] = 0;
	}
	for (int i = 0; i < (int) sizeof(text); i++)
	{
		text[i] = 0x80;
		dcf_siphash(key, text, sizeof(text), other);
		CHECK(memcmp(first, other, sizeof(first)) != 0, "byte %d", i);
		text[i] = 0;
	}
	dcf_siphash(key, text, sizeof(text) - 1, other);
	CHECK(memcmp(first, other, sizeof(first)) != 0, "length");
}

int
main(void)
{
	RUN(known_hashes);
	RUN(depends_on_all);
	return check_finish();
}
