/*
 * fuzz_text.c
 *	  Fuzzing the functions that parse foreign text: none reads or writes beyond
 *	  its arguments, and each keeps its contract.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backoff.h"
#include "core/secret.h"
#include "core/text.h"
#include "core/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool condition, const char *what)
{
	if (!condition)
	{
		fprintf(stderr, "fuzz_text: %s\n", what);
		abort();
	}
}

static bool
is_between(int64_t value, int64_t least, int64_t most)
{
	return value >= least && value <= most;
}

/*
 * The result is valid and safe UTF-8; it is complete if it fits into size bytes,
 * else as long as the room for the dots allows.
 */
static void
safe_text(const char *src, size_t len, size_t size)
{
	char *whole = malloc(len + 4);
	size_t nwhole = dcf_text_make_safe(src, len, whole, len + 4);
	char *dst = malloc(size);
	size_t n = dcf_text_make_safe(src, len, dst, size);
	char *again = malloc(size);

	must(nwhole <= len && dcf_text_is_utf8(whole, nwhole),
		 "safe text is not UTF-8");
	must(n < size && dst[n] == '\0', "safe text is too long");
	must(dcf_text_is_utf8(dst, n), "safe text is cut in a character");
	if (nwhole < size)
		must(n == nwhole && memcmp(dst, whole, n) == 0, "safe text is cut");
	else
		must(n >= 3 && memcmp(dst + n - 3, "...", 3) == 0 &&
				 memcmp(dst, whole, n - 3) == 0 && n + 3 >= size - 1,
			 "safe text is cut badly");
	must(dcf_text_make_safe(dst, n, again, size) == n &&
			 memcmp(dst, again, n) == 0,
		 "safe text is not safe");
	free(whole);
	free(dst);
	free(again);
}

static void
iso_time(const char *src, size_t len)
{
	DcfIsoTime iso;

	if (!dcf_text_parse_iso(src, len, &iso))
		return;
	must(iso.has_date || iso.has_time, "neither date nor time");
	must(!iso.has_date ||
			 (is_between(iso.year, 1, 9999) && is_between(iso.month, 1, 12) &&
			  is_between(iso.day, 1, 31)),
		 "date out of range");
	must(is_between(iso.hour, 0, 23) && is_between(iso.minute, 0, 59) &&
			 is_between(iso.second, 0, 59) && is_between(iso.usec, 0, 1000000),
		 "time out of range");
	must(is_between(iso.offset, -86399, 86399), "offset out of range");
}

static void
number(const char *src, size_t len)
{
	bool integral;
	char *copy;
	char *end;

	if (!dcf_text_is_number(src, len, &integral))
		return;
	copy = malloc(len + 1);
	memcpy(copy, src, len);
	copy[len] = '\0';
	if (integral)
		strtoll(copy, &end, 10);
	else
		strtold(copy, &end);
	must(*end == '\0', "a number that the C library does not know");
	free(copy);
}

static void
url_code(const char *src, size_t len)
{
	char *encoded = malloc(3 * len);
	size_t nencoded = dcf_url_encode(src, len, encoded, 3 * len);
	char *decoded = malloc(nencoded);
	size_t ndecoded;
	char *part = malloc(nencoded / 2);

	must(nencoded <= 3 * len, "encoded is too long");
	must(dcf_url_decode(encoded, nencoded, decoded, &ndecoded),
		 "encoded cannot be decoded");
	must(ndecoded == len && (len == 0 || memcmp(decoded, src, len) == 0),
		 "decoded is not what was encoded");
	must(dcf_url_encode(src, len, part, nencoded / 2) == nencoded &&
			 (nencoded < 2 || memcmp(part, encoded, nencoded / 2) == 0),
		 "encoded otherwise in little room");
	free(part);
	free(decoded);
	free(encoded);

	decoded = malloc(len);
	if (dcf_url_decode(src, len, decoded, &ndecoded))
		must(ndecoded <= len, "decoded is too long");
	free(decoded);
}

static void
pairs(const char *src, size_t len)
{
	DcfSpan name;
	DcfSpan value;
	size_t pos = 0;
	size_t least = 0;

	while (dcf_url_next_pair(src, len, &pos, &name, &value))
	{
		must(name.data >= src + least && name.data + name.len <= value.data &&
				 value.data + value.len <= src + len,
			 "a pair outside the query");
		must(name.len == 0 || memchr(name.data, '=', name.len) == NULL,
			 "a name with '='");
		must(value.len == 0 || memchr(value.data, '&', value.len) == NULL,
			 "a value with '&'");
		must(pos > least && pos <= len, "the walk does not go on");
		least = pos;
	}
	must(pos == len, "the walk ends early");
}

static void
headers(const char *src, size_t len, int64_t now)
{
	int64_t delay;

	if (dcf_retry_after_parse(src, len, now, &delay))
		must(is_between(delay, 0, DCF_DELAY_MAX_MS), "delay out of range");
	if (dcf_seconds_parse(src, len, &delay))
		must(is_between(delay, 0, DCF_DELAY_MAX_MS), "seconds out of range");
}

/* The input is a secret followed by a text that may contain it. */
static void
secret(const char *src, size_t len, size_t secret_len)
{
	const char *text;
	bool *mark;

	if (secret_len > len)
		return;
	text = src + secret_len;
	len -= secret_len;
	mark = calloc(len + 1, sizeof(bool));
	dcf_secret_mark(text, len, len % 2 == 0, src, secret_len, mark);
	must(!mark[len], "a mark behind the text");
	for (size_t i = 0; secret_len >= DCF_SECRET_MIN && i + secret_len <= len;
		 i++)
	{
		if (memcmp(text + i, src, secret_len) == 0)
			must(mark[i] && mark[i + secret_len - 1], "a secret was missed");
	}
	free(mark);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *src;
	size_t len;
	int64_t now = 0;

	/* The first byte determines sizes and the time. */
	if (size == 0)
		return 0;
	len = size - 1;
	src = malloc(len);
	if (len > 0)
		memcpy(src, data + 1, len);
	if (len >= sizeof(now) && data[0] % 2 == 0)
		memcpy(&now, src, sizeof(now));
	else
		now = data[0] * INT64_C(20000000);

	safe_text(src, len, 4 + data[0] % 64);
	iso_time(src, len);
	number(src, len);
	url_code(src, len);
	pairs(src, len);
	headers(src, len, now);
	secret(src, len, data[0] % 16);
	free(src);
	return 0;
}
