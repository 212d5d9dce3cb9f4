/*
 * option_value.c
 *	  Checking and converting the value of one option.  See option_table.h.
 *
 * Messages never show a value that may hold a secret, even by mistake: a text,
 * a URL, a path, a query string or a list.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "base/url_parts.h"
#include "core/text.h"
#include "options/day.h"
#include "options/option_table.h"

/* The longest DNS name, and the longest label of one (RFC 1035). */
#define MAX_HOST	   253
#define MAX_HOST_LABEL 63

#define MAX_LANGUAGE 35 /* as RFC 5646 advises */

/* Convert a value to UTF-8, and refuse control characters. */
static char *
to_utf8(const DcfOption *option, const char *value)
{
	size_t len = strlen(value);
	char *utf8;

	/* With SQL_ASCII, PostgreSQL has not validated the bytes. */
	if (GetDatabaseEncoding() == PG_SQL_ASCII && !dcf_text_is_utf8(value, len))
		dcf_option_reject(option, NULL, "The value is not valid UTF-8.", NULL);
	utf8 = pg_server_to_any(value, len, PG_UTF8);
	/* A line break in a value could end a header or a log line. */
	if (dcf_text_has_control(utf8, strlen(utf8)))
		dcf_option_reject(option, NULL,
						  "The value contains a control character.", NULL);
	return utf8;
}

static void
check_not_empty(const DcfOption *option, const char *value)
{
	if (value[0] == '\0')
		dcf_option_reject(option, NULL, "The value is empty.", NULL);
}

/* A number with the option's unit, for messages. */
static char *
show_number(const DcfOption *option, double number)
{
	const char *unit = dcf_option_type_unit(option->type);

	return psprintf("%.15g%s%s", number, unit ? " " : "", unit ? unit : "");
}

/* Refuse a number that is malformed or out of range; hint may be NULL. */
pg_noreturn static void
reject_number(const DcfOption *option, const char *value, const char *hint)
{
	dcf_option_reject(option, value,
					  psprintf("The value must be between %s and %s.",
							   show_number(option, option->min),
							   show_number(option, option->max)),
					  hint);
}

/* Refuse a number outside the option's range. */
static void
check_range(const DcfOption *option, const char *value, double number)
{
	/* The negation catches NaN. */
	if (!(number >= option->min && number <= option->max))
		reject_number(option, value, NULL);
}

/* Parse an integer with an optional unit; flags are GUC_UNIT_MS and the like. */
static int
parse_int_option(const DcfOption *option, const char *value, int flags)
{
	int number;
	double unrounded;
	const char *hint = NULL;

	/*
	 * PostgreSQL's parsers of settings give the same units and hints as in
	 * postgresql.conf.
	 */
	if (!parse_int(value, &number, flags, &hint))
		reject_number(option, value, hint);
	check_range(option, value, number);

	/* Zero often means "no limit", so 0.4 must not be rounded to it. */
	if (number == 0 && parse_real(value, &unrounded, flags, NULL) &&
		unrounded != 0)
		dcf_option_reject(option, value,
						  psprintf("The value is between 0 and %s.",
								   show_number(option, 1)),
						  NULL);
	return number;
}

static double
parse_real_option(const DcfOption *option, const char *value)
{
	double number;
	const char *hint = NULL;

	if (!parse_real(value, &number, 0, &hint))
		reject_number(option, value, hint);
	check_range(option, value, number);
	return number;
}

static bool
parse_bool_option(const DcfOption *option, const char *value)
{
	bool result;

	if (!parse_bool(value, &result))
		dcf_option_reject(option, value, "The value must be true or false.",
						  NULL);
	return result;
}

/* The value of the choice with this name, ignoring case. */
static int
parse_choice(const DcfOption *option, const char *value)
{
	const DcfOptionChoice *choice;
	StringInfoData names;

	initStringInfo(&names);
	for (choice = option->choices; choice->name; choice++)
	{
		if (pg_strcasecmp(choice->name, value) == 0)
			return choice->value;
		appendStringInfo(&names, "%s%s", choice > option->choices ? ", " : "",
						 choice->name);
	}
	dcf_option_reject(option, value, NULL,
					  psprintf("Valid values are: %s.", names.data));
}

static pg_tz *
parse_timezone(const DcfOption *option, const char *value)
{
	/*
	 * pg_tzset() caches the zone for the life of the backend; it is never
	 * freed.
	 */
	pg_tz *timezone = pg_tzset(value);

	if (timezone == NULL)
		dcf_option_reject(option, value, "There is no time zone of that name.",
						  NULL);
	if (!pg_tz_acceptable(timezone))
		dcf_option_reject(option, value, "The time zone uses leap seconds.",
						  "PostgreSQL does not support leap seconds.");
	return timezone;
}

static void
check_day(const DcfOption *option, const char *value)
{
	DcfDay day;

	if (!dcf_day_parse(value, &day))
		dcf_option_reject(option, value,
						  "The value must be " DCF_DAY_FORMS ".", NULL);
}

/*
 * The form of a language tag (RFC 5646); whether the service knows it is left
 * to the service.
 */
static void
check_language(const DcfOption *option, const char *value)
{
	if (value[0] == '\0' || strlen(value) > MAX_LANGUAGE ||
		value[strspn(value,
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		dcf_option_reject(
			option, value,
			"A language code has up to 35 letters, digits and hyphens, "
			"such as en-us.",
			NULL);
}

static void
check_url(const DcfOption *option, const char *value)
{
	DcfUrlParts parts;
	const char *reason = dcf_url_parts_parse(value, &parts);

	/* The value is not shown: the URL may contain a password. */
	if (reason)
		dcf_option_reject(option, NULL, psprintf("The URL %s.", reason), NULL);
}

/*
 * Check a path below the server's URL; what names it in the message.  The path
 * is percent-encoded when it is sent, so what passes these checks reaches the
 * service unchanged.
 */
static void
check_path(const DcfOption *option, const char *value, const char *what)
{
	const char *segment;

	if (value[0] != '/')
		dcf_option_reject(option, NULL,
						  psprintf("%s must start with \"/\".", what), NULL);
	if (strpbrk(value, "?#"))
		dcf_option_reject(
			option, NULL, psprintf("%s contains \"?\" or \"#\".", what),
			"Parameters belong in the option \"params\" or in columns.");
	if (strchr(value, '%'))
		dcf_option_reject(option, NULL, psprintf("%s contains \"%%\".", what),
						  "Write the path without percent-encoding.");
	if (pg_strcasecmp(value, "/session") == 0 ||
		pg_strcasecmp(value, "/session/") == 0)
		dcf_option_reject(option, NULL,
						  psprintf("%s answers with credentials, not with "
								   "records.",
								   what),
						  NULL);
	if (strpbrk(value, " \\"))
		dcf_option_reject(option, NULL,
						  psprintf("%s contains a space or a backslash.",
								   what),
						  NULL);
	/*
	 * libcurl resolves dot segments, so the request would go to another path
	 * than the one that was checked.
	 */
	for (segment = value; *segment;)
	{
		size_t len = strcspn(++segment, "/");

		if ((len == 0 && segment[0] == '/') ||
			(len == 1 && segment[0] == '.') ||
			(len == 2 && segment[0] == '.' && segment[1] == '.'))
			dcf_option_reject(
				option, NULL,
				psprintf("%s contains \"//\", \"/./\" or \"/../\".", what),
				NULL);
		segment += len;
	}
}

/* An endpoint starts with a slash and follows the prefix directly. */
static void
check_path_prefix(const DcfOption *option, const char *value)
{
	check_path(option, value, "The path");
	if (value[strlen(value) - 1] == '/')
		dcf_option_reject(option, NULL, "The path ends with \"/\".", NULL);
}

static void
check_file(const DcfOption *option, const char *value)
{
	if (!is_absolute_path(value))
		dcf_option_reject(option, NULL,
						  "The file must be given with its absolute path.",
						  NULL);
}

/* Whether a lower-case text is a DNS name; underscores are common in practice. */
static bool
is_host(const char *host)
{
	const char *label = host;

	if (strlen(host) > MAX_HOST)
		return false;
	for (;;)
	{
		/* Labels cannot be empty, which also rules out a trailing dot. */
		size_t len = strspn(label,
							"abcdefghijklmnopqrstuvwxyz"
							"0123456789-_");

		if (len == 0 || len > MAX_HOST_LABEL || label[0] == '-' ||
			label[len - 1] == '-')
			return false;
		if (label[len] == '\0')
			return true;
		if (label[len] != '.')
			return false;
		label += len + 1;
	}
}

/* Parse host names separated by commas, folded to lower case. */
static List *
parse_hosts(const DcfOption *option, const char *value)
{
	List *hosts = NIL;
	const char *rest = value;

	for (;;)
	{
		size_t len;
		char *host;
		char *c;

		rest += strspn(rest, " ");
		len = strcspn(rest, ",");
		/*
		 * The comma ends an item even between spaces; an empty item is no host
		 * name and is refused below.
		 */
		host = pnstrdup(rest, len);
		while (host[0] && host[strlen(host) - 1] == ' ')
			host[strlen(host) - 1] = '\0';
		for (c = host; *c; c++)
			*c = pg_ascii_tolower((unsigned char) *c);
		if (!is_host(host))
			dcf_option_reject(
				option, NULL,
				psprintf("Item %d of the list is not a host name.",
						 list_length(hosts) + 1),
				"Write names such as \"data.example.com\", separated by "
				"commas, without scheme, port, path or wildcard.");
		hosts = lappend(hosts, host);
		if (rest[len] == '\0')
			return hosts;
		rest += len + 1;
	}
}

/* Parse a list in the form of a GUC such as search_path, keeping case. */
static List *
parse_texts(const DcfOption *option, const char *value)
{
	List *texts;

	/* SplitGUCList() changes its input and returns pointers into it. */
	if (!SplitGUCList(pstrdup(value), ',', &texts))
		dcf_option_reject(
			option, NULL, "The value is not a list.",
			"Separate the texts by commas, and put double quotes around a text "
			"that is empty or contains spaces, commas or quotes.");
	return texts;
}

/* Allow only what an Authorization header can carry after "Bearer ". */
static void
check_token(const DcfOption *option, const char *value)
{
	const char *c;

	for (c = value; *c; c++)
	{
		if (*c < 0x21 || *c > 0x7e)
			dcf_option_reject(
				option, NULL,
				"A token consists of ASCII characters without spaces.", NULL);
	}
}

void
dcf_option_parse(const DcfOption *option, const char *value, void *dest)
{
	char *utf8 = to_utf8(option, value);

	/*
	 * Types with a value of their own return from here; all others fall out of
	 * the switch and keep the text.
	 */
	switch (option->type)
	{
		case DCF_OPTION_BOOLEAN:
			*(bool *) dest = parse_bool_option(option, value);
			return;
		case DCF_OPTION_INTEGER:
			*(int *) dest = parse_int_option(option, value, 0);
			return;
		case DCF_OPTION_REAL:
			*(double *) dest = parse_real_option(option, value);
			return;
		case DCF_OPTION_DURATION:
			*(int *) dest = parse_int_option(option, value, GUC_UNIT_MS);
			return;
		case DCF_OPTION_SIZE:
			*(int *) dest = parse_int_option(option, value, GUC_UNIT_BYTE);
			return;
		case DCF_OPTION_ENUM:
			*(int *) dest = parse_choice(option, value);
			return;
		case DCF_OPTION_ENUM_BOOL:
			*(bool *) dest = (parse_choice(option, value) != 0);
			return;
		case DCF_OPTION_TIMEZONE:
			*(pg_tz **) dest = parse_timezone(option, value);
			return;
		case DCF_OPTION_HOST_LIST:
			*(List **) dest = parse_hosts(option, value);
			return;
		case DCF_OPTION_TEXT_LIST:
			*(List **) dest = parse_texts(option, value);
			return;
		case DCF_OPTION_TEXT:
			check_not_empty(option, value);
			break;
		case DCF_OPTION_OPTIONAL_TEXT:
			break;
		case DCF_OPTION_TOKEN:
			check_not_empty(option, value);
			check_token(option, value);
			break;
		case DCF_OPTION_PARAMETER:
			dcf_option_check_parameter(option, utf8);
			break;
		case DCF_OPTION_QUERY_STRING:
			dcf_option_check_query_string(option, utf8);
			break;
		case DCF_OPTION_URL:
			check_url(option, value);
			break;
		case DCF_OPTION_ENDPOINT:
			check_path(option, value, "The endpoint");
			break;
		case DCF_OPTION_PATH_PREFIX:
			check_path_prefix(option, value);
			break;
		case DCF_OPTION_FILE:
			check_file(option, value);
			break;
		case DCF_OPTION_DAY:
			check_day(option, value);
			break;
		case DCF_OPTION_LANGUAGE:
			check_language(option, value);
			break;
	}
	/* The text stays in the database encoding; only the checks used UTF-8. */
	*(char **) dest = pstrdup(value);
}
