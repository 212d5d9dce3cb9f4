/*
 * http_setting.h
 *	  The settings of decompression.
 */
#ifndef DCF_HTTP_SETTING_H
#define DCF_HTTP_SETTING_H

#include "postgres.h"

/* The setting dataconnect_fdw.inflate_library, a DcfInflateLibrary. */
extern int dcf_inflate_library;

/* The setting dataconnect_fdw.inflate_in_thread. */
extern bool dcf_inflate_in_thread;

/* The setting dataconnect_fdw.read_in_thread. */
extern bool dcf_read_in_thread;

#endif /* DCF_HTTP_SETTING_H */
