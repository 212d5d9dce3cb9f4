/*
 * record_error.c
 *	  Errors about records and replies.  See record_private.h.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/compat.h"
#include "base/foreign_text.h"
#include "net/refusal.h"
#include "record_private.h"
#include "reply/reply.h"

/* The most keys that a message lists. */
#define SHOWN_KEYS 20

pg_noreturn static void raise_foreign_keys(DcfRecordReader *reader,
										   const char *what);
static char *list_keys(DcfRecordReader *reader);

void
dcf_record_raise_unmarked(const DcfRecordReader *reader)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("reply for foreign table \"%s\" may have been cut short",
					reader->relation->relname),
			 errdetail("%s does not mark the end of a reply, and this one came "
					   "without a length, chunks or compression.",
					   reader->source.format->name),
			 errhint("Set the table's option \"format\" to another format.")));
}

/*
 * Raise that a record has more than max bytes, as dcf_body_fill() does where it
 * notices first.
 */
pg_noreturn static void
raise_too_long(const DcfRecordReader *reader, size_t max)
{
	ErrorContextCallback callback;

	dcf_reply_push_context(reader->reply, &callback);
	dcf_refusal_raise_too_long(max);
}

/* The buffer is larger than max_record_size, so longer records can get here. */
void
dcf_record_check_length(const DcfRecordReader *reader, size_t len)
{
	size_t max = (size_t) reader->relation->server->max_record_size;

	if (len > max)
		raise_too_long(reader, max);
}

/* Whether the current record, or header, has any key at all. */
static bool
has_keys(const DcfRecordReader *reader)
{
	size_t pos = 0;
	size_t len;

	return reader->source.format->next_key(reader->source.in, &pos, &len) !=
		NULL;
}

/*
 * If the first record has none of the table's keys, the reply is for another table.  A
 * later record with only other keys may be an error among the records.
 */
void
dcf_record_check_keys(DcfRecordReader *reader)
{
	if (reader->config.nkeys == 0 ||
		reader->source.format->matched(reader->source.in) > 0)
		return;
	/* A later record may be an empty object: a row of NULLs. */
	if (reader->records > 1 && !has_keys(reader))
		return;
	raise_foreign_keys(reader,
					   psprintf("Its %s has none of the table's columns.",
								reader->records > 1 ?
									psprintf("record " UINT64_FORMAT,
											 reader->records) :
									reader->source.format->keys_in));
}

void
dcf_record_check_held(DcfRecordReader *reader)
{
	if (!has_keys(reader))
		return;
	raise_foreign_keys(reader,
					   psprintf("None of its records (" UINT64_FORMAT
								") has any of the table's columns.",
								reader->nheld));
}

/* what: the records that have none of the table's columns, as a sentence. */
static void
raise_foreign_keys(DcfRecordReader *reader, const char *what)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 errmsg("reply does not match foreign table \"%s\"",
				reader->relation->relname),
		 errdetail("%s Its keys are: %s.", what, list_keys(reader)),
		 errhint(
			 "Check the table's option \"endpoint\" and the columns' option \"name\".")));
}

/* The keys of the current record, or header, made safe: "a", "b", ... */
static char *
list_keys(DcfRecordReader *reader)
{
	StringInfoData buf;
	size_t pos = 0;
	size_t len;
	char *name;
	int nkeys = 0;

	initStringInfo(&buf);
	while ((name = reader->source.format->next_key(reader->source.in, &pos,
												   &len)) != NULL)
	{
		if (nkeys == SHOWN_KEYS)
		{
			appendStringInfoString(&buf, ", ...");
			break;
		}
		appendStringInfo(&buf, "%s\"%s\"", nkeys++ > 0 ? ", " : "",
						 dcf_foreign_text(name, len));
		pfree(name);
	}
	return nkeys > 0 ? buf.data : "none";
}

void
dcf_record_raise_wrong(DcfRecordReader *reader)
{
	const DcfReadError *error =
		reader->source.format->error(reader->source.in);
	const char *content_type = dcf_reply_content_type(reader->reply);
	size_t len;
	const char *buffer = dcf_body_buffer(reader->body, &len);
	/* Once bytes are consumed, the buffer no longer has the reply's start. */
	bool is_start = error->record == 0 && !reader->begun;
	bool is_cut = error->code == DCF_READ_E_CUT;

	/*
	 * The same message, whether the format or dcf_record_check_length() finds
	 * it.
	 */
	if (error->code == DCF_READ_E_TOO_LONG)
		raise_too_long(reader, reader->config.max_record_size);
	ereport(
		ERROR,
		(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
		 is_cut ?
			 errmsg("reply for foreign table \"%s\" was cut short",
					reader->relation->relname) :
			 error->code == DCF_READ_E_SHAPE ?
			 errmsg(
				 "reply for foreign table \"%s\" does not consist of records",
				 reader->relation->relname) :
			 errmsg("reply for foreign table \"%s\" is not valid %s",
					reader->relation->relname, reader->source.format->name),
		 is_start && len > 0 ?
			 errdetail(
				 "At byte " UINT64_FORMAT ", after " UINT64_FORMAT
				 " records: %s. The reply is of type \"%s\" and begins with: %s",
				 error->offset, error->record, error->reason, content_type,
				 dcf_foreign_text_start(buffer, len)) :
			 errdetail("At byte " UINT64_FORMAT ", after " UINT64_FORMAT
					   " records: %s. The reply is of type \"%s\".",
					   error->offset, error->record, error->reason,
					   content_type),
		 error->code == DCF_READ_E_SHAPE ?
			 errhint(
				 "Check the options \"url\", \"endpoint\" and \"format\", and that the credentials are valid.") :
			 0));
}
