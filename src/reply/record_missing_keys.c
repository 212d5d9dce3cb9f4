/*
 * record_missing_keys.c
 *	  Keys that no record of a reply has.  See record_private.h.
 *
 * If the service renames a key, its column would be NULL in each row, and nobody would
 * notice.  So the user is told, once a statement, which fetched keys no record had.  A key
 * is searched for only until a record has it, so this costs nothing once all were seen.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/closest_match.h"
#include "base/foreign_text.h"
#include "record_private.h"

/* The most keys without a column that are collected, and that a message lists. */
#define MAX_UNREAD_KEYS	  MaxHeapAttributeNumber
#define SHOWN_UNREAD_KEYS 5

void
dcf_record_begin_missing(DcfRecordReader *reader)
{
	const DcfRecordSource *source = &reader->source;

	reader->nunseen = 0;
	reader->collected = false;
	list_free_deep(reader->unread_keys);
	reader->unread_keys = NIL;
	for (int i = 0; source->tracks_keys && i < source->ntargets; i++)
		if (!dcf_warned_has(reader->warned,
							(AttrNumber) (source->targets[i].column + 1)))
			reader->unseen[reader->nunseen++] = (int16) i;
}

/* Copy a key into the reader's context. */
static void
add_unread_key(DcfRecordReader *reader, const char *key)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	reader->unread_keys = lappend(reader->unread_keys, pstrdup(key));
	MemoryContextSwitchTo(old);
}

/*
 * Collect the current record's keys that could be a column's "name": what a
 * missing key may have been renamed to.  The keys of one record are enough.
 */
static void
collect_unread_keys(DcfRecordReader *reader)
{
	const DcfFormatRoutine *format = reader->source.format;
	size_t pos = 0;
	size_t len;
	char *name;

	while (list_length(reader->unread_keys) < MAX_UNREAD_KEYS &&
		   (name = format->next_key(reader->source.in, &pos, &len)) != NULL)
	{
		const char *obstacle;
		char *key = dcf_record_reads_key(reader, name, len) ?
			NULL :
			dcf_option_key(name, len, &obstacle);

		/* A key that messages show differently cannot be suggested. */
		if (key && strcmp(key, dcf_foreign_text(name, len)) == 0)
			add_unread_key(reader, key);
	}
}

void
dcf_record_note_header(DcfRecordReader *reader)
{
	const DcfRecordSource *source = &reader->source;

	/* If every configured key matches, none is missing. */
	if (reader->nunseen > 0 &&
		source->format->matched(source->in) < reader->config.nkeys)
		collect_unread_keys(reader);
	reader->collected = true;
	if (reader->wants_new)
		dcf_record_report_new(reader);
}

void
dcf_record_note_keys(DcfRecordReader *reader)
{
	reader->nunseen = dcf_record_keep_unseen(&reader->source, reader->unseen,
											 reader->nunseen);
	if (reader->nunseen > 0 && !reader->collected)
		collect_unread_keys(reader);
	reader->collected = true;
}

/*
 * Intersect two lists of targets, both in ascending order: the thread's list
 * has those that no row had, and the reader's those that no record before had.
 */
void
dcf_record_note_rows(DcfRecordReader *reader)
{
	const DcfThreadRows *rows = reader->rows;
	int kept = 0;
	int j = 0;

	for (int i = 0; i < reader->nunseen; i++)
	{
		while (j < rows->nunseen && rows->unseen[j] < reader->unseen[i])
			j++;
		if (j < rows->nunseen && rows->unseen[j] == reader->unseen[i])
			reader->unseen[kept++] = reader->unseen[i];
	}
	reader->nunseen = kept;
}

/* " Keys of the reply that no column reads: ...", or "". */
static char *
list_unread_keys(const DcfRecordReader *reader)
{
	StringInfoData buf;
	ListCell *cell;

	initStringInfo(&buf);
	foreach(cell, reader->unread_keys)
	{
		int n = foreach_current_index(cell);

		if (n == SHOWN_UNREAD_KEYS)
		{
			appendStringInfo(&buf, " and %d more",
							 list_length(reader->unread_keys) - n);
			break;
		}
		appendStringInfo(&buf, "%s\"%s\"",
						 n > 0 ? ", " :
								 " Keys of the reply that no column reads: ",
						 (const char *) lfirst(cell));
	}
	if (buf.len > 0)
		appendStringInfoChar(&buf, '.');
	return buf.data;
}

/* Warn, or raise, that no record had the key of a column. */
static void
report_column(const DcfRecordReader *reader, const DcfColumn *column,
			  const char *nearest)
{
	const DcfRelation *relation = reader->relation;
	bool is_error = relation->table->missing_key == DCF_MISSING_ERROR;

	ereport(
		is_error ? ERROR : WARNING,
		(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
		 errmsg(
			 "column \"%s\" of foreign table \"%s\" was in no record of the reply",
			 column->attname, relation->relname),
		 errdetail(
			 "The key \"%s\" is missing, so the column %s NULL in each row.%s",
			 column->options->name, is_error ? "would be" : "is",
			 nearest ?
				 psprintf(" The nearest key that no column reads is \"%s\".",
						  nearest) :
				 list_unread_keys(reader)),
		 nearest ?
			 errhint("%s",
					 dcf_relation_rename_key(relation, column, nearest)) :
			 errhint(
				 "Check the column's option \"name\". If the service may omit the key, set the table's option \"missing_key\" to \"ignore\".")));
}

/*
 * If the format leaves NULLs out, a missing key is normal, so it is reported only if the
 * reply has a key to which it may have been renamed.
 */
void
dcf_record_report_missing(DcfRecordReader *reader)
{
	const DcfRelation *relation = reader->relation;

	/* A reply without records says nothing about keys. */
	if (reader->records == 0)
		return;
	for (int i = 0; i < reader->nunseen; i++)
	{
		const DcfColumn *column =
			&relation
				 ->columns[reader->source.targets[reader->unseen[i]].column];
		const char *nearest =
			dcf_closest_match(column->options->name, reader->unread_keys);

		if ((reader->source.format->leaves_nulls_out && !nearest) ||
			dcf_warned_has(reader->warned, column->attnum))
			continue;
		dcf_warned_add(reader->warned, column->attnum);
		report_column(reader, column, nearest);
	}
	reader->nunseen = 0;
}
