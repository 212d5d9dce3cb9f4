/*
 * convert_guard.c
 *	  Calling functions that belong to types, and the errors of the converter.
 *
 * Such functions heed settings of the session, and quote the value whole and
 * unchecked in whatever they raise.  Neither may show: a reply means the same in
 * every session, and a value is made safe before it is shown.
 *
 * The variables behind DateStyle, IntervalStyle, TimeZone, array_nulls and
 * xmloption are set directly, before each value and back after it or after an
 * error.  Only types that look up names (regclass and its kin) get a
 * search_path, which takes a level of settings.  money is read by way of
 * numeric.
 *
 * Notices are suppressed.  Of an error about the value only its SQLSTATE and
 * the constraint's name survive.  Errors of the classes 40, 53, 57 and 58 are
 * not about the value and pass unchanged; an internal error (XX) shows the
 * function and file that raised it.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/xml.h"

#include "base/foreign_text.h"
#include "convert_private.h"

/*
 * The settings that are fixed, as they were.  All but the search path are set as
 * the variables they are: to go through the list of settings for each value would
 * cost more than the value.
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
	int guc_level; /* 0: none was begun */
} Settings;

typedef enum Source
{
	OF_TYPE,
	OF_DOMAIN
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
pg_noreturn static void raise_of_domain(const DcfConverter *converter,
										const ErrorData *error);
static char *show_value(const DcfConverter *converter);
static void enter(DcfConverter *converter, ErrorContextCallback *callback);
static void leave(const ErrorContextCallback *callback);
static void add_context(void *arg);

static void
fix_settings(const DcfConverter *converter, Settings *before)
{
	*before = (Settings){.date_style = DateStyle,
						 .date_order = DateOrder,
						 .interval_style = IntervalStyle,
						 .xml_option = xmloption,
						 .client_messages = client_min_messages,
						 .log_messages = log_min_messages,
						 .nulls = Array_nulls,
						 .timezone = session_timezone};
	if (converter->by_name)
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
	client_min_messages = ERROR;
	log_min_messages = Max(log_min_messages, ERROR);
	Array_nulls = true;
	session_timezone = converter->timezone;
}

static void
restore_settings(const Settings *before)
{
	DateStyle = before->date_style;
	DateOrder = before->date_order;
	IntervalStyle = before->interval_style;
	xmloption = before->xml_option;
	client_min_messages = before->client_messages;
	log_min_messages = before->log_messages;
	Array_nulls = before->nulls;
	session_timezone = before->timezone;
	if (before->guc_level > 0)
		AtEOXact_GUC(true, before->guc_level);
}

static Datum
call(DcfConverter *converter, DcfConvertRead read, void *arg, Source source)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;
	ErrorContextCallback callback;
	Settings before;

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
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		leave(&callback);
		report(converter, error, source);
	}
	PG_END_TRY();
	restore_settings(&before);
	leave(&callback);

	return result;
}

/* Of these classes no error is raised because of what a value is. */
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
	return call(converter, read, arg, OF_TYPE);
}

static Datum
call_input(DcfConverter *converter, void *text)
{
	return InputFunctionCall(&converter->input, text, converter->ioparam,
							 converter->base_typmod);
}

Datum
dcf_convert_input(DcfConverter *converter, char *text)
{
	return call(converter, call_input, text, OF_TYPE);
}

static Datum
call_check(DcfConverter *converter, void *value)
{
	NullableDatum *checked = value;

	domain_check(checked->value, checked->isnull, converter->type,
				 &converter->domain_cache, converter->context);
	return (Datum) 0;
}

void
dcf_convert_check_domain(DcfConverter *converter, Datum value, bool isnull)
{
	NullableDatum checked = {.value = value, .isnull = isnull};

	(void) call(converter, call_check, &checked, OF_DOMAIN);
}

char *
dcf_convert_transcode(DcfConverter *converter, const char *bytes, size_t len)
{
	ErrorContextCallback callback;
	char *text;

	enter(converter, &callback);
	text = pg_any_to_server(bytes, (int) len, PG_UTF8);
	leave(&callback);
	return text;
}

/* An error in our words; of the other nothing is taken but facts. */
static void
report(DcfConverter *converter, const ErrorData *error, Source source)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	if (category == ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR))
		raise_internal(converter, error);
	if (source == OF_DOMAIN)
		raise_of_domain(converter, error);
	if (category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED))
		dcf_convert_refuse(converter, error->sqlerrcode);
	dcf_convert_refuse(converter, ERRCODE_INVALID_TEXT_REPRESENTATION);
}

#define MISFIT "invalid value for column \"%s\" of foreign table \"%s\""

/* Nobody's fault but the server's: where it was found may help. */
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

/* A check may be a function that raises whatever it likes. */
static void
raise_of_domain(const DcfConverter *converter, const ErrorData *error)
{
	const char *domain = format_type_be(converter->type);
	const char *constraint = error->constraint_name ?
		dcf_foreign_text(error->constraint_name,
						 strlen(error->constraint_name)) :
		NULL;

	if (error->sqlerrcode == ERRCODE_CHECK_VIOLATION && constraint)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg(MISFIT, converter->column, converter->relation),
				 errdetail(
					 "%s, which violates check constraint \"%s\" of domain %s.",
					 show_value(converter), constraint, domain),
				 errdomainconstraint(converter->type, constraint)));
	if (error->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg(MISFIT, converter->column, converter->relation),
				 errdetail("%s, which domain %s does not allow.",
						   show_value(converter), domain),
				 errdatatype(converter->type)));
	ereport(ERROR,
			(errcode(error->sqlerrcode),
			 errmsg(MISFIT, converter->column, converter->relation),
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
			 errmsg(MISFIT, converter->column, converter->relation),
			 errdetail("%s, which is %s type %s.", show_value(converter),
					   fault, type)));
}

/* The beginning of a sentence: what has the value. */
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

/* Say of errors that are not ours where they come from; until leave(). */
static void
enter(DcfConverter *converter, ErrorContextCallback *callback)
{
	callback->callback = add_context;
	callback->arg = converter;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

static void
leave(const ErrorContextCallback *callback)
{
	error_context_stack = callback->previous;
}

/* Where an error came from that is not one of ours: a cancel, say. */
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
