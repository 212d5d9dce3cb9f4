/*
 * recording.c
 *	  Recording exchanges.  See recording.h.
 *
 * What has come is looked at outside of libcurl's callbacks, after each call of
 * libcurl that may have run them.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "utils/guc.h"

#include "base/foreign_text.h"
#include "base/json_document.h"
#include "base/wait.h"
#include "base/wipe.h"
#include "net/inflate.h"
#include "net/recording.h"
#include "recording_body.h"
#include "recording_file.h"
#include "recording_text.h"

#define REQUEST_FILE ".request.json"
#define HEAD_FILE	 ".reply.head"
#define END_FILE	 ".reply.json"

/* How often it is noted how much has come; after that, half as often. */
#define MAX_CHUNKS 256

/* Room for a chunk in the last file. */
#define CHUNK_TEXT 48

/* Longest body of a request, and of a reply to a log-in, that is recorded. */
#define MAX_REQUEST_BODY (64 * 1024 * 1024)
#define MAX_LOGIN		 ((size_t) 4 * DCF_JSON_DOCUMENT_MAX)

/* So many bytes of the body had come after so many ms. */
typedef struct Chunk
{
	int64 ms;
	uint64 bytes;
} Chunk;

struct DcfRecording
{
	MemoryContext context;
	DcfRecordingPlace place;
	bool over;		   /* nothing more is written */
	bool confidential; /* the reply is one to a log-in */
	int64 began;	   /* by dcf_wait_now(), as all times */
	int64 head_at;	   /* 0: it is incomplete */
	int status;
	char *head; /* DCF_RECORDING_HEAD bytes */
	size_t head_len;
	uint64 received; /* of the body */
	DcfRecordingBody *body;
	char *login; /* the body of a reply to a log-in: MAX_LOGIN bytes */
	DcfCoding coding;
	uint64 login_hidden; /* 0: it is not written */
	List *secrets;		 /* copies, of all that are known (char *) */
	Chunk chunks[MAX_CHUNKS];
	int nchunks;
	int64 each; /* every so many calls, a chunk is noted */
	int64 calls;
};

/* The setting; "" is off. */
static char *record_directory = NULL;

/* It failed since it was set. */
static bool has_failed = false;

static bool
check_directory(char **value, void **extra, GucSource source)
{
	const char *directory = *value;
	const char *problem;

	if (directory[0] == '\0')
		return true;
	if (!is_absolute_path(directory) || strlen(directory) >= MAXPGPATH)
	{
		GUC_check_errdetail("The path of the directory must be absolute.");
		return false;
	}
	/*
	 * Only who sets it now can mend it.  What a file, a role or a database sets is
	 * checked at its first use, so it keeps nobody out.
	 */
	if (source != PGC_S_SESSION || InitializingParallelWorker)
		return true;
	if (dcf_recording_file_check(directory, &problem))
		return true;
	GUC_check_errcode(ERRCODE_CONFIG_FILE_ERROR);
	if (problem)
		GUC_check_errdetail("The path \"%s\" %s.", directory, problem);
	else
		GUC_check_errdetail("The directory \"%s\" cannot be opened: %m.",
							directory);
	GUC_check_errhint("Make a directory for the recording that only the "
					  "database user can read: mode 0700.");
	return false;
}

static void
assign_directory(const char *value, void *extra)
{
	has_failed = false;
}

void
dcf_recording_init(void)
{
	DefineCustomStringVariable(
		"dataconnect_fdw.record_directory",
		"Sets the directory in which requests and replies are recorded as files.",
		"An empty value records nothing. The files hold data, but no credentials.",
		&record_directory, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, check_directory,
		assign_directory, NULL);
}

/* Record no more in this session, as errno says, or problem if it is not NULL. */
static void
fail(DcfRecording *recording, const char *problem)
{
	int error = errno;

	recording->over = true;
	if (has_failed)
		return;
	has_failed = true;
	/* In a reset callback, ereport() must not look for interrupts. */
	HOLD_INTERRUPTS();
	errno = error;
	ereport(WARNING,
			(errcode(problem ? ERRCODE_CONFIG_FILE_ERROR : ERRCODE_IO_ERROR),
			 errmsg("requests to the service are no longer recorded"),
			 problem ? errdetail("The path \"%s\" %s.",
								 recording->place.directory, problem) :
					   errdetail("Could not write to directory \"%s\": %m.",
								 recording->place.directory),
			 errhint(
				 "Set \"dataconnect_fdw.record_directory\" again to go on.")));
	RESUME_INTERRUPTS();
}

static void
forget_secrets(DcfRecording *recording)
{
	ListCell *lc;

	foreach(lc, recording->secrets)
		dcf_wipe(lfirst(lc));
	list_free_deep(recording->secrets);
	recording->secrets = NIL;
}

/* Whether a secret is listed. */
static bool
has_secret(const List *secrets, const char *secret)
{
	const ListCell *lc;

	foreach(lc, secrets)
	{
		if (strcmp(lfirst(lc), secret) == 0)
			return true;
	}
	return false;
}

/* Whether the copies are these secrets, in whatever order. */
static bool
has_noted(const DcfRecording *recording, const List *secrets)
{
	const ListCell *noted;
	const ListCell *lc;

	foreach(lc, secrets)
	{
		if (!has_secret(recording->secrets, lfirst(lc)))
			return false;
	}
	foreach(noted, recording->secrets)
	{
		if (!has_secret(secrets, lfirst(noted)))
			return false;
	}
	return true;
}

/*
 * Copy the secrets that are known now: at the end they may be gone.  This is for each
 * piece of a body, so it leaves nothing behind.
 */
static void
note_secrets(DcfRecording *recording)
{
	MemoryContext scratch =
		AllocSetContextCreate(recording->context, "dataconnect_fdw secrets",
							  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	List *secrets = dcf_foreign_text_secrets();

	if (!has_noted(recording, secrets))
	{
		ListCell *lc;

		MemoryContextSwitchTo(recording->context);
		forget_secrets(recording);
		/* Servers may have the same, and each is searched for. */
		foreach(lc, secrets)
		{
			if (!has_secret(recording->secrets, lfirst(lc)))
				recording->secrets =
					lappend(recording->secrets, pstrdup(lfirst(lc)));
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/* Nothing more is written: forget all secrets. */
static void
wipe_record(DcfRecording *recording)
{
	recording->over = true;
	forget_secrets(recording);
	explicit_bzero(recording->head, recording->head_len);
	recording->head_len = 0;
	if (recording->login)
		explicit_bzero(recording->login, MAX_LOGIN);
}

/* Write a file at once. */
static void
write_file(DcfRecording *recording, const char *suffix, const char *bytes,
		   size_t len)
{
	if (!recording->over &&
		!dcf_recording_file_append(&recording->place, suffix, bytes, len))
		fail(recording, NULL);
}

static DcfRecording *
create_record(const DcfHttpRequest *request)
{
	DcfRecording *recording = palloc0(sizeof(DcfRecording));

	strlcpy(recording->place.directory, record_directory, MAXPGPATH);
	recording->context = CurrentMemoryContext;
	recording->began = dcf_wait_now();
	recording->each = 1;
	/* Also where a user has asked for it, by whatever option. */
	recording->confidential =
		request->confidential || dcf_recording_text_is_login(request->url);
	recording->head = palloc(DCF_RECORDING_HEAD);
	if (recording->confidential)
		recording->login = palloc0(MAX_LOGIN);
	note_secrets(recording);
	return recording;
}

/* Write what is sent. */
static void
write_request(DcfRecording *recording, const DcfHttpRequest *request,
			  bool cookies)
{
	DcfHttpRequest shown = *request;
	StringInfoData text;

	if (shown.post_body && strlen(shown.post_body) > MAX_REQUEST_BODY)
		shown.post_body = "";
	initStringInfo(&text);
	dcf_recording_text_request(&text, &shown, cookies, recording->place.at,
							   recording->secrets);
	write_file(recording, REQUEST_FILE, text.data, text.len);
}

DcfRecording *
dcf_recording_begin(const DcfHttpRequest *request, bool cookies)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext scratch;
	DcfRecording *recording;
	const char *problem;

	if (record_directory[0] == '\0' || has_failed)
		return NULL;
	recording = create_record(request);
	if (!dcf_recording_file_check(recording->place.directory, &problem))
		fail(recording, problem);
	else if (!dcf_recording_file_begin(&recording->place, REQUEST_FILE))
		fail(recording, NULL);
	if (recording->over)
	{
		wipe_record(recording);
		return NULL;
	}
	scratch = AllocSetContextCreate(context, "dataconnect_fdw recording",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(scratch);
	write_request(recording, request, cookies);
	MemoryContextSwitchTo(context);
	MemoryContextDelete(scratch);
	return recording;
}

void
dcf_recording_head(DcfRecording *recording, const char *line, size_t len)
{
	if (len > DCF_RECORDING_HEAD - recording->head_len)
		return;
	memcpy(recording->head + recording->head_len, line, len);
	recording->head_len += len;
}

/* Write the head, or what has come of it. */
static void
write_head(DcfRecording *recording)
{
	MemoryContext scratch =
		AllocSetContextCreate(recording->context, "dataconnect_fdw recording",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	StringInfoData text;

	initStringInfo(&text);
	dcf_recording_text_head(&text, recording->head, recording->head_len,
							recording->secrets);
	write_file(recording, HEAD_FILE, text.data, text.len);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	explicit_bzero(recording->head, recording->head_len);
	recording->head_len = 0;
}

/* The head is complete: write it, and begin with the body. */
static void
begin_body(DcfRecording *recording, const DcfHttpHead *head)
{
	MemoryContext old = MemoryContextSwitchTo(recording->context);

	recording->head_at = dcf_wait_now();
	recording->status = head->status;
	recording->coding = dcf_coding_find(head);
	write_head(recording);
	if (!recording->confidential)
		recording->body =
			dcf_recording_body_create(&recording->place, recording->coding);
	MemoryContextSwitchTo(old);
}

/* Note when the bytes have come. */
static void
note_chunk(DcfRecording *recording)
{
	if (recording->calls++ % recording->each != 0 && recording->nchunks > 0)
		/* The last chunk goes on. */
		recording->nchunks--;
	if (recording->nchunks == MAX_CHUNKS)
	{
		for (int i = 0; i < MAX_CHUNKS / 2; i++)
			recording->chunks[i] = recording->chunks[2 * i + 1];
		recording->nchunks = MAX_CHUNKS / 2;
		recording->each *= 2;
	}
	recording->chunks[recording->nchunks].ms =
		dcf_wait_now() - recording->began;
	recording->chunks[recording->nchunks++].bytes = recording->received;
}

/* Keep the bytes of a reply to a log-in. */
static void
keep_login(DcfRecording *recording, const char *bytes, size_t len)
{
	if (recording->received <= MAX_LOGIN)
		memcpy(recording->login + recording->received - len, bytes, len);
}

void
dcf_recording_body(DcfRecording *recording, const DcfHttpHead *head,
				   const char *bytes, size_t len)
{
	if (recording->over)
		return;
	if (head && recording->head_at == 0)
	{
		note_secrets(recording);
		begin_body(recording, head);
	}
	if (len == 0 || recording->over)
		return;
	note_secrets(recording);
	recording->received += len;
	note_chunk(recording);
	if (recording->confidential)
		keep_login(recording, bytes, len);
	else if (!dcf_recording_body_add(recording->body, recording->secrets,
									 bytes, len))
		fail(recording, NULL);
}

/*
 * Decode the reply to a log-in, in the current memory context; false if it is wrong.
 * Either way, the caller wipes what there is: MAX_LOGIN bytes.
 */
static bool
decode_login(const DcfRecording *recording, char **bytes, size_t *len)
{
	size_t size = dcf_inflate_size(DCF_INFLATE_ZLIB);
	DcfInflate *inflate;
	size_t in = recording->received;
	bool is_right;

	*bytes = recording->login;
	*len = recording->received;
	if (recording->coding == DCF_CODING_NONE)
		return true;
	if (recording->coding == DCF_CODING_UNKNOWN)
		return false;
	inflate = dcf_inflate_init(palloc(size), DCF_INFLATE_ZLIB,
							   recording->coding == DCF_CODING_GZIP ?
								   DCF_INFLATE_GZIP :
								   DCF_INFLATE_DEFLATE);
	*len = MAX_LOGIN;
	*bytes = palloc(MAX_LOGIN);
	is_right =
		dcf_inflate_run(inflate, recording->login, &in, *bytes, len) == NULL &&
		dcf_inflate_ended(inflate);
	/* It has a window of what it decoded. */
	explicit_bzero(inflate, size);
	return is_right;
}

/* Write what may be known of a complete reply to a log-in. */
static void
write_login(DcfRecording *recording)
{
	MemoryContext scratch;
	MemoryContext old;
	StringInfoData text;
	char *bytes;
	size_t len;

	if (recording->received == 0 || recording->received > MAX_LOGIN)
		return;
	scratch =
		AllocSetContextCreate(recording->context, "dataconnect_fdw recording",
							  ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	if (decode_login(recording, &bytes, &len))
	{
		initStringInfo(&text);
		recording->login_hidden =
			dcf_recording_text_login(&text, bytes, len, recording->secrets);
		write_file(recording, DCF_RECORDING_BODY_FILE, text.data, text.len);
	}
	explicit_bzero(bytes, MAX_LOGIN);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

/* Append to a text of the given size, as snprintf() does. */
static void pg_attribute_printf(3, 4)
	append(char *text, size_t size, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	(void) vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

/* The form of the body, and the number of bytes that were replaced. */
static const char *
show_form(const DcfRecording *recording, uint64 *hidden)
{
	static const char *const forms[] = {[DCF_RECORDING_RECEIVED] = "received",
										[DCF_RECORDING_DECODED] = "decoded",
										[DCF_RECORDING_WITHHELD] = "withheld"};

	*hidden = recording->login_hidden;
	if (recording->received == 0)
		return "none";
	if (recording->confidential)
		return *hidden > 0 ? "decoded" : "withheld";
	*hidden = dcf_recording_body_hidden(recording->body);
	return forms[dcf_recording_body_form(recording->body)];
}

/* Write how it ended.  Allocates nothing: it may be in a reset callback. */
static void
write_end(DcfRecording *recording, DcfRecordingEnd end, const char *reason,
		  int64 connected_at)
{
	static const char *const ends[] = {[DCF_RECORDING_COMPLETE] = "complete",
									   [DCF_RECORDING_CUT] = "cut",
									   [DCF_RECORDING_NO_REPLY] = "no reply",
									   [DCF_RECORDING_TIMED_OUT] = "timed out",
									   [DCF_RECORDING_GIVEN_UP] = "given up"};
	char text[1024 + MAX_CHUNKS * CHUNK_TEXT] = "";
	size_t size = sizeof(text);
	uint64 hidden;
	const char *form = show_form(recording, &hidden);

	append(text, size, "{\"ended\": \"%s\"", ends[end]);
	if (reason)
		append(text, size, ",\n \"reason\": \"%s\"", reason);
	append(text, size, ",\n \"status\": %d", recording->status);
	if (connected_at != 0)
		append(text, size, ",\n \"connected_ms\": " INT64_FORMAT,
			   Max(connected_at - recording->began, 0));
	if (recording->head_at != 0)
		append(text, size, ",\n \"head_ms\": " INT64_FORMAT,
			   recording->head_at - recording->began);
	append(text, size, ",\n \"ended_ms\": " INT64_FORMAT,
		   dcf_wait_now() - recording->began);
	append(text, size, ",\n \"received\": " UINT64_FORMAT,
		   recording->received);
	append(text, size, ",\n \"body\": \"%s\",\n \"replaced\": " UINT64_FORMAT,
		   form, hidden);
	append(text, size, ",\n \"chunks\": [");
	for (int i = 0; i < recording->nchunks; i++)
		append(text, size, "%s[" INT64_FORMAT ", " UINT64_FORMAT "]",
			   i > 0 ? ", " : "", recording->chunks[i].ms,
			   recording->chunks[i].bytes);
	append(text, size, "]}\n");
	write_file(recording, END_FILE, text, strlen(text));
}

/*
 * Write what is missing.  Where the transfer was given up, it may be in a reset
 * callback, so nothing may raise for want of memory: then a head that is incomplete is
 * left out.
 */
static void
finish_files(DcfRecording *recording, DcfRecordingEnd end, const char *reason,
			 int64 connected_at)
{
	if (recording->head_at == 0 && recording->head_len > 0 &&
		end != DCF_RECORDING_GIVEN_UP)
		write_head(recording);
	if (recording->confidential && end == DCF_RECORDING_COMPLETE)
		write_login(recording);
	if (recording->body &&
		!dcf_recording_body_end(recording->body, recording->secrets,
								end == DCF_RECORDING_COMPLETE))
		fail(recording, NULL);
	if (!recording->over)
		write_end(recording, end, reason, connected_at);
}

void
dcf_recording_finish(DcfRecording *recording, DcfRecordingEnd end,
					 const char *reason, int64 connected_at)
{
	if (!recording->over)
		finish_files(recording, end, reason, connected_at);
	wipe_record(recording);
}
