/*
 * relation.c
 *	  A foreign table's definition.  See relation.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "relation_private.h"
#include "request/request.h"

static DcfColumnKind column_kind(const DcfColumnOptions *options);
static void load_column(DcfRelation *relation, Form_pg_attribute attribute);
static void find_presets(DcfRelation *relation);
static bool is_fixed(const DcfRequest *request, char *param);
static void check_window_type(const DcfRelation *relation,
							  const DcfColumn *column);
static void check_origin_type(const DcfRelation *relation,
							  const DcfColumn *column);
static const DcfColumn *find_split(const DcfRelation *relation);
static void check_params_distinct(const DcfRelation *relation);
static void check_pair(const DcfRelation *relation, const DcfColumn *one,
					   const DcfColumn *other);

DcfRelation *
dcf_relation_build(Relation rel)
{
	DcfRelation *relation = palloc0(sizeof(DcfRelation));
	ForeignTable *table = GetForeignTable(RelationGetRelid(rel));
	TupleDesc tupdesc = CreateTupleDescCopy(RelationGetDescr(rel));

	relation->relid = RelationGetRelid(rel);
	relation->relname = pstrdup(RelationGetRelationName(rel));
	relation->serverid = table->serverid;
	relation->version = dcf_relation_version(relation->relid);

	/*
	 * The table's options fall back on the server's, and so do the columns'.
	 */
	relation->server = dcf_option_server(GetForeignServer(table->serverid));
	relation->table = dcf_option_table(table, relation->server);
	relation->tupdesc = tupdesc;
	relation->natts = tupdesc->natts;
	relation->columns = palloc0(sizeof(DcfColumn) * Max(tupdesc->natts, 1));

	/*
	 * The copy of the descriptor lacks attgenerated: CreateTupleDescCopy()
	 * drops defaults and what depends on them.
	 */
	for (int i = 0; i < tupdesc->natts; i++)
		load_column(relation, TupleDescAttr(RelationGetDescr(rel), i));

	/* These look at all columns together. */
	check_params_distinct(relation);
	find_presets(relation);
	if (relation->table->split)
		relation->split = find_split(relation);
	return relation;
}

DcfRelation *
dcf_relation_copy(const DcfRelation *relation)
{
	DcfRelation *copy = palloc(sizeof(DcfRelation));

	*copy = *relation;
	copy->relname = pstrdup(relation->relname);
	copy->server = dcf_option_copy_server(relation->server);
	copy->table = dcf_option_copy_table(relation->table);
	copy->tupdesc = CreateTupleDescCopy(relation->tupdesc);
	copy->columns = palloc(sizeof(DcfColumn) * Max(relation->natts, 1));
	for (int i = 0; i < relation->natts; i++)
	{
		DcfColumn *column = &copy->columns[i];

		/*
		 * timezone is shared: PostgreSQL keeps each pg_tz until the process
		 * ends.
		 */
		*column = relation->columns[i];
		if (column->kind == DCF_COLUMN_DROPPED)
			continue;
		column->attname = pstrdup(column->attname);
		column->options = dcf_option_copy_column(column->options);
	}

	/* It points into the columns, so the copy points into its own. */
	if (relation->split)
		copy->split = &copy->columns[relation->split->attnum - 1];
	return copy;
}

DcfRelation *
dcf_relation_create(Oid serverid, const char *endpoint, const char *params,
					const char *const *keys, int nkeys)
{
	DcfRelation *relation = palloc0(sizeof(DcfRelation));

	/* relid and version stay 0, because the table is in no catalog. */
	relation->relname = pstrdup(endpoint);
	relation->serverid = serverid;
	relation->server = dcf_option_server(GetForeignServer(serverid));
	relation->table = dcf_option_endpoint(endpoint, params, relation->server);
	relation->tupdesc = CreateTemplateTupleDesc(nkeys);
	relation->natts = nkeys;

	/* Nobody has declared these columns, so no warning about keys is due. */
	relation->table->missing_key = DCF_MISSING_IGNORE;
	relation->table->new_keys = DCF_NEW_KEYS_IGNORE;
	relation->columns = palloc0(sizeof(DcfColumn) * Max(nkeys, 1));
	for (int i = 0; i < nkeys; i++)
	{
		DcfColumn *column = &relation->columns[i];

		TupleDescInitEntry(relation->tupdesc, i + 1, keys[i], TEXTOID, -1, 0);
		column->kind = DCF_COLUMN_RESPONSE;
		column->attnum = i + 1;
		column->attname = pstrdup(keys[i]);
		column->type = column->basetype = TEXTOID;
		column->collation = DEFAULT_COLLATION_OID;
		column->options = palloc0(sizeof(DcfColumnOptions));
		column->options->name = pstrdup(keys[i]);
		column->timezone = relation->server->timezone;
	}
	TupleDescFinalize(relation->tupdesc);
	return relation;
}

char *
dcf_relation_rename_key(const DcfRelation *relation, const DcfColumn *column,
						const char *key)
{
	char *schema = get_namespace_name(get_rel_namespace(relation->relid));

	return psprintf(
		"ALTER FOREIGN TABLE %s ALTER COLUMN %s OPTIONS (%s name %s);",
		quote_qualified_identifier(schema, relation->relname),
		quote_identifier(column->attname),
		column->options->is_named ? "SET" : "ADD", quote_literal_cstr(key));
}

void
dcf_column_send(DcfRequest *request, const DcfColumn *column,
				const char *value)
{
	const char *param = dcf_option_utf8(column->options->param);

	if (value[0] == '\0' && !column->options->send_empty)
		dcf_request_omit(request, param);
	else
		dcf_request_set(request, param, value, false);
}

void
dcf_column_raise_not_sent(const DcfRelation *relation, const DcfColumn *column,
						  const char *detail, const char *hint)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
		 errmsg(
			 "value for column \"%s\" of foreign table \"%s\" cannot be sent",
			 column->attname, relation->relname),
		 errdetail_internal("%s", detail), hint ? errhint("%s", hint) : 0));
}

/*
 * The kind of a column that is not generated.  Its option name tells whether
 * the reply contains a column that is sent.
 */
static DcfColumnKind
column_kind(const DcfColumnOptions *options)
{
	if (options->origin != DCF_ORIGIN_NONE)
		return DCF_COLUMN_ORIGIN;
	if (options->param_from || options->param_to)
		return DCF_COLUMN_WINDOW;
	if (options->param)
		return options->name ? DCF_COLUMN_FILTERED : DCF_COLUMN_PARAMETER;
	return DCF_COLUMN_RESPONSE;
}

/* Read one column's definition. */
static void
load_column(DcfRelation *relation, Form_pg_attribute attribute)
{
	DcfColumn *column = &relation->columns[attribute->attnum - 1];

	column->attnum = attribute->attnum;
	if (attribute->attisdropped)
	{
		column->kind = DCF_COLUMN_DROPPED;
		return;
	}
	column->attname = pstrdup(NameStr(attribute->attname));
	column->type = attribute->atttypid;
	column->basetypmod = attribute->atttypmod;

	/* For a domain, this replaces the modifier by the base type's. */
	column->basetype =
		getBaseTypeAndTypmod(attribute->atttypid, &column->basetypmod);
	column->collation = attribute->attcollation;
	column->options =
		dcf_option_column(relation->relid, column->attnum, column->attname);
	column->timezone = column->options->timezone ? column->options->timezone :
												   relation->server->timezone;
	column->is_stored = attribute->attgenerated == ATTRIBUTE_GENERATED_STORED;

	/*
	 * A generated column is neither sent nor read, whatever its options say.
	 */
	column->kind = attribute->attgenerated != '\0' ?
		DCF_COLUMN_GENERATED :
		column_kind(column->options);
	if (column->kind == DCF_COLUMN_WINDOW)
		check_window_type(relation, column);
	if (column->kind == DCF_COLUMN_ORIGIN)
		check_origin_type(relation, column);
}

/* Mark the columns for which something is always sent. */
static void
find_presets(DcfRelation *relation)
{
	DcfRequest *request =
		dcf_request_create(relation->server, relation->table);

	/* A request without bindings has exactly what is always sent. */
	for (int i = 0; i < relation->natts; i++)
	{
		DcfColumn *column = &relation->columns[i];
		DcfColumnOptions *options = column->options;

		if (!dcf_column_is_sent(column))
			continue;
		column->is_preset = options->default_value ||
			is_fixed(request, options->param) ||
			is_fixed(request, options->param_from) ||
			is_fixed(request, options->param_to);
	}
}

/* Whether a parameter, which may be NULL, is sent with every request. */
static bool
is_fixed(const DcfRequest *request, char *param)
{
	return param && dcf_request_fixed(request, dcf_option_utf8(param));
}

/* Raise an error if the column's type is no date or time. */
static void
check_window_type(const DcfRelation *relation, const DcfColumn *column)
{
	if (column->basetype == DATEOID || column->basetype == TIMESTAMPOID ||
		column->basetype == TIMESTAMPTZOID)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
		 errmsg("column \"%s\" of foreign table \"%s\" cannot have a window",
				column->attname, relation->relname),
		 errdetail(
			 "Options \"param_from\" and \"param_to\" need type date, timestamp or timestamptz, and the column is of type %s.",
			 format_type_be(column->type))));
}

/*
 * Raise an error unless an origin column has exactly the type of its value; a
 * domain would have to be checked.
 */
static void
check_origin_type(const DcfRelation *relation, const DcfColumn *column)
{
	static const struct
	{
		const char *value;
		Oid type;
	} origins[] = {
		[DCF_ORIGIN_FETCHED_AT] = {"fetched_at", TIMESTAMPTZOID},
		[DCF_ORIGIN_AGE] = {"age", INTERVALOID},
		[DCF_ORIGIN_REQUEST] = {"request", TEXTOID},
	};
	DcfOrigin origin = column->options->origin;

	if (column->type == origins[origin].type)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
		 errmsg("column \"%s\" of foreign table \"%s\" cannot show \"%s\"",
				column->attname, relation->relname, origins[origin].value),
		 errdetail(
			 "With this option \"value\" a column must be of type %s, and the column is of type %s.",
			 format_type_be(origins[origin].type),
			 format_type_be(column->type))));
}

void
dcf_relation_check_generated(const DcfRelation *relation,
							 const Bitmapset *wanted)
{
	int member = -1;

	while ((member = bms_next_member(wanted, member)) > 0)
		if (relation->columns[member - 1].is_stored)
			ereport(
				ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg(
					 "generated column \"%s\" of foreign table \"%s\" cannot be read",
					 relation->columns[member - 1].attname, relation->relname),
				 errdetail(
					 "The column is STORED, but a foreign table stores nothing."),
				 errhint(
					 "Use a view that computes it, or from PostgreSQL 18 on a VIRTUAL column.")));
}

/* The column that the table's option "split" names. */
static const DcfColumn *
find_split(const DcfRelation *relation)
{
	const char *name = relation->table->split;
	const DcfColumn *column = NULL;

	for (int i = 0; i < relation->natts && !column; i++)
		if (relation->columns[i].kind != DCF_COLUMN_DROPPED &&
			strcmp(relation->columns[i].attname, name) == 0)
			column = &relation->columns[i];
	if (!column)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				 errmsg("foreign table \"%s\" has no column \"%s\"",
						relation->relname, name),
				 errdetail("The table's option \"split\" names it.")));

	/*
	 * A window is halved between its ends, so it needs both; a list between
	 * its values.
	 */
	if (!column->options->list &&
		!(column->options->param_from && column->options->param_to))
		ereport(
			ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("foreign table \"%s\" cannot be split by column \"%s\"",
					relation->relname, name),
			 errdetail(
				 "The table's option \"split\" needs a column with \"param_from\" and \"param_to\", or one with \"list\".")));
	return column;
}

/*
 * Two columns that send one parameter could have different values, of which
 * only one would be sent.
 */
static void
check_params_distinct(const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
		for (int j = 0; j < i; j++)
			if (dcf_column_is_sent(&relation->columns[i]) &&
				dcf_column_is_sent(&relation->columns[j]))
				check_pair(relation, &relation->columns[j],
						   &relation->columns[i]);
}

/*
 * Raise an error if two columns send one parameter.  Names are compared
 * without regard to case, as in dcf_request_set().
 */
static void
check_pair(const DcfRelation *relation, const DcfColumn *one,
		   const DcfColumn *other)
{
	const char *ones[] = {one->options->param, one->options->param_from,
						  one->options->param_to};
	const char *others[] = {other->options->param, other->options->param_from,
							other->options->param_to};

	for (size_t i = 0; i < lengthof(ones); i++)
		for (size_t j = 0; j < lengthof(others); j++)
			if (ones[i] && others[j] && pg_strcasecmp(ones[i], others[j]) == 0)
				ereport(
					ERROR,
					(errcode(ERRCODE_SYNTAX_ERROR),
					 errmsg(
						 "columns \"%s\" and \"%s\" of foreign table \"%s\" have the same parameter \"%s\"",
						 one->attname, other->attname, relation->relname,
						 ones[i])));
}
