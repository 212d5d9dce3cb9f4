/*
 * sample.c
 *	  The fields of an endpoint's records.  See sample.h.
 *
 * The part of the reply that was read stays in the transfer's buffer, and is
 * walked three times: for the Schema, for the keys, and for the values.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "foreign/foreign.h"
#include "miscadmin.h"

#include "base/foreign_text.h"
#include "core/json_reader.h"
#include "discovery/sample.h"
#include "net/session.h"
#include "reply/format.h"
#include "reply/reply.h"
#include "request/request.h"
#include "request/writing.h"
#include "sample_type.h"
#include "type_map.h"

#define SCHEMA_MEMBER "Schema"

/* The beginning of a reply, in the transfer's buffer. */
typedef struct Excerpt
{
	const char *data;
	size_t len;
	bool whole;					/* it is the whole reply */
	const char *records_member; /* which holds the records; NULL: the reply is
								 * an array of records, or one record */
} Excerpt;

/* A field while the sample is walked. */
typedef struct Field
{
	DcfSampleField *field;
	char *name; /* the key in UTF-8 */
	size_t len; /* of the name */
	int seen;	/* kinds of values: DCF_SEEN_... */
} Field;

/* An array that grows. */
typedef struct Fields
{
	Field *items;
	int n;
	int size;
} Fields;

static Field *
find_field(Fields *fields, const char *name, size_t len)
{
	for (int i = 0; i < fields->n; i++)
	{
		if (fields->items[i].len == len &&
			memcmp(fields->items[i].name, name, len) == 0)
			return &fields->items[i];
	}
	return NULL;
}

/*
 * The field of a name, added if there is none.  Raises if there are more than a
 * table can have columns, which also bounds the time of the search.
 */
static Field *
put_field(Fields *fields, const char *name, size_t len)
{
	Field *field = find_field(fields, name, len);

	if (field)
		return field;
	if (fields->n == MaxHeapAttributeNumber)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_COLUMNS),
				 errmsg(
					 "records have more fields than a table can have columns"),
				 errdetail("A table can have at most %d columns.",
						   MaxHeapAttributeNumber)));
	if (fields->n == fields->size)
	{
		fields->size = Max(fields->size * 2, 64);
		fields->items = fields->items ?
			repalloc(fields->items, sizeof(Field) * fields->size) :
			palloc(sizeof(Field) * fields->size);
	}
	field = &fields->items[fields->n++];
	memset(field, 0, sizeof(Field));
	field->name = palloc(len + 1);
	memcpy(field->name, name, len);
	field->len = len;
	field->field = palloc0(sizeof(DcfSampleField));
	/* A key that cannot be a column stays, for the caller to warn of. */
	field->field->key = dcf_option_key(name, len, &field->field->obstacle);
	if (field->field->obstacle)
		field->field->key = dcf_foreign_text(name, len);
	return field;
}

/* A string or key with its escapes decoded, NUL-terminated, palloc'd. */
static char *
unescape(const DcfField *field, size_t *len)
{
	char *text = palloc(field->len + 1);

	if (field->escaped)
		*len = dcf_json_unescape(field->data, field->len, text);
	else
	{
		memcpy(text, field->data, field->len);
		*len = field->len;
	}
	text[*len] = '\0';
	return text;
}

/* A reader of the records in a member of the reply; NULL: in the reply itself. */
static DcfJsonReader *
make_reader(DcfJsonConfig *config, const char *member, const DcfKey *keys,
			int nkeys)
{
	config->records_member = member;
	config->keys = keys;
	config->nkeys = nkeys;
	return dcf_json_init(palloc(dcf_json_size(config)), config);
}

/*
 * Whether an object, as far as it was read, can be a record.  A reader without a
 * member reports an object that holds an array of objects as another shape.
 */
static bool
is_record(const Excerpt *excerpt)
{
	DcfJsonConfig config;
	DcfJsonReader *reader = make_reader(&config, NULL, NULL, 0);
	size_t consumed;

	return dcf_json_next(reader, excerpt->data, excerpt->len, &consumed) !=
		DCF_READ_WRONG ||
		dcf_json_error(reader)->code != DCF_READ_E_SHAPE;
}

/*
 * Wait for the first most bytes of the reply, or for its end.  Then see where
 * the records are.
 */
static void
read_excerpt(DcfReply *reply, size_t most, Excerpt *excerpt)
{
	DcfBody *body = dcf_reply_body(reply);
	ErrorContextCallback callback;
	size_t start = 0;

	excerpt->records_member = NULL;
	dcf_reply_push_context(reply, &callback);
	do
	{
		/* Waiting for more bytes may move the buffer. */
		excerpt->data = dcf_body_buffer(body, &excerpt->len);
		excerpt->whole =
			excerpt->len < most && dcf_body_fill(body, true) == DCF_BODY_ENDED;
	} while (excerpt->len < most && !excerpt->whole);
	excerpt->data = dcf_body_buffer(body, &excerpt->len);
	dcf_reply_pop_context(&callback);

	if (excerpt->len > most)
	{
		/* What is cut off may be the end of the reply. */
		excerpt->len = most;
		excerpt->whole = false;
	}

	/*
	 * An endpoint that does not know JsonDataTable may send plain records: an
	 * array, or one object.
	 */
	while (start < excerpt->len &&
		   strchr(" \t\r\n\xef\xbb\xbf", excerpt->data[start]) != NULL)
		start++;
	if (start < excerpt->len && excerpt->data[start] == '{' &&
		!is_record(excerpt))
		excerpt->records_member = DCF_FORMAT_RECORDS_MEMBER;
}

pg_noreturn static void
raise_wrong(const DcfJsonReader *reader, const DcfReply *reply)
{
	const DcfReadError *error = dcf_json_error(reader);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply does not consist of records"),
			 errdetail("At byte " UINT64_FORMAT ", after " UINT64_FORMAT
					   " records: %s. The reply is of type \"%s\".",
					   error->offset, error->record, error->reason,
					   dcf_reply_content_type(reply))));
}

/*
 * Read the record at *pos, and move *pos behind it.  False at the end of the
 * excerpt.  If there is more of the reply, the excerpt may end within a
 * record; only the end of a whole reply has to be right.
 */
static bool
next_record(DcfJsonReader *reader, const DcfReply *reply,
			const Excerpt *excerpt, size_t *pos)
{
	size_t consumed;
	DcfReadStatus status = dcf_json_next(reader, excerpt->data + *pos,
										 excerpt->len - *pos, &consumed);

	*pos += consumed;
	if (status == DCF_READ_RECORD)
		return true;
	if (status == DCF_READ_WRONG ||
		(excerpt->whole && !dcf_json_finish(reader)))
		raise_wrong(reader, reply);
	return false;
}

/* Add the keys of the reader's current record. */
static void
add_keys(Fields *fields, const DcfJsonReader *reader)
{
	size_t len;
	const char *record = dcf_json_record(reader, &len);
	size_t pos = 0;
	DcfField key;

	while (dcf_json_next_key(record, len, &pos, &key))
	{
		size_t namelen;
		char *name = unescape(&key, &namelen);

		(void) put_field(fields, name, namelen);
	}
}

/* Collect the keys of at most DCF_SAMPLE_RECORDS records; returns how many. */
static int
find_keys(Fields *fields, const DcfReply *reply, const Excerpt *excerpt)
{
	DcfJsonConfig config;
	DcfJsonReader *reader =
		make_reader(&config, excerpt->records_member, NULL, 0);
	size_t pos = 0;
	int records = 0;

	while (records < DCF_SAMPLE_RECORDS &&
		   next_record(reader, reply, excerpt, &pos))
	{
		add_keys(fields, reader);
		records++;
		CHECK_FOR_INTERRUPTS();
	}
	return records;
}

/* Note a value's kind, and the value if it is the first. */
static void
note_value(Field *field, const DcfField *value)
{
	size_t len;
	char *text;

	if (value->kind == DCF_FIELD_ABSENT || value->kind == DCF_FIELD_NULL)
		return;
	text = unescape(value, &len);
	field->seen |= dcf_sample_kind(value, text, len);
	/* An empty string is no example. */
	if (field->field->value == NULL && len > 0)
		field->field->value = value->kind == DCF_FIELD_TRUE ? pstrdup("true") :
			value->kind == DCF_FIELD_FALSE ? pstrdup("false") :
											 dcf_foreign_text(text, len);
	pfree(text);
}

/*
 * Note the values that the fields have in the first records.  A reader must
 * know its keys from the start, so the records are read a second time.
 */
static void
find_values(Fields *fields, const DcfReply *reply, const Excerpt *excerpt,
			int records)
{
	DcfKey *keys = palloc(sizeof(DcfKey) * Max(fields->n, 1));
	DcfJsonConfig config;
	DcfJsonReader *reader;
	size_t pos = 0;

	for (int i = 0; i < fields->n; i++)
	{
		keys[i].name = fields->items[i].name;
		keys[i].len = fields->items[i].len;
	}
	reader = make_reader(&config, excerpt->records_member, keys, fields->n);
	for (int n = 0; n < records; n++)
	{
		const DcfField *values;

		if (!next_record(reader, reply, excerpt, &pos))
			break;
		values = dcf_json_fields(reader);
		for (int i = 0; i < fields->n; i++)
			note_value(&fields->items[i], &values[i]);
		CHECK_FOR_INTERRUPTS();
	}
}

/* A string in a record of the Schema; NULL for anything else. */
static char *
schema_text(const DcfField *value, size_t *len)
{
	return value->kind == DCF_FIELD_STRING ? unescape(value, len) : NULL;
}

/*
 * Add the fields that the Schema of a whole reply lists, with their types.
 * The documentation does not say how the types are spelt: an unknown one is
 * ignored.  The types can be inferred without the Schema, so an error in it
 * only ends the list.
 */
static void
read_schema(Fields *fields, const Excerpt *excerpt)
{
	enum
	{
		NAME,
		TYPE,
		SAFE_TYPE
	};
	static const DcfKey keys[] = {[NAME] = {"Column_Name", 11},
								  [TYPE] = {"Type", 4},
								  [SAFE_TYPE] = {"SafeType", 8}};
	DcfJsonConfig config;
	DcfJsonReader *reader;
	size_t pos = 0;
	size_t consumed;

	if (!excerpt->whole || excerpt->records_member == NULL)
		return;
	reader = make_reader(&config, SCHEMA_MEMBER, keys, lengthof(keys));
	while (dcf_json_next(reader, excerpt->data + pos, excerpt->len - pos,
						 &consumed) == DCF_READ_RECORD)
	{
		const DcfField *values = dcf_json_fields(reader);
		size_t len;
		size_t typelen;
		char *name = schema_text(&values[NAME], &len);
		char *type = schema_text(&values[TYPE], &typelen);
		Field *field;

		pos += consumed;
		if (name == NULL || len == 0)
			continue;
		field = put_field(fields, name, len);
		if (type == NULL || dcf_type_map_map(type) == NULL)
			type = schema_text(&values[SAFE_TYPE], &typelen);
		if (type != NULL && dcf_type_map_map(type) != NULL)
			field->field->sql_type = dcf_foreign_text(type, typelen);
	}
}

DcfSample *
dcf_sample_take(Oid serverid, Oid userid, const DcfTableOptions *table,
				char *more)
{
	DcfSample *sample = palloc0(sizeof(DcfSample));
	DcfTableOptions sampled = *table;
	DcfSession *session;
	const DcfServerOptions *server;
	DcfRequest *request;
	DcfReply *reply;
	Excerpt excerpt;
	Fields fields = {0};

	dcf_writing_refuse(table->endpoint);
	session = dcf_session_get(serverid, userid, CurrentMemoryContext);
	server = dcf_session_options(session);
	sampled.format = DCF_FORMAT_JSONDATATABLE;
	request = dcf_request_create(server, &sampled);
	if (more)
		dcf_request_set_query(request, dcf_option_utf8(more));
	reply = dcf_reply_create(session, request, NULL, NULL, false,
							 CurrentMemoryContext);
	dcf_reply_trace_question(reply, userid, serverid);
	(void) dcf_reply_await(reply);
	read_excerpt(reply, Min(DCF_SAMPLE_BYTES, server->max_record_size / 2),
				 &excerpt);
	/* First, because fields keep the order in which they are found. */
	read_schema(&fields, &excerpt);
	sample->records = find_keys(&fields, reply, &excerpt);
	find_values(&fields, reply, &excerpt, sample->records);
	dcf_reply_check_data(reply, sample->records);
	/* The rest of the reply is not read. */
	dcf_reply_close(reply);

	for (int i = 0; i < fields.n; i++)
	{
		DcfSampleField *field = fields.items[i].field;

		field->type = field->sql_type ? dcf_type_map_map(field->sql_type) :
										dcf_sample_type(fields.items[i].seen);
		sample->fields = lappend(sample->fields, field);
	}
	return sample;
}

DcfTableDef *
dcf_sample_table(const DcfSample *sample, const DcfTableOptions *table,
				 const char *relname, const DcfImportOptions *options)
{
	DcfTableDef *def = palloc0(sizeof(DcfTableDef));
	HTAB *taken = dcf_table_def_column_names();
	ListCell *cell;

	if (relname == NULL)
		relname =
			psprintf("%s%s", options->prefix ? options->prefix : "",
					 dcf_table_def_snake(strrchr(table->endpoint, '/') + 1));
	def->relname =
		dcf_table_def_take_name(dcf_table_def_names(NULL, 0), relname);
	def->endpoint = table->endpoint;
	def->params = table->params;
	def->rows = -1;
	foreach(cell, sample->fields)
	{
		const DcfSampleField *field = lfirst(cell);

		if (!field->obstacle)
			dcf_table_def_add_field(def, taken, options->column_names,
									field->key, field->type)
				->sql_type = field->sql_type;
		else
			ereport(WARNING,
					(errmsg("key \"%s\" of endpoint \"%s\" cannot be a column",
							field->key, table->endpoint),
					 errdetail("The key %s.", field->obstacle)));
	}
	hash_destroy(taken);
	return def;
}
