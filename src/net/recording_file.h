/*
 * recording_file.h
 *	  The files of a recording: their directory, names and access.
 *
 * The directory must be the database user's, and closed to all others, so nobody
 * else can put a link in the place of a file.  It is opened and checked at each
 * access, by a path whose last part is no link.  No descriptor stays open.
 *
 * Nothing here raises; what fails is false, with errno.
 */
#ifndef DCF_RECORDING_FILE_H
#define DCF_RECORDING_FILE_H

#include "postgres.h"

/* Room for the name of an exchange, and of one of its files. */
#define DCF_RECORDING_NAME 64
#define DCF_RECORDING_FILE (DCF_RECORDING_NAME + 32)

/* Where the files of one exchange are. */
typedef struct DcfRecordingPlace
{
	char directory[MAXPGPATH];
	char name[DCF_RECORDING_NAME]; /* that they all begin with */
	char at[32]; /* when it began, as 2026-11-30T13:30:26.123Z */
} DcfRecordingPlace;

/*
 * Whether files may be recorded in a directory.  If not, *problem is a static text
 * that follows the directory's name, or NULL if errno says all.
 */
extern bool dcf_recording_file_check(const char *directory,
									 const char **problem);

/*
 * Choose a name that no other exchange has, and create its file with this suffix.
 * Names are in the order of time.
 */
extern bool dcf_recording_file_begin(DcfRecordingPlace *place,
									 const char *suffix);

/* Append to a file, which is created if it is missing. */
extern bool dcf_recording_file_append(const DcfRecordingPlace *place,
									  const char *suffix, const char *bytes,
									  size_t len);

/*
 * Read up to size bytes from an offset; *len becomes how many there were, 0 at the
 * end of the file.
 */
extern bool dcf_recording_file_read(const DcfRecordingPlace *place,
									const char *suffix, uint64 offset,
									char *bytes, size_t size, size_t *len);

/* Rename a file, maybe over another one. */
extern bool dcf_recording_file_rename(const DcfRecordingPlace *place,
									  const char *from, const char *to);

#endif /* DCF_RECORDING_FILE_H */
