/*
 * simd.c
 *	  Choosing vector instructions.  See simd.h.
 */
#include "core/simd.h"

#include "vector.h"

bool
dcf_simd_has(DcfSimd simd)
{
	switch (simd)
	{
		case DCF_SIMD_BEST:
		case DCF_SIMD_PORTABLE:
			return true;
		case DCF_SIMD_SSE2:
#ifdef DCF_HAVE_SSE2
			return true; /* part of the architecture */
#else
			return false;
#endif
		case DCF_SIMD_AVX2:
#ifdef DCF_HAVE_AVX2
			/* Compiled in for all processors, but only some have it. */
			return __builtin_cpu_supports("avx2");
#else
			return false;
#endif
		case DCF_SIMD_NEON:
#ifdef DCF_HAVE_NEON
			return true; /* part of the architecture */
#else
			return false;
#endif
	}
	return false;
}

DcfSimd
dcf_simd_choose(DcfSimd simd)
{
	static const DcfSimd by_speed[] = {DCF_SIMD_AVX2, DCF_SIMD_SSE2,
									   DCF_SIMD_NEON};

	if (simd != DCF_SIMD_BEST)
		return simd;
	for (unsigned i = 0; i < sizeof(by_speed) / sizeof(by_speed[0]); i++)
	{
		if (dcf_simd_has(by_speed[i]))
			return by_speed[i];
	}
	return DCF_SIMD_PORTABLE;
}

const char *
dcf_simd_name(DcfSimd simd)
{
	static const char *const names[DCF_SIMD_COUNT] = {"best", "portable",
													  "SSE2", "AVX2", "NEON"};

	return names[simd];
}
