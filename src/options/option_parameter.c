/*
 * option_parameter.c
 *	  Checking names and query strings of the service's parameters in options.
 *
 * A query string may hold a secret by mistake, so messages identify a parameter
 * by its position and not by its name.
 */
#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/builtins.h"

#include "core/text.h"
#include "core/url.h"
#include "options/option_table.h"

/* Sets of contexts. */
#define IN(context) (1 << DCF_OPTION_##context)
#define OPTIONS		(IN(SERVER) | IN(TABLE) | IN(COLUMN) | IN(IMPORT))
#define ANYWHERE	(OPTIONS | IN(FETCH) | IN(EMAIL))

/* A parameter that may not be set in some contexts. */
typedef struct ReservedParameter
{
	const char *name;
	bool is_prefix; /* also all names that start with it */
	int contexts;
	const char *hint;
} ReservedParameter;

static const ReservedParameter reserved_parameters[] = {
	{"Auth", false, ANYWHERE,
	 "Credentials belong in the user mapping, and are never sent in a URL."},
	{"Response", false, OPTIONS, "Use the option \"format\"."},
	{"Email.", true, OPTIONS | IN(FETCH),
	 "With this parameter, the service sends the records by e-mail and not in "
	 "the reply. Use dataconnect_email()."},
	{"Email.To", false, IN(EMAIL), "Use the argument \"to\"."},
	{"Email.Cc", false, IN(EMAIL), "Use the argument \"cc\"."},
	{"CSV.Delimiter", false, OPTIONS, "Only CSV with commas is read."},
	{"CSV.Headers", false, OPTIONS, "Only CSV with a header is read."},
	{"LanguageCode", false, IN(SERVER), "Use the option \"language\"."},
};

/*
 * Check a parameter's name (UTF-8).  where is "" or a text such as "number 2 "
 * that identifies the parameter in the message.
 */
static void
check_parameter_name(const DcfOption *option, const char *where,
					 const char *name)
{
	size_t len = strlen(name);
	int i;

	if (len == 0 || name[0] == ' ' || name[len - 1] == ' ')
		dcf_option_reject(
			option, NULL,
			psprintf("The name of the parameter %sis empty, or starts or "
					 "ends with a space.",
					 where),
			NULL);
	for (i = 0; i < (int) lengthof(reserved_parameters); i++)
	{
		const ReservedParameter *reserved = &reserved_parameters[i];
		/* Compared as a prefix; an exact match also needs the same length. */
		size_t compared = strlen(reserved->name);

		if (!(reserved->contexts & (1 << option->context)))
			continue;
		if (pg_strncasecmp(name, reserved->name, compared) == 0 &&
			(reserved->is_prefix || len == compared))
			dcf_option_reject(
				option, NULL,
				psprintf("The parameter \"%s%s\" is not allowed here.",
						 reserved->name, reserved->is_prefix ? "*" : ""),
				reserved->hint);
	}
}

void
dcf_option_check_parameter(const DcfOption *option, const char *utf8)
{
	check_parameter_name(option, "", utf8);
}

/* Decode a name or value of parameter number (from 1), and check it. */
static char *
decode_part(const DcfOption *option, int number, DcfSpan part)
{
	char *decoded = palloc(part.len + 1);
	size_t len;

	if (!dcf_url_decode(part.data, part.len, decoded, &len))
		dcf_option_reject(
			option, NULL,
			psprintf("Parameter number %d has a \"%%\" without two "
					 "hexadecimal digits after it.",
					 number),
			"Write a percent sign as %25.");
	decoded[len] = '\0';
	/* Decoding may produce any bytes, whatever the encoded text consists of. */
	if (!dcf_text_is_utf8(decoded, len))
		dcf_option_reject(
			option, NULL,
			psprintf("Parameter number %d is not valid UTF-8 when decoded.",
					 number),
			NULL);
	if (dcf_text_has_control(decoded, len))
		dcf_option_reject(
			option, NULL,
			psprintf("Parameter number %d contains a control character.",
					 number),
			NULL);
	return decoded;
}

void
dcf_option_check_query_string(const DcfOption *option, const char *utf8)
{
	size_t pos = 0;
	List *names = NIL;
	DcfSpan name;
	DcfSpan value;

	if (utf8[0] == '?')
		dcf_option_reject(option, NULL, "The query string starts with \"?\".",
						  "Write it as name=value&name=value.");
	if (strchr(utf8, '#'))
		dcf_option_reject(option, NULL, "The query string contains \"#\".",
						  "Write the character as %23.");

	while (dcf_url_next_pair(utf8, strlen(utf8), &pos, &name, &value))
	{
		int number = list_length(names) + 1;
		char *decoded = decode_part(option, number, name);
		ListCell *earlier;

		/* Without "=", the empty value starts at the end of the name. */
		if (value.data == name.data + name.len)
			dcf_option_reject(
				option, NULL,
				psprintf("Parameter number %d has no \"=\".", number),
				"Write it as name=value, or as name= to leave it out.");
		(void) decode_part(option, number, value);
		check_parameter_name(option, psprintf("number %d ", number), decoded);
		/*
		 * The decoded names are compared: "a" and "%61" are the same
		 * parameter.
		 */
		foreach(earlier, names)
		{
			if (pg_strcasecmp(lfirst(earlier), decoded) == 0)
				dcf_option_reject(
					option, NULL,
					psprintf("Parameters number %d and %d have the same "
							 "name.",
							 foreach_current_index(earlier) + 1, number),
					NULL);
		}
		names = lappend(names, decoded);
	}
}
