/*
 * csv_state.h
 *	  The state of the CSV reader, and what its files share.
 */
#ifndef DCF_CSV_STATE_H
#define DCF_CSV_STATE_H

#include "core/csv_reader.h"
#include "core/key_table.h"
#include "csv_fast.h"
#include "utf8.h"

typedef enum DcfCsvState
{
	AT_BEGINNING, /* a byte order mark may follow */
	AT_FIELD,	  /* before the first byte of a field */
	IN_PLAIN,	  /* inside a field without quotes */
	IN_QUOTED,	  /* inside a field with quotes */
	AT_QUOTE,	  /* after a quote inside one: the last, or the first of two */
	AT_LINE_FEED  /* after the carriage return of a line end */
} DcfCsvState;

/* Where a wanted key is in the header. */
typedef struct DcfCsvPlace
{
	size_t column;
	int key;
} DcfCsvPlace;

#define DCF_CSV_NO_COLUMN SIZE_MAX

struct DcfCsvReader
{
	const DcfCsvConfig *config;
	DcfKeyTable table;
	DcfReadError error;

	/* The position.  pos and start are offsets in the buffer. */
	uint64_t base; /* offset of the buffer's start in the input */
	size_t pos;	   /* the next byte to look at */
	size_t start;  /* of the line, which must stay in the buffer */
	DcfCsvState state;
	bool empty_line; /* there was one, so no record may follow */
	DcfUtf8 utf8;

	/* The header. */
	bool header_read;
	size_t ncolumns;
	int nmatched;
	DcfCsvPlace *places; /* nmatched, by column, and one without a column */

	/* The line being read.  Offsets are from its start. */
	size_t column;		/* the field being read */
	int next;			/* index in places of the next wanted field */
	size_t field_start; /* after the opening quote, if there is one */
	size_t field_end;	/* set at the end of the field */
	bool quoted;
	bool escaped;
	uint64_t nrecords; /* number of complete records */
	DcfField *fields;
	size_t *starts; /* offset of each field's span */

	/* The header, after DCF_READ_HEADER; else NULL. */
	const char *header;
	size_t header_len;

	DcfCsvFastLine fast_line; /* NULL: none */
};

/* A buffer, and the position in it. */
struct DcfCsvCursor
{
	const char *start;
	const char *p;
	const char *end;
};

/* The result of one step of the reader. */
typedef enum DcfCsvStep
{
	STEP_ON,	/* continue */
	STEP_FIELD, /* continue; a field has ended, and its line has not */
	STEP_LINE,	/* a line is complete */
	STEP_MORE,	/* the buffer has ended */
	STEP_WRONG	/* the error is set */
} DcfCsvStep;

/* Make the first n wanted fields of a line pointers. */
static inline void
dcf_csv_set_data(DcfCsvReader *reader, const char *line, int n)
{
	for (int i = 0; i < n; i++)
	{
		int key = reader->places[i].key;

		reader->fields[key].data = line + reader->starts[key];
	}
}

#endif /* DCF_CSV_STATE_H */
