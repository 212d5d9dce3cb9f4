/*
 * period_set.c
 *	  Operations on sets of periods.  See period_set.h.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "request/period_set.h"

static int compare_periods(const void *one, const void *other);
static bool is_empty(const DcfPeriod *period);

DcfPeriods
dcf_period_all(void)
{
	DcfPeriods all = {.count = 1, .items = palloc(sizeof(DcfPeriod))};

	all.items[0] = (DcfPeriod){.lower = DT_NOBEGIN, .upper = DT_NOEND};
	return all;
}

DcfPeriods
dcf_period_single(DcfPeriod period)
{
	DcfPeriods set = dcf_period_all();

	set.items[0] = period;
	return dcf_period_normalize(set);
}

DcfPeriods
dcf_period_unite(DcfPeriods one, DcfPeriods other)
{
	DcfPeriods both;

	both.count = one.count + other.count;
	both.items = palloc(sizeof(DcfPeriod) * Max(both.count, 1));
	for (int i = 0; i < both.count; i++)
		both.items[i] =
			i < one.count ? one.items[i] : other.items[i - one.count];
	return dcf_period_normalize(both);
}

/*
 * The intersection of two periods, which may be empty.  Of two equal bounds
 * the exclusive one is the tighter.
 */
static DcfPeriod
overlap(const DcfPeriod *one, const DcfPeriod *other)
{
	DcfPeriod both = *one;

	if (other->lower > both.lower)
	{
		both.lower = other->lower;
		both.lower_exclusive = other->lower_exclusive;
	}
	else if (other->lower == both.lower)
		both.lower_exclusive |= other->lower_exclusive;
	if (other->upper < both.upper)
	{
		both.upper = other->upper;
		both.upper_exclusive = other->upper_exclusive;
	}
	else if (other->upper == both.upper)
		both.upper_exclusive |= other->upper_exclusive;
	return both;
}

DcfPeriods
dcf_period_intersect(DcfPeriods one, DcfPeriods other)
{
	DcfPeriods both = {0};
	int i = 0;
	int j = 0;

	both.items = palloc(sizeof(DcfPeriod) * Max(one.count + other.count, 1));

	/*
	 * Both sets are in ascending order.  The period that ends first can meet
	 * no later one of the other set, so its set moves on.
	 */
	while (i < one.count && j < other.count)
	{
		both.items[both.count++] = overlap(&one.items[i], &other.items[j]);
		if (one.items[i].upper < other.items[j].upper)
			i++;
		else
			j++;
	}
	return dcf_period_normalize(both);
}

int
dcf_period_find(const DcfPeriods *periods, Timestamp time)
{
	int found = 0;

	/* Linear, because dcf_period_windows() leaves only few periods. */
	for (int i = 1; i < periods->count; i++)
		if (periods->items[i].lower <= time)
			found = i;
	return found;
}

void
dcf_period_join(DcfPeriods *periods, int earlier)
{
	DcfPeriod *one = &periods->items[earlier];

	/* What lies between the two becomes part of the period. */
	one->upper = one[1].upper;
	one->upper_exclusive = one[1].upper_exclusive;
	periods->count--;
	memmove(one + 1, one + 2,
			sizeof(DcfPeriod) * (periods->count - earlier - 1));
}

/* Orders periods by their starts, for qsort(). */
static int
compare_periods(const void *one, const void *other)
{
	const DcfPeriod *a = one;
	const DcfPeriod *b = other;

	if (a->lower != b->lower)
		return a->lower < b->lower ? -1 : 1;
	return (int) a->lower_exclusive - (int) b->lower_exclusive;
}

/*
 * An open end is the least or greatest Timestamp, so it needs no case of its
 * own.
 */
static bool
is_empty(const DcfPeriod *period)
{
	return period->lower > period->upper ||
		(period->lower == period->upper &&
		 (period->lower_exclusive || period->upper_exclusive));
}

DcfPeriods
dcf_period_normalize(DcfPeriods periods)
{
	int kept = 0;

	for (int i = 0; i < periods.count; i++)
		if (!is_empty(&periods.items[i]))
			periods.items[kept++] = periods.items[i];
	periods.count = kept;
	qsort(periods.items, periods.count, sizeof(DcfPeriod), compare_periods);
	kept = 0;

	/*
	 * In order of their starts, a period can meet only the last one kept.
	 * Periods that only touch are merged although both may exclude the point
	 * between them: that is a superset.
	 */
	for (int i = 1; i < periods.count; i++)
	{
		DcfPeriod *last = &periods.items[kept];
		const DcfPeriod *next = &periods.items[i];

		if (next->lower > last->upper)
			periods.items[++kept] = *next;
		else if (next->upper > last->upper ||
				 (next->upper == last->upper && !next->upper_exclusive))
		{
			last->upper = next->upper;
			last->upper_exclusive = next->upper_exclusive;
		}
	}

	/* kept is an index, so it is 0 for an empty set as well. */
	periods.count = Min(periods.count, kept + 1);
	return periods;
}
