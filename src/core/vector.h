/*
 * vector.h
 *	  Vector instructions: skipping the plain bytes of a JSON string, and
 *	  comparing short pieces of memory.
 *
 * Plain bytes need no further inspection: printable ASCII except the quote and
 * the backslash, and DEL.
 *
 * dcf_vector_skip_*(p, end) returns the first byte at or after p that is not
 * plain; if there is none before end, some address at or after end.  All but the
 * portable one may read up to DCF_VECTOR_BLOCK bytes from end on.
 *
 * dcf_vector_mask_*(p) returns a bit for each of the DCF_VECTOR_MASK bytes at p,
 * the lowest for the first: whether it is a comma, a quote, a control character
 * or not ASCII, and so needs a look in CSV.  There is no portable one.
 *
 * dcf_vector_same_*(a, b, len) returns whether len bytes are equal.  len is at
 * most DCF_VECTOR_BLOCK * 2, and that many bytes must be readable at a and b.
 */
#ifndef DCF_VECTOR_H
#define DCF_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plain_bytes.h"

#define DCF_VECTOR_BLOCK 32
#define DCF_VECTOR_MASK	 64

#ifdef __SSE2__
#define DCF_HAVE_SSE2 1
#include <emmintrin.h>
#if defined(__GNUC__) && defined(__x86_64__)
#define DCF_HAVE_AVX2	1
#define DCF_TARGET_AVX2 __attribute__((target("avx2")))
#include <immintrin.h>
#endif
#endif
#if defined(__aarch64__) && defined(__ARM_NEON)
#define DCF_HAVE_NEON 1
#include <arm_neon.h>
#endif

static inline const char *
dcf_vector_skip_portable(const char *p, const char *end)
{
	while (end - p >= 8 && dcf_are_plain(p, '\\'))
		p += 8;
	while (p < end && dcf_is_plain((unsigned char) *p, '\\'))
		p++;
	return p;
}

static inline bool
dcf_vector_same_portable(const char *a, const char *b, size_t len)
{
	return memcmp(a, b, len) == 0;
}

#ifdef DCF_HAVE_SSE2

/* As signed bytes, control characters and non-ASCII bytes are below a space. */
static inline const char *
dcf_vector_skip_sse2(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i space = _mm_set1_epi8(0x20);

	for (; p < end; p += 16)
	{
		__m128i bytes = _mm_loadu_si128((const __m128i *) p);
		__m128i odd =
			_mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
									  _mm_cmpeq_epi8(bytes, backslash)),
						 _mm_cmplt_epi8(bytes, space));
		int mask = _mm_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz((unsigned) mask);
	}
	return p;
}

static inline uint64_t
dcf_vector_mask_sse2(const char *p)
{
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i comma = _mm_set1_epi8(',');
	const __m128i space = _mm_set1_epi8(0x20);
	uint64_t mask = 0;

	for (int i = 0; i < DCF_VECTOR_MASK; i += 16)
	{
		__m128i bytes = _mm_loadu_si128((const __m128i *) (p + i));
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
												_mm_cmpeq_epi8(bytes, comma)),
								   _mm_cmplt_epi8(bytes, space));

		mask |= (uint64_t) (unsigned) _mm_movemask_epi8(odd) << i;
	}
	return mask;
}

static inline bool
dcf_vector_same_sse2(const char *a, const char *b, size_t len)
{
	for (;; a += 16, b += 16, len -= 16)
	{
		__m128i same = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *) a),
									  _mm_loadu_si128((const __m128i *) b));
		unsigned other = ~(unsigned) _mm_movemask_epi8(same) & 0xFFFF;

		if (len <= 16)
			return (other & ((1U << len) - 1)) == 0;
		if (other != 0)
			return false;
	}
}

#endif

#ifdef DCF_HAVE_AVX2

DCF_TARGET_AVX2 static inline const char *
dcf_vector_skip_avx2(const char *p, const char *end)
{
	const __m256i quote = _mm256_set1_epi8('"');
	const __m256i backslash = _mm256_set1_epi8('\\');
	const __m256i space = _mm256_set1_epi8(0x20);

	for (; p < end; p += 32)
	{
		__m256i bytes = _mm256_loadu_si256((const __m256i *) p);
		__m256i odd =
			_mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote),
											_mm256_cmpeq_epi8(bytes,
															  backslash)),
							_mm256_cmpgt_epi8(space, bytes));
		unsigned mask = (unsigned) _mm256_movemask_epi8(odd);

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	return p;
}

DCF_TARGET_AVX2 static inline uint64_t
dcf_vector_mask_avx2(const char *p)
{
	const __m256i quote = _mm256_set1_epi8('"');
	const __m256i comma = _mm256_set1_epi8(',');
	const __m256i space = _mm256_set1_epi8(0x20);
	uint64_t mask = 0;

	for (int i = 0; i < DCF_VECTOR_MASK; i += 32)
	{
		__m256i bytes = _mm256_loadu_si256((const __m256i *) (p + i));
		__m256i odd =
			_mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote),
											_mm256_cmpeq_epi8(bytes, comma)),
							_mm256_cmpgt_epi8(space, bytes));

		mask |= (uint64_t) (uint32_t) _mm256_movemask_epi8(odd) << i;
	}
	return mask;
}

DCF_TARGET_AVX2 static inline bool
dcf_vector_same_avx2(const char *a, const char *b, size_t len)
{
	for (;; a += 32, b += 32, len -= 32)
	{
		__m256i same =
			_mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *) a),
							  _mm256_loadu_si256((const __m256i *) b));
		uint64_t other = ~(uint32_t) _mm256_movemask_epi8(same);

		if (len <= 32)
			return (other & ((UINT64_C(1) << len) - 1)) == 0;
		if (other != 0)
			return false;
	}
}

#endif

#ifdef DCF_HAVE_NEON

/* A mask with four bits for each byte, which are set if the byte is 0xFF. */
static inline uint64_t
dcf_neon_mask(uint8x16_t bytes)
{
	return vget_lane_u64(vreinterpret_u64_u8(
							 vshrn_n_u16(vreinterpretq_u16_u8(bytes), 4)),
						 0);
}

static inline const char *
dcf_vector_skip_neon(const char *p, const char *end)
{
	for (; p < end; p += 16)
	{
		uint8x16_t bytes = vld1q_u8((const uint8_t *) p);
		uint8x16_t odd = vorrq_u8(vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')),
										   vceqq_u8(bytes, vdupq_n_u8('\\'))),
								  vorrq_u8(vcltq_u8(bytes, vdupq_n_u8(0x20)),
										   vcgeq_u8(bytes, vdupq_n_u8(0x80))));
		uint64_t mask = dcf_neon_mask(odd);

		if (mask != 0)
			return p + __builtin_ctzll(mask) / 4;
	}
	return p;
}

static inline uint64_t
dcf_vector_mask_neon(const char *p)
{
	/* In each half, the bit that stands for the byte. */
	const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128,
							 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t odd[4];

	for (int i = 0; i < 4; i++)
	{
		uint8x16_t bytes = vld1q_u8((const uint8_t *) p + 16 * i);

		odd[i] =
			vandq_u8(vorrq_u8(vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')),
									   vceqq_u8(bytes, vdupq_n_u8(','))),
							  vorrq_u8(vcltq_u8(bytes, vdupq_n_u8(0x20)),
									   vcgeq_u8(bytes, vdupq_n_u8(0x80)))),
					 bits);
	}
	/* Adding neighbours three times packs eight bytes into one. */
	odd[0] = vpaddq_u8(vpaddq_u8(odd[0], odd[1]), vpaddq_u8(odd[2], odd[3]));
	odd[0] = vpaddq_u8(odd[0], odd[0]);
	return vgetq_lane_u64(vreinterpretq_u64_u8(odd[0]), 0);
}

static inline bool
dcf_vector_same_neon(const char *a, const char *b, size_t len)
{
	for (;; a += 16, b += 16, len -= 16)
	{
		uint64_t other =
			~dcf_neon_mask(vceqq_u8(vld1q_u8((const uint8_t *) a),
									vld1q_u8((const uint8_t *) b)));

		if (len <= 16)
			return len == 16 ? other == 0 :
							   (other & ((UINT64_C(1) << len * 4) - 1)) == 0;
		if (other != 0)
			return false;
	}
}

#endif

#endif /* DCF_VECTOR_H */
