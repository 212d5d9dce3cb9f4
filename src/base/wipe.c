/*
 * wipe.c
 *	  Overwriting secrets before their memory is freed.  See wipe.h.
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "utils/memutils.h"

#include "base/wipe.h"

/* A text to be overwritten when its memory context is reset. */
typedef struct Wiper
{
	MemoryContextCallback release;
	char *text;
	size_t len;
} Wiper;

/* The reset callback of that context. */
static void
run_wiper(void *arg)
{
	Wiper *wiper = arg;

	/*
	 * Callbacks run before the memory of the context is freed.  A compiler may
	 * drop a memset() here.
	 */
	explicit_bzero(wiper->text, wiper->len);
}

void
dcf_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

char *
dcf_wipe_later(char *text, MemoryContext cxt)
{
	Wiper *wiper = MemoryContextAlloc(cxt, sizeof(Wiper));

	wiper->text = text;
	wiper->len = strlen(text);
	wiper->release.func = run_wiper;
	wiper->release.arg = wiper;
	MemoryContextRegisterResetCallback(cxt, &wiper->release);
	return text;
}

/* psprintf() would not do: it frees its first, too short buffer unwiped. */
char *
dcf_wipe_concat(const char *one, const char *other)
{
	size_t len = strlen(one);
	size_t other_len = strlen(other);
	char *text = palloc(len + other_len + 1);

	memcpy(text, one, len);
	memcpy(text + len, other, other_len + 1);
	return text;
}

void
dcf_wipe_options(List *options)
{
	ListCell *cell;

	foreach(cell, options)
	{
		const DefElem *def = lfirst(cell);

		if (def->arg && IsA(def->arg, String))
			dcf_wipe(strVal(def->arg));
	}
}
