/*
 * http_begin.c
 *	  A transfer's birth and end, and libcurl's callbacks into it.
 *
 * The callbacks copy into memory made beforehand, or pause the transfer; they
 * call nothing of PostgreSQL's that could raise or allocate.
 */
#include "postgres.h"

#include <limits.h>
#include <sys/socket.h>
#include <time.h>

#include "storage/fd.h"
#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/wipe.h"
#include "http_private.h"

/* The buffer's size to begin with: some records, and a few reads. */
#define INITIAL_SIZE (256 * 1024)

/*
 * Compressed bytes that may wait to be decompressed.  No piece that libcurl
 * hands over is larger than CURL_MAX_WRITE_SIZE.
 */
#define RAW_SIZE (128 * 1024)
StaticAssertDecl(RAW_SIZE >= CURL_MAX_WRITE_SIZE,
				 "a piece of a body must find room");

/* What libcurl reads from a socket at once. */
#define READ_SIZE (128L * 1024)

/*
 * A request may take minutes before the first byte of its reply, and firewalls
 * forget connections that are silent.
 */
#define KEEPALIVE_SECONDS 60L

/* Raises unless libcurl took the setting. */
#define SET_OPTION(transfer, option, value) \
	dcf_http_check(curl_easy_setopt((transfer)->easy, option, value))

static size_t
on_body(char *data, size_t one, size_t len, void *arg)
{
	DcfHttpTransfer *transfer = arg;
	DcfHttpBuffer *buffer = transfer->coding == DCF_HTTP_PLAIN ?
		&transfer->buffer :
		&transfer->raw;

	if (buffer->size - buffer->end < len)
	{
		transfer->wanted = len;
		return CURL_WRITEFUNC_PAUSE;
	}
	transfer->wanted = 0;
	if (len == 0)
		return 0;
	if (transfer->received == 0)
		transfer->first_byte_at = dcf_wait_now();
	memcpy(buffer->base + buffer->end, data, len);
	buffer->end += len;
	transfer->received += len;
	return len;
}

/* Whether a header line has this name; its value is given without spaces. */
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
keep(char *dst, size_t size, const char *value, size_t len)
{
	size_t n = Min(len, size - 1);

	memcpy(dst, value, n);
	dst[n] = '\0';
}

/* A second coding on top of the first is none we know. */
static void
keep_coding(DcfHttpTransfer *transfer, const char *value, size_t len)
{
	char *name = transfer->coding_name;

	if (len == 0 || (len == 8 && pg_strncasecmp(value, "identity", len) == 0))
		return;
	if (transfer->coding != DCF_HTTP_PLAIN)
	{
		transfer->coding = DCF_HTTP_UNKNOWN;
		return;
	}
	keep(name, sizeof(transfer->coding_name), value, len);
	if (pg_strcasecmp(name, "gzip") == 0 || pg_strcasecmp(name, "x-gzip") == 0)
		transfer->coding = DCF_HTTP_GZIP;
	else if (pg_strcasecmp(name, "deflate") == 0)
		transfer->coding = DCF_HTTP_DEFLATE;
	else
		transfer->coding = DCF_HTTP_UNKNOWN;
}

/*
 * libcurl reads any number that a length begins with, and takes the last of
 * several lengths.  Only digits can be relied on, and only one length or equal
 * ones (RFC 9112, 6.3).
 */
static void
keep_length(DcfHttpTransfer *transfer, const char *value, size_t len)
{
	char *length = transfer->length;

	if (len == 0 || len >= sizeof(transfer->length) ||
		strspn(value, "0123456789") < len)
		transfer->odd_length = true;
	else if (length[0] != '\0' &&
			 (strlen(length) != len || memcmp(length, value, len) != 0))
		transfer->odd_length = true;
	keep(length, sizeof(transfer->length), value, len);
}

/* Of codings that it does not know libcurl may take the body as it comes. */
static void
keep_transfer_coding(DcfHttpTransfer *transfer, const char *value, size_t len)
{
	bool is_chunked =
		len == strlen("chunked") && pg_strncasecmp(value, "chunked", len) == 0;

	if (transfer->chunked || !is_chunked)
		transfer->odd_transfer_coding = true;
	transfer->chunked = is_chunked;
}

/* The three digits of "HTTP/1.1 200 OK", else 0. */
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

static void
keep_header(DcfHttpTransfer *transfer, const char *line, size_t len)
{
	DcfHttpHead *head = &transfer->head;
	const char *value;
	size_t n;

	if (header_is(line, len, "Content-Type", &value, &n))
		keep(head->content_type, sizeof(head->content_type), value, n);
	else if (header_is(line, len, "Content-Encoding", &value, &n))
		keep_coding(transfer, value, n);
	else if (header_is(line, len, "Content-Length", &value, &n))
		keep_length(transfer, value, n);
	else if (header_is(line, len, "Transfer-Encoding", &value, &n))
		keep_transfer_coding(transfer, value, n);
	else if (header_is(line, len, "Retry-After", &value, &n))
		keep(head->retry_after, sizeof(head->retry_after), value, n);
	else if (header_is(line, len, "X-RateLimit-ResetSeconds", &value, &n))
		keep(head->rate_reset_seconds, sizeof(head->rate_reset_seconds), value,
			 n);
	else if (header_is(line, len, "X-RateLimit-Reset", &value, &n))
		keep(head->rate_reset, sizeof(head->rate_reset), value, n);
	else if (header_is(line, len, "Location", &value, &n))
		keep(head->location, sizeof(head->location), value, n);
}

static size_t
on_header(char *line, size_t one, size_t len, void *arg)
{
	DcfHttpTransfer *transfer = arg;

	transfer->head_bytes += len;
	if (transfer->head_bytes > DCF_HTTP_MAX_HEAD)
		return 0; /* which ends the transfer */

	/* What follows the head is the trailer of a chunked body. */
	if (transfer->head_done)
		return len;

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
	{
		/* A reply may have provisional heads (1xx) before its own. */
		memset(&transfer->head, 0, sizeof(transfer->head));
		transfer->coding = DCF_HTTP_PLAIN;
		transfer->coding_name[0] = '\0';
		transfer->chunked = false;
		transfer->length[0] = '\0';
		transfer->odd_transfer_coding = false;
		transfer->odd_length = false;
		transfer->head.status = parse_status(line, len);
	}
	else if (len > 0 && (line[0] == '\r' || line[0] == '\n'))
	{
		/* 101 is the last of HTTP: what follows is another protocol. */
		transfer->head_done =
			transfer->head.status >= 200 || transfer->head.status == 101;
	}
	else
		keep_header(transfer, line, len);
	return len;
}

/* libcurl does not tell why it has no socket. */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	DcfHttpTransfer *transfer = arg;
	curl_socket_t fd =
		socket(address->family, address->socktype, address->protocol);

	if (fd < 0)
		transfer->lacks_descriptor = dcf_file_descriptor_is_exhausted(errno);
	return fd;
}

#if LIBCURL_VERSION_NUM >= 0x075000
/* There is a connection, with TLS where wanted; the request is sent next. */
static int
on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port,
			 int local_port)
{
	DcfHttpTransfer *transfer = arg;

	transfer->connected_at = dcf_wait_now();
	return CURL_PREREQFUNC_OK;
}
#endif

/* libcurl frees the list, but overwrites nothing. */
static void
wipe_headers(DcfHttpTransfer *transfer)
{
	for (struct curl_slist *header = transfer->headers; header;
		 header = header->next)
		dcf_wipe(header->data);
}

static void
wipe_buffer(DcfHttpBuffer *buffer)
{
	if (buffer->base)
		explicit_bzero(buffer->base, buffer->size);
}

/*
 * The last to be called of a transfer; its memory may stay, as a shell whose
 * reader finds it failed.
 */
static void
release_transfer(void *arg)
{
	DcfHttpTransfer *transfer = arg;
	sigset_t saved;

	if (transfer->thread)
		dcf_inflate_thread_stop(transfer->thread);
	transfer->thread = NULL;
	(void) dcf_http_fail(transfer, DCF_HTTP_CUT, "it was given up");

	dcf_http_return_jar(transfer);
	dcf_http_enter_curl(&saved);
	if (transfer->added)
		curl_multi_remove_handle(transfer->pool->multi, transfer->easy);
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	wipe_headers(transfer);
	curl_slist_free_all(transfer->headers);
	dcf_http_leave_curl(&saved);
	transfer->easy = NULL;
	transfer->headers = NULL;
	if (transfer->confidential)
	{
		wipe_buffer(&transfer->buffer);
		wipe_buffer(&transfer->raw);
	}

	dcf_http_call_on_end(transfer);
	if (transfer->has_fd)
		ReleaseExternalFD();
	dlist_delete(&transfer->node);
	if (--transfer->pool->ntransfers == 0)
		dcf_wait_forget_lost(transfer->pool->waits);
	transfer->pool = NULL;
}

static void
add_header(DcfHttpTransfer *transfer, const char *name, const char *value)
{
	char *begin = psprintf("%s: ", name);
	char *line = dcf_wipe_concat(begin, value);
	struct curl_slist *longer = curl_slist_append(transfer->headers, line);

	dcf_wipe(line);
	pfree(line);
	pfree(begin);
	if (longer == NULL)
		dcf_http_check(CURLE_OUT_OF_MEMORY);
	transfer->headers = longer;
}

static void
set_request(DcfHttpTransfer *transfer, const DcfHttpRequest *request)
{
	SET_OPTION(transfer, CURLOPT_URL, request->url);
	SET_OPTION(transfer, CURLOPT_USERAGENT, "dataconnect_fdw/" DCF_VERSION);

	/* Decompressing is ours: libcurl does not tell of a cut stream. */
	SET_OPTION(transfer, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	add_header(transfer, "Accept-Encoding",
			   request->compression ? "gzip, deflate" : "identity");
	add_header(transfer, "Accept", request->accept ? request->accept : "*/*");
	if (request->authorization)
		add_header(transfer, "Authorization", request->authorization);
	if (request->post_body)
	{
		SET_OPTION(transfer, CURLOPT_POSTFIELDSIZE_LARGE,
				   (curl_off_t) strlen(request->post_body));
		SET_OPTION(transfer, CURLOPT_COPYPOSTFIELDS, request->post_body);
		add_header(transfer, "Content-Type", request->content_type);
		/* Without a name's value libcurl leaves the header out. */
		add_header(transfer, "Expect", "");
	}
	SET_OPTION(transfer, CURLOPT_HTTPHEADER, transfer->headers);
	/* Headers for the service are not for the proxy. */
	SET_OPTION(transfer, CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);
}

/*
 * Trust the authorities in a file and no others: libcurl may have been built
 * with a directory of them as well.
 */
static void
set_authorities(DcfHttpTransfer *transfer, const char *file)
{
	CURLcode code;

	SET_OPTION(transfer, CURLOPT_CAINFO, file);
	code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, NULL);
	if (code != CURLE_NOT_BUILT_IN && code != CURLE_UNKNOWN_OPTION)
		dcf_http_check(code);
}

static void
set_connection(DcfHttpTransfer *transfer, const DcfHttpRequest *request)
{
	SET_OPTION(transfer, CURLOPT_NOSIGNAL, 1L);
	SET_OPTION(transfer, CURLOPT_SHARE, transfer->pool->share);
	SET_OPTION(transfer, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET_OPTION(transfer, CURLOPT_OPENSOCKETDATA, transfer);
	SET_OPTION(transfer, CURLOPT_CLOSESOCKETFUNCTION, dcf_http_close_socket);
	SET_OPTION(transfer, CURLOPT_CLOSESOCKETDATA, transfer->pool);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Do not wait for a name server that does not answer. */
	SET_OPTION(transfer, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
	SET_OPTION(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET_OPTION(transfer, CURLOPT_PROTOCOLS,
			   (long) (CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif

	/*
	 * A connection for each transfer: scans are read at their own pace, a
	 * LIMIT ends one in the middle, and on a connection shared over HTTP/2
	 * they would hinder each other.
	 */
	SET_OPTION(transfer, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	SET_OPTION(transfer, CURLOPT_FOLLOWLOCATION, 0L);
	SET_OPTION(transfer, CURLOPT_UNRESTRICTED_AUTH, 0L);
	SET_OPTION(transfer, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPALIVE, 1L);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	SET_OPTION(transfer, CURLOPT_BUFFERSIZE, READ_SIZE);
	/* 0 would be libcurl's default, 5 minutes. */
	SET_OPTION(transfer, CURLOPT_CONNECTTIMEOUT_MS,
			   (long) (request->connect_timeout > 0 ?
						   request->connect_timeout :
						   INT_MAX));

	/* "" also keeps the environment's proxies away. */
	SET_OPTION(transfer, CURLOPT_PROXY, request->proxy ? request->proxy : "");
	SET_OPTION(transfer, CURLOPT_NOPROXY, "");
	SET_OPTION(transfer, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

	SET_OPTION(transfer, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	SET_OPTION(transfer, CURLOPT_SSL_VERIFYPEER,
			   request->tls_verify ? 1L : 0L);
	SET_OPTION(transfer, CURLOPT_SSL_VERIFYHOST,
			   request->tls_verify ? 2L : 0L);
	if (request->ca_file)
		set_authorities(transfer, request->ca_file);
}

static void
set_callbacks(DcfHttpTransfer *transfer)
{
	SET_OPTION(transfer, CURLOPT_PRIVATE, transfer);
	SET_OPTION(transfer, CURLOPT_ERRORBUFFER, transfer->message);
#if LIBCURL_VERSION_NUM >= 0x075000
	SET_OPTION(transfer, CURLOPT_PREREQFUNCTION, on_connected);
	SET_OPTION(transfer, CURLOPT_PREREQDATA, transfer);
#endif
	SET_OPTION(transfer, CURLOPT_WRITEFUNCTION, on_body);
	SET_OPTION(transfer, CURLOPT_WRITEDATA, transfer);
	SET_OPTION(transfer, CURLOPT_HEADERFUNCTION, on_header);
	SET_OPTION(transfer, CURLOPT_HEADERDATA, transfer);
}

static void
make_buffer(DcfHttpBuffer *buffer, size_t size)
{
	buffer->base = palloc(size);
	buffer->size = size;
}

/* A transfer that knows what was asked of it, in the current context. */
static DcfHttpTransfer *
create_transfer(DcfHttpPool *pool, const DcfHttpRequest *request)
{
	DcfHttpTransfer *transfer = palloc0(sizeof(DcfHttpTransfer));

	transfer->context = CurrentMemoryContext;
	transfer->proxy = request->proxy ? pstrdup(request->proxy) : NULL;
	transfer->connect_timeout = request->connect_timeout;
	transfer->first_byte_timeout = request->first_byte_timeout;
	transfer->idle_timeout = request->idle_timeout;
	transfer->total_timeout = request->total_timeout;
	transfer->deadline = request->deadline;
	transfer->max_buffer = request->max_buffer;
	transfer->confidential = request->confidential;
	transfer->on_end = request->on_end;
	transfer->on_end_arg = request->on_end_arg;
	transfer->on_connect = request->on_connect;
	transfer->on_connect_arg = request->on_connect_arg;
	transfer->begun_at = dcf_wait_now();
	make_buffer(&transfer->buffer, INITIAL_SIZE);
	make_buffer(&transfer->raw, RAW_SIZE);

	dcf_resource_tie(&transfer->resource, transfer->context, release_transfer,
					 transfer);
	transfer->pool = pool;
	dlist_push_tail(&pool->transfers, &transfer->node);
	pool->ntransfers++;
	return transfer;
}

static void
open_transfer(DcfHttpTransfer *transfer, const DcfHttpRequest *request)
{
	DcfHttpPool *pool = transfer->pool;
	CURLMcode code;
	sigset_t saved;

	dcf_file_descriptor_check();
	transfer->has_fd = AcquireExternalFD();
	if (!transfer->has_fd)
		dcf_file_descriptor_raise();
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		dcf_http_check(CURLE_OUT_OF_MEMORY);
	set_callbacks(transfer);
	set_connection(transfer, request);
	set_request(transfer, request);
	if (request->cookies)
		dcf_http_take_jar(transfer, request->url);

	dcf_http_end_unclean(pool);
	dcf_http_enter_curl(&saved);
	code = curl_multi_add_handle(pool->multi, transfer->easy);
	dcf_http_leave_curl(&saved);
	dcf_http_check_multi(code);
	transfer->added = true;

	/* Set it going. */
	dcf_http_work(pool, 0, DCF_WAIT_CONNECT);
}

DcfHttpTransfer *
dcf_http_begin(DcfHttpPool *pool, const DcfHttpRequest *request,
			   MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw transfer",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfHttpTransfer *transfer = create_transfer(pool, request);

	open_transfer(transfer, request);
	MemoryContextSwitchTo(old);
	return transfer;
}

void
dcf_http_close(DcfHttpTransfer *transfer)
{
	MemoryContextDelete(transfer->context);
}
