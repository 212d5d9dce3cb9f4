/*
 * bridge.c
 *	  The tables behind the bridge.  See bridge.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "foreign/fdwapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/foreign_text.h"
#include "core/text.h"
#include "discovery/bridge.h"
#include "discovery/table_def.h"
#include "endpoint_query.h"
#include "request/request.h"
#include "type_map.h"

#define SCHEMA_ENDPOINT "/bridge/current/schema"

/* A record of SCHEMA_ENDPOINT: a column of a table. */
typedef struct Field
{
	char *table;
	char *name; /* or NULL */
	char *type; /* or NULL */
	int position;
	int order; /* in the reply */
} Field;

/*
 * The keys of these records, as documented, in the order in which
 * read_schema() takes their texts.
 */
static const char *const schema_keys[] = {"TableName", "Column_Name", "Type",
										  "ORDINAL_POSITION"};

/*
 * For qsort(): by table, position, and order in the reply, because qsort() is
 * not stable.
 */
static int
compare_fields(const void *a, const void *b)
{
	const Field *one = *(const Field *const *) a;
	const Field *other = *(const Field *const *) b;
	int result = strcmp(one->table, other->table);

	if (result == 0)
		result = (one->position > other->position) -
			(one->position < other->position);
	return result != 0 ? result : one->order - other->order;
}

/* PG_INT32_MAX for a text that is not a position: that column comes last. */
static int
parse_position(const char *text)
{
	int position = 0;

	if (text == NULL || *text < '0' || *text > '9')
		return PG_INT32_MAX;
	for (const char *c = text; *c >= '0' && *c <= '9'; c++)
	{
		/* Before each digit, so that the number cannot overflow. */
		if (position > PG_INT16_MAX)
			return PG_INT32_MAX;
		position = position * 10 + (*c - '0');
	}
	return position;
}

/*
 * All columns of all tables, sorted by table and position.  prefix is the
 * option "path_prefix" or NULL; *count is set to their number.  The query has
 * a context of its own, so only the columns stay in the caller's.
 */
static Field **
read_schema(Oid serverid, const char *prefix, int *count)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext scratch =
		AllocSetContextCreate(context, "dataconnect_fdw bridge schema",
							  ALLOCSET_DEFAULT_SIZES);
	int size = 1024;
	Field **fields = palloc(sizeof(Field *) * size);
	char *texts[lengthof(schema_keys)];
	DcfEndpointQuery *query;

	*count = 0;
	MemoryContextSwitchTo(scratch);
	query = dcf_endpoint_query_open(serverid, GetUserId(),
									dcf_request_path(prefix,
													 pstrdup(SCHEMA_ENDPOINT)),
									NULL, schema_keys, lengthof(schema_keys),
									false);
	while (dcf_endpoint_query_next(query, texts))
	{
		Field *field;

		MemoryContextSwitchTo(context);
		if (*count == size)
		{
			size *= 2;
			fields = repalloc_huge(fields, sizeof(Field *) * size);
		}
		field = palloc(sizeof(Field));
		field->table = pstrdup(texts[0] ? texts[0] : "");
		field->name = texts[1] ? pstrdup(texts[1]) : NULL;
		field->type = texts[2] ? pstrdup(texts[2]) : NULL;
		field->position = parse_position(texts[3]);
		field->order = *count;
		fields[(*count)++] = field;
		MemoryContextSwitchTo(scratch);
	}
	MemoryContextSwitchTo(context);
	MemoryContextDelete(scratch);
	qsort(fields, *count, sizeof(Field *), compare_fields);
	return fields;
}

/* Whether a table's name can be a value in the option "params". */
static bool
is_usable(const char *name)
{
	return name[0] != '\0' && !dcf_text_has_control(name, strlen(name));
}

/*
 * Why a table cannot be a foreign table, as a sentence, or NULL.  Comparing
 * all pairs of names is fast enough, because their number has been checked
 * before.
 */
static const char *
find_obstacle(Field **first, int n)
{
	if (n > MaxHeapAttributeNumber)
		return psprintf("It has %d columns, but a table can have at most %d.",
						n, MaxHeapAttributeNumber);
	if (!is_usable(first[0]->table))
		return "Its name is empty or contains a control character.";
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (first[i]->name && first[j]->name &&
				strcmp(first[i]->name, first[j]->name) == 0)
				return psprintf("Columns %d and %d have the same name.", j + 1,
								i + 1);
		}
	}
	return NULL;
}

/*
 * The type of a foreign table's column: text takes the values of any type
 * that is not known here.
 */
static const char *
field_type(const Field *field)
{
	const char *type = dcf_type_map_map(field->type);

	return type ? type : "text";
}

/* A name in the database encoding, made fit to show in a message. */
static char *
show_name(const char *name)
{
	const char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);

	return dcf_foreign_text(utf8, strlen(utf8));
}

/* Whether a foreign table can have the column; warns if not. */
static bool
check_column(const Field *field, int number)
{
	const char *name = field->name ? field->name : "";
	const char *utf8 = pg_server_to_any(name, strlen(name), PG_UTF8);
	const char *obstacle;

	if (dcf_option_key(utf8, strlen(utf8), &obstacle))
		return true;
	ereport(WARNING,
			(errmsg("column \"%s\" of bridge table \"%s\" is not imported",
					show_name(name), show_name(field->table)),
			 errdetail("The name of column %d %s.", number, obstacle)));
	return false;
}

/* first is the first of the table's n fields. */
static DcfTableDef *
make_table_def(Field **first, int n, char *relname,
			   const DcfImportOptions *options)
{
	DcfTableDef *def = palloc0(sizeof(DcfTableDef));
	HTAB *taken = dcf_table_def_column_names();
	const char *table = first[0]->table;

	def->relname = relname;
	def->endpoint =
		dcf_request_path(options->path_prefix, pstrdup(DCF_BRIDGE_DATA));
	def->params =
		psprintf("%s%s%s", dcf_table_def_pair(DCF_BRIDGE_TABLE, table),
				 options->table_params ? "&" : "",
				 options->table_params ? options->table_params : "");
	def->rows = -1;
	for (int i = 0; i < n; i++)
		if (check_column(first[i], i + 1))
			dcf_table_def_add_field(def, taken, options->column_names,
									first[i]->name, field_type(first[i]))
				->sql_type = first[i]->type;
	hash_destroy(taken);
	return def;
}

/* Append the table's definition to defs; warns if it cannot have one. */
static List *
add_table_def(List *defs, Field **first, int n, char *relname,
			  const DcfImportOptions *options)
{
	const char *obstacle = find_obstacle(first, n);

	if (obstacle == NULL)
		return lappend(defs, make_table_def(first, n, relname, options));
	ereport(WARNING,
			(errmsg("bridge table \"%s\" is not imported",
					show_name(first[0]->table)),
			 errdetail_internal("%s", obstacle)));
	return defs;
}

List *
dcf_bridge_tables(Oid serverid, ImportForeignSchemaStmt *stmt,
				  const DcfImportOptions *options, List **names)
{
	int count;
	Field **fields = read_schema(serverid, options->path_prefix, &count);
	HTAB *taken = dcf_table_def_names(NULL, 0);
	List *defs = NIL;
	int n;

	for (int i = 0; i < count; i += n)
	{
		const char *table = fields[i]->table;
		char *relname;

		CHECK_FOR_INTERRUPTS();
		/* The fields of one table stand together: i to i + n - 1. */
		for (n = 1; i + n < count; n++)
		{
			if (strcmp(fields[i + n]->table, table) != 0)
				break;
		}

		/* A table's name does not depend on which others are imported. */
		relname = psprintf("%s%s", options->prefix ? options->prefix : "",
						   dcf_table_def_snake(table));
		relname = dcf_table_def_take_name(taken, relname);
		*names = lappend(*names, relname);
		if (IsImportableForeignTable(relname, stmt))
			defs = add_table_def(defs, &fields[i], n, relname, options);
	}
	hash_destroy(taken);
	return defs;
}
