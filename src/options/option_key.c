/*
 * option_key.c
 *	  Keys of replies as values of the option "name".  See option.h.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"

#include "core/text.h"
#include "options/option_table.h"

/* To the database encoding; NULL if that lacks one of the characters. */
static char *
convert(const char *utf8, size_t len)
{
	int encoding = GetDatabaseEncoding();
	size_t size = len * MAX_CONVERSION_GROWTH + 1;
	Oid proc;
	char *result;
	int done;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
		return pnstrdup(utf8, len);
	proc = FindDefaultConversionProc(PG_UTF8, encoding);
	/*
	 * pg_any_to_server() would raise for such a character; this reports how
	 * much it converted.
	 */
	if (!OidIsValid(proc))
		return NULL;
	result = palloc(size);
	done =
		pg_do_encoding_conversion_buf(proc, PG_UTF8, encoding,
									  unconstify(unsigned char *,
												 (const unsigned char *) utf8),
									  (int) len, (unsigned char *) result,
									  (int) size, true);
	return done == (int) len ? result : NULL;
}

char *
dcf_option_key(const char *utf8, size_t len, const char **reason)
{
	char *key = NULL;

	if (len == 0)
		*reason = "is empty";
	else if (len > DCF_OPTION_KEY_MAX)
		*reason = "is too long";
	/*
	 * The validator of "name" refuses control characters, so such a key could
	 * not be written as an option.
	 */
	else if (dcf_text_has_control(utf8, len))
		*reason = "contains a control character";
	else
	{
		key = convert(utf8, len);
		*reason =
			key ? NULL : "has a character that the database encoding lacks";
	}
	return key;
}
