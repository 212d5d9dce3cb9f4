/*
 * progress.c
 *	  The scans under way.  See progress.h.
 *
 * Each scan has a line, which only its backend writes, under the shared lock.  The
 * exclusive lock is for whoever reads the lines, or takes one.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

#include "base/shared.h"
#include "reply/progress.h"

/* Lines for each backend in shared memory, and in a backend's own. */
#define LINES_PER_BACKEND 2
#define OWN_LINES		  16

/* The lines, shared or a backend's own, under the lock of "shared". */
typedef struct Memory
{
	int size;
	int next; /* where the search for a free one begins */
	DcfProgressLine lines[FLEXIBLE_ARRAY_MEMBER];
} Memory;

struct DcfProgress
{
	Memory *memory;
	DcfProgressLine *line; /* NULL after the end */
	MemoryContextCallback release;
};

static Size compute_size(bool for_all);
static void init_memory(void *memory, bool for_all);

static DcfShared shared = {.name = "DataconnectProgress",
						   .compute_size = compute_size,
						   .init = init_memory};

void
dcf_progress_init(void)
{
	dcf_shared_request(&shared);
}

static int
count_lines(bool for_all)
{
	return for_all ? MaxBackends * LINES_PER_BACKEND : OWN_LINES;
}

static Size
compute_size(bool for_all)
{
	return offsetof(Memory, lines) +
		sizeof(DcfProgressLine) * (Size) count_lines(for_all);
}

static void
init_memory(void *memory, bool for_all)
{
	Memory *fresh = memory;

	memset(fresh, 0, compute_size(for_all));
	fresh->size = count_lines(for_all);
}

/* Take a free line, or return NULL. */
static DcfProgressLine *
take_line(Memory *memory, const DcfRequestSubject *subject)
{
	DcfProgressLine *line = NULL;
	TimestampTz now = GetCurrentTimestamp();

	dcf_shared_lock(&shared, memory, LW_EXCLUSIVE);
	for (int i = 0; i < memory->size && line == NULL; i++)
	{
		DcfProgressLine *each =
			&memory->lines[(memory->next + i) % memory->size];

		if (each->pid == 0)
			line = each;
	}
	if (line)
	{
		memset(line, 0, sizeof(DcfProgressLine));
		line->subject = *subject;
		line->pid = MyProcPid;
		line->queryid = (uint64) pgstat_get_my_query_id();
		line->began = line->phase_since = now;
		line->state.expected = -1;
		memory->next = (int) (line - memory->lines) + 1;
	}
	dcf_shared_unlock(&shared, memory);
	return line;
}

/* The reset callback. */
static void
release(void *arg)
{
	dcf_progress_end(arg);
}

DcfProgress *
dcf_progress_begin(const DcfRequestSubject *subject)
{
	DcfProgress *progress = palloc0(sizeof(DcfProgress));

	progress->memory = dcf_shared_get(&shared);
	progress->line = take_line(progress->memory, subject);
	progress->release.func = release;
	progress->release.arg = progress;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &progress->release);
	return progress;
}

void
dcf_progress_set(DcfProgress *progress, const DcfProgressState *state)
{
	DcfProgressLine *line = progress ? progress->line : NULL;
	TimestampTz now;

	if (line == NULL)
		return;
	now = line->state.phase == state->phase ? line->phase_since :
											  GetCurrentTimestamp();
	dcf_shared_lock(&shared, progress->memory, LW_SHARED);
	line->state = *state;
	line->phase_since = now;
	dcf_shared_unlock(&shared, progress->memory);
}

void
dcf_progress_end(DcfProgress *progress)
{
	if (progress == NULL || progress->line == NULL)
		return;
	dcf_shared_lock(&shared, progress->memory, LW_EXCLUSIVE);
	progress->line->pid = 0;
	dcf_shared_unlock(&shared, progress->memory);
	progress->line = NULL;
}

DcfProgressLine *
dcf_progress_list(int *n)
{
	Memory *memory = dcf_shared_get(&shared);
	/* Nothing may be allocated under the lock. */
	DcfProgressLine *lines =
		palloc(sizeof(DcfProgressLine) * (Size) memory->size);

	*n = 0;
	dcf_shared_lock(&shared, memory, LW_EXCLUSIVE);
	for (int i = 0; i < memory->size; i++)
		if (memory->lines[i].pid != 0)
			lines[(*n)++] = memory->lines[i];
	dcf_shared_unlock(&shared, memory);
	return lines;
}

const char *
dcf_scan_phase_name(DcfScanPhase phase)
{
	switch (phase)
	{
		case DCF_SCAN_LOGGING_IN:
			return "logging in";
		case DCF_SCAN_COPYING:
			return "waiting for copy";
		case DCF_SCAN_QUEUING:
			return "queue";
		case DCF_SCAN_BACKING_OFF:
			return "backing off";
		case DCF_SCAN_CONNECTING:
			return "connect";
		case DCF_SCAN_SENT:
			return "first byte";
		case DCF_SCAN_READING:
			return "reading";
	}
	return NULL;
}
