/*
 * format.c
 *	  The formats whose readers are pure C.  See format.h.
 */
#include "postgres.h"

#include "format.h"
#include "json_reader.h"

typedef struct JsonFormat
{
	DcfJsonConfig config;
	void *memory;
	DcfJsonReader *reader;
} JsonFormat;

static void *
create_json(const DcfFormatConfig *config, const char *records_member)
{
	JsonFormat *json = palloc0(sizeof(JsonFormat));

	json->config.records_member = records_member;
	json->config.keys = config->keys;
	json->config.nkeys = config->nkeys;
	json->memory = palloc(dcf_json_size(&json->config));
	return json;
}

static void *
json_create(const DcfFormatConfig *config)
{
	return create_json(config, NULL);
}

static void *
json_data_table_create(const DcfFormatConfig *config)
{
	return create_json(config, "Records");
}

static void
json_start(void *self)
{
	JsonFormat *json = self;

	json->reader = dcf_json_init(json->memory, &json->config);
}

static DcfReadStatus
json_next(void *self, const char *data, size_t len, size_t *consumed)
{
	JsonFormat *json = self;

	return dcf_json_next(json->reader, data, len, consumed);
}

static DcfReadStatus
json_finish(void *self)
{
	JsonFormat *json = self;

	return dcf_json_finish(json->reader) ? DCF_READ_END : DCF_READ_WRONG;
}

static const DcfField *
json_fields(const void *self)
{
	const JsonFormat *json = self;

	return dcf_json_fields(json->reader);
}

static int
json_matched(const void *self)
{
	const JsonFormat *json = self;

	return dcf_json_matched(json->reader);
}

static char *
json_next_key(const void *self, size_t *pos, size_t *len)
{
	const JsonFormat *json = self;
	size_t record_len;
	const char *record = dcf_json_record(json->reader, &record_len);
	DcfField key;
	char *name;

	if (!dcf_json_next_key(record, record_len, pos, &key))
		return NULL;
	name = palloc(key.len + 1);
	*len = dcf_json_unescape(key.data, key.len, name);
	return name;
}

static size_t
json_record_length(const void *self)
{
	const JsonFormat *json = self;
	size_t len;

	(void) dcf_json_record(json->reader, &len);
	return len;
}

static const DcfReadError *
json_error(const void *self)
{
	const JsonFormat *json = self;

	return dcf_json_error(json->reader);
}

static const DcfFormatRoutine json_routine = {
	.name = "JSON",
	.keys_in = "first record",
	.create = json_create,
	.start = json_start,
	.next = json_next,
	.finish = json_finish,
	.fields = json_fields,
	.matched = json_matched,
	.next_key = json_next_key,
	.record_length = json_record_length,
	.error = json_error,
};

static const DcfFormatRoutine json_data_table_routine = {
	.name = "JSON",
	.keys_in = "first record",
	.create = json_data_table_create,
	.start = json_start,
	.next = json_next,
	.finish = json_finish,
	.fields = json_fields,
	.matched = json_matched,
	.next_key = json_next_key,
	.record_length = json_record_length,
	.error = json_error,
};

const DcfFormatRoutine *
dcf_format_routine(DcfFormat format)
{
	switch (format)
	{
		case DCF_FORMAT_JSON:
			return &json_routine;
		case DCF_FORMAT_JSONDATATABLE:
			return &json_data_table_routine;
	}
	elog(ERROR, "unknown format %d", (int) format);
}
