/*
 * copy_show.c
 *	  Looking at the copies that there are, and forgetting them.  See copy.h.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "copy_private.h"

/*
 * All entries that are in use, as they are now; palloc'd.  A copy of them, because
 * filters may raise.
 */
static DcfCopyEntry *
copy_entries(int *n)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_SHARED);
	DcfCopyEntry *entries;
	DcfCopyEntry *present;
	int size;

	/* The size never changes, and nothing may be allocated under the lock. */
	(void) dcf_copy_index_entries(table, &size);
	dcf_copy_index_unlock(table);
	present = palloc(sizeof(DcfCopyEntry) * (Size) size);
	table = dcf_copy_index_lock(LW_SHARED);
	entries = dcf_copy_index_entries(table, &size);
	*n = 0;
	for (int i = 0; i < size; i++)
		if (entries[i].number != 0 && !entries[i].forgotten)
			present[(*n)++] = entries[i];
	dcf_copy_index_unlock(table);
	return present;
}

static void
set_state(DcfCopyState *state, const DcfCopyEntry *entry)
{
	state->databaseid = entry->subject.databaseid;
	state->serverid = entry->subject.serverid;
	state->userid = entry->subject.userid;
	state->shared = dcf_copy_index_is_shared();
	state->fetching = !entry->complete;
	state->request = NULL;
	state->bytes = entry->size;
	state->records = entry->records;
	state->fetched_at = entry->arrived.time;
	state->hits = entry->hits;
	state->readers = entry->readers;
	state->waiting = entry->complete ? 0 : entry->waiting;
}

DcfCopyState *
dcf_copy_states(DcfCopyFilter filter, void *arg, int *n)
{
	int nentries;
	DcfCopyEntry *entries;
	DcfCopyState *states;

	dcf_copy_index_trim();
	entries = copy_entries(&nentries);
	states = palloc(sizeof(DcfCopyState) * (Size) Max(nentries, 1));
	*n = 0;
	for (int i = 0; i < nentries; i++)
	{
		DcfCopyState *state = &states[*n];

		CHECK_FOR_INTERRUPTS();
		set_state(state, &entries[i]);
		if (!filter(state, arg))
			continue;
		state->request = dcf_copy_stream_request(&entries[i]);
		(*n)++;
	}
	pfree(entries);
	return states;
}

/* A scope with its keys. */
typedef struct ScopeKeys
{
	const DcfCopyScope *scope;
	DcfSharedKey service;  /* if the scope has a server */
	DcfSharedKey endpoint; /* if it has an endpoint, too */
} ScopeKeys;

static ScopeKeys
make_keys(const DcfCopyScope *scope)
{
	ScopeKeys keys = {.scope = scope};

	if (scope->server)
		keys.service = dcf_copy_service_key(scope->server);
	if (scope->server && scope->endpoint)
		keys.endpoint = dcf_copy_endpoint_key(&keys.service, scope->endpoint);
	return keys;
}

/* Whether a scope has an entry, apart from its filter. */
static bool
is_in_scope(const DcfCopyEntry *entry, const ScopeKeys *keys)
{
	const DcfCopySubject *subject = &entry->subject;

	if (keys->scope->server == NULL)
		return true;
	if (keys->scope->endpoint)
		return dcf_shared_same_key(&subject->endpoint, &keys->endpoint);
	return dcf_shared_same_key(&subject->service, &keys->service) ||
		(subject->databaseid == MyDatabaseId &&
		 subject->serverid == keys->scope->serverid);
}

/* A visitor of dcf_copy_index_find(): sets *arg to the entry with its number. */
typedef struct Wanted
{
	uint64 number;
	DcfCopyEntry *entry;
} Wanted;

static bool
note_wanted(DcfCopyEntry *entry, void *arg)
{
	Wanted *wanted = arg;

	if (entry->number == wanted->number)
		wanted->entry = entry;
	return wanted->entry == NULL;
}

/* Forget an entry, if it is still there. */
static bool
forget(const DcfCopyEntry *entry)
{
	DcfCopyTable *table = dcf_copy_index_lock(LW_EXCLUSIVE);
	Wanted wanted = {.number = entry->number};

	dcf_copy_index_find(table, &entry->subject.key, note_wanted, &wanted);
	if (wanted.entry)
	{
		dcf_copy_index_forget(table, wanted.entry);
		dcf_copy_index_clear(table, wanted.entry);
		/* Those who wait for it, if it is being fetched, look again. */
		dcf_copy_index_wake(table);
	}
	dcf_copy_index_unlock(table);
	return wanted.entry != NULL;
}

int64
dcf_copy_drop(const DcfCopyScope *scope)
{
	int nentries;
	DcfCopyEntry *entries = copy_entries(&nentries);
	ScopeKeys keys = make_keys(scope);
	int64 ndropped = 0;

	for (int i = 0; i < nentries; i++)
	{
		DcfCopyState state;

		CHECK_FOR_INTERRUPTS();
		set_state(&state, &entries[i]);
		if (is_in_scope(&entries[i], &keys) &&
			scope->may_drop(&state, scope->arg) && forget(&entries[i]))
			ndropped++;
	}
	pfree(entries);
	return ndropped;
}
