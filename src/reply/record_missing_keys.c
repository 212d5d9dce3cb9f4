/*
 * record_missing_keys.c
 *	  Keys that no record of a reply has.  See record_private.h.
 *
 * A column whose key was renamed would read as NULL in each row, and nobody
 * would notice.  A key is looked for until it was seen once, so all this costs
 * nothing once the first record has all.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/closest_match.h"
#include "base/foreign_text.h"
#include "core/key_table.h"
#include "record_private.h"

/* Keys that no column reads: those looked at, and those listed in a message. */
#define MAX_STRANGERS	MaxHeapAttributeNumber
#define SHOWN_STRANGERS 5

void
dcf_record_begin_missing(DcfRecordReader *reader)
{
	const DcfRecordSource *source = &reader->source;

	reader->nunseen = 0;
	reader->looked = false;
	list_free_deep(reader->strangers);
	reader->strangers = NIL;
	for (int i = 0; source->seeks && i < source->ntargets; i++)
		if (!dcf_warned_has(reader->warned,
							(AttrNumber) (source->targets[i].column + 1)))
			reader->unseen[reader->nunseen++] = (int16) i;
}

static void
add_stranger(DcfRecordReader *reader, const char *key)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	reader->strangers = lappend(reader->strangers, pstrdup(key));
	MemoryContextSwitchTo(old);
}

/* Keep the current record's keys that a column could be given. */
static void
find_strangers(DcfRecordReader *reader)
{
	const DcfFormatRoutine *format = reader->source.format;
	size_t pos = 0;
	size_t len;
	char *name;

	while (list_length(reader->strangers) < MAX_STRANGERS &&
		   (name = format->next_key(reader->source.in, &pos, &len)) != NULL)
	{
		const char *obstacle;
		char *key = dcf_record_reads_key(reader, name, len) ?
			NULL :
			dcf_option_key(name, len, &obstacle);

		/* What is not shown as it is cannot be proposed. */
		if (key && strcmp(key, dcf_foreign_text(name, len)) == 0)
			add_stranger(reader, key);
	}
}

void
dcf_record_see_header(DcfRecordReader *reader)
{
	const DcfRecordSource *source = &reader->source;

	if (reader->nunseen > 0 &&
		source->format->matched(source->in) < reader->config.nkeys)
		find_strangers(reader);
	reader->looked = true;
	if (reader->wants_new)
		dcf_record_look_new(reader);
}

void
dcf_record_look(DcfRecordReader *reader)
{
	reader->nunseen = dcf_record_keep_unseen(&reader->source, reader->unseen,
											 reader->nunseen);
	if (reader->nunseen > 0 && !reader->looked)
		find_strangers(reader);
	reader->looked = true;
}

/* Both are in order. */
void
dcf_record_see_rows(DcfRecordReader *reader)
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
list_strangers(const DcfRecordReader *reader)
{
	StringInfoData buf;
	ListCell *cell;

	initStringInfo(&buf);
	foreach(cell, reader->strangers)
	{
		int n = foreach_current_index(cell);

		if (n == SHOWN_STRANGERS)
		{
			appendStringInfo(&buf, " and %d more",
							 list_length(reader->strangers) - n);
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

static void
tell_column(const DcfRecordReader *reader, const DcfColumn *column,
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
				 list_strangers(reader)),
		 nearest ?
			 errhint("%s",
					 dcf_relation_rename_key(relation, column, nearest)) :
			 errhint(
				 "Check the column's option \"name\". Where the service may leave the key out, set the table's option \"missing_key\" to \"ignore\".")));
}

/*
 * Where NULLs are left out, a key that is missing tells nothing, unless there is
 * one that it may have been renamed to.
 */
void
dcf_record_tell_missing(DcfRecordReader *reader)
{
	const DcfRelation *relation = reader->relation;

	if (reader->records == 0)
		return;
	for (int i = 0; i < reader->nunseen; i++)
	{
		const DcfColumn *column =
			&relation
				 ->columns[reader->source.targets[reader->unseen[i]].column];
		const char *nearest =
			dcf_closest_match(column->options->name, reader->strangers);

		if ((reader->source.format->leaves_nulls_out && !nearest) ||
			dcf_warned_has(reader->warned, column->attnum))
			continue;
		dcf_warned_add(reader->warned, column->attnum);
		tell_column(reader, column, nearest);
	}
	reader->nunseen = 0;
}
