/*
 * reply_stats.c
 *	  Statistics of replies.  See reply_stats.h.
 *
 * There is an entry for each set of columns for which a table's requests give values.  It
 * has the moments of x, the logarithm of the days requested, and y, the logarithm of the
 * records for each value of a list, so that a line can be fitted.  The slope is 1 if
 * records grow in proportion to days, and 0 if a report sums up any period.  A guess
 * stands in for it until requests for different numbers of days were seen.  Each new reply
 * reduces the weight of the earlier ones.
 *
 * A table's entries are in one chain, found by a hash of the table.  A new entry replaces
 * the one that was not added to for the longest time.
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

/* Entries in shared memory, and in a backend's own. */
#define SHARED_ENTRIES 1024
#define OWN_ENTRIES	   128

#define CHAINS 256
#define NONE   (-1)

/* The factor by which each new reply reduces the weight of earlier ones. */
#define DECAY 0.9

/*
 * The weight of the guessed slope, in squared logarithms of days: about that of two
 * replies, one for a range four times as long as the other.
 */
#define GUESS_WEIGHT 1.0

/*
 * The guessed slope: records that have times are probably events, so their number grows
 * with the days.  Other reports may or may not be sums.
 */
#define SLOPE_OF_EVENTS 1.0
#define SLOPE_OF_OTHERS 0.5

/* A reply without records counts as this many, because 0 has no logarithm. */
#define LEAST_RECORDS 0.5

typedef struct Entry
{
	/* The key. */
	Oid database;
	Oid relid;
	uint32 version;
	uint64 given; /* see DcfRequestSize */

	int next;	 /* in the chain; NONE after the last */
	uint64 used; /* Memory.clock when a reply was last added; 0: unused */

	/* Decayed sums over replies read to their end. */
	uint64 replies;
	double weight;
	double sum_x, sum_y, sum_xx, sum_xy;
	double sum_values; /* of the logarithms of values requested */

	/* Decayed means over all replies, or -1. */
	double bytes;
	double first_byte_ms;

	TimestampTz last;
} Entry;

/* All entries, shared or a backend's own, under the lock of "shared". */
typedef struct Memory
{
	uint64 clock; /* replies added so far */
	int size;	  /* length of entries */
	int used;	  /* entries that were ever used */
	int chains[CHAINS];
	Entry entries[FLEXIBLE_ARRAY_MEMBER];
} Memory;

static Size compute_size(bool for_all);
static void init_memory(void *memory, bool for_all);

static DcfShared shared = {.name = "dataconnect_fdw learned",
						   .compute_size = compute_size,
						   .init = init_memory};
static bool enabled = true;

void
dcf_reply_stats_init(void)
{
	dcf_shared_request(&shared);
	DefineCustomBoolVariable(
		"dataconnect_fdw.learn",
		"Estimates requests by the statistics of earlier replies.", NULL,
		&enabled, true, PGC_USERSET, 0, NULL, NULL, NULL);
}

static int
count_entries(bool for_all)
{
	return for_all ? SHARED_ENTRIES : OWN_ENTRIES;
}

static Size
compute_size(bool for_all)
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

/* Remove from its chain the entry that the link leads to, and free it. */
static void
unlink_entry(Memory *memory, int *link)
{
	Entry *entry = &memory->entries[*link];

	*link = entry->next;
	entry->relid = InvalidOid;
	entry->used = 0;
}

/*
 * Remove a table's entries that are not of this version; returns how many.  No table has
 * version 0, so that removes all.
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

/* The index for a new entry: a free one, or that of the oldest, which is removed. */
static int
find_place(Memory *memory)
{
	int oldest = 0;
	Entry *entry;
	int *link;

	if (memory->used < memory->size)
		return memory->used++;
	/* In a freed entry "used" is 0, so it counts as the oldest. */
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

/*
 * The entry for requests that give values for these columns.  A new one
 * removes those of the table's other versions, which ALTER has made obsolete.
 */
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
	/*
	 * Read the chain only now: forget() and find_place() may have changed it.
	 */
	entry->next = *chain;
	*chain = place;
	return entry;
}

/* Add a value to a decayed mean. */
static void
add_to_mean(double *mean, double value)
{
	*mean = *mean < 0 ? value : DECAY * *mean + (1 - DECAY) * value;
}

/* Add a whole reply to the sums. */
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
dcf_reply_stats_add(const DcfRelation *relation, const DcfRequestSize *reqsize,
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

/* The slope to assume while the replies do not show it. */
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

/*
 * The slope of the fitted line, as if the guess were one more observation.  xx
 * and xy are sums about the means.  A slope beyond 0 to 1 is chance.
 */
static double
find_slope(const Entry *entry, double guess)
{
	double xx = entry->sum_xx - entry->sum_x * entry->sum_x / entry->weight;
	double xy = entry->sum_xy - entry->sum_x * entry->sum_y / entry->weight;
	double slope = (xy + GUESS_WEIGHT * guess) / (xx + GUESS_WEIGHT);

	return Min(Max(slope, 0), 1);
}

/*
 * The expected records for a request, by an entry that has whole replies.
 * Days or values that the request does not give are taken from the entry's
 * means.
 */
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
 * How different two sets of columns are.  Whether days are requested counts as much as
 * three columns.
 */
static int
difference(uint64 one, uint64 other)
{
	uint64 differing = one ^ other;

	return pg_popcount64(differing) +
		(differing & DCF_REQUEST_SIZE_DAYS ? 2 : 0);
}

/* Whether entry one is a better match than other, which may be unused. */
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
 * Copy a table's nearest entry that has whole replies, and its nearest of all.
 * used is 0 if there is none.  They are copied because the lock is held only
 * here.
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
					 const DcfRequestSize *reqsize, DcfReplyStats *stats)
{
	Entry counted = {0};
	Entry any = {0};

	*stats = (DcfReplyStats){.records = -1, .bytes = -1, .first_byte_ms = -1};
	if (!enabled)
		return;
	find_nearest(relation, reqsize->given, &counted, &any);
	if (counted.used > 0)
	{
		stats->records =
			expect_records(&counted, reqsize, guess_slope(relation));
		stats->missing =
			reqsize->given & ~counted.given & DCF_REQUEST_SIZE_COLUMNS;
		stats->at_least =
			(counted.given & ~reqsize->given & DCF_REQUEST_SIZE_COLUMNS) != 0;
	}
	if (any.used > 0)
	{
		/* Replies behind the nearest entry may have had no records. */
		stats->bytes =
			any.bytes < 0 && counted.used > 0 ? counted.bytes : any.bytes;
		stats->first_byte_ms = any.first_byte_ms;
	}
}

double
dcf_reply_stats_records(const DcfRelation *relation,
						const DcfRequestSize *reqsize)
{
	DcfReplyStats stats;

	dcf_reply_stats_find(relation, reqsize, &stats);
	return stats.records;
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
	/* The entry nearest to no columns at all has the fewest. */
	find_nearest(relation, 0, &counted, &any);
	if (counted.used == 0)
		return false;
	dcf_request_size_init(&reqsize);
	reqsize.values = -1;
	/* reqsize has no days, so the slope does not matter. */
	*records = expect_records(&counted, &reqsize, 1);
	*bytes = counted.bytes;
	return true;
}

/*
 * An entry's means as numbers of records, days and values.  The means of
 * logarithms are geometric means.
 */
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
