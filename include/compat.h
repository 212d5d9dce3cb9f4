/*
 * compat.h
 *	  What differs between PostgreSQL 15 and 18, in one place: the newest
 *	  signature, wrapped for the older releases.
 */
#ifndef DCF_COMPAT_H
#define DCF_COMPAT_H

#include "postgres.h"

#endif							/* DCF_COMPAT_H */
