/*
 * option_table.h
 *	  The table of options, and what the option_*.c files share.
 *
 * dataconnect_options() shows the table; everybody else includes option.h.
 */
#ifndef DCF_OPTION_TABLE_H
#define DCF_OPTION_TABLE_H

#include "postgres.h"

#include "base/compat.h"
#include "options/option.h"

/* The kind of object that an option belongs to. */
typedef enum DcfOptionContext
{
	DCF_OPTION_SERVER,
	DCF_OPTION_USER_MAPPING,
	DCF_OPTION_TABLE,
	DCF_OPTION_COLUMN,
	DCF_OPTION_IMPORT,
	/* Arguments of functions; the table has none of them. */
	DCF_OPTION_FETCH,
	DCF_OPTION_EMAIL
} DcfOptionContext;

/*
 * The type of an option's value.  The comment names the C type of the field that
 * stores it.
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
	DCF_OPTION_TEXT,		  /* char *, like all without a comment */
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

/* One value of an enum; an array of them ends with a NULL name. */
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
	double min;						/* of a number, in the type's unit */
	double max;						/* likewise */
	const char *default_value;		/* as a user would write it, or NULL */
	const DcfOptionChoice *choices; /* of an enum */
	bool required;
	bool secret;			 /* the value is never shown */
	bool superuser_only;	 /* but anybody may spell out the default */
	size_t offset;			 /* of the field in the context's struct */
	const char *description; /* one line, for dataconnect_options() */
} DcfOption;

extern const DcfOption dcf_options[];
extern const int dcf_options_length;

/* The option with this name, which is case-sensitive, or NULL. */
extern const DcfOption *dcf_option_find(DcfOptionContext context,
										const char *name);

/*
 * The same, but raises ERRCODE_FDW_INVALID_OPTION_NAME if there is none, with
 * the closest name as a hint.
 */
extern const DcfOption *dcf_option_require(DcfOptionContext context,
										   const char *name);

/* "server", "user mapping", "table", "column", "import" */
extern const char *dcf_option_context_name(DcfOptionContext context);

extern const char *dcf_option_type_name(DcfOptionType type);

/* "ms", "B", or NULL */
extern const char *dcf_option_type_unit(DcfOptionType type);

/* Whether options of this type have min and max. */
extern bool dcf_option_type_is_number(DcfOptionType type);

/*
 * Check a value (in the database encoding) and store it at dest, which has the C
 * type named above.  Allocates in the current memory context.  Raises
 * ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE; the message shows the value only if it
 * cannot be a secret, not even a misplaced one.
 */
extern void dcf_option_parse(const DcfOption *option, const char *value,
							 void *dest);

/*
 * Raise that error.  value is NULL if it must not be shown; detail and hint may
 * be NULL.
 */
pg_noreturn extern void dcf_option_reject(const DcfOption *option,
										  const char *value,
										  const char *detail,
										  const char *hint);

/* Set the values whose files *user names; raises as dcf_option_user(). */
extern void dcf_option_read_secrets(DcfUserOptions *user);

/* Check the name of a parameter of the service.  Raises the same error. */
extern void dcf_option_check_parameter(const DcfOption *option,
									   const char *utf8);

/* Check a percent-encoded "name=value&name=value".  Raises the same error. */
extern void dcf_option_check_query_string(const DcfOption *option,
										  const char *utf8);

#endif /* DCF_OPTION_TABLE_H */
