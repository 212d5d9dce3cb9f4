/*
 * option_name.c
 *	  Finding an option by name, or raising an error with the closest name as a
 *	  hint.  See option_table.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/formatting.h"
#include "utils/varlena.h"

#include "options/option_table.h"

/* Names with more edits than this are not taken for a misspelling. */
#define MAX_MISSPELLING 4

/* Compare with the options of one context, or with those of the others. */
static void
update_match(ClosestMatchState *match, DcfOptionContext context, bool others)
{
	for (int i = 0; i < dcf_options_length; i++)
		if ((dcf_options[i].context != context) == others)
			updateClosestMatch(match, dcf_options[i].name);
}

/*
 * The option whose name is closest to a misspelt one, or NULL.  Of equally close
 * names, one of this context wins.
 */
static const DcfOption *
find_closest(DcfOptionContext context, const char *name)
{
	ClosestMatchState match;
	const char *found;
	const DcfOption *closest;

	if (strlen(name) >= NAMEDATALEN)
		return NULL;
	initClosestMatch(&match, asc_tolower(name, strlen(name)), MAX_MISSPELLING);
	/*
	 * A later name must be closer to replace an earlier one, so this context
	 * goes first.
	 */
	update_match(&match, context, false);
	update_match(&match, context, true);
	found = getClosestMatch(&match);
	if (found == NULL)
		return NULL;
	closest = dcf_option_find(context, found);
	if (closest == NULL)
	{
		/* It is of other contexts: the first of them. */
		closest = dcf_options;
		while (strcmp(closest->name, found) != 0)
			closest++;
	}
	return closest;
}

/* "a server", "an import" */
static char *
with_article(DcfOptionContext context)
{
	return psprintf("%s %s", context == DCF_OPTION_IMPORT ? "an" : "a",
					dcf_option_context_name(context));
}

/* The contexts that have an option of this name: "a server or a table". */
static char *
show_contexts(const char *name)
{
	StringInfoData contexts;
	int i;

	initStringInfo(&contexts);
	for (i = 0; i < dcf_options_length; i++)
	{
		if (strcmp(dcf_options[i].name, name) == 0)
			appendStringInfo(&contexts, "%s%s", contexts.len > 0 ? " or " : "",
							 with_article(dcf_options[i].context));
	}
	return contexts.data;
}

/*
 * Raise the error for an unknown name, with the best hint: the same context's
 * closest option, another context's, or where the very same name belongs.
 */
pg_noreturn static void
reject_name(DcfOptionContext context, const char *name)
{
	const DcfOption *closest = find_closest(context, name);
	const char *hint;

	if (closest == NULL)
		hint = "dataconnect_options() lists all options.";
	else if (closest->context == context)
		hint = psprintf("Perhaps you meant the option \"%s\".", closest->name);
	else if (strcmp(closest->name, name) != 0)
		hint = psprintf("Perhaps you meant the option \"%s\" of %s.",
						closest->name, show_contexts(closest->name));
	/*
	 * A credential was put on a server or table, whose options everybody can
	 * read.
	 */
	else if (closest->secret)
		hint = "Credentials belong in the user mapping, where others cannot "
			   "read them.";
	else
		hint = psprintf("It is an option of %s.", show_contexts(name));

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
