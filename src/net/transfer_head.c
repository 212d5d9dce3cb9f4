/*
 * transfer_head.c
 *	  Reading the head of a reply, in libcurl's callback.
 *
 * As the other callbacks, these functions neither allocate nor raise.
 */
#include "postgres.h"

#include "transfer_private.h"

/* Whether a header line has this name; *value is trimmed, not terminated. */
static bool
header_is(const char *line, size_t len, const char *name, const char **value,
		  size_t *value_len)
{
	size_t name_len = strlen(name);
	const char *start = line + name_len + 1;
	const char *end = line + len;

	if (len <= name_len || line[name_len] != ':' ||
		pg_strncasecmp(line, name, name_len) != 0)
		return false;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start &&
		   (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' ||
			end[-1] == '\n'))
		end--;
	*value = start;
	*value_len = end - start;
	return true;
}

/* Copy as much of a header's value as there is room for. */
static void
copy_value(char *dst, size_t size, const char *value, size_t len)
{
	size_t n = Min(len, size - 1);

	memcpy(dst, value, n);
	dst[n] = '\0';
}

/* Read a Content-Encoding. */
static void
keep_coding(DcfHttpHead *head, const char *value, size_t len)
{
	if (len == 0 || (len == 8 && pg_strncasecmp(value, "identity", len) == 0))
		return;
	head->several_codings |= head->content_coding[0] != '\0';
	copy_value(head->content_coding, sizeof(head->content_coding), value, len);
}

/*
 * Read a Content-Length.  libcurl reads the number at its beginning, and takes
 * the last of several.  A length is reliable only if it has digits alone and all
 * Content-Lengths are equal (RFC 9112, 6.3).
 */
static void
keep_length(DcfTransfer *transfer, const char *value, size_t len)
{
	char *length = transfer->length;

	if (len == 0 || len >= sizeof(transfer->length) ||
		strspn(value, "0123456789") < len)
		transfer->odd_length = true;
	else if (length[0] != '\0' &&
			 (strlen(length) != len || memcmp(length, value, len) != 0))
		transfer->odd_length = true;
	copy_value(length, sizeof(transfer->length), value, len);
}

/*
 * Read a Transfer-Encoding.  libcurl may pass on a body undecoded if it does not
 * know the encoding, so its end cannot be relied on.
 */
static void
keep_transfer_coding(DcfTransfer *transfer, const char *value, size_t len)
{
	bool is_chunked =
		len == strlen("chunked") && pg_strncasecmp(value, "chunked", len) == 0;

	if (transfer->chunked || !is_chunked)
		transfer->odd_transfer_coding = true;
	transfer->chunked = is_chunked;
}

/* The status in a line like "HTTP/1.1 200 OK", 0 if there is none. */
static int
parse_status(const char *line, size_t len)
{
	size_t i = 0;
	int status = 0;
	int digits = 0;

	while (i < len && line[i] != ' ')
		i++;
	while (i < len && line[i] == ' ')
		i++;
	for (; i < len && digits < 3 && line[i] >= '0' && line[i] <= '9'; i++)
	{
		status = status * 10 + (line[i] - '0');
		digits++;
	}
	return digits == 3 ? status : 0;
}

/* Copy the headers that DcfHttpHead and the end of the body need. */
static void
keep_header(DcfTransfer *transfer, const char *line, size_t len)
{
	DcfHttpHead *head = &transfer->head;
	const char *value;
	size_t n;

	if (header_is(line, len, "Content-Type", &value, &n))
		copy_value(head->content_type, sizeof(head->content_type), value, n);
	else if (header_is(line, len, "Content-Encoding", &value, &n))
		keep_coding(head, value, n);
	else if (header_is(line, len, "Content-Length", &value, &n))
		keep_length(transfer, value, n);
	else if (header_is(line, len, "Transfer-Encoding", &value, &n))
		keep_transfer_coding(transfer, value, n);
	else if (header_is(line, len, "Retry-After", &value, &n))
		copy_value(head->retry_after, sizeof(head->retry_after), value, n);
	else if (header_is(line, len, "X-RateLimit-ResetSeconds", &value, &n))
		copy_value(head->rate_reset_seconds, sizeof(head->rate_reset_seconds),
				   value, n);
	else if (header_is(line, len, "X-RateLimit-Reset", &value, &n))
		copy_value(head->rate_reset, sizeof(head->rate_reset), value, n);
	else if (header_is(line, len, "Location", &value, &n))
		copy_value(head->location, sizeof(head->location), value, n);
	else if (header_is(line, len, "Date", &value, &n))
		copy_value(head->date, sizeof(head->date), value, n);
}

/* Copy a line for the caller, if he wants it and there is room. */
static void
copy_line(DcfTransfer *transfer, const char *line, size_t len)
{
	char *copy = transfer->head_copy;

	if (copy == NULL ||
		transfer->head_copy_size - transfer->head_copied <= len)
		return;
	memcpy(copy + transfer->head_copied, line, len);
	transfer->head_copied += len;
	copy[transfer->head_copied] = '\0';
}

size_t
dcf_transfer_on_header(char *line, size_t one, size_t len, void *arg)
{
	DcfTransfer *transfer = arg;

	transfer->head_bytes += len;
	if (transfer->head_bytes > DCF_TRANSFER_MAX_HEAD)
		return 0; /* makes libcurl end the transfer */

	/* What follows the head is the trailer of a chunked body. */
	if (transfer->head_done)
		return len;
	if (transfer->recording)
		dcf_recording_head(transfer->recording, line, len);

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
	{
		/* Forget a provisional head (1xx) that came before. */
		dcf_transfer_forget_head(transfer);
		transfer->head.status = parse_status(line, len);
	}
	else if (len > 0 && (line[0] == '\r' || line[0] == '\n'))
	{
		/* Other 1xx heads precede the real one; after 101 there is none. */
		transfer->head_done =
			transfer->head.status >= 200 || transfer->head.status == 101;
	}
	else
	{
		keep_header(transfer, line, len);
		copy_line(transfer, line, len);
	}
	return len;
}
