/*
 * copy.c
 *	  What a reply does with a copy.  See copy.h.
 */
#include "postgres.h"

#include "copy_private.h"

struct DcfCopy
{
	bool waited;
};

void
dcf_copy_init(void)
{
}

int64
dcf_copy_age(const DcfSharedKey *key)
{
	return -1;
}

DcfCopy *
dcf_copy_open(const DcfSession *session, const DcfRequest *request,
			  int64 max_age_ms, MemoryContext cxt)
{
	return MemoryContextAllocZero(cxt, sizeof(DcfCopy));
}

DcfCopyStatus
dcf_copy_step(DcfCopy *copy)
{
	return DCF_COPY_NONE;
}

bool
dcf_copy_has_waited(const DcfCopy *copy)
{
	return copy->waited;
}

void
dcf_copy_plan(DcfCopy *copy, DcfWaitPlan *plan)
{
}

void
dcf_copy_begin(DcfCopy *copy, const DcfCopyHead *head)
{
}

void
dcf_copy_put(DcfCopy *copy, const char *bytes, size_t len)
{
}

void
dcf_copy_keep(DcfCopy *copy, int64 records)
{
}

void
dcf_copy_give_up(DcfCopy *copy)
{
}

bool
dcf_copy_open_stale(DcfCopy *copy, int64 max_age_ms)
{
	return false;
}

const DcfCopyHead *
dcf_copy_head(const DcfCopy *copy)
{
	return NULL;
}

int64
dcf_copy_opened_age(const DcfCopy *copy)
{
	return 0;
}

uint64
dcf_copy_bytes(const DcfCopy *copy)
{
	return 0;
}

int64
dcf_copy_records(const DcfCopy *copy)
{
	return -1;
}

ssize_t
dcf_copy_read(DcfCopy *copy, char *bytes, size_t size)
{
	return -1;
}

void
dcf_copy_close(DcfCopy *copy)
{
	pfree(copy);
}

DcfCopyState *
dcf_copy_states(DcfCopyFilter filter, void *arg, int *n)
{
	*n = 0;
	return NULL;
}

int64
dcf_copy_drop(const DcfCopyScope *scope)
{
	return 0;
}
