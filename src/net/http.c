/*
 * http.c
 *	  Waiting for replies and reading them.  See http.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "http_private.h"

/* Result of waiting for more of a reply. */
typedef enum Outcome
{
	MORE,  /* the buffer has more bytes than before */
	ENDED, /* the reply is complete */
	FAILED /* transfer->problem is set */
} Outcome;

/* Record a time-out of a phase after so many ms; false. */
static bool
fail_timeout(DcfHttpTransfer *transfer, DcfHttpPhase phase, int waited)
{
	transfer->phase = phase;
	transfer->waited = waited;
	return dcf_http_fail(transfer, DCF_HTTP_TIMED_OUT, NULL);
}

/*
 * Before 7.80, libcurl has no callback for a new connection, so ask it.  A newer
 * libcurl cannot be asked: it sets this time for failed connections, too.
 */
static void
note_connected(DcfHttpTransfer *transfer)
{
#if LIBCURL_VERSION_NUM < 0x075000
	curl_off_t usec = 0;

	if (transfer->connected_at == 0 &&
		curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T,
						  &usec) == CURLE_OK &&
		usec > 0)
		transfer->connected_at = dcf_wait_now();
#endif
}

/* Whether the body is only read to be shown in an error. */
static bool
is_refusal(const DcfHttpTransfer *transfer)
{
	return transfer->head_done && transfer->head.status != 200;
}

/*
 * The transfer's phase, its time-out in milliseconds, and how many of them are
 * left.  False if there is no time-out.
 */
static bool
phase_limit(const DcfHttpTransfer *transfer, DcfHttpPhase *phase, int *limit,
			int64 *left)
{
	/* libcurl itself limits connecting. */
	if (transfer->connected_at == 0)
		return false;
	/*
	 * A report may take minutes to compute before its first byte; the body of
	 * a refusal follows its head.
	 */
	if (transfer->received == 0 && !is_refusal(transfer))
	{
		*phase = DCF_PHASE_FIRST_BYTE;
		*limit = transfer->first_byte_timeout;
		*left = transfer->connected_at + *limit - dcf_wait_now();
	}
	else
	{
		*phase = DCF_PHASE_IDLE;
		*limit = transfer->idle_timeout;
		*left = *limit - transfer->silence;
	}
	return *limit > 0;
}

/*
 * Shorten a wait (ms; -1: no limit) to the time that the phase and the deadline
 * leave.  False if either is over: then the transfer has failed.
 */
static bool
limit_wait(DcfHttpTransfer *transfer, int64 *wait)
{
	int64 left;
	DcfHttpPhase phase;
	int limit;

	if (phase_limit(transfer, &phase, &limit, &left))
	{
		if (left <= 0)
			return fail_timeout(transfer, phase, limit);
		*wait = *wait < 0 ? left : Min(*wait, left);
	}
	if (transfer->deadline != 0)
	{
		left = transfer->deadline - dcf_wait_now();
		if (left <= 0)
			return fail_timeout(transfer, DCF_PHASE_TOTAL,
								transfer->total_timeout);
		*wait = *wait < 0 ? left : Min(*wait, left);
	}
	return true;
}

/*
 * Let libcurl work for at most wait ms, and count how long nothing came.  Only
 * time spent here counts as silence: between two calls nobody waits for the
 * transfer.
 */
static void
work(DcfHttpTransfer **transfers, int n, int64 wait)
{
	int64 since = dcf_wait_now();
	DcfWaitReason reason = DCF_WAIT_CONNECT;

	for (int i = 0; i < n; i++)
		if (transfers[i]->connected_at)
			reason = DCF_WAIT_REPLY;
	dcf_http_work(wait, reason);
	for (int i = 0; i < n; i++)
	{
		DcfHttpTransfer *transfer = transfers[i];

		note_connected(transfer);
		transfer->silence += dcf_wait_now() - since;
		if (transfer->received != transfer->received_before)
			transfer->silence = 0;
		transfer->received_before = transfer->received;
	}
}

/*
 * The first byte may have come while nobody waited.  So before a transfer fails
 * for being late, let libcurl read what is there.  True if one is ready.
 */
static bool
look_before_failing(DcfHttpTransfer **transfers, int n)
{
	bool found = false;

	for (int i = 0; i < n; i++)
	{
		DcfHttpPhase phase;
		int limit;
		int64 left;

		if (phase_limit(transfers[i], &phase, &limit, &left) && left <= 0 &&
			phase == DCF_PHASE_FIRST_BYTE)
		{
			work(transfers, n, 0);
			break;
		}
	}
	for (int i = 0; i < n; i++)
		found |= dcf_http_is_ready(transfers[i]);
	return found;
}

void
dcf_http_wait_any(DcfHttpTransfer **transfers, int n, bool wait)
{
	int64 timeout = wait ? -1 : 0;
	bool failed = false;

	if (look_before_failing(transfers, n))
		return;
	for (int i = 0; i < n; i++)
		failed |= !limit_wait(transfers[i], &timeout);
	/* A transfer that has just timed out is ready, so do not wait. */
	if (!failed)
		work(transfers, n, timeout);
}

bool
dcf_http_is_ready(const DcfHttpTransfer *transfer)
{
	if (transfer->done || transfer->problem != DCF_HTTP_NO_PROBLEM)
		return true;
	/*
	 * Bytes may be decoded already, still compressed, held back by libcurl for
	 * want of room, or with the thread.
	 */
	return transfer->head_done &&
		(transfer->buffer.end > transfer->shown ||
		 transfer->raw.end > transfer->raw.start || transfer->wanted > 0 ||
		 (transfer->thread && !dcf_inflate_thread_is_empty(transfer->thread)));
}

/*
 * Whether a transfer that is done brought the whole body; else it fails.
 * libcurl checks the length or the last chunk, but not the compressed stream
 * inside.
 */
static bool
is_complete(DcfHttpTransfer *transfer)
{
	if (transfer->result != CURLE_OK)
		return dcf_http_fail(transfer, DCF_HTTP_CUT,
							 dcf_http_message(transfer));
	if (!dcf_http_decoding_ended(transfer))
		return dcf_http_fail(transfer, DCF_HTTP_CUT,
							 "its compressed data have no end");
	return true;
}

/* Wait for more of the body.  Failures of the transfer are not raised here. */
static Outcome
advance(DcfHttpTransfer *transfer)
{
	CHECK_FOR_INTERRUPTS();
	if (transfer->problem != DCF_HTTP_NO_PROBLEM)
		return FAILED;
	if (dcf_http_show_arrived(transfer))
		return MORE;
	/*
	 * A plain body that has arrived needs no more room, so that the end of a
	 * reply can be reported even if the buffer is full.
	 */
	if (!(transfer->done && transfer->coding == DCF_HTTP_PLAIN) &&
		!dcf_http_make_room(transfer))
		return FAILED;

	/* idle_timeout does not count the time in which nobody waited. */
	transfer->silence = 0;
	for (;;)
	{
		/*
		 * Use what was received before, then ask for more.  The end is only
		 * reached when nothing is left to decode.
		 */
		if (!dcf_http_decode(transfer))
			return FAILED;
		if (dcf_http_show_arrived(transfer))
			return MORE;
		if (transfer->done)
			return is_complete(transfer) ? ENDED : FAILED;

		/* A paused transfer has bytes at once; its socket may stay silent. */
		if (transfer->wanted > 0)
			dcf_http_resume(transfer);
		else
			dcf_http_wait_any(&transfer, 1, true);
		if (transfer->problem != DCF_HTTP_NO_PROBLEM)
			return FAILED;
	}
}

bool
dcf_http_fill(DcfHttpTransfer *transfer)
{
	Outcome outcome = advance(transfer);

	if (outcome == FAILED)
		dcf_http_raise_problem(transfer);
	return outcome == MORE;
}

void
dcf_http_gather(DcfHttpTransfer *transfer, size_t max)
{
	int64 since = dcf_wait_now();

	while (transfer->shown - transfer->buffer.start < max &&
		   advance(transfer) == MORE)
	{
		/* A body that is only shown is not worth a longer wait. */
		if (transfer->idle_timeout > 0 &&
			dcf_wait_now() - since > transfer->idle_timeout)
			break;
	}
}

DcfHttpStart
dcf_http_await(DcfHttpTransfer *transfer)
{
	size_t len;

	while (!transfer->head_done && !transfer->done &&
		   transfer->problem == DCF_HTTP_NO_PROBLEM)
		dcf_http_wait_any(&transfer, 1, true);
	if (transfer->problem != DCF_HTTP_NO_PROBLEM)
		dcf_http_raise_problem(transfer);
	if (!transfer->head_done)
	{
		transfer->failure_message = dcf_http_message(transfer);
		dcf_http_check_name(transfer);
		return DCF_HTTP_UNREACHABLE;
	}
	if (!is_refusal(transfer))
		return dcf_http_fill(transfer) ? DCF_HTTP_BODY : DCF_HTTP_EMPTY;

	/* A refusal is reported even if its body is cut or invalid. */
	dcf_http_gather(transfer, 1);
	(void) dcf_http_buffer(transfer, &len);
	return len > 0 ? DCF_HTTP_BODY : DCF_HTTP_EMPTY;
}

bool
dcf_http_is_done(const DcfHttpTransfer *transfer)
{
	return transfer->done;
}

bool
dcf_http_was_neglected(const DcfHttpTransfer *transfer)
{
	return transfer->neglected;
}

const char *
dcf_http_failure_message(const DcfHttpTransfer *transfer)
{
	return transfer->failure_message;
}

const DcfHttpHead *
dcf_http_head(const DcfHttpTransfer *transfer)
{
	return &transfer->head;
}

const char *
dcf_http_buffer(const DcfHttpTransfer *transfer, size_t *len)
{
	*len = transfer->shown - transfer->buffer.start;
	return transfer->buffer.base + transfer->buffer.start;
}

void
dcf_http_consume(DcfHttpTransfer *transfer, size_t n)
{
	Assert(n <= transfer->shown - transfer->buffer.start);
	transfer->buffer.start += n;
}

void
dcf_http_read_in_thread(DcfHttpTransfer *transfer,
						const struct DcfInflateThreadReader *reader)
{
	transfer->reader = *reader;
}

const void *
dcf_http_rows(const DcfHttpTransfer *transfer)
{
	return transfer->rows;
}

void
dcf_http_forget_rows(DcfHttpTransfer *transfer)
{
	transfer->rows = NULL;
}

bool
dcf_http_marks_end(const DcfHttpTransfer *transfer)
{
	curl_off_t length = -1;

	if (transfer->coding != DCF_HTTP_PLAIN)
		return true;
	if (transfer->odd_transfer_coding)
		return false;
	if (transfer->chunked)
		return true;
	return !transfer->odd_length &&
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
						  &length) == CURLE_OK &&
		length >= 0;
}

void
dcf_http_stats(const DcfHttpTransfer *transfer, DcfHttpStats *stats)
{
	stats->bytes_received = transfer->received;
	stats->bytes_decoded = transfer->decoded;
	stats->first_byte_ms = -1;
	if (transfer->received > 0)
		stats->first_byte_ms =
			(double) (transfer->first_byte_at - transfer->begun_at);
}

void
dcf_http_sleep(int64 ms, int64 deadline, int total_timeout)
{
	int64 until = dcf_wait_now() + ms;

	for (;;)
	{
		int64 left = until - dcf_wait_now();

		if (left <= 0)
			return;
		if (deadline != 0)
		{
			int64 whole = deadline - dcf_wait_now();

			if (whole <= 0)
				dcf_http_raise_timeout(DCF_PHASE_TOTAL, total_timeout);
			left = Min(left, whole);
		}
		(void) dcf_wait_for(NULL, left, DCF_WAIT_RETRY, NULL, 0);
	}
}
