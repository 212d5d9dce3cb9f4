/*
 * period.c
 *	  Programs that compute sets of periods.  See period.h.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "period_step.h"
#include "request/bind_value.h"
#include "request/period.h"
#include "request/period_set.h"
#include "request/window.h"

/* Send at most this many windows for one column. */
#define MAX_WINDOWS 24

/* A gap between elements of a list that is shorter is requested as well. */
#define LIST_GAP (7 * USECS_PER_DAY)

/* A running program. */
typedef struct Machine
{
	const ListCell *next; /* code */
	const ListCell *end;
	const DcfBoundValue *value; /* the next value to take */
	DcfPeriods *stack;
	int depth;
} Machine;

static void run_code(Machine *m, DcfPeriodCode code);
static void push_elements(Machine *m, DcfPeriodCode code);
static void step(Machine *m, DcfPeriodCode code);
static void step_period(Machine *m, DcfPeriodCode code, int argument,
						const DcfBoundValue *value, DcfPeriod *period);
static void combine(Machine *m, DcfPeriodCode code, int count);

DcfBoundValue *
dcf_period_values(Datum record)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(record);
	TupleDesc desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
											HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header),
						   .t_data = header};
	Datum *datums = palloc(sizeof(Datum) * desc->natts);
	bool *nulls = palloc(sizeof(bool) * desc->natts);
	DcfBoundValue *values = palloc0(sizeof(DcfBoundValue) * desc->natts);

	/* By-reference values point into the record. */
	heap_deform_tuple(&tuple, desc, datums, nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		values[i].value = datums[i];
		values[i].isnull = nulls[i];
		values[i].type = getBaseType(TupleDescAttr(desc, i)->atttypid);
	}
	ReleaseTupleDesc(desc);
	return values;
}

DcfPeriods
dcf_period_run(const List *program, const DcfBoundValue *values)
{
	Machine m = {.value = values};

	/*
	 * A code pushes at most one set, so the program's length bounds the stack.
	 */
	m.stack = palloc(sizeof(DcfPeriods) * list_length(program));
	m.next = list_head(program);
	m.end = program->elements + list_length(program);
	while (m.next < m.end)
	{
		CHECK_FOR_INTERRUPTS();
		run_code(&m, lfirst_int(m.next++));
	}
	if (m.depth != 1)
		elog(ERROR, "a program leaves %d sets of periods", m.depth);
	return m.stack[0];
}

/*
 * Execute one code with its operands.  A comparison with NULL is never true,
 * so it pushes the empty set.
 */
static void
run_code(Machine *m, DcfPeriodCode code)
{
	const DcfBoundValue *value = m->value;
	DcfPeriods none = {0};
	DcfBindingOp op;

	switch (code)
	{
		case DCF_PERIOD_COMPARE:
		{
			DcfPeriodSpace space;

			op = lfirst_int(m->next++);
			space = lfirst_int(m->next++);
			m->value++;
			m->stack[m->depth++] = value->isnull ?
				none :
				dcf_period_single(
					dcf_period_compare(op, space, value->value, value->type));
			break;
		}
		case DCF_PERIOD_YEAR:
			op = lfirst_int(m->next++);
			m->value++;
			m->stack[m->depth++] = value->isnull ?
				none :
				dcf_period_single(
					dcf_period_year(op, value->value, value->type));
			break;
		case DCF_PERIOD_RANGE:
			m->value++;
			m->stack[m->depth++] =
				value->isnull ? none : dcf_period_range(value->value);
			break;
		case DCF_PERIOD_MULTIRANGE:
			m->value++;
			m->stack[m->depth++] =
				value->isnull ? none : dcf_period_multirange(value->value);
			break;
		case DCF_PERIOD_ANY:
		case DCF_PERIOD_YEAR_ANY:
			push_elements(m, code);
			break;
		case DCF_PERIOD_AND:
		case DCF_PERIOD_OR:
			combine(m, code, lfirst_int(m->next++));
			break;
		default:
			step(m, code);
			break;
	}
}

/*
 * Push the union of what the elements of an array allow.  NULLs are skipped,
 * because nothing equals them.
 */
static void
push_elements(Machine *m, DcfPeriodCode code)
{
	const DcfBoundValue *value = m->value++;
	DcfPeriodSpace space = DCF_PERIOD_LOCAL;
	DcfPeriods set = {0};
	Oid elemtype;
	Datum *elems;
	int nelems;

	if (code == DCF_PERIOD_ANY)
		space = lfirst_int(m->next++);
	if (!value->isnull)
	{
		elemtype = get_base_element_type(value->type);
		nelems = dcf_bind_array_values(value->value, elemtype, &elems);
		elemtype = getBaseType(elemtype);
		set.items = palloc(sizeof(DcfPeriod) * Max(nelems, 1));
		for (set.count = 0; set.count < nelems; set.count++)
			set.items[set.count] = code == DCF_PERIOD_ANY ?
				dcf_period_compare(DCF_BIND_EQUAL, space, elems[set.count],
								   elemtype) :
				dcf_period_year(DCF_BIND_EQUAL, elems[set.count], elemtype);
	}

	/* Elements are in any order, and their periods may overlap. */
	m->stack[m->depth++] = dcf_period_normalize(set);
}

DcfPeriods
dcf_period_any(DcfPeriodSpace space, Datum array, Oid arraytype)
{
	DcfBoundValue value = {.value = array, .type = arraytype};
	List *codes = list_make2_int(DCF_PERIOD_ANY, space);
	DcfPeriods set = dcf_period_run(codes, &value);

	/* Backwards, because joining moves the later periods. */
	for (int i = set.count - 2; i >= 0; i--)
		if (set.items[i + 1].lower - set.items[i].upper < LIST_GAP)
			dcf_period_join(&set, i);
	return set;
}

/*
 * Apply a step to each period of the topmost set.  Steps keep the order of
 * periods, but may make them meet.
 */
static void
step(Machine *m, DcfPeriodCode code)
{
	DcfPeriods *top = &m->stack[m->depth - 1];
	const DcfBoundValue *value = NULL;
	int argument = 0;

	/* Operands are read and values taken once, not for each period. */
	if (code == DCF_PERIOD_TRUNC || code == DCF_PERIOD_TRUNC_TIME ||
		code == DCF_PERIOD_PLUS || code == DCF_PERIOD_MINUS)
		argument = lfirst_int(m->next++);
	if (code == DCF_PERIOD_TO_LOCAL_AT || code == DCF_PERIOD_TO_INSTANT_AT ||
		code >= DCF_PERIOD_PLUS)
	{
		value = m->value++;

		/*
		 * The functions are strict: the result is NULL, so no row can match.
		 */
		if (value->isnull)
			top->count = 0;
	}
	for (int i = 0; i < top->count; i++)
		step_period(m, code, argument, value, &top->items[i]);
	*top = dcf_period_normalize(*top);
}

/* argument is the step's operand, value what it takes or NULL. */
static void
step_period(Machine *m, DcfPeriodCode code, int argument,
			const DcfBoundValue *value, DcfPeriod *period)
{
	Interval days = {0};

	switch (code)
	{
		case DCF_PERIOD_TRUNC:
			dcf_period_trunc(period, argument);
			break;
		case DCF_PERIOD_TRUNC_TIME:
			dcf_period_trunc_time(period, argument);
			break;
		case DCF_PERIOD_TO_LOCAL:
		case DCF_PERIOD_TO_LOCAL_AT:
			dcf_period_to_local(period, value ? value->value : (Datum) 0);
			break;
		case DCF_PERIOD_TO_INSTANT:
		case DCF_PERIOD_TO_INSTANT_AT:
			dcf_period_to_instant(period, value ? value->value : (Datum) 0);
			break;
		case DCF_PERIOD_PLUS:
		case DCF_PERIOD_MINUS:
			dcf_period_shift(period, argument, DatumGetIntervalP(value->value),
							 code == DCF_PERIOD_MINUS);
			break;
		case DCF_PERIOD_PLUS_DAYS:
		case DCF_PERIOD_MINUS_DAYS:
			days.day = DatumGetInt32(value->value);
			dcf_period_shift(period, DCF_PERIOD_LOCAL, &days,
							 code == DCF_PERIOD_MINUS_DAYS);
			break;
		default:
			elog(ERROR, "unknown code of a period: %d", code);
	}
}

/* Replace the topmost count sets by their intersection or union. */
static void
combine(Machine *m, DcfPeriodCode code, int count)
{
	DcfPeriods *sets = &m->stack[m->depth - count];

	for (int i = 1; i < count; i++)
		sets[0] = code == DCF_PERIOD_AND ?
			dcf_period_intersect(sets[0], sets[i]) :
			dcf_period_unite(sets[0], sets[i]);
	m->depth -= count - 1;
}

/*
 * Run a program on bit sets instead of periods: 1 if the lower end is bounded,
 * 2 if the upper one is.
 */
static void
program_ends(const List *program, bool *lower, bool *upper)
{
	int *stack = palloc(sizeof(int) * list_length(program));
	int depth = 0;

	for (int i = 0; i < list_length(program); i++)
	{
		DcfPeriodCode code = list_nth_int(program, i);
		int ends = 3;

		if (code == DCF_PERIOD_COMPARE || code == DCF_PERIOD_YEAR)
		{
			DcfBindingOp op = list_nth_int(program, ++i);

			if (op == DCF_BIND_FROM || op == DCF_BIND_AFTER)
				ends = 1;
			if (op == DCF_BIND_TO || op == DCF_BIND_BEFORE)
				ends = 2;
		}

		/*
		 * Skip the other operands.  Steps move bounds, so they leave the bits
		 * as they are.
		 */
		if (code == DCF_PERIOD_COMPARE || code == DCF_PERIOD_ANY ||
			code == DCF_PERIOD_TRUNC || code == DCF_PERIOD_TRUNC_TIME ||
			code == DCF_PERIOD_PLUS || code == DCF_PERIOD_MINUS)
			i++;
		if (code <= DCF_PERIOD_MULTIRANGE)
			stack[depth++] = ends;
		else if (code >= DCF_PERIOD_AND)
			for (int sets = list_nth_int(program, ++i); sets > 1; sets--)
			{
				/*
				 * An intersection is bounded where one of its sets is, a union
				 * only where all are.
				 */
				depth--;
				stack[depth - 1] = code == DCF_PERIOD_AND ?
					stack[depth - 1] | stack[depth] :
					stack[depth - 1] & stack[depth];
			}
	}
	*lower = (stack[0] & 1) != 0;
	*upper = (stack[0] & 2) != 0;
}

void
dcf_period_ends(const DcfBinding *binding, bool *lower, bool *upper)
{
	if (binding->op == DCF_BIND_PERIODS)
	{
		program_ends(binding->program, lower, upper);
		return;
	}
	*lower = binding->op != DCF_BIND_TO && binding->op != DCF_BIND_BEFORE;
	*upper = binding->op != DCF_BIND_FROM && binding->op != DCF_BIND_AFTER;
}

/* The intersection of a window with a period. */
static DcfWindow
window_in(const DcfWindow *window, const DcfPeriod *period)
{
	DcfWindow part = *window;

	dcf_window_limit(&part, period->lower, period->lower_exclusive,
					 period->upper, period->upper_exclusive);
	return part;
}

DcfWindow *
dcf_period_windows(const DcfWindow *window, bool apart, DcfPeriods *periods)
{
	DcfWindow *windows = palloc(sizeof(DcfWindow) * Max(periods->count, 1));
	int kept = 0;

	/* Drop the periods outside the window. */
	for (int i = 0; i < periods->count; i++)
	{
		DcfWindow part = window_in(window, &periods->items[i]);

		if (!dcf_window_is_empty(&part))
			periods->items[kept++] = periods->items[i];
	}
	periods->count = kept;

	/*
	 * Join those whose requests would return the same days.  Backwards,
	 * because joining moves the later periods.
	 */
	for (int i = periods->count - 2; i >= 0; i--)
	{
		DcfWindow earlier = window_in(window, &periods->items[i]);
		DcfWindow later = window_in(window, &periods->items[i + 1]);

		if (!apart || dcf_window_meets(&earlier, &later))
			dcf_period_join(periods, i);
	}

	/*
	 * A gap between joined periods is requested in vain, so the shortest go
	 * first.
	 */
	while (periods->count > MAX_WINDOWS)
	{
		int nearest = 0;

		for (int i = 1; i < periods->count - 1; i++)
			if (periods->items[i + 1].lower - periods->items[i].upper <
				periods->items[nearest + 1].lower -
					periods->items[nearest].upper)
				nearest = i;
		dcf_period_join(periods, nearest);
	}
	for (int i = 0; i < periods->count; i++)
		windows[i] = window_in(window, &periods->items[i]);
	return windows;
}
