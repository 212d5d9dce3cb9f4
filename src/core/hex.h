/*
 * hex.h
 *	  Hexadecimal digits.
 */
#ifndef DCF_HEX_H
#define DCF_HEX_H

/* The value of a hexadecimal digit of either case, or -1. */
static inline int
dcf_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif /* DCF_HEX_H */
