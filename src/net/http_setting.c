/*
 * http_setting.c
 *	  The settings of decompression, and the libraries in use.  See http.h.
 */
#include "postgres.h"

#include <curl/curl.h>

#include "utils/guc.h"

#include "http_setting.h"
#include "net/http.h"
#include "net/inflate.h"

int dcf_inflate_library = DCF_INFLATE_BEST;
int dcf_inflate_in_thread = DCF_IN_THREAD_AUTO;
int dcf_read_in_thread = DCF_IN_THREAD_AUTO;

void
dcf_http_define_settings(void)
{
	static const struct config_enum_entry libraries[] = {
#ifdef DCF_HAVE_ISAL
		{"isa-l", DCF_INFLATE_ISAL, false},
#endif
		{"zlib", DCF_INFLATE_ZLIB, false},
		{NULL, 0, false}};
	static const struct config_enum_entry choices[] =
		{{"auto", DCF_IN_THREAD_AUTO, false}, {"on", DCF_IN_THREAD_ON, false},
		 {"off", DCF_IN_THREAD_OFF, false},	  {"true", DCF_IN_THREAD_ON, true},
		 {"false", DCF_IN_THREAD_OFF, true},  {"yes", DCF_IN_THREAD_ON, true},
		 {"no", DCF_IN_THREAD_OFF, true},	  {"1", DCF_IN_THREAD_ON, true},
		 {"0", DCF_IN_THREAD_OFF, true},	  {NULL, 0, false}};

	DefineCustomEnumVariable(
		"dataconnect_fdw.inflate_library",
		"Chooses the library that decompresses replies.",
		"ISA-L is faster, if dataconnect_fdw was built with it. Does not affect replies that have begun.",
		&dcf_inflate_library, DCF_INFLATE_BEST, libraries, PGC_USERSET, 0,
		NULL, NULL, NULL);
	DefineCustomEnumVariable(
		"dataconnect_fdw.inflate_in_thread",
		"Decompresses long replies in a separate thread.",
		"\"auto\" does so if there is more than one processor. Does not affect replies that have begun.",
		&dcf_inflate_in_thread, DCF_IN_THREAD_AUTO, choices, PGC_USERSET, 0,
		NULL, NULL, NULL);
	DefineCustomEnumVariable(
		"dataconnect_fdw.read_in_thread",
		"Reads records of long replies in a separate thread: the one that decompresses them, if a query needs many columns.",
		"\"auto\" does so as long as the thread does not hold up the backend. Does not affect replies that have begun.",
		&dcf_read_in_thread, DCF_IN_THREAD_AUTO, choices, PGC_USERSET, 0, NULL,
		NULL, NULL);
}

char *
dcf_http_version(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	DcfInflateLibrary library = (DcfInflateLibrary) dcf_inflate_library;

	return psprintf("libcurl %s, %s, %s %s", info->version,
					info->ssl_version ? info->ssl_version : "no TLS",
					dcf_inflate_name(library), dcf_inflate_version(library));
}

const char *
dcf_http_library_problem(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (info->version_num < DCF_HTTP_LIBCURL_FLOOR)
		return "libcurl is older than 7.88.";
	if ((info->features & CURL_VERSION_SSL) == 0)
		return "libcurl was built without TLS.";
	if ((info->features & CURL_VERSION_ASYNCHDNS) == 0)
		return "libcurl looks up names without a thread, so neither "
			   "\"connect_timeout\" nor a cancel ends a lookup.";
	return NULL;
}
