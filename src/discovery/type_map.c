/*
 * type_map.c
 *	  Types of SQL Server and .NET as types of PostgreSQL.  See type_map.h.
 */
#include "postgres.h"

#include <ctype.h>

#include "type_map.h"

/* SQL Server's greatest precision of a decimal. */
#define MAX_PRECISION 38

typedef struct TypeName
{
	const char *foreign; /* lower case */
	const char *local;
} TypeName;

/* SQL Server's names, then .NET's. */
static const TypeName type_names[] = {
	{"bit", "boolean"},
	{"tinyint", "smallint"},
	{"smallint", "smallint"},
	{"int", "integer"},
	{"integer", "integer"},
	{"bigint", "bigint"},
	{"money", "numeric(19,4)"},
	{"smallmoney", "numeric(10,4)"},
	{"decimal", "numeric"},
	{"numeric", "numeric"},
	{"float", "double precision"},
	{"real", "real"},
	{"datetime", "timestamp"},
	{"smalldatetime", "timestamp"},
	{"datetime2", "timestamp"},
	{"datetimeoffset", "timestamptz"},
	{"date", "date"},
	{"time", "time"},
	{"uniqueidentifier", "uuid"},
	{"varchar", "text"},
	{"nvarchar", "text"},
	{"char", "text"},
	{"nchar", "text"},
	{"text", "text"},
	{"ntext", "text"},
	{"sysname", "text"},
	{"binary", "bytea"},
	{"varbinary", "bytea"},
	{"image", "bytea"},
	{"timestamp", "bytea"}, /* a row version, not a time */
	{"rowversion", "bytea"},
	{"xml", "text"},

	/* .NET's, but for those with another meaning in SQL Server. */
	{"boolean", "boolean"},
	{"byte", "smallint"},
	{"sbyte", "smallint"},
	{"int16", "smallint"},
	{"int32", "integer"},
	{"int64", "bigint"},
	{"single", "real"},
	{"double", "double precision"},
	{"string", "text"},
	{"guid", "uuid"},
	{"timespan", "text"}, /* may count days, which time does not take */
	{"byte[]", "bytea"},
};

/* The catalogue's kinds, listed in catalogue/README.md. */
static const TypeName kinds[] = {
	{"integer", "integer"}, {"byte", "smallint"},	   {"decimal", "numeric"},
	{"string", "text"},		{"boolean", "boolean"},	   {"guid", "uuid"},
	{"binary", "bytea"},	{"datetime", "timestamp"}, {"date", "timestamp"},
};

/*
 * The PostgreSQL type for the first len bytes of name, ignoring case; or
 * NULL.
 */
static const char *
find_type(const TypeName *names, int n, const char *name, size_t len)
{
	for (int i = 0; i < n; i++)
		if (strlen(names[i].foreign) == len &&
			pg_strncasecmp(names[i].foreign, name, len) == 0)
			return names[i].local;
	return NULL;
}

/*
 * Read "(p)" or "(p,s)" at the end of a type; spaces may surround the numbers.
 * False for anything else, and for numbers that SQL Server does not allow.
 */
static bool
parse_precision(const char *text, int *precision, int *scale)
{
	int values[2] = {0, 0};
	int n = 0;

	for (const char *c = text; n < 2;)
	{
		int digits = 0;

		/* The opening parenthesis, or the comma. */
		c++;
		while (*c == ' ')
			c++;
		for (; isdigit((unsigned char) *c); c++)
		{
			if (++digits > 2)
				return false;
			values[n] = values[n] * 10 + (*c - '0');
		}
		while (*c == ' ')
			c++;
		n++;
		if (digits == 0 || (*c != ',' && *c != ')'))
			return false;
		if (*c == ')')
		{
			*precision = values[0];
			*scale = values[1];
			return c[1] == '\0' && values[0] >= 1 &&
				values[0] <= MAX_PRECISION && values[1] <= values[0];
		}
	}
	return false;
}

char *
dcf_type_map_map(const char *spelling)
{
	const char *name = spelling;
	const char *local;
	size_t len;
	int precision;
	int scale;

	if (name == NULL)
		return NULL;
	if (pg_strncasecmp(name, "System.", 7) == 0)
		name += 7;
	name += strspn(name, " ");
	len = strcspn(name, " (");
	local = find_type(type_names, lengthof(type_names), name, len);
	if (local == NULL)
		return NULL;
	/* Not for money: its precision stands in the table of types. */
	if (strcmp(local, "numeric") == 0)
	{
		const char *rest = name + len + strspn(name + len, " ");

		if (*rest == '(' && parse_precision(rest, &precision, &scale))
			return psprintf("numeric(%d,%d)", precision, scale);
	}
	return pstrdup(local);
}

const char *
dcf_type_map_from_kind(const char *kind)
{
	const char *local =
		kind ? find_type(kinds, lengthof(kinds), kind, strlen(kind)) : NULL;

	return local ? local : "text";
}

bool
dcf_type_map_is_no_time(const char *sample)
{
	/* Documented examples have misprints, so only the form of a date counts. */
	static const char form[] = "dddd-dd-dd";

	if (sample == NULL || sample[0] == '\0' ||
		pg_strcasecmp(sample, "null") == 0)
		return false;
	for (int i = 0; form[i]; i++)
	{
		if (form[i] == 'd' ? !isdigit((unsigned char) sample[i]) :
							 sample[i] != form[i])
			return true;
	}
	return false;
}
