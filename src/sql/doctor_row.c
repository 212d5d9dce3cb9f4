/*
 * doctor_row.c
 *	  The rows of dataconnect_doctor().  See doctor_row.h.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "utils/builtins.h"

#include "base/catch_error.h"
#include "doctor_row.h"
#include "result_row.h"

static void
put_row(DcfDoctor *doctor, const char *check, const char *result,
		const char *detail, const char *remedy)
{
	DcfResultRow *row = dcf_result_row_begin(doctor->fcinfo);

	dcf_result_row_text(row, "check_name", check);
	dcf_result_row_text(row, "result", result);
	dcf_result_row_text(row, "detail", detail);
	dcf_result_row_text(row, "remedy", remedy);
	dcf_result_row_end(row);
}

void
dcf_doctor_row_pass(DcfDoctor *doctor, const char *check, const char *detail)
{
	put_row(doctor, check, "PASS", detail, NULL);
}

void
dcf_doctor_row_fail(DcfDoctor *doctor, const char *check, const char *detail,
					const char *remedy)
{
	put_row(doctor, check, "FAIL", detail, remedy);
}

void
dcf_doctor_row_fail_by(DcfDoctor *doctor, const char *check,
					   const ErrorData *error, const char *remedy)
{
	put_row(doctor, check, "FAIL", dcf_catch_error_show(error),
			error->hint ? error->hint : remedy);
}

void
dcf_doctor_row_skip(DcfDoctor *doctor, const char *check, const char *reason)
{
	put_row(doctor, check, "SKIP", reason, NULL);
}

void
dcf_doctor_row_obstruct(DcfDoctor *doctor, const char *check)
{
	if (doctor->obstacle == NULL)
		doctor->obstacle = psprintf("The check \"%s\" did not pass.", check);
}

bool
dcf_doctor_row_skip_obstructed(DcfDoctor *doctor, const char *check)
{
	if (doctor->obstacle == NULL)
		return false;
	dcf_doctor_row_skip(doctor, check, doctor->obstacle);
	return true;
}

char *
dcf_doctor_row_duration(int64 seconds)
{
	static const struct
	{
		int64 seconds;
		const char *name;
	} units[] = {{SECS_PER_DAY, "days"},
				 {SECS_PER_HOUR, "h"},
				 {SECS_PER_MINUTE, "min"}};

	for (int i = 0; i < (int) lengthof(units); i++)
	{
		/* At least two of a unit: "119 min" says more than "1 h". */
		if (seconds >= 2 * units[i].seconds)
			return psprintf(INT64_FORMAT " %s", seconds / units[i].seconds,
							units[i].name);
	}
	return psprintf(INT64_FORMAT " s", seconds);
}

const char *
dcf_doctor_row_option(const DcfDoctor *doctor, const char *name)
{
	ListCell *cell;

	foreach(cell, doctor->server->options)
	{
		DefElem *element = lfirst(cell);

		if (strcmp(element->defname, name) == 0)
			return defGetString(element);
	}
	return NULL;
}

char *
dcf_doctor_row_alter(const DcfDoctor *doctor, const char *option,
					 const char *value)
{
	return psprintf("ALTER SERVER %s OPTIONS (%s %s %s);",
					quote_identifier(doctor->server->servername),
					dcf_doctor_row_option(doctor, option) ? "SET" : "ADD",
					option, quote_literal_cstr(value));
}
