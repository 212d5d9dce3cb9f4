/*
 * option_copy.c
 *	  Copying what the readers of options return.  See option.h.
 *
 * The table of options says which fields point to something.
 */
#include "postgres.h"

#include "options/option_table.h"

/*
 * A List of copies of texts; the texts themselves would stay in the source's
 * memory context.
 */
static List *
copy_texts(const List *texts)
{
	List *copies = NIL;
	ListCell *lc;

	foreach(lc, texts)
		copies = lappend(copies, pstrdup(lfirst(lc)));
	return copies;
}

/* Have a field point to a copy, if it points to anything. */
static void
copy_field(DcfOptionType type, void *field)
{
	/* There is no default case, so that the compiler warns about a new type. */
	switch (type)
	{
		case DCF_OPTION_BOOLEAN:
		case DCF_OPTION_INTEGER:
		case DCF_OPTION_REAL:
		case DCF_OPTION_DURATION:
		case DCF_OPTION_SIZE:
		case DCF_OPTION_ENUM:
		case DCF_OPTION_ENUM_BOOL:
		case DCF_OPTION_TIMEZONE: /* it lasts as long as the backend */
			break;
		case DCF_OPTION_TEXT:
		case DCF_OPTION_OPTIONAL_TEXT:
		case DCF_OPTION_TOKEN:
		case DCF_OPTION_PARAMETER:
		case DCF_OPTION_QUERY_STRING:
		case DCF_OPTION_URL:
		case DCF_OPTION_ENDPOINT:
		case DCF_OPTION_PATH_PREFIX:
		case DCF_OPTION_FILE:
		case DCF_OPTION_DAY:
		case DCF_OPTION_LANGUAGE:
			if (*(char **) field)
				*(char **) field = pstrdup(*(char **) field);
			break;
		case DCF_OPTION_HOST_LIST:
		case DCF_OPTION_TEXT_LIST:
			*(List **) field = copy_texts(*(List **) field);
			break;
	}
}

/* Copy the struct of a context, which has this size. */
static void *
copy_struct(DcfOptionContext context, const void *source, size_t size)
{
	char *copy = palloc(size);

	/*
	 * The copy first shares the pointers of the source; copy_field() then
	 * replaces each.
	 */
	memcpy(copy, source, size);
	for (int i = 0; i < dcf_options_length; i++)
		if (dcf_options[i].context == context)
			copy_field(dcf_options[i].type, copy + dcf_options[i].offset);
	return copy;
}

DcfServerOptions *
dcf_option_copy_server(const DcfServerOptions *server)
{
	return copy_struct(DCF_OPTION_SERVER, server, sizeof(*server));
}

DcfTableOptions *
dcf_option_copy_table(const DcfTableOptions *table)
{
	return copy_struct(DCF_OPTION_TABLE, table, sizeof(*table));
}

DcfColumnOptions *
dcf_option_copy_column(const DcfColumnOptions *column)
{
	return copy_struct(DCF_OPTION_COLUMN, column, sizeof(*column));
}
