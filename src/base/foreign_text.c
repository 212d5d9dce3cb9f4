/*
 * foreign_text.c
 *	  Making foreign bytes safe to show.  See foreign_text.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "lib/ilist.h"
#include "mb/pg_wchar.h"

#include "base/foreign_text.h"
#include "core/markup.h"
#include "core/secret.h"
#include "core/text.h"

/* Bytes of a text that are searched for secrets; a message shows fewer. */
#define SEARCHED 4096

/* A registered holder of secrets. */
typedef struct Holder
{
	dlist_node node;
	MemoryContextCallback release;
	DcfSecretsFn secrets;
	const void *holder; /* the argument of secrets */
} Holder;

static dlist_head holders = DLIST_STATIC_INIT(holders);

/*
 * Convert valid UTF-8 to the database encoding, writing '?' for each character
 * that the encoding lacks.  pg_any_to_server() would raise for such a character,
 * and cannot convert outside a transaction.
 */
static char *
to_server(const char *utf8, size_t len)
{
	int encoding = GetDatabaseEncoding();
	Oid proc = InvalidOid;
	char *result;
	size_t used = 0;
	size_t written = 0;
	size_t size;

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
		return pnstrdup(utf8, len);
	/*
	 * The lookup of a conversion reads the catalogs.  Without a transaction,
	 * only ASCII characters are kept.
	 */
	if (IsTransactionState())
		proc = FindDefaultConversionProc(PG_UTF8, encoding);

	size = len * MAX_CONVERSION_GROWTH + 1;
	result = palloc(size);
	while (used < len)
	{
		int n = pg_utf_mblen((const unsigned char *) utf8 + used);
		int done = 0;

		/* One character at a time, so that each fails alone. */
		if (OidIsValid(proc))
			done = pg_do_encoding_conversion_buf(
				proc, PG_UTF8, encoding,
				unconstify(unsigned char *, (const unsigned char *) utf8) +
					used,
				n, (unsigned char *) result + written, (int) (size - written),
				true);
		if (done == n || (n == 1 && !IS_HIGHBIT_SET(utf8[used])))
		{
			/* Every server encoding contains ASCII. */
			if (done != n)
			{
				result[written] = utf8[used];
				result[written + 1] = '\0';
			}
			written += strlen(result + written);
		}
		else
			result[written++] = '?';
		used += n;
	}
	result[written] = '\0';
	return result;
}

/* The reset callback of the holder's memory context. */
static void
release_holder(void *arg)
{
	dlist_delete(&((Holder *) arg)->node);
}

void
dcf_foreign_text_hide(DcfSecretsFn secrets, const void *holder,
					  MemoryContext cxt)
{
	Holder *added = MemoryContextAllocZero(cxt, sizeof(Holder));

	added->secrets = secrets;
	added->holder = holder;
	added->release.func = release_holder;
	added->release.arg = added;
	dlist_push_tail(&holders, &added->node);
	MemoryContextRegisterResetCallback(cxt, &added->release);
}

List *
dcf_foreign_text_secrets(void)
{
	List *secrets = NIL;
	dlist_iter iter;

	dlist_foreach(iter, &holders)
	{
		const Holder *holder = dlist_container(Holder, node, iter.cur);

		secrets = list_concat(secrets, holder->secrets(holder->holder));
	}
	return secrets;
}

/* A copy of the bytes with each secret replaced by stars; cut: see make_safe(). */
static char *
hide_secrets(const char *bytes, size_t len, bool cut)
{
	char *copy = palloc(len + 1);
	bool *mark = palloc0(len + 1);
	ListCell *cell;

	foreach(cell, dcf_foreign_text_secrets())
		(void) dcf_secret_mark(bytes, len, cut, lfirst(cell),
							   strlen(lfirst(cell)), mark);
	for (size_t i = 0; i < len; i++)
		/*
		 * Marks are collected first: secrets may overlap or contain each
		 * other.
		 */
		copy[i] = mark[i] ? '*' : bytes[i];
	pfree(mark);
	return copy;
}

/*
 * Hide secrets, replace unsafe characters, shorten, and convert.  cut: the text
 * may go on after the bytes, so their end may be the start of a secret.
 */
static char *
make_safe(const char *bytes, size_t len, bool cut)
{
	size_t hidden_len = Min(len, SEARCHED);
	char *hidden = hide_secrets(bytes, hidden_len, cut || hidden_len < len);
	char safe[DCF_FOREIGN_TEXT_SHOWN + 1];
	/*
	 * Secrets come first: a replaced character or a cut could hide one from
	 * the search.
	 */
	size_t n = dcf_text_make_safe(hidden, hidden_len, safe, sizeof(safe));

	pfree(hidden);
	return to_server(safe, n);
}

char *
dcf_foreign_text(const char *bytes, size_t len)
{
	return make_safe(bytes, len, false);
}

char *
dcf_foreign_text_start(const char *bytes, size_t len)
{
	return make_safe(bytes, len, true);
}

char *
dcf_foreign_text_buffer(const char *text, size_t size)
{
	size_t len = strlen(text);

	return make_safe(text, len, len == size - 1);
}

char *
dcf_foreign_text_title(const char *body, size_t len)
{
	const char *title;
	size_t title_len;
	char *line;
	size_t n = 0;

	if (!dcf_markup_title(body, len, &title, &title_len))
		return NULL;
	line = palloc(title_len);
	for (size_t i = 0; i < title_len; i++)
	{
		bool space = strchr(" \t\r\n", title[i]) != NULL && title[i] != '\0';

		/*
		 * The title is trimmed, so its first character is no space and n > 0
		 * at every space.
		 */
		if (!space || line[n - 1] != ' ')
			line[n++] = space ? ' ' : title[i];
	}
	/*
	 * A title at the end of the bytes may go on, so its end may cut a secret.
	 */
	return title + title_len < body + len ? dcf_foreign_text(line, n) :
											dcf_foreign_text_start(line, n);
}
