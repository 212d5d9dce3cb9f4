/*
 * option_name.c
 *	  The option of a name, or an error that says which one may be meant.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/formatting.h"
#include "utils/varlena.h"

#include "options/option_private.h"

/* A name further away than this is no misspelling. */
#define MAX_MISSPELLING 4

/*
 * The option whose name is nearest to a misspelt one, or NULL: one of this
 * context if others are no nearer.
 */
static const DcfOption *
find_nearest(DcfOptionContext context, const char *name)
{
	const DcfOption *nearest = NULL;
	int len = strlen(name);
	char *folded = asc_tolower(name, len);
	int limit = Min(MAX_MISSPELLING, (len + 1) / 2);
	int i;

	if (len >= NAMEDATALEN)
		return NULL;
	for (i = 0; i < dcf_options_length; i++)
	{
		const DcfOption *option = &dcf_options[i];
		int distance;

		distance = varstr_levenshtein_less_equal(folded, len, option->name,
												 strlen(option->name), 1, 1, 1,
												 limit, true);
		if (distance > limit)
			continue;
		if (nearest == NULL || distance < limit ||
			(nearest->context != context && option->context == context))
			nearest = option;
		limit = distance;
	}
	return nearest;
}

/* "a server", "an import" */
static char *
with_article(DcfOptionContext context)
{
	return psprintf("%s %s", context == DCF_OPTION_IMPORT ? "an" : "a",
					dcf_option_context_name(context));
}

/* "a server", or "a server or a table", where there are options of that name. */
static char *
places_of(const char *name)
{
	StringInfoData places;
	int i;

	initStringInfo(&places);
	for (i = 0; i < dcf_options_length; i++)
	{
		if (strcmp(dcf_options[i].name, name) == 0)
			appendStringInfo(&places, "%s%s", places.len > 0 ? " or " : "",
							 with_article(dcf_options[i].context));
	}
	return places.data;
}

pg_noreturn static void
reject_name(DcfOptionContext context, const char *name)
{
	const DcfOption *nearest = find_nearest(context, name);
	const char *hint;

	if (nearest == NULL)
		hint = "dataconnect_options() lists all options.";
	else if (nearest->context == context)
		hint = psprintf("Perhaps you meant the option \"%s\".", nearest->name);
	else if (strcmp(nearest->name, name) != 0)
		hint = psprintf("Perhaps you meant the option \"%s\" of %s.",
						nearest->name, places_of(nearest->name));
	else if (nearest->secret)
		hint = "Credentials belong in the user mapping, where others cannot "
			   "read them.";
	else
		hint = psprintf("It is an option of %s.", places_of(name));

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\" for %s", name,
					with_article(context)),
			 hint ? errhint("%s", hint) : 0));
}

const DcfOption *
dcf_option_require(DcfOptionContext context, const char *name)
{
	const DcfOption *option = dcf_option_find(context, name);

	if (option == NULL)
		reject_name(context, name);
	return option;
}
