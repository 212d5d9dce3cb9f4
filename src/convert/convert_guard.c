/*
 * convert_guard.c
 *	  Calling the functions of types under fixed settings, and the converter's
 *	  errors.
 *
 * Input functions depend on settings of the session, and their errors quote the
 * whole value as it came.  But a reply must mean the same in every session, and
 * a value must be made safe before a message shows it.
 *
 * So the variables behind DateStyle, IntervalStyle, TimeZone, array_nulls and
 * xmloption are set directly before each call, and restored after it or after an
 * error.  Only types that look up names (regclass and the like) also get a fixed
 * search_path, which needs a nesting level of GUCs.  money goes through numeric,
 * so lc_monetary does not matter.
 *
 * Notices are suppressed.  Only the SQLSTATE and the constraint's name of an
 * error about the value are kept.  Errors of the classes 40, 53, 57 and 58 do not
 * concern the value and pass unchanged.  For an internal error (XX), the message
 * names the function and file that raised it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/xml.h"

#include "base/compat.h"
#include "base/foreign_text.h"
#include "convert_private.h"

/*
 * The session's values of the fixed settings.  All but search_path are assigned
 * as C variables: set_config_option() would cost more than the conversion.
 */
typedef struct Settings
{
	int date_style;
	int date_order;
	int interval_style;
	int xml_option;
	int client_messages;
	int log_messages;
	bool nulls;
	pg_tz *timezone;
	int guc_level; /* the nesting level that was begun, or 0 */
} Settings;

/* What raised an error. */
typedef enum Source
{
	FROM_TYPE,
	FROM_DOMAIN
} Source;

static void fix_settings(const DcfConverter *converter, Settings *before);
static void restore_settings(const Settings *before);
static Datum call(DcfConverter *converter, DcfConvertRead read, void *arg,
				  Source source);
static bool is_about_value(int sqlstate);
pg_noreturn static void report(DcfConverter *converter, const ErrorData *error,
							   Source source);
pg_noreturn static void raise_internal(const DcfConverter *converter,
									   const ErrorData *error);
pg_noreturn static void raise_from_domain(const DcfConverter *converter,
										  const ErrorData *error);
static char *show_value(const DcfConverter *converter);
static void enter(DcfConverter *converter, ErrorContextCallback *callback);
static void leave(const ErrorContextCallback *callback);
static void add_context(void *arg);

/* Save the session's settings in *before, and set the fixed ones. */
static void
fix_settings(const DcfConverter *converter, Settings *before)
{
	*before = (Settings){.date_style = DateStyle,
						 .date_order = DateOrder,
						 .interval_style = IntervalStyle,
						 .xml_option = xmloption,
						 .client_messages = client_min_messages,
						 .log_messages = dcf_compat_log_min_messages,
						 .nulls = Array_nulls,
						 .timezone = session_timezone};
	/* This may raise, so it comes before the variables change. */
	if (converter->uses_search_path)
	{
		before->guc_level = NewGUCNestLevel();
		(void) set_config_option("search_path", "pg_catalog, pg_temp",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	}
	DateStyle = USE_ISO_DATES;
	DateOrder = DATEORDER_YMD;
	IntervalStyle = INTSTYLE_POSTGRES;
	xmloption = XMLOPTION_CONTENT;
	/* A notice could quote the value. */
	client_min_messages = ERROR;
	dcf_compat_log_min_messages = Max(dcf_compat_log_min_messages, ERROR);
	Array_nulls = true;
	session_timezone = converter->timezone;
}

/* Undo fix_settings(), also while an error is handled. */
static void
restore_settings(const Settings *before)
{
	DateStyle = before->date_style;
	DateOrder = before->date_order;
	IntervalStyle = before->interval_style;
	xmloption = before->xml_option;
	client_min_messages = before->client_messages;
	dcf_compat_log_min_messages = before->log_messages;
	Array_nulls = before->nulls;
	session_timezone = before->timezone;
	if (before->guc_level > 0)
		/*
		 * At the end of a nesting level, a value set with GUC_ACTION_SAVE is
		 * restored even on "commit".
		 */
		AtEOXact_GUC(true, before->guc_level);
}

/* Call a function under the fixed settings, and replace its errors. */
static Datum
call(DcfConverter *converter, DcfConvertRead read, void *arg, Source source)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;
	ErrorContextCallback callback;
	Settings before;

	/* The callback adds the value to errors that are rethrown. */
	enter(converter, &callback);
	fix_settings(converter, &before);
	PG_TRY();
	{
		result = read(converter, arg);
	}
	PG_CATCH();
	{
		ErrorData *error;

		restore_settings(&before);
		if (!is_about_value(geterrcode()))
			PG_RE_THROW();
		/* CopyErrorData() must not be called in ErrorContext. */
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		leave(&callback);
		/*
		 * The stack of errors is empty again, so this raises a new error
		 * without the old one's message or context.
		 */
		report(converter, error, source);
	}
	PG_END_TRY();
	restore_settings(&before);
	leave(&callback);

	return result;
}

/* Errors of these classes do not depend on the value. */
static bool
is_about_value(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK):
		case ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES):
		case ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION):
		case ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR):
			return false;
		default:
			return true;
	}
}

Datum
dcf_convert_guarded(DcfConverter *converter, DcfConvertRead read, void *arg)
{
	return call(converter, read, arg, FROM_TYPE);
}

/* A DcfConvertRead: the base type's input function. */
static Datum
call_input(DcfConverter *converter, void *text)
{
	return InputFunctionCall(&converter->input, text, converter->ioparam,
							 converter->base_typmod);
}

Datum
dcf_convert_input(DcfConverter *converter, char *text)
{
	return call(converter, call_input, text, FROM_TYPE);
}

/* A DcfConvertRead: raises unless the domain allows the NullableDatum. */
static Datum
call_check(DcfConverter *converter, void *value)
{
	NullableDatum *checked = value;

	/* The cache of constraints lives as long as the converter. */
	domain_check(checked->value, checked->isnull, converter->type,
				 &converter->domain_cache, converter->context);
	return (Datum) 0;
}

void
dcf_convert_check_domain(DcfConverter *converter, Datum value, bool isnull)
{
	NullableDatum checked = {.value = value, .isnull = isnull};

	(void) call(converter, call_check, &checked, FROM_DOMAIN);
}

char *
dcf_convert_transcode(DcfConverter *converter, const char *bytes, size_t len)
{
	ErrorContextCallback callback;
	char *text;

	enter(converter, &callback);
	/* No guard: PostgreSQL's error about the character is kept as it is. */
	text = pg_any_to_server(bytes, (int) len, PG_UTF8);
	leave(&callback);
	return text;
}

/* Raise our own error in place of one about the value. */
static void
report(DcfConverter *converter, const ErrorData *error, Source source)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (category == ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR))
		raise_internal(converter, error);
	if (source == FROM_DOMAIN)
		raise_from_domain(converter, error);
	/*
	 * Only these classes describe a value.  Input functions also raise others,
	 * such as "undefined table" from regclassin().
	 */
	if (category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED))
		dcf_convert_refuse(converter, error->sqlerrcode);
	dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

#define INVALID_VALUE "invalid value for column \"%s\" of foreign table \"%s\""

/* An internal error is a bug in the server or an extension: say where. */
static void
raise_internal(const DcfConverter *converter, const ErrorData *error)
{
	ereport(
		ERROR,
		(errcode(error->sqlerrcode),
		 errmsg(
			 "could not read value for column \"%s\" of foreign table \"%s\"",
			 converter->column, converter->relation),
		 errdetail("%s. Function %s() in %s raised an internal error.",
				   show_value(converter),
				   error->funcname ? error->funcname : "?",
				   error->filename ? error->filename : "?")));
}

/* A domain's check may call any function, so any SQLSTATE may come. */
static void
raise_from_domain(const DcfConverter *converter, const ErrorData *error)
{
	const char *domain = format_type_be(converter->type);
	/*
	 * A check may raise an error of its own with any constraint name, so the
	 * name is made safe.
	 */
	const char *constraint = error->constraint_name ?
		dcf_foreign_text(error->constraint_name,
						 strlen(error->constraint_name)) :
		NULL;

	if (error->sqlerrcode == ERRCODE_CHECK_VIOLATION && constraint)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg(INVALID_VALUE, converter->column, converter->relation),
				 errdetail(
					 "%s, which violates check constraint \"%s\" of domain %s.",
					 show_value(converter), constraint, domain),
				 errdomainconstraint(converter->type, constraint)));
	if (error->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg(INVALID_VALUE, converter->column, converter->relation),
				 errdetail("%s, which domain %s does not allow.",
						   show_value(converter), domain),
				 errdatatype(converter->type)));
	ereport(ERROR,
			(errcode(error->sqlerrcode),
			 errmsg(INVALID_VALUE, converter->column, converter->relation),
			 errdetail("%s, for which a check of domain %s raised an error.",
					   show_value(converter), domain),
			 errdatatype(converter->type)));
}

void
dcf_convert_refuse(DcfConverter *converter, int sqlstate)
{
	const char *type =
		format_type_with_typemod(converter->type, converter->typmod);
	const char *fault;

	/* The words go between "which is" and the type. */
	if (sqlstate == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE ||
		sqlstate == ERRCODE_DATETIME_FIELD_OVERFLOW)
		fault = "out of range for";
	else if (sqlstate == ERRCODE_STRING_DATA_RIGHT_TRUNCATION)
		fault = "too long for";
	else if (ERRCODE_TO_CATEGORY(sqlstate) ==
			 ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED))
		fault = "beyond the limits of";
	else
		fault = "not of";

	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg(INVALID_VALUE, converter->column, converter->relation),
			 errdetail("%s, which is %s type %s.", show_value(converter),
					   fault, type)));
}

/* The start of a detail sentence: 'Record 3 has "x"'. */
static char *
show_value(const DcfConverter *converter)
{
	const char *source = converter->record == 0 ?
		"The request" :
		psprintf("Record %llu", (unsigned long long) converter->record);

	if (converter->shown == NULL)
		return psprintf("%s has null", source);
	return psprintf("%s has \"%s\"", source,
					dcf_foreign_text(converter->shown, converter->shown_len));
}

/* Add the value to the context of errors that are not replaced, until leave(). */
static void
enter(DcfConverter *converter, ErrorContextCallback *callback)
{
	callback->callback = add_context;
	callback->arg = converter;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/*
 * End enter().  After an error, PG_TRY() has restored the stack as enter()
 * left it.
 */
static void
leave(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

/* The error context callback, for a cancel or an encoding error, say. */
static void
add_context(void *arg)
{
	DcfConverter *converter = arg;

	if (converter->record == 0)
		errcontext("foreign table \"%s\", column \"%s\", option \"default\"",
				   converter->relation, converter->column);
	else if (converter->shown == NULL)
		errcontext("foreign table \"%s\", record %llu, column \"%s\": null",
				   converter->relation, (unsigned long long) converter->record,
				   converter->column);
	else
		errcontext("foreign table \"%s\", record %llu, column \"%s\": \"%s\"",
				   converter->relation, (unsigned long long) converter->record,
				   converter->column,
				   dcf_foreign_text(converter->shown, converter->shown_len));
}
