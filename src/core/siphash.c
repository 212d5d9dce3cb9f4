/*
 * siphash.c
 *	  SipHash-2-4 with a result of 128 bits.  See siphash.h.
 *
 * Names follow the paper (v0 to v3, k0, k1).
 */
#include "core/siphash.h"

typedef struct State
{
	uint64_t v0;
	uint64_t v1;
	uint64_t v2;
	uint64_t v3;
} State;

/* Up to 8 bytes as a little-endian number. */
static uint64_t
load(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t) bytes[i] << (8 * i);
	return word;
}

static void
store(uint8_t *bytes, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t) (word >> (8 * i));
}

static uint64_t
rotate(uint64_t word, int bits)
{
	return (word << bits) | (word >> (64 - bits));
}

/* SipRound, several times. */
static void
mix(State *s, int rounds)
{
	for (int i = 0; i < rounds; i++)
	{
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Absorb one word, with the two rounds of SipHash-2-4. */
static void
absorb(State *s, uint64_t word)
{
	/* The word enters before the rounds in v3, and after them in v0. */
	s->v3 ^= word;
	mix(s, 2);
	s->v0 ^= word;
}

void
dcf_siphash(const uint8_t key[DCF_SIPHASH_SIZE], const void *bytes, size_t len,
			uint8_t hash[DCF_SIPHASH_SIZE])
{
	const uint8_t *p = bytes;
	uint64_t k0 = load(key, 8);
	uint64_t k1 = load(key + 8, 8);
	State s = {UINT64_C(0x736f6d6570736575) ^ k0,
			   UINT64_C(0x646f72616e646f6d) ^ k1 ^ 0xee,
			   UINT64_C(0x6c7967656e657261) ^ k0,
			   UINT64_C(0x7465646279746573) ^ k1};
	size_t left;

	/*
	 * Whole words first.  The last word has the rest, and the length modulo
	 * 256 in its top byte.
	 */
	for (left = len; left >= 8; left -= 8, p += 8)
		absorb(&s, load(p, 8));
	absorb(&s, load(p, left) | (uint64_t) len << 56);
	/*
	 * Four rounds finish each half.  0xee and 0xdd are the constants of the
	 * 128-bit variant; 64 bits would use 0xff.
	 */
	s.v2 ^= 0xee;
	mix(&s, 4);
	store(hash, s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
	s.v1 ^= 0xdd;
	mix(&s, 4);
	store(hash + 8, s.v0 ^ s.v1 ^ s.v2 ^ s.v3);
}
