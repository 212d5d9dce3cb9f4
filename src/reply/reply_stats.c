/*
 * reply_stats.c
 *	  What replies have taught.  See reply_stats.h.
 *
 * For each set of columns that a table's requests give values for there is an
 * entry.  Of the replies it has the moments of x, the logarithm of the days
 * asked for, and y, that of the records for each value of a list: so a line
 * can be laid through them.  Its slope is 1 where records come in proportion
 * to days, and 0 where a report sums up whatever the period is; before windows
 * of different length have told, a guess stands for it.  Older replies count
 * for less with each new one.
 *
 * Entries of a table are in one chain, found by a hash of the table.  The entry
 * that nothing was added to for longest gives way to a new one.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/shared.h"
#include "reply/reply_stats.h"

/* Entries for all backends, and for one that is alone. */
#define SHARED_ENTRIES 1024
#define OWN_ENTRIES	   128

#define CHAINS 256
#define NONE   (-1)

/* What is left of earlier replies' weight when another comes. */
#define DECAY 0.9

/*
 * How much the guess at the slope weighs, in squared logarithms of days: as
 * much as two replies for a window and for one four times as long.
 */
#define GUESS_WEIGHT 1.0

/*
 * The guess: a report whose records have times is a list of what happened;
 * others may be sums, or not.
 */
#define SLOPE_OF_EVENTS 1.0
#define SLOPE_OF_OTHERS 0.5

/* No records count as that many, for their logarithm. */
#define LEAST_RECORDS 0.5

typedef struct Entry
{
	/* What it is about. */
	Oid database;
	Oid relid;
	uint32 version;
	uint64 given; /* see DcfRequestSize */

	int next;	 /* of the chain; NONE after the last */
	uint64 used; /* the clock when something was added */

	/* Of replies that were whole. */
	uint64 replies;
	double weight;
	double sum_x, sum_y, sum_xx, sum_xy;
	double sum_values; /* of their logarithms */

	/* Means, or -1. */
	double bytes;
	double first_byte_ms;

	TimestampTz last;
} Entry;

typedef struct Memory
{
	uint64 clock;
	int size;
	int used;
	int chains[CHAINS];
	Entry entries[FLEXIBLE_ARRAY_MEMBER];
} Memory;

static Size measure_memory(bool for_all);
static void init_memory(void *memory, bool for_all);

static DcfShared shared = {.name = "dataconnect_fdw learned",
						   .compute_size = measure_memory,
						   .init = init_memory};
static bool enabled = true;

void
dcf_reply_stats_init(void)
{
	dcf_shared_request(&shared);
	DefineCustomBoolVariable("dataconnect_fdw.learn",
							 "Learns from replies what to expect of the next.",
							 NULL, &enabled, true, PGC_USERSET, 0, NULL, NULL,
							 NULL);
}

static int
count_entries(bool for_all)
{
	return for_all ? SHARED_ENTRIES : OWN_ENTRIES;
}

static Size
measure_memory(bool for_all)
{
	return offsetof(Memory, entries) +
		sizeof(Entry) * (Size) count_entries(for_all);
}

static void
init_memory(void *memory, bool for_all)
{
	Memory *fresh = memory;

	fresh->clock = 0;
	fresh->size = count_entries(for_all);
	fresh->used = 0;
	for (int i = 0; i < CHAINS; i++)
		fresh->chains[i] = NONE;
}

static Memory *
lock_memory(LWLockMode mode)
{
	Memory *memory = dcf_shared_get(&shared);

	dcf_shared_lock(&shared, memory, mode);
	return memory;
}

static void
unlock_memory(void)
{
	dcf_shared_unlock(&shared, dcf_shared_get(&shared));
}

static int *
find_chain(Memory *memory, Oid database, Oid relid)
{
	uint32 hash = hash_combine(murmurhash32(database), murmurhash32(relid));

	return &memory->chains[hash % CHAINS];
}

/* Take out of its chain what the link leads to. */
static void
unlink_entry(Memory *memory, int *link)
{
	Entry *entry = &memory->entries[*link];

	*link = entry->next;
	entry->relid = InvalidOid;
	entry->used = 0;
}

/*
 * Take out the entries of a table that are not of this version; 0 is no
 * table's.  Returns how many they were.
 */
static int
forget(Memory *memory, Oid relid, uint32 version)
{
	int *link = find_chain(memory, MyDatabaseId, relid);
	int n = 0;

	while (*link != NONE)
	{
		Entry *entry = &memory->entries[*link];

		if (entry->database == MyDatabaseId && entry->relid == relid &&
			entry->version != version)
		{
			unlink_entry(memory, link);
			n++;
		}
		else
			link = &entry->next;
	}
	return n;
}

/* A place for another entry: one that is free, or the oldest one's. */
static int
find_place(Memory *memory)
{
	int oldest = 0;
	Entry *entry;
	int *link;

	if (memory->used < memory->size)
		return memory->used++;
	for (int i = 1; i < memory->size; i++)
		if (memory->entries[i].used < memory->entries[oldest].used)
			oldest = i;
	entry = &memory->entries[oldest];
	if (!OidIsValid(entry->relid))
		return oldest;
	link = find_chain(memory, entry->database, entry->relid);
	while (*link != oldest)
		link = &memory->entries[*link].next;
	unlink_entry(memory, link);
	return oldest;
}

/* The entry for a measure, made if need be. */
static Entry *
find_or_add_entry(Memory *memory, const DcfRelation *relation, uint64 given)
{
	int *chain = find_chain(memory, MyDatabaseId, relation->relid);
	Entry *entry;
	int place;

	for (int i = *chain; i != NONE; i = memory->entries[i].next)
	{
		entry = &memory->entries[i];
		if (entry->database == MyDatabaseId &&
			entry->relid == relation->relid &&
			entry->version == relation->version && entry->given == given)
			return entry;
	}
	(void) forget(memory, relation->relid, relation->version);
	place = find_place(memory);
	entry = &memory->entries[place];
	memset(entry, 0, sizeof(Entry));
	entry->database = MyDatabaseId;
	entry->relid = relation->relid;
	entry->version = relation->version;
	entry->given = given;
	entry->bytes = -1;
	entry->first_byte_ms = -1;
	entry->next = *chain;
	*chain = place;
	return entry;
}

static void
add_to_mean(double *mean, double value)
{
	*mean = *mean < 0 ? value : DECAY * *mean + (1 - DECAY) * value;
}

static void
add_records(Entry *entry, const DcfRequestSize *reqsize, double records)
{
	double x = reqsize->days > 0 ? log(reqsize->days) : 0;
	double values = log(Max(reqsize->values, 1));
	double y = log(Max(records, LEAST_RECORDS)) - values;

	entry->replies++;
	entry->weight = DECAY * entry->weight + 1;
	entry->sum_x = DECAY * entry->sum_x + x;
	entry->sum_y = DECAY * entry->sum_y + y;
	entry->sum_xx = DECAY * entry->sum_xx + x * x;
	entry->sum_xy = DECAY * entry->sum_xy + x * y;
	entry->sum_values = DECAY * entry->sum_values + values;
}

void
dcf_reply_stats_teach(const DcfRelation *relation,
					  const DcfRequestSize *reqsize,
					  const DcfReplyFacts *facts)
{
	TimestampTz now = GetCurrentTimestamp();
	Memory *memory;
	Entry *entry;

	if (!enabled)
		return;
	memory = lock_memory(LW_EXCLUSIVE);
	entry = find_or_add_entry(memory, relation, reqsize->given);
	entry->used = ++memory->clock;
	entry->last = now;
	if (facts->whole)
		add_records(entry, reqsize, facts->records);
	if (facts->records > 0)
		add_to_mean(&entry->bytes, facts->bytes / facts->records);
	if (facts->first_byte_ms >= 0)
		add_to_mean(&entry->first_byte_ms, facts->first_byte_ms);
	unlock_memory();
}

static double
guess_slope(const DcfRelation *relation)
{
	for (int i = 0; i < relation->natts; i++)
	{
		const DcfColumn *column = &relation->columns[i];

		if (dcf_column_is_read(column) &&
			dcf_window_accepts(column->basetype, column->basetype))
			return SLOPE_OF_EVENTS;
	}
	return SLOPE_OF_OTHERS;
}

/* Of the line through what is known, and through the guess. */
static double
find_slope(const Entry *entry, double guess)
{
	double xx = entry->sum_xx - entry->sum_x * entry->sum_x / entry->weight;
	double xy = entry->sum_xy - entry->sum_x * entry->sum_y / entry->weight;
	double slope = (xy + GUESS_WEIGHT * guess) / (xx + GUESS_WEIGHT);

	return Min(Max(slope, 0), 1);
}

/* Records for a measure, by an entry that knows of some. */
static double
expect_records(const Entry *entry, const DcfRequestSize *reqsize, double guess)
{
	double mean_x = entry->sum_x / entry->weight;
	bool same_days =
		(entry->given & reqsize->given & DCF_REQUEST_SIZE_DAYS) != 0;
	double x = same_days && reqsize->days > 0 ? log(reqsize->days) : mean_x;
	double values = reqsize->values > 0 ? log(reqsize->values) :
										  entry->sum_values / entry->weight;
	double y = entry->sum_y / entry->weight + values +
		find_slope(entry, guess) * (x - mean_x);

	return exp(y);
}

/*
 * How unlike two requests are by what they give values for.  Whether there are
 * days makes more of a difference than another column.
 */
static int
difference(uint64 one, uint64 other)
{
	uint64 differing = one ^ other;

	return pg_popcount64(differing) +
		(differing & DCF_REQUEST_SIZE_DAYS ? 2 : 0);
}

/* Whether one is to be taken rather than other, which may have no version. */
static bool
is_nearer(const Entry *one, const Entry *other, uint64 given)
{
	int difference_one = difference(one->given, given);
	int difference_other = difference(other->given, given);

	if (other->used == 0 || difference_one != difference_other)
		return other->used == 0 || difference_one < difference_other;
	return one->used > other->used;
}

/*
 * Copy the entries of a table that are nearest: of those that know of records,
 * and of all.  used is 0 where there is none.
 */
static void
find_nearest(const DcfRelation *relation, uint64 given, Entry *counted,
			 Entry *any)
{
	Memory *memory = lock_memory(LW_SHARED);
	int i = *find_chain(memory, MyDatabaseId, relation->relid);

	counted->used = any->used = 0;
	for (; i != NONE; i = memory->entries[i].next)
	{
		Entry *entry = &memory->entries[i];

		if (entry->database != MyDatabaseId ||
			entry->relid != relation->relid ||
			entry->version != relation->version)
			continue;
		if (entry->weight > 0 && is_nearer(entry, counted, given))
			*counted = *entry;
		if (is_nearer(entry, any, given))
			*any = *entry;
	}
	unlock_memory();
}

void
dcf_reply_stats_find(const DcfRelation *relation,
					 const DcfRequestSize *reqsize, DcfReplyStats *learned)
{
	Entry counted = {0};
	Entry any = {0};

	*learned =
		(DcfReplyStats){.records = -1, .bytes = -1, .first_byte_ms = -1};
	if (!enabled)
		return;
	find_nearest(relation, reqsize->given, &counted, &any);
	if (counted.used > 0)
	{
		learned->records =
			expect_records(&counted, reqsize, guess_slope(relation));
		learned->missing =
			reqsize->given & ~counted.given & DCF_REQUEST_SIZE_COLUMNS;
		learned->at_least =
			(counted.given & ~reqsize->given & DCF_REQUEST_SIZE_COLUMNS) != 0;
	}
	if (any.used > 0)
	{
		learned->bytes =
			any.bytes < 0 && counted.used > 0 ? counted.bytes : any.bytes;
		learned->first_byte_ms = any.first_byte_ms;
	}
}

double
dcf_reply_stats_records(const DcfRelation *relation,
						const DcfRequestSize *reqsize)
{
	DcfReplyStats learned;

	dcf_reply_stats_find(relation, reqsize, &learned);
	return learned.records;
}

bool
dcf_reply_stats_widest(const DcfRelation *relation, double *records,
					   double *bytes)
{
	Entry counted = {0};
	Entry any = {0};
	DcfRequestSize reqsize;

	if (!enabled)
		return false;
	find_nearest(relation, 0, &counted, &any);
	if (counted.used == 0)
		return false;
	dcf_request_size_init(&reqsize);
	reqsize.values = -1;
	*records = expect_records(&counted, &reqsize, 1);
	*bytes = counted.bytes;
	return true;
}

static void
describe(const Entry *entry, DcfReplyStatsLine *line)
{
	bool has_days = (entry->given & DCF_REQUEST_SIZE_DAYS) != 0;

	line->relid = entry->relid;
	line->version = entry->version;
	line->given = entry->given;
	line->replies = entry->replies;
	line->records = line->days = -1;
	line->values = 1;
	if (entry->weight > 0)
	{
		double values = entry->sum_values / entry->weight;

		line->values = exp(values);
		line->records = exp(entry->sum_y / entry->weight + values);
		if (has_days)
			line->days = exp(entry->sum_x / entry->weight);
	}
	line->bytes = entry->bytes;
	line->first_byte_ms = entry->first_byte_ms;
	line->last = entry->last;
}

DcfReplyStatsLine *
dcf_reply_stats_lines(int *n)
{
	int size = shared.memory ? SHARED_ENTRIES : OWN_ENTRIES;
	DcfReplyStatsLine *lines = palloc(sizeof(DcfReplyStatsLine) * size);
	Memory *memory = lock_memory(LW_SHARED);

	*n = 0;
	for (int i = 0; i < memory->used; i++)
		if (OidIsValid(memory->entries[i].relid) &&
			memory->entries[i].database == MyDatabaseId)
			describe(&memory->entries[i], &lines[(*n)++]);
	unlock_memory();
	return lines;
}

int
dcf_reply_stats_forget(Oid relid)
{
	Memory *memory = lock_memory(LW_EXCLUSIVE);
	int n = forget(memory, relid, 0);

	unlock_memory();
	return n;
}
