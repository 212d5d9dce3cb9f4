/*
 * utf8.h
 *	  UTF-8: validating it byte by byte, and encoding characters.
 */
#ifndef DCF_UTF8_H
#define DCF_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bytes of a character. */
#define DCF_UTF8_MAX 4

/*
 * The state of a validation between two bytes; all zero between two characters.
 * While need is not 0, the next byte must be between low and high.
 */
typedef struct DcfUtf8
{
	uint8_t need; /* continuation bytes still to come */
	uint8_t low;
	uint8_t high;
} DcfUtf8;

/*
 * Validate the next byte.  Returns false if it is invalid here (RFC 3629:
 * shortest form, no surrogates, at most U+10FFFF).  Accepts U+0000.
 */
static inline bool
dcf_utf8_step(DcfUtf8 *state, unsigned char byte)
{
	if (state->need > 0)
	{
		if (byte < state->low || byte > state->high)
			return false;
		state->need--;
		state->low = 0x80;
		state->high = 0xBF;
		return true;
	}
	if (byte < 0x80)
		return true;
	if (byte < 0xC2 || byte > 0xF4)
		return false;
	state->need = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
	state->low = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
	state->high = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
	return true;
}

/* Encode a character that is no surrogate; dst has room for 4 bytes. */
static inline size_t
dcf_utf8_encode(uint32_t code, char *dst)
{
	if (code < 0x80)
	{
		dst[0] = (char) code;
		return 1;
	}
	if (code < 0x800)
	{
		dst[0] = (char) (0xC0 | code >> 6);
		dst[1] = (char) (0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000)
	{
		dst[0] = (char) (0xE0 | code >> 12);
		dst[1] = (char) (0x80 | (code >> 6 & 0x3F));
		dst[2] = (char) (0x80 | (code & 0x3F));
		return 3;
	}
	dst[0] = (char) (0xF0 | code >> 18);
	dst[1] = (char) (0x80 | (code >> 12 & 0x3F));
	dst[2] = (char) (0x80 | (code >> 6 & 0x3F));
	dst[3] = (char) (0x80 | (code & 0x3F));
	return 4;
}

#endif /* DCF_UTF8_H */
