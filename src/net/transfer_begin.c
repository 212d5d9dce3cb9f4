/*
 * transfer_begin.c
 *	  Starting and releasing transfers, and libcurl's callbacks.
 *
 * The callbacks copy into memory that already exists, or pause the transfer.
 * They call no function of PostgreSQL that may raise or allocate: a longjmp must
 * not cross libcurl's frames.
 */
#include "postgres.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <time.h>

#include "storage/fd.h"
#include "utils/memutils.h"

#include "base/file_descriptor.h"
#include "base/wipe.h"
#include "transfer_private.h"

StaticAssertDecl(DCF_INBOX_CHUNK >= CURL_MAX_WRITE_SIZE,
				 "a chunk must be what libcurl hands over at once");

/* How much libcurl reads from a socket at once. */
#define READ_SIZE (128L * 1024)

/*
 * A reply may take minutes to begin (seen), and firewalls drop connections that
 * are silent for long.
 */
#define KEEPALIVE_SECONDS 60L

/* Set an option of libcurl; raises if libcurl refuses it. */
#define SET_OPTION(transfer, option, value) \
	dcf_http_check(curl_easy_setopt((transfer)->easy, option, value))

/* libcurl's callback: bytes of the body.  Pauses if there is no room. */
static size_t
on_body(char *data, size_t one, size_t len, void *arg)
{
	DcfTransfer *transfer = arg;
	DcfInbox *inbox = &transfer->inbox;
	DcfBuffer *bytes = &inbox->bytes;

	if (bytes->size - bytes->end < len)
	{
		inbox->wanted = len;
		return CURL_WRITEFUNC_PAUSE;
	}
	inbox->wanted = 0;
	if (len == 0)
		return 0;
	if (!transfer->has_data)
		transfer->first_byte_at = dcf_wait_now();
	memcpy(bytes->base + bytes->end, data, len);
	bytes->end += len;
	inbox->received += len;
	return len;
}

/*
 * libcurl's callback: open a socket.  libcurl itself would not tell whether it
 * failed for lack of file descriptors, and would leave the socket to the programs
 * that the backend starts.
 */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	DcfTransfer *transfer = arg;
	curl_socket_t fd =
		socket(address->family, address->socktype, address->protocol);

	if (fd < 0)
		transfer->lacks_descriptor = dcf_file_descriptor_is_exhausted(errno);
	else
	{
		(void) fcntl(fd, F_SETFD, FD_CLOEXEC);
		dcf_http_note_socket(transfer->pool, fd);
	}
	return fd;
}

/* libcurl's callback: the connection is up, with TLS; the request comes next. */
static int
on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port,
			 int local_port)
{
	DcfTransfer *transfer = arg;

	transfer->connected_at = dcf_wait_now();
	transfer->local_port = local_port;
	return CURL_PREREQFUNC_OK;
}

/* Overwrite the headers, as libcurl only frees them. */
static void
wipe_headers(DcfTransfer *transfer)
{
	for (struct curl_slist *header = transfer->headers; header;
		 header = header->next)
		dcf_wipe(header->data);
}

/* Free what libcurl has for the transfer. */
static void
free_handle(DcfTransfer *transfer)
{
	if (transfer->added)
		curl_multi_remove_handle(transfer->pool->multi, transfer->easy);
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	wipe_headers(transfer);
	curl_slist_free_all(transfer->headers);
	transfer->easy = NULL;
	transfer->headers = NULL;
}

/*
 * Release what libcurl and the pool hold.  If the pool ends first, the transfer's
 * memory stays, and its reader finds that it has failed.
 */
static void
release_transfer(void *arg)
{
	DcfTransfer *transfer = arg;
	/* One that libcurl has finished starts no thread any more. */
	bool done = transfer->source.done;
	DcfRecordingEnd end = dcf_transfer_find_end(transfer);
	sigset_t saved;

	dcf_transfer_cut(transfer, "it was given up");
	dcf_http_end_lookup(transfer);
	dcf_http_return_jar(transfer);
	if (!done)
		dcf_signal_mask_block(&saved);
	free_handle(transfer);
	if (!done)
		dcf_signal_mask_restore(&saved);
	if (transfer->inbox.confidential)
		dcf_buffer_wipe(&transfer->inbox.bytes);

	dcf_transfer_call_on_end(transfer);
	if (transfer->has_fd)
		ReleaseExternalFD();
	dlist_delete(&transfer->node);
	if (transfer->recording)
		transfer->pool->nrecords--;
	if (--transfer->pool->ntransfers == 0)
		dcf_wait_forget_lost(&transfer->pool->watcher);
	transfer->pool = NULL;
	/* Files may fail, so nothing is left to be done after them. */
	dcf_transfer_finish_recording(transfer, end);
}

/* Add a header to those to be sent.  value may be secret. */
static void
add_header(DcfTransfer *transfer, const char *name, const char *value)
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

/* Set what is sent: URL, headers and body. */
static void
set_request(DcfTransfer *transfer, const DcfHttpRequest *request)
{
	SET_OPTION(transfer, CURLOPT_URL, request->url);
	SET_OPTION(transfer, CURLOPT_USERAGENT, "dataconnect_fdw/" DCF_VERSION);

	/* libcurl would not notice that a compressed stream was cut. */
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
		/* An empty value makes libcurl leave the header out. */
		add_header(transfer, "Expect", "");
	}
	SET_OPTION(transfer, CURLOPT_HTTPHEADER, transfer->headers);
	/* Headers for the service are not for the proxy. */
	SET_OPTION(transfer, CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);
}

/*
 * Trust only the certificate authorities in a file, and not those in the
 * directory that libcurl may have been built with.
 */
static void
set_authorities(DcfTransfer *transfer, const char *file)
{
	CURLcode code;

	SET_OPTION(transfer, CURLOPT_CAINFO, file);
	code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, NULL);
	if (code != CURLE_NOT_BUILT_IN && code != CURLE_UNKNOWN_OPTION)
		dcf_http_check(code);
}

/* Set how to connect: protocols, time-outs, proxy and TLS. */
static void
set_connection(DcfTransfer *transfer, const DcfHttpRequest *request)
{
	SET_OPTION(transfer, CURLOPT_NOSIGNAL, 1L);
	SET_OPTION(transfer, CURLOPT_SHARE, transfer->pool->share);
	SET_OPTION(transfer, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	SET_OPTION(transfer, CURLOPT_OPENSOCKETDATA, transfer);
	SET_OPTION(transfer, CURLOPT_CLOSESOCKETFUNCTION, dcf_http_close_socket);
	SET_OPTION(transfer, CURLOPT_CLOSESOCKETDATA, transfer->pool);
	/* When the handle is freed, do not wait for a slow name server. */
	SET_OPTION(transfer, CURLOPT_QUICK_EXIT, 1L);
	SET_OPTION(transfer, CURLOPT_PROTOCOLS_STR, "http,https");

	/*
	 * With HTTP/1.1 each transfer has a connection of its own.  Scans are read
	 * at different speeds, and LIMIT may end one in the middle; transfers that
	 * share a connection of HTTP/2 would hold each other up.
	 */
	SET_OPTION(transfer, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	SET_OPTION(transfer, CURLOPT_FOLLOWLOCATION, 0L);
	SET_OPTION(transfer, CURLOPT_UNRESTRICTED_AUTH, 0L);
	SET_OPTION(transfer, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPALIVE, 1L);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	SET_OPTION(transfer, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	SET_OPTION(transfer, CURLOPT_BUFFERSIZE, READ_SIZE);
	SET_OPTION(transfer, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
	/* 0 would be libcurl's default, 5 minutes. */
	SET_OPTION(transfer, CURLOPT_CONNECTTIMEOUT_MS,
			   (long) (request->connect_timeout > 0 ?
						   request->connect_timeout :
						   INT_MAX));

	/* "" makes libcurl ignore the environment's proxies. */
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

/*
 * libcurl's callback for what it would write on stderr.  The version of TLS is told
 * nowhere else, unless one calls the TLS library itself.
 */
static int
on_debug(CURL *easy, curl_infotype type, char *text, size_t len, void *arg)
{
	static const char before[] = "SSL connection using ";
	DcfTransfer *transfer = arg;
	size_t from = strlen(before);
	size_t n = 0;

	if (type != CURLINFO_TEXT || len < from || memcmp(text, before, from) != 0)
		return 0;
	while (from + n < len && n < sizeof(transfer->tls_version) - 1 &&
		   text[from + n] > ' ')
		n++;
	memcpy(transfer->tls_version, text + from, n);
	transfer->tls_version[n] = '\0';
	return 0;
}

/* Only connect, and gather facts of the connection; see transfer_probe.h. */
static void
set_probe(DcfTransfer *transfer)
{
	transfer->pool->probing = true;
	SET_OPTION(transfer, CURLOPT_CONNECT_ONLY, 1L);
	/* Not every TLS library shows certificates. */
	(void) curl_easy_setopt(transfer->easy, CURLOPT_CERTINFO, 1L);
	SET_OPTION(transfer, CURLOPT_DEBUGFUNCTION, on_debug);
	SET_OPTION(transfer, CURLOPT_DEBUGDATA, transfer);
	SET_OPTION(transfer, CURLOPT_VERBOSE, 1L);
}

/* Set the callbacks, all with the transfer as their argument. */
static void
set_callbacks(DcfTransfer *transfer)
{
	SET_OPTION(transfer, CURLOPT_PRIVATE, transfer);
	SET_OPTION(transfer, CURLOPT_ERRORBUFFER, transfer->message);
	SET_OPTION(transfer, CURLOPT_PREREQFUNCTION, on_connected);
	SET_OPTION(transfer, CURLOPT_PREREQDATA, transfer);
	SET_OPTION(transfer, CURLOPT_WRITEFUNCTION, on_body);
	SET_OPTION(transfer, CURLOPT_WRITEDATA, transfer);
	SET_OPTION(transfer, CURLOPT_HEADERFUNCTION, dcf_transfer_on_header);
	SET_OPTION(transfer, CURLOPT_HEADERDATA, transfer);
}

static void
make_inbox(DcfInbox *inbox, const DcfHttpRequest *request)
{
	inbox->context = CurrentMemoryContext;
	inbox->max_buffer = request->max_buffer;
	inbox->confidential = request->confidential;
	inbox->bytes.size = dcf_inbox_initial_size(inbox);
	inbox->bytes.base = palloc(inbox->bytes.size);
}

/* Allocate a transfer in the current context, and register its release. */
static DcfTransfer *
create_transfer(DcfHttpPool *pool, const DcfHttpRequest *request)
{
	DcfTransfer *transfer = palloc0(sizeof(DcfTransfer));

	transfer->context = CurrentMemoryContext;
	transfer->proxy = request->proxy ? pstrdup(request->proxy) : NULL;
	transfer->connect_timeout = request->connect_timeout;
	transfer->first_byte_timeout = request->first_byte_timeout;
	transfer->idle_timeout = request->idle_timeout;
	transfer->total_timeout = request->total_timeout;
	transfer->deadline = request->deadline;
	transfer->on_end = request->on_end;
	transfer->on_end_arg = request->on_end_arg;
	transfer->on_connect = request->on_connect;
	transfer->on_connect_arg = request->on_connect_arg;
	transfer->head_copy = request->head;
	transfer->head_copy_size = request->head_size;
	transfer->begun_at = dcf_wait_now();
	make_inbox(&transfer->inbox, request);
	transfer->source.routine = &dcf_transfer_source_routine;
	transfer->source.inbox = &transfer->inbox;
	transfer->source.head = &transfer->head;

	dcf_resource_tie(&transfer->resource, transfer->context, release_transfer,
					 transfer);
	transfer->pool = pool;
	dlist_push_tail(&pool->transfers, &transfer->node);
	pool->ntransfers++;
	return transfer;
}

/* Record the transfer, if that is on. */
static void
begin_record(DcfTransfer *transfer, const DcfHttpRequest *request)
{
	const DcfTransfer *other = request->cookies_of;
	bool cookies = dcf_http_has_cookies(transfer) ||
		(other && dcf_http_has_cookies(other));

	transfer->recording = dcf_recording_begin(request, cookies);
	if (transfer->recording)
		transfer->pool->nrecords++;
}

/* Set up the transfer's libcurl handle, and send the request. */
static void
open_transfer(DcfTransfer *transfer, const DcfHttpRequest *request)
{
	/* A connection that is open already needs no more descriptors. */
	if (!dcf_http_end_unclean(transfer->pool))
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
	if (request->connect_only)
		set_probe(transfer);
	if (request->cookies_of)
		dcf_http_share_jar(transfer, request->url, request->cookies_of);
	else if (request->cookies)
		dcf_http_take_jar(transfer, request->url);
	if (!request->connect_only)
		begin_record(transfer, request);
	dcf_http_start(transfer);
}

DcfTransfer *
dcf_transfer_begin(DcfHttpPool *pool, const DcfHttpRequest *request,
				   MemoryContext cxt)
{
	MemoryContext own = AllocSetContextCreate(cxt, "dataconnect_fdw transfer",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	DcfTransfer *transfer = create_transfer(pool, request);

	open_transfer(transfer, request);
	MemoryContextSwitchTo(old);
	return transfer;
}
