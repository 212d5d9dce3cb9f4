/*
 * record.c
 *	  Bytes into rows.  See record.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "convert.h"
#include "error.h"
#include "json_reader.h"
#include "record.h"

/* Keys of a foreign reply listed in a message. */
#define SHOWN_KEYS 20

/* A column to fill. */
typedef struct Target
{
	int column; /* index into values */
	int key;	/* index into the reader's fields */
	DcfConverter *converter;
} Target;

struct DcfRecordReader
{
	const DcfRelation *relation;
	DcfReply *reply;
	DcfJsonConfig config;
	DcfJsonKey *keys;
	void *json_memory;
	DcfJsonReader *json;
	Target *targets;
	int ntargets;
	uint64 records;
};

static int find_or_add_key(DcfRecordReader *reader, const char *option);
static DcfJsonStatus read_record(DcfRecordReader *reader);
static void check_keys(DcfRecordReader *reader);
static char *list_keys(const char *record, size_t len);
static void raise_wrong(DcfRecordReader *reader) pg_attribute_noreturn();

DcfRecordReader *
dcf_record_create(const DcfRelation *relation, const Bitmapset *fetched)
{
	DcfRecordReader *reader = palloc0(sizeof(DcfRecordReader));
	int size = Max(relation->natts, 1);

	reader->relation = relation;
	reader->keys = palloc(sizeof(DcfJsonKey) * size);
	reader->targets = palloc(sizeof(Target) * size);
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];
		Target *target;
		int key;

		if (!dcf_column_is_read(column))
			continue;

		/* Also keys nobody fetches tell whether this is the table's reply. */
		key = find_or_add_key(reader, column->options->name);
		if (!bms_is_member(i + 1, fetched))
			continue;
		target = &reader->targets[reader->ntargets++];
		target->column = i;
		target->key = key;
		target->converter =
			dcf_convert_create(relation->relname,
							   TupleDescAttr(relation->tupdesc, i),
							   relation->server->timezone,
							   relation->table->null_strings);
	}

	reader->config.records_member =
		relation->table->format == DCF_FORMAT_JSONDATATABLE ? "Records" : NULL;
	reader->config.keys = reader->keys;
	reader->json_memory = palloc(dcf_json_size(&reader->config));
	return reader;
}

/* Two columns may read one key; the JSON reader wants it once, in UTF-8. */
static int
find_or_add_key(DcfRecordReader *reader, const char *option)
{
	char *name = pg_server_to_any(option, (int) strlen(option), PG_UTF8);
	size_t len = strlen(name);
	int i;

	for (i = 0; i < reader->config.nkeys; i++)
		if (reader->keys[i].len == len &&
			memcmp(reader->keys[i].name, name, len) == 0)
			return i;
	reader->keys[i].name = name;
	reader->keys[i].len = len;
	reader->config.nkeys++;
	return i;
}

void
dcf_record_attach(DcfRecordReader *reader, DcfReply *reply)
{
	reader->reply = reply;
	reader->records = 0;
	reader->json = dcf_json_init(reader->json_memory, &reader->config);
}

bool
dcf_record_next(DcfRecordReader *reader, Datum *values, bool *isnull)
{
	const DcfJsonField *fields;

	if (read_record(reader) != DCF_JSON_RECORD)
		return false;
	reader->records++;
	if (reader->records == 1)
		check_keys(reader);

	fields = dcf_json_fields(reader->json);
	for (int i = 0; i < reader->ntargets; i++)
	{
		Target *target = &reader->targets[i];

		values[target->column] =
			dcf_convert_field(target->converter, &fields[target->key],
							  reader->records, &isnull[target->column]);
	}
	return true;
}

uint64
dcf_record_count(const DcfRecordReader *reader)
{
	return reader->records;
}

/* DCF_JSON_RECORD, or DCF_JSON_MORE at the end of a whole reply. */
static DcfJsonStatus
read_record(DcfRecordReader *reader)
{
	for (;;)
	{
		size_t len;
		size_t consumed;
		const char *window = dcf_reply_window(reader->reply, &len);
		DcfJsonStatus status =
			dcf_json_next(reader->json, window, len, &consumed);

		if (status == DCF_JSON_WRONG)
			raise_wrong(reader);
		dcf_reply_consume(reader->reply, consumed);
		if (status == DCF_JSON_RECORD)
			return status;
		if (!dcf_reply_fill(reader->reply))
		{
			if (!dcf_json_finish(reader->json))
				raise_wrong(reader);
			return status;
		}
	}
}

static void
check_keys(DcfRecordReader *reader)
{
	size_t len;
	const char *record;

	if (reader->config.nkeys == 0 || dcf_json_matched(reader->json) > 0)
		return;
	record = dcf_json_record(reader->json, &len);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 errmsg("reply is not one for foreign table \"%s\"",
				reader->relation->relname),
		 errdetail(
			 "Its first record has none of the table's columns. Its keys are: %s.",
			 list_keys(record, len)),
		 errhint(
			 "Check the table's option \"endpoint\" and the columns' option \"name\".")));
}

static char *
list_keys(const char *record, size_t len)
{
	StringInfoData buf;
	DcfJsonField key;
	size_t pos = 0;
	int nkeys = 0;

	initStringInfo(&buf);
	while (dcf_json_next_key(record, len, &pos, &key))
	{
		char *name = palloc(key.len + 1);
		size_t namelen = dcf_json_unescape(key.data, key.len, name);

		if (nkeys == SHOWN_KEYS)
		{
			appendStringInfoString(&buf, ", ...");
			break;
		}
		appendStringInfo(&buf, "%s\"%s\"", nkeys++ > 0 ? ", " : "",
						 dcf_error_safe(name, namelen));
		pfree(name);
	}
	return nkeys > 0 ? buf.data : "none";
}

static void
raise_wrong(DcfRecordReader *reader)
{
	const DcfJsonError *error = dcf_json_error(reader->json);
	const char *content_type = dcf_reply_content_type(reader->reply);
	size_t len;
	const char *window = dcf_reply_window(reader->reply, &len);
	bool is_start = error->record == 0 && error->offset < len;
	bool is_cut = error->code == DCF_JSON_E_CUT;

	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 is_cut ?
			 errmsg("reply for foreign table \"%s\" was cut short",
					reader->relation->relname) :
			 error->code == DCF_JSON_E_SHAPE ?
			 errmsg(
				 "reply for foreign table \"%s\" does not consist of records",
				 reader->relation->relname) :
			 errmsg("reply for foreign table \"%s\" is not valid JSON",
					reader->relation->relname),
		 is_start && len > 0 ?
			 errdetail(
				 "At byte " UINT64_FORMAT ", after " UINT64_FORMAT
				 " records: %s. The reply is of type \"%s\" and begins with: %s",
				 error->offset, error->record, error->reason, content_type,
				 dcf_error_safe(window, len)) :
			 errdetail("At byte " UINT64_FORMAT ", after " UINT64_FORMAT
					   " records: %s. The reply is of type \"%s\".",
					   error->offset, error->record, error->reason,
					   content_type),
		 error->code == DCF_JSON_E_SHAPE ?
			 errhint(
				 "Check the options \"url\", \"endpoint\" and \"format\", and that the credentials are valid.") :
			 0));
}
