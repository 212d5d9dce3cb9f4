/*
 * simd.h
 *	  The vector instructions that the readers of JSON and CSV use.
 *
 * Pure C: no I/O, no allocation, no PostgreSQL.
 */
#ifndef DCF_SIMD_H
#define DCF_SIMD_H

#include <stdbool.h>

/*
 * All kinds give the same results; they differ only in speed.
 * DCF_SIMD_PORTABLE is plain C, and always available.
 */
typedef enum DcfSimd
{
	DCF_SIMD_BEST = 0, /* the fastest that is supported */
	DCF_SIMD_PORTABLE,
	DCF_SIMD_SSE2,
	DCF_SIMD_AVX2,
	DCF_SIMD_NEON
} DcfSimd;

#define DCF_SIMD_COUNT (DCF_SIMD_NEON + 1)

/* Whether this build and this machine support a kind. */
extern bool dcf_simd_has(DcfSimd simd);

/* The kind that DCF_SIMD_BEST stands for; any other is returned unchanged. */
extern DcfSimd dcf_simd_choose(DcfSimd simd);

/* A name such as "AVX2", for dataconnect_version(); static. */
extern const char *dcf_simd_name(DcfSimd simd);

#endif /* DCF_SIMD_H */
