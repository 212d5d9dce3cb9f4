/*
 * http_curl.c
 *	  Raising libcurl's errors.
 */
#include "postgres.h"

#include "http_private.h"

void
dcf_http_check(CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	if (code != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("libcurl refused a setting: %s",
						curl_easy_strerror(code))));
}

void
dcf_http_check_multi(CURLMcode code)
{
	if (code == CURLM_OUT_OF_MEMORY)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OUT_OF_MEMORY), errmsg("out of memory")));
	if (code != CURLM_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("libcurl failed: %s", curl_multi_strerror(code))));
}
