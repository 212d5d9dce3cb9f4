/*
 * request_stats_file.c
 *	  The totals of requests in a file.  See request_stats_file.h.
 */
#include "postgres.h"

#include <unistd.h>

#include "mb/pg_wchar.h"
#include "pgstat.h"
#include "port/pg_crc32c.h"
#include "storage/fd.h"

#include "request_stats_file.h"

#define FILE_NAME PGSTAT_STAT_PERMANENT_DIRECTORY "/dataconnect_fdw.stat"

/* Of this layout; to be changed with DcfRequestTotals. */
#define MAGIC 0x44434602

typedef struct Header
{
	uint32 magic;
	uint32 size;   /* of DcfRequestTotals */
	int32 n;	   /* that follow */
	pg_crc32c crc; /* of them */
} Header;

/* Log a failure by errno; doing is "read" or "write". */
static void
log_failure(const char *doing)
{
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not %s file \"%s\": %m", doing, FILE_NAME)));
}

static bool
write_all(FILE *file, const DcfRequestTotals *(*get)(void *arg, int n),
		  void *arg)
{
	Header header = {.magic = MAGIC, .size = sizeof(DcfRequestTotals)};
	const DcfRequestTotals *totals;

	INIT_CRC32C(header.crc);
	for (; (totals = get(arg, header.n)) != NULL; header.n++)
		COMP_CRC32C(header.crc, totals, sizeof(DcfRequestTotals));
	FIN_CRC32C(header.crc);
	if (fwrite(&header, sizeof(header), 1, file) != 1)
		return false;
	for (int i = 0; i < header.n; i++)
		if (fwrite(get(arg, i), sizeof(DcfRequestTotals), 1, file) != 1)
			return false;
	return true;
}

void
dcf_request_stats_file_save(const DcfRequestTotals *(*get)(void *arg, int n),
							void *arg)
{
	static const char temporary[] = FILE_NAME ".tmp";
	FILE *file = AllocateFile(temporary, PG_BINARY_W);
	bool written;

	if (file == NULL)
	{
		log_failure("write");
		return;
	}
	written = write_all(file, get, arg);
	if (FreeFile(file) != 0 || !written)
	{
		log_failure("write");
		unlink(temporary);
		return;
	}
	(void) durable_rename(temporary, FILE_NAME, LOG);
}

/* Whether the bytes are totals that can be shown. */
static bool
is_sound(const DcfRequestTotals *totals)
{
	const DcfRequestSubject *subject = &totals->subject;

	return PG_VALID_BE_ENCODING(subject->encoding) &&
		memchr(subject->server.data, 0, NAMEDATALEN) &&
		memchr(subject->schema.data, 0, NAMEDATALEN) &&
		memchr(subject->table.data, 0, NAMEDATALEN);
}

/* Read the file twice: first the check sum, then the totals. */
static bool
read_all(FILE *file, void (*put)(void *arg, const DcfRequestTotals *totals),
		 void *arg)
{
	Header header;
	DcfRequestTotals totals;
	pg_crc32c crc;

	if (fread(&header, sizeof(header), 1, file) != 1 ||
		header.magic != MAGIC || header.size != sizeof(totals))
		return false;
	INIT_CRC32C(crc);
	for (int i = 0; i < header.n; i++)
	{
		if (fread(&totals, sizeof(totals), 1, file) != 1 || !is_sound(&totals))
			return false;
		COMP_CRC32C(crc, &totals, sizeof(totals));
	}
	FIN_CRC32C(crc);
	if (!EQ_CRC32C(crc, header.crc) ||
		fseek(file, (long) sizeof(header), SEEK_SET) != 0)
		return false;
	for (int i = 0; i < header.n; i++)
	{
		if (fread(&totals, sizeof(totals), 1, file) != 1)
			return false;
		put(arg, &totals);
	}
	return true;
}

void
dcf_request_stats_file_load(void (*put)(void *arg,
										const DcfRequestTotals *totals),
							void *arg)
{
	FILE *file = AllocateFile(FILE_NAME, PG_BINARY_R);

	if (file == NULL)
	{
		if (errno != ENOENT)
			log_failure("read");
		return;
	}
	if (!read_all(file, put, arg))
		ereport(LOG,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("ignoring invalid data in file \"%s\"", FILE_NAME)));
	FreeFile(file);
	unlink(FILE_NAME);
}
