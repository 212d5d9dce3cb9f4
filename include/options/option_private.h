/*
 * option_private.h
 *	  What the option_*.c files share.
 */
#ifndef DCF_OPTION_PRIVATE_H
#define DCF_OPTION_PRIVATE_H

#include "postgres.h"

#include "base/compat.h"
#include "options/option.h"

/* Where an option stands. */
typedef enum DcfOptionContext
{
	DCF_OPTION_SERVER,
	DCF_OPTION_USER_MAPPING,
	DCF_OPTION_TABLE,
	DCF_OPTION_COLUMN,
	DCF_OPTION_IMPORT
} DcfOptionContext;

/*
 * What an option's value is.  The comment says what C type the reader's struct
 * holds it in.
 */
typedef enum DcfOptionType
{
	DCF_OPTION_BOOLEAN,		  /* bool */
	DCF_OPTION_INTEGER,		  /* int */
	DCF_OPTION_REAL,		  /* double */
	DCF_OPTION_DURATION,	  /* int, milliseconds */
	DCF_OPTION_SIZE,		  /* int, bytes */
	DCF_OPTION_ENUM,		  /* an enum type */
	DCF_OPTION_ENUM_BOOL,	  /* bool */
	DCF_OPTION_TEXT,		  /* char *, as are those without a comment */
	DCF_OPTION_OPTIONAL_TEXT, /* may be empty */
	DCF_OPTION_TOKEN,
	DCF_OPTION_PARAMETER,
	DCF_OPTION_QUERY_STRING,
	DCF_OPTION_URL,
	DCF_OPTION_ENDPOINT,
	DCF_OPTION_PATH_PREFIX,
	DCF_OPTION_FILE,
	DCF_OPTION_DAY,
	DCF_OPTION_LANGUAGE,
	DCF_OPTION_TIMEZONE,  /* pg_tz * */
	DCF_OPTION_HOST_LIST, /* List * of char *, lower case */
	DCF_OPTION_TEXT_LIST  /* List * of char * */
} DcfOptionType;

/* One word of an enum; a list of them ends with a NULL name. */
typedef struct DcfOptionChoice
{
	const char *name;
	int value;
} DcfOptionChoice;

typedef struct DcfOption
{
	DcfOptionContext context;
	const char *name;
	DcfOptionType type;
	double min, /* of a number, in the type's unit */
		max;
	const char *default_value; /* as a user would write it; NULL if none */
	const DcfOptionChoice *choices; /* of an enum */
	bool required;
	bool secret;			 /* its value is never shown */
	bool superuser_only;	 /* but anybody may write out its default */
	size_t offset;			 /* of the field in the context's struct */
	const char *description; /* one line, for dataconnect_options() */
} DcfOption;

extern const DcfOption dcf_options[];
extern const int dcf_options_length;

/* NULL if there is none of that name there. */
extern const DcfOption *dcf_option_find(DcfOptionContext context,
										const char *name);

/*
 * The same, but raises ERRCODE_FDW_INVALID_OPTION_NAME if there is none, with
 * what may be meant as a hint.
 */
extern const DcfOption *dcf_option_require(DcfOptionContext context,
										   const char *name);

/* "server", "user mapping", "table", "column", "import" */
extern const char *dcf_option_context_name(DcfOptionContext context);

extern const char *dcf_option_type_name(DcfOptionType type);

/* "ms", "B", or NULL */
extern const char *dcf_option_type_unit(DcfOptionType type);

/* Whether min and max mean something. */
extern bool dcf_option_type_is_number(DcfOptionType type);

/*
 * Check a value (in the database encoding) and store it at dest, which is of
 * the C type said above.  What is allocated is in the current memory context.
 * Raises ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE, and shows the value only if it
 * can't be a secret, even a misplaced one.
 */
extern void dcf_option_parse(const DcfOption *option, const char *value,
							 void *dest);

/*
 * Raise that error.  value is NULL where it must not be shown; detail and hint
 * may be NULL.
 */
pg_noreturn extern void dcf_option_reject(const DcfOption *option,
										  const char *value,
										  const char *detail,
										  const char *hint);

/* Check the name of a parameter of the service.  Raises the same. */
extern void dcf_option_check_parameter(const DcfOption *option,
									   const char *utf8);

/* Check "name=value&name=value", percent-encoded.  Raises the same. */
extern void dcf_option_check_query_string(const DcfOption *option,
										  const char *utf8);

#endif /* DCF_OPTION_PRIVATE_H */
