/*
 * siphash.h
 *	  SipHash-2-4 with a result of 128 bits: a keyed hash that reveals nothing
 *	  about a text without the key.
 *
 * By Aumasson and Bernstein.  Pure C.
 */
#ifndef DCF_SIPHASH_H
#define DCF_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define DCF_SIPHASH_SIZE 16

extern void dcf_siphash(const uint8_t key[DCF_SIPHASH_SIZE], const void *bytes,
						size_t len, uint8_t hash[DCF_SIPHASH_SIZE]);

#endif /* DCF_SIPHASH_H */
