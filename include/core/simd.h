/*
 * simd.h
 *	  Which of the machine's vector instructions the readers use.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_SIMD_H
#define DCF_SIMD_H

#include <stdbool.h>

/*
 * All of them read alike; they differ in speed alone.  DCF_SIMD_PORTABLE is
 * plain C and everywhere.
 */
typedef enum DcfSimd
{
	DCF_SIMD_BEST = 0, /* the fastest that this machine has */
	DCF_SIMD_PORTABLE,
	DCF_SIMD_SSE2,
	DCF_SIMD_AVX2,
	DCF_SIMD_NEON
} DcfSimd;

#define DCF_SIMD_COUNT (DCF_SIMD_NEON + 1)

/* Whether this program was built with it and this machine can run it. */
extern bool dcf_simd_has(DcfSimd simd);

/* What DCF_SIMD_BEST comes to; another is given back. */
extern DcfSimd dcf_simd_choose(DcfSimd simd);

/* "AVX2", for dataconnect_version(); static. */
extern const char *dcf_simd_name(DcfSimd simd);

#endif /* DCF_SIMD_H */
