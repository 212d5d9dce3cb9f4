/*
 * http_pool.c
 *	  Pools of connections, and the calls of libcurl's multi interface.
 *
 * libcurl says which sockets to watch, and when to call it at the latest.  Each
 * pool is a watcher of the backend's wait set, so each wait serves all of them.
 */
#include "postgres.h"

#include "base/file_descriptor.h"
#include "transfer_private.h"

static void on_ready(void *arg, pgsocket fd, uint32 events);
static void on_due(void *arg);

/*
 * libcurl's callback: change for what a socket is watched.  A connection will probably
 * be used again, so the kernel need not forget it.  libcurl has other sockets, too,
 * which it closes without telling.
 */
static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	DcfHttpPool *pool = arg;
	uint32 events = 0;

	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= WL_SOCKET_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= WL_SOCKET_WRITEABLE;
	if (events == 0 && dcf_http_is_connection(pool, fd))
		dcf_wait_rest(&pool->watcher, fd);
	else
		dcf_wait_watch(&pool->watcher, fd, events);
	return 0;
}

/*
 * libcurl's callback: wants to be called in ms milliseconds; -1: not at all.
 * There is one timer for all transfers, and each call replaces it.
 */
static int
on_timer(CURLM *multi, long ms, void *arg)
{
	DcfHttpPool *pool = arg;

	pool->watcher.due = ms < 0 ? -1 : dcf_wait_now() + ms;
	return 0;
}

/* Reset callback of the pool's memory context. */
static void
release_pool(void *arg)
{
	DcfHttpPool *pool = arg;
	dlist_mutable_iter iter;
	sigset_t saved;

	/* The memory of transfers may outlive the pool. */
	dlist_foreach_modify(iter, &pool->transfers)
	{
		DcfTransfer *transfer = dlist_container(DcfTransfer, node, iter.cur);

		dcf_resource_release(&transfer->resource);
	}

	dcf_http_wipe_jars(pool);
	dcf_signal_mask_block(&saved);
	/*
	 * The easy handles are gone.  The share comes last, because libcurl does
	 * not free one that is in use.
	 */
	if (pool->multi)
		curl_multi_cleanup(pool->multi);
	if (pool->share)
		curl_share_cleanup(pool->share);
	dcf_signal_mask_restore(&saved);
	dcf_wait_leave(&pool->watcher);
}

/* Initialize libcurl once per process.  No other thread exists yet. */
static void
init_curl(void)
{
	static bool initialized = false;

	if (initialized)
		return;
	dcf_http_check(curl_global_init(CURL_GLOBAL_DEFAULT));
	initialized = true;
}

static void
check_share(CURLSHcode code)
{
	if (code != CURLSHE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("libcurl failed: %s", curl_share_strerror(code))));
}

DcfHttpPool *
dcf_http_pool_create(int connections, int jars, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DcfHttpPool *pool = palloc0(sizeof(DcfHttpPool));

	init_curl();
	dcf_file_descriptor_check();
	pool->context = cxt;
	pool->watcher.on_ready = on_ready;
	pool->watcher.on_due = on_due;
	pool->watcher.arg = pool;
	dlist_init(&pool->transfers);
	dlist_init(&pool->jars);
	pool->max_jars = jars;

	dcf_wait_join(&pool->watcher);
	pool->release.func = release_pool;
	pool->release.arg = pool;
	MemoryContextRegisterResetCallback(cxt, &pool->release);

	pool->multi = curl_multi_init();
	pool->share = curl_share_init();
	if (pool->multi == NULL || pool->share == NULL)
		dcf_http_check(CURLE_OUT_OF_MEMORY);
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket));
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool));
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer));
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool));
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS,
						  (long) Min(connections, DCF_HTTP_MAX_IDLE)));
#if LIBCURL_VERSION_NUM >= 0x081400
	/* As CURLOPT_QUICK_EXIT, for name lookups in the pool's threads. */
	dcf_http_check_multi(
		curl_multi_setopt(pool->multi, CURLMOPT_QUICK_EXIT, 1L));
#endif

	/* The multi handle itself shares connections and resolved names. */
	check_share(curl_share_setopt(pool->share, CURLSHOPT_SHARE,
								  CURL_LOCK_DATA_SSL_SESSION));
	dcf_http_hide_cookies(pool);
	MemoryContextSwitchTo(old);
	return pool;
}

/*
 * Begin a transfer again that failed to connect, maybe only because nobody let
 * libcurl work.  It has received nothing yet.
 */
static void
restart(DcfHttpPool *pool, DcfTransfer *transfer)
{
	CURLMcode code;
	sigset_t saved;

	transfer->lacks_descriptor = false;
	transfer->message[0] = '\0';
	transfer->local_port = 0;
	transfer->begun_at = dcf_wait_now();
	dcf_signal_mask_block(&saved);
	(void) curl_multi_remove_handle(pool->multi, transfer->easy);
	transfer->added = false;
	code = curl_multi_add_handle(pool->multi, transfer->easy);
	dcf_signal_mask_restore(&saved);
	dcf_http_check_multi(code);
	transfer->added = true;
}

/*
 * Ask libcurl which transfers have ended, and finish them: the limiter's slot
 * and the cookies are free from now on, even if the bytes are read much later.
 */
static void
collect_ended(DcfHttpPool *pool)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left)) != NULL)
	{
		DcfTransfer *transfer;
		CURLcode result;

		if (message->msg != CURLMSG_DONE)
			continue;
		dcf_http_check(curl_easy_getinfo(message->easy_handle,
										 CURLINFO_PRIVATE,
										 (char **) &transfer));
		result = message->data.result;
		/* libcurl's time-outs may have passed while nobody called it. */
		if (result != CURLE_OK && transfer->connected_at == 0 &&
			dcf_wait_was_away(transfer->begun_at))
		{
			restart(pool, transfer);
			continue;
		}
		transfer->source.done = true;
		transfer->result = result;
		dcf_transfer_finish_recording(transfer,
									  dcf_transfer_find_end(transfer));
		dcf_http_note_idle(transfer);
		dcf_transfer_call_on_end(transfer);
		dcf_http_return_jar(transfer);
	}
}

/* Call on_connect for new connections: libcurl's own callback may not. */
static void
call_on_connect(DcfHttpPool *pool)
{
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
	{
		DcfTransfer *transfer = dlist_container(DcfTransfer, node, iter.cur);
		void (*on_connect)(void *arg) = transfer->on_connect;

		if (on_connect == NULL || transfer->connected_at == 0)
			continue;
		transfer->on_connect = NULL;
		on_connect(transfer->on_connect_arg);
	}
}

/* Record what has come of the transfers that are recorded. */
static void
record_progress(DcfHttpPool *pool)
{
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
		dcf_transfer_record(dlist_container(DcfTransfer, node, iter.cur));
}

/* After libcurl has worked: see to what has happened. */
static void
note_progress(DcfHttpPool *pool, CURLMcode code)
{
	/* These may call PostgreSQL, which libcurl's callbacks must not. */
	if (unlikely(pool->nrecords > 0))
		record_progress(pool);
	dcf_http_check_multi(code);
	call_on_connect(pool);
	collect_ended(pool);
}

void
dcf_http_start(DcfTransfer *transfer)
{
	DcfHttpPool *pool = transfer->pool;
	CURLMcode code;
	sigset_t saved;
	int running;

	dcf_signal_mask_block(&saved);
	code = curl_multi_add_handle(pool->multi, transfer->easy);
	transfer->added = code == CURLM_OK;
	/* As if libcurl's timer were due, which adding the handle has set to now. */
	pool->watcher.due = -1;
	if (transfer->added)
		code = curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0,
										&running);
	dcf_signal_mask_restore(&saved);
	note_progress(pool, code);
}

/* Let libcurl work on a socket, or on its timer (CURL_SOCKET_TIMEOUT). */
static void
run_curl(DcfHttpPool *pool, curl_socket_t fd, int mask)
{
	CURLMcode code;
	sigset_t saved;
	int running;

	dcf_signal_mask_block(&saved);
	code = curl_multi_socket_action(pool->multi, fd, mask, &running);
	dcf_signal_mask_restore(&saved);
	note_progress(pool, code);
}

/* The watcher's functions. */
static void
on_ready(void *arg, pgsocket fd, uint32 events)
{
	int mask = 0;

	if (events & WL_SOCKET_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & WL_SOCKET_WRITEABLE)
		mask |= CURL_CSELECT_OUT;
	run_curl(arg, fd, mask);
}

static void
on_due(void *arg)
{
	run_curl(arg, CURL_SOCKET_TIMEOUT, 0);
}
