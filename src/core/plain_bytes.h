/*
 * plain_bytes.h
 *	  Bytes of text that a reader need not look at: printable ASCII but for the
 *	  quote and one special character of the format.
 */
#ifndef DCF_PLAIN_BYTES_H
#define DCF_PLAIN_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool
dcf_is_plain(unsigned char c, char special)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != (unsigned char) special;
}

/*
 * Whether all of the eight bytes at p are plain.
 *
 * A subtraction borrows into a byte's top bit if the byte is less than what is
 * subtracted.  A borrow can mark only bytes above an offending one falsely, so
 * the answer for all eight is exact.
 */
static inline bool
dcf_are_plain(const char *p, char special)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones * 0x80;
	uint64_t bytes;
	uint64_t quotes;
	uint64_t specials;

	memcpy(&bytes, p, sizeof(bytes));
	quotes = bytes ^ (ones * '"');
	specials = bytes ^ (ones * (unsigned char) special);
	return ((bytes | (bytes - ones * 0x20) | (quotes - ones) |
			 (specials - ones)) &
			tops) == 0;
}

#endif /* DCF_PLAIN_BYTES_H */
