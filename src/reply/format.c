/*
 * format.c
 *	  The formats whose readers are in core/.  See format.h.
 *
 * JSON and JsonDataTable differ only in where the records are: in JsonDataTable they are
 * the member "Records" of the outermost object.
 */
#include "postgres.h"

#include "core/csv_reader.h"
#include "core/json_reader.h"
#include "reply/format.h"
#include "reply/xml_reader.h"

typedef struct JsonInput
{
	DcfJsonConfig config;
	void *memory;
	DcfJsonReader *reader;
} JsonInput;

/*
 * The memory is allocated once: json_start() creates a fresh reader in it for
 * each reply.
 */
static void *
json_create(const DcfFormatConfig *config)
{
	JsonInput *json = palloc0(sizeof(JsonInput));

	if (config->format == DCF_FORMAT_JSONDATATABLE)
		json->config.records_member = DCF_FORMAT_RECORDS_MEMBER;
	json->config.keys = config->keys;
	json->config.nkeys = config->nkeys;
	json->memory = palloc(dcf_json_size(&json->config));
	return json;
}

static void
json_start(void *self)
{
	JsonInput *json = self;

	json->reader = dcf_json_init(json->memory, &json->config);
}

static DcfReadStatus
json_next(void *self, const char *data, size_t len, size_t *consumed)
{
	JsonInput *json = self;

	return dcf_json_next(json->reader, data, len, consumed);
}

/*
 * The reader has seen all bytes in json_next(), and JSON has an end of its
 * own, so there can be no further record.
 */
static DcfReadStatus
json_finish(void *self, const char *data, size_t len, size_t *consumed)
{
	JsonInput *json = self;

	*consumed = 0;
	return dcf_json_finish(json->reader) ? DCF_READ_END : DCF_READ_WRONG;
}

static const DcfField *
json_fields(const void *self)
{
	const JsonInput *json = self;

	return dcf_json_fields(json->reader);
}

static int
json_matched(const void *self)
{
	const JsonInput *json = self;

	return dcf_json_matched(json->reader);
}

/*
 * The reader keeps only the configured keys, so all keys are found by walking
 * the record in the buffer again.  Decoding never makes a key longer.
 */
static char *
json_next_key(const void *self, size_t *pos, size_t *len)
{
	const JsonInput *json = self;
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

/*
 * The bytes consumed with a record are no measure: they include what stands
 * between records.
 */
static size_t
json_record_length(const void *self)
{
	const JsonInput *json = self;
	size_t len;

	(void) dcf_json_record(json->reader, &len);
	return len;
}

static const DcfReadError *
json_error(const void *self)
{
	const JsonInput *json = self;

	return dcf_json_error(json->reader);
}

static const DcfFormatRoutine json_routine = {
	.name = "JSON",
	.keys_in = "first record",
	.shows_cut = true,
	.nulls_have_keys = true,
	.reads_in_thread = true,
	.separates_texts = true,
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

typedef struct CsvInput
{
	DcfCsvConfig config;
	void *memory;
	DcfCsvReader *reader;
} CsvInput;

/* As json_create(). */
static void *
csv_create(const DcfFormatConfig *config)
{
	CsvInput *csv = palloc0(sizeof(CsvInput));

	csv->config.keys = config->keys;
	csv->config.nkeys = config->nkeys;
	csv->memory = palloc(dcf_csv_size(&csv->config));
	return csv;
}

static void
csv_start(void *self)
{
	CsvInput *csv = self;

	csv->reader = dcf_csv_init(csv->memory, &csv->config);
}

static DcfReadStatus
csv_next(void *self, const char *data, size_t len, size_t *consumed)
{
	CsvInput *csv = self;

	return dcf_csv_next(csv->reader, data, len, consumed);
}

static DcfReadStatus
csv_finish(void *self, const char *data, size_t len, size_t *consumed)
{
	CsvInput *csv = self;

	return dcf_csv_finish(csv->reader, data, len, consumed);
}

static const DcfField *
csv_fields(const void *self)
{
	const CsvInput *csv = self;

	return dcf_csv_fields(csv->reader);
}

static int
csv_matched(const void *self)
{
	const CsvInput *csv = self;

	return dcf_csv_matched(csv->reader);
}

/*
 * The keys are those of the header, which is in the buffer only directly after
 * DCF_READ_HEADER.
 */
static char *
csv_next_key(const void *self, size_t *pos, size_t *len)
{
	const CsvInput *csv = self;
	size_t header_len;
	const char *header = dcf_csv_header(csv->reader, &header_len);
	DcfField field;
	char *name;

	if (!dcf_csv_next_name(header, header_len, pos, &field))
		return NULL;
	name = palloc(field.len + 1);
	*len = dcf_csv_unescape(field.data, field.len, name);
	return name;
}

static const DcfReadError *
csv_error(const void *self)
{
	const CsvInput *csv = self;

	return dcf_csv_error(csv->reader);
}

/* A cut after a line looks like the end; keys are in the header, not in records. */
static const DcfFormatRoutine csv_routine = {
	.name = "CSV",
	.keys_in = "header",
	.reads_in_thread = true,
	.separates_texts = true,
	.create = csv_create,
	.start = csv_start,
	.next = csv_next,
	.finish = csv_finish,
	.fields = csv_fields,
	.matched = csv_matched,
	.next_key = csv_next_key,
	.error = csv_error,
};

const DcfFormatRoutine *
dcf_format_routine(DcfFormat format)
{
	switch (format)
	{
		case DCF_FORMAT_JSON:
		case DCF_FORMAT_JSONDATATABLE:
			return &json_routine;
		case DCF_FORMAT_CSV:
			return &csv_routine;
		case DCF_FORMAT_XML:
			return &dcf_xml_routine;
	}
	elog(ERROR, "unknown format %d", (int) format);
}

const char *
dcf_format_unlike_markup(DcfFormat format)
{
	return format == DCF_FORMAT_XML ? NULL : dcf_format_routine(format)->name;
}
