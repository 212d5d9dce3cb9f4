/*
 * utf8.h
 *	  Checking UTF-8 one byte at a time.  Private to src/core.
 */
#ifndef DCF_UTF8_H
#define DCF_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where a check stands between two bytes.  All zero: between two characters.
 * low and high bound the next byte while more are needed.
 */
typedef struct DcfUtf8
{
	uint8_t need; /* continuation bytes still to come */
	uint8_t low;
	uint8_t high;
} DcfUtf8;

/*
 * Take one byte.  False if no UTF-8 text (RFC 3629: shortest form, no
 * surrogates, at most U+10FFFF) has it here.  U+0000 is taken.
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

#endif /* DCF_UTF8_H */
