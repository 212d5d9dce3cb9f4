/*
 * writing.c
 *	  Foreign tables that are written.  See writing.h.
 */
#include "postgres.h"

#include "base/compat.h"
#include "convert/convert.h"
#include "request/writing.h"

static const DcfColumn *find_missing(const DcfRelation *relation, bool update,
									 const DcfRequest *request);
pg_noreturn static void raise_missing(const DcfRelation *relation, bool update,
									  const DcfColumn *column);
static bool is_id(const DcfRelation *relation, const DcfColumn *column);
static bool is_written(const DcfColumn *column);

bool
dcf_writing_is(const DcfRelation *relation)
{
	return dcf_request_writes(relation->table->endpoint) != NULL;
}

void
dcf_writing_refuse(const char *endpoint)
{
	if (dcf_request_writes(endpoint))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("endpoint \"%s\" cannot be read", endpoint),
				 errdetail("Each request to it writes.")));
}

const DcfColumn *
dcf_writing_id(const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
		if (is_id(relation, &relation->columns[i]))
			return &relation->columns[i];
	return NULL;
}

static bool
is_id(const DcfRelation *relation, const DcfColumn *column)
{
	const char *id = dcf_request_writes(relation->table->endpoint);

	return id && is_written(column) &&
		pg_strcasecmp(column->options->param, id) == 0;
}

/* Whether a row's value is sent; a window column's ends are none. */
static bool
is_written(const DcfColumn *column)
{
	return column->kind == DCF_COLUMN_PARAMETER ||
		column->kind == DCF_COLUMN_FILTERED;
}

const DcfRelation *
dcf_writing_target(const DcfRelation *relation)
{
	DcfRelation *target;

	if (!dcf_writing_is(relation))
		return relation;
	target = palloc(sizeof(DcfRelation));
	*target = *relation;
	target->split = NULL;
	target->table = palloc(sizeof(DcfTableOptions));
	*target->table = *relation->table;
	target->table->rows = 1;
	target->table->async_capable = false;
	target->columns = palloc(sizeof(DcfColumn) * Max(relation->natts, 1));
	for (int i = 0; i < relation->natts; i++)
	{
		DcfColumn *column = &target->columns[i];

		*column = relation->columns[i];
		if (column->kind == DCF_COLUMN_DROPPED)
			continue;
		column->is_preset = false;
		if (!is_id(relation, column))
		{
			/* Neither sent nor read. */
			column->kind = DCF_COLUMN_GENERATED;
			continue;
		}
		column->kind = DCF_COLUMN_PARAMETER;
		column->options = palloc(sizeof(DcfColumnOptions));
		*column->options = *relation->columns[i].options;
		column->options->required = true;
		column->options->list = false;
		column->options->default_value = NULL;
	}
	return target;
}

/* A request that is a POST, whatever the options say: no gateway repeats it. */
static DcfRequest *
create_request(const DcfRelation *relation)
{
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	request->method = DCF_METHOD_POST;
	return request;
}

/* Refuse a value that would get lost, or an id that would change another row. */
static void
check_value(const DcfRelation *relation, bool update, const DcfColumn *column)
{
	if (!update && is_id(relation, column))
		ereport(
			ERROR,
			(errcode(ERRCODE_GENERATED_ALWAYS),
			 errmsg("cannot insert a value into column \"%s\"",
					column->attname),
			 errdetail(
				 "The service chooses it. With a value, the request would change the row that has it."),
			 errhint("To change that row, use UPDATE.")));
	if (!is_written(column) && column->kind != DCF_COLUMN_GENERATED)
		ereport(
			ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" of foreign table \"%s\" cannot be written",
					column->attname, relation->relname),
			 errdetail("It has no option \"param\", so it is only read.")));
}

/* Send a column's value, or its default. */
static void
send_value(DcfRequest *request, const DcfRelation *relation,
		   const DcfColumn *column, Datum value, bool isnull)
{
	const char *reason = NULL;
	char *text;

	if (!isnull)
		text = dcf_convert_to_param(column->type, value, column->timezone,
									&reason);
	else if (column->options->default_value)
		text = dcf_option_utf8(column->options->default_value);
	else
		return;
	if (text == NULL)
		dcf_column_raise_not_sent(relation, column, reason, NULL);
	dcf_column_send(request, column, text);
}

DcfRequest *
dcf_writing_request(const DcfRelation *relation, bool update,
					const Datum *values, const bool *isnull)
{
	DcfRequest *request = create_request(relation);
	const DcfColumn *missing;

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (column->kind == DCF_COLUMN_DROPPED)
			continue;
		if (!isnull[i])
			check_value(relation, update, column);
		if (is_written(column) && (update || !is_id(relation, column)))
			send_value(request, relation, column, values[i], isnull[i]);
	}
	missing = find_missing(relation, update, request);
	if (missing)
		raise_missing(relation, update, missing);
	return request;
}

/* The first required column whose parameter has no value, or NULL. */
static const DcfColumn *
find_missing(const DcfRelation *relation, bool update,
			 const DcfRequest *request)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		const char *value;

		if (!is_written(column) ||
			!(is_id(relation, column) ? update : column->options->required))
			continue;
		value = dcf_request_value(request,
								  dcf_option_utf8(column->options->param));
		if (value == NULL ||
			(value[0] == '\0' && !column->options->send_empty))
			return column;
	}
	return NULL;
}

static void
raise_missing(const DcfRelation *relation, bool update,
			  const DcfColumn *column)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
		 errmsg("column \"%s\" of foreign table \"%s\" has no value to send",
				column->attname, relation->relname),
		 errdetail("The service requires the parameter \"%s\".",
				   column->options->param),
		 update ?
			 errhint(
				 "SET all required columns: what the row has at the service cannot be read.") :
			 0));
}

DcfRequest *
dcf_writing_template(const DcfRelation *relation, bool update)
{
	DcfRequest *request = create_request(relation);

	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (is_written(column) && (update || !is_id(relation, column)))
			dcf_request_set(request, dcf_option_utf8(column->options->param),
							column->attname, true);
	}
	return request;
}
