/*
 * http_setting.h
 *	  The settings of decompression.
 */
#ifndef DCF_HTTP_SETTING_H
#define DCF_HTTP_SETTING_H

#include "postgres.h"

/* The oldest libcurl that will do, 7.88, as LIBCURL_VERSION_NUM. */
#define DCF_HTTP_LIBCURL_FLOOR 0x075800

/* The setting dataconnect_fdw.inflate_library, a DcfInflateLibrary. */
extern int dcf_inflate_library;

/* Whether to use a thread. */
typedef enum DcfInThread
{
	DCF_IN_THREAD_OFF,
	DCF_IN_THREAD_ON,
	DCF_IN_THREAD_AUTO /* where it is faster */
} DcfInThread;

/* The setting dataconnect_fdw.inflate_in_thread, a DcfInThread. */
extern int dcf_inflate_in_thread;

/* The setting dataconnect_fdw.read_in_thread, a DcfInThread. */
extern int dcf_read_in_thread;

#endif /* DCF_HTTP_SETTING_H */
