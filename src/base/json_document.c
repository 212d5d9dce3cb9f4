/*
 * json_document.c
 *	  Small JSON documents, parsed by jansson.  See json_document.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/json_document.h"

/* jansson allocates with malloc(): a document is released by a callback. */
typedef struct DocumentOwner
{
	MemoryContextCallback release;
	json_t *document;
} DocumentOwner;

/* The reset callback of the memory context in which parse() was called. */
static void
release_document(void *arg)
{
	json_decref(((DocumentOwner *) arg)->document);
}

/*
 * Parse a document with jansson's flags.  jansson refuses a byte order mark,
 * which .NET's writers may send, so it is skipped here.
 */
static json_t *
parse(const char *bytes, size_t len, size_t flags, json_error_t *error)
{
	static const char mark[] = {'\xEF', '\xBB', '\xBF'};
	DocumentOwner *owner = palloc0(sizeof(DocumentOwner));

	/*
	 * The callback is registered before the document exists: nothing can raise
	 * in between.  json_decref() ignores NULL.
	 */
	owner->release.func = release_document;
	owner->release.arg = owner;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &owner->release);
	if (len >= sizeof(mark) && memcmp(bytes, mark, sizeof(mark)) == 0)
	{
		bytes += sizeof(mark);
		len -= sizeof(mark);
	}
	owner->document = json_loadb(bytes, len, flags, error);
	return owner->document;
}

json_t *
dcf_json_document_parse(const char *bytes, size_t len)
{
	return parse(bytes, len, JSON_DECODE_ANY, NULL);
}

json_t *
dcf_json_document_load(const char *bytes, size_t len, json_error_t *error)
{
	return parse(bytes, len, JSON_REJECT_DUPLICATES, error);
}

json_t *
dcf_json_document_member(json_t *document, const char *name)
{
	const char *key;
	json_t *value;

	/* The loop does nothing if document is NULL or no object. */
	json_object_foreach(document, key, value)
	{
		if (pg_strcasecmp(key, name) == 0)
			return value;
	}
	return NULL;
}

const char *
dcf_json_document_text(json_t *document, const char *name)
{
	const char *text =
		json_string_value(dcf_json_document_member(document, name));

	return text && text[0] != '\0' ? text : NULL;
}

char *
dcf_json_document_number(json_t *document, const char *name)
{
	json_t *value = dcf_json_document_member(document, name);
	const char *text;

	if (json_is_integer(value))
		return psprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	text = dcf_json_document_text(document, name);
	return text ? pstrdup(text) : NULL;
}
