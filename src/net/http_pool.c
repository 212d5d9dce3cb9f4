/*
 * http_pool.c
 *	  Pools of connections, and the calls of libcurl's multi interface.
 *
 * libcurl says which sockets to watch, and when to call it at the latest.
 * dcf_http_work() waits for that and calls libcurl.
 */
#include "postgres.h"

#include "base/file_descriptor.h"
#include "http_private.h"

/*
 * If libcurl is not called for this long (ms) while it connects, the failure of
 * the connection may be our fault: its time-outs may have passed meanwhile.
 */
#define MAX_NEGLECT 500

/* Events handled after one wait; further ones come with the next. */
#define MAX_EVENTS 16

/*
 * libcurl's callback: change for what a socket is watched.  CURL_POLL_REMOVE
 * leaves no events, so the socket is watched no more.
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
	dcf_wait_watch(pool->waits, fd, events);
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

	pool->timer_at = ms < 0 ? -1 : dcf_wait_now() + ms;
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
		DcfHttpTransfer *transfer =
			dlist_container(DcfHttpTransfer, node, iter.cur);

		dcf_resource_release(&transfer->resource);
	}

	dcf_http_wipe_jars(pool);
	dcf_http_enter_curl(&saved);
	/*
	 * The easy handles are gone.  The share comes last, because libcurl does
	 * not free one that is in use.
	 */
	if (pool->multi)
		curl_multi_cleanup(pool->multi);
	if (pool->share)
		curl_share_cleanup(pool->share);
	dcf_http_leave_curl(&saved);
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
	pool->timer_at = -1;
	dlist_init(&pool->transfers);
	dlist_init(&pool->jars);
	pool->max_jars = jars;

	/* Released in reverse order, so libcurl closes its sockets before. */
	pool->waits = dcf_wait_create(true);
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
		DcfHttpTransfer *transfer;

		if (message->msg != CURLMSG_DONE)
			continue;
		dcf_http_check(curl_easy_getinfo(message->easy_handle,
										 CURLINFO_PRIVATE,
										 (char **) &transfer));
		transfer->done = true;
		transfer->result = message->data.result;
		dcf_http_note_idle(pool, transfer->easy);
		dcf_http_call_on_end(transfer);
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
		DcfHttpTransfer *transfer =
			dlist_container(DcfHttpTransfer, node, iter.cur);
		void (*on_connect)(void *arg) = transfer->on_connect;

		if (on_connect == NULL || transfer->connected_at == 0)
			continue;
		transfer->on_connect = NULL;
		on_connect(transfer->on_connect_arg);
	}
}

/* Let libcurl work on the sockets that are ready, and on its timer. */
static void
run_curl(DcfHttpPool *pool, const WaitEvent *events, int nevents)
{
	CURLMcode code = CURLM_OK;
	sigset_t saved;
	int running;
	int i;

	dcf_http_enter_curl(&saved);
	for (i = 0; i < nevents && code == CURLM_OK; i++)
	{
		int mask = 0;

		if (events[i].events & WL_SOCKET_READABLE)
			mask |= CURL_CSELECT_IN;
		if (events[i].events & WL_SOCKET_WRITEABLE)
			mask |= CURL_CSELECT_OUT;
		code = curl_multi_socket_action(pool->multi, events[i].fd, mask,
										&running);
	}
	if (code == CURLM_OK && pool->timer_at >= 0 &&
		pool->timer_at <= dcf_wait_now())
	{
		/* Before the call, in which libcurl may set the timer again. */
		pool->timer_at = -1;
		code = curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0,
										&running);
	}
	dcf_http_leave_curl(&saved);
	dcf_http_check_multi(code);
	/* These may call PostgreSQL, which libcurl's callbacks must not. */
	call_on_connect(pool);
	collect_ended(pool);
}

/* Shorten a time-out (ms; -1: none) to the time when libcurl must be called. */
static int64
limit_by_timer(const DcfHttpPool *pool, int64 timeout)
{
	int64 left;

	if (pool->timer_at < 0)
		return timeout;
	left = Max(pool->timer_at - dcf_wait_now(), 0);
	return timeout < 0 ? left : Min(timeout, left);
}

/* Before a wait: mark connecting transfers that libcurl could not attend to. */
static void
note_neglect(DcfHttpPool *pool)
{
	int64 now = dcf_wait_now();
	dlist_iter iter;

	dlist_foreach(iter, &pool->transfers)
	{
		DcfHttpTransfer *transfer =
			dlist_container(DcfHttpTransfer, node, iter.cur);

		if (transfer->connected_at == 0 && !transfer->done &&
			now - Max(pool->worked_at, transfer->begun_at) > MAX_NEGLECT)
			transfer->neglected = true;
	}
}

void
dcf_http_work(DcfHttpPool *pool, int64 timeout, DcfWaitReason reason)
{
	WaitEvent events[MAX_EVENTS];
	int n;

	note_neglect(pool);
	n = dcf_wait_for(pool->waits, limit_by_timer(pool, timeout), reason,
					 events, MAX_EVENTS);
	run_curl(pool, events, n);
	pool->worked_at = dcf_wait_now();
}

/* The distinct pools of the transfers. */
static List *
list_pools(DcfHttpTransfer **transfers, int n)
{
	List *pools = NIL;

	for (int i = 0; i < n; i++)
		pools = list_append_unique_ptr(pools, transfers[i]->pool);
	return pools;
}

/* Wait for several pools at once.  Leaks into the current memory context. */
static void
work_together(List *pools, int64 timeout, DcfWaitReason reason)
{
	DcfWaitSet *all = dcf_wait_create(false);
	WaitEvent events[MAX_EVENTS];
	ListCell *lc;
	int n;

	foreach(lc, pools)
	{
		DcfHttpPool *pool = lfirst(lc);

		note_neglect(pool);
		timeout = limit_by_timer(pool, timeout);
		dcf_wait_add(all, pool->waits);
	}
	n = dcf_wait_for(all, timeout, reason, events, MAX_EVENTS);
	foreach(lc, pools)
	{
		DcfHttpPool *pool = lfirst(lc);
		/* A pool without events is run, too: its timer may be due. */
		WaitEvent own[MAX_EVENTS];
		int nown = 0;

		for (int i = 0; i < n; i++)
			if (dcf_wait_has(pool->waits, events[i].fd))
				own[nown++] = events[i];
		run_curl(pool, own, nown);
		pool->worked_at = dcf_wait_now();
	}
}

void
dcf_http_work_for(DcfHttpTransfer **transfers, int n, int64 timeout,
				  DcfWaitReason reason)
{
	MemoryContext own;
	MemoryContext old;
	int i = 1;

	while (i < n && transfers[i]->pool == transfers[0]->pool)
		i++;
	/*
	 * Mostly there is one pool, whose wait event set is kept between waits.
	 * For several pools, a set of all their sockets is built each time.
	 */
	if (i == n)
	{
		dcf_http_work(transfers[0]->pool, timeout, reason);
		return;
	}
	own = AllocSetContextCreate(CurrentMemoryContext, "dataconnect_fdw wait",
								ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(own);
	work_together(list_pools(transfers, n), timeout, reason);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
}
