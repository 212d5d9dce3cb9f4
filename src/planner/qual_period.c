/*
 * qual_period.c
 *	  Clauses that imply periods of a window column.  See qual_private.h.
 *
 * A clause becomes a program (see period.h) if each of its alternatives
 * compares an expression over the column that keeps order: a cast,
 * date_trunc(), AT TIME ZONE, an added interval.  Such a comparison is never
 * true of NULL, so a bound loses no row whose value is missing.  OVERLAPS
 * implies nothing, because it can be true if one of its four times is NULL.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "qual_private.h"
#include "request/period.h"
#include "request/window.h"

/* A program takes at most this many values; a longer one is not used. */
#define MAX_VALUES 1000

/* A program under construction. */
typedef struct Builder
{
	const DcfQualTarget *target;
	const DcfColumn *column;
	List *program;
	/* of Expr *, in the order in which the program takes them */
	List *values;
} Builder;

static bool add_clause(Builder *b, Node *clause);
static bool add_operator(Builder *b, OpExpr *op);
static bool add_comparison(Builder *b, Oid opno, Node *expr, Node *value,
						   bool any, bool inclusive);
static bool add_range(Builder *b, Oid funcid, Node *expr, Node *range);
static bool add_row_comparison(Builder *b, RowCompareExpr *row);
static Node *skip_year(Builder *b, Node *expr);
static bool add_steps(Builder *b, Node *expr);
static Node *add_step(Builder *b, Node *expr);
static bool add_value(Builder *b, Node *value);

List *
dcf_qual_periods(const DcfQualTarget *target, Expr *clause)
{
	List *bindings = NIL;

	for (int i = 0; i < target->relation->natts; i++)
	{
		Builder b = {.target = target,
					 .column = &target->relation->columns[i]};
		DcfBinding *binding;
		RowExpr *row;

		if (b.column->kind != DCF_COLUMN_WINDOW ||
			!add_clause(&b, (Node *) clause) ||
			list_length(b.values) > MAX_VALUES)
			continue;

		/*
		 * A binding has one expression, so the values become the fields of a
		 * record. dcf_period_values() takes it apart.
		 */
		row = makeNode(RowExpr);
		row->args = b.values;
		row->row_typeid = RECORDOID;
		row->row_format = COERCE_EXPLICIT_CALL;
		row->location = -1;
		binding = palloc0(sizeof(DcfBinding));
		binding->attnum = b.column->attnum;
		binding->op = DCF_BIND_PERIODS;
		binding->value = (Expr *) row;
		binding->program = b.program;
		bindings = lappend(bindings, binding);
	}
	return bindings;
}

/* Add what a clause implies; if nothing does, leave the program as it was. */
static bool
add_clause(Builder *b, Node *clause)
{
	int ncodes = list_length(b->program);
	int nvalues = list_length(b->values);
	bool done = false;

	if (IsA(clause, BoolExpr) && ((BoolExpr *) clause)->boolop != NOT_EXPR)
	{
		BoolExpr *expr = (BoolExpr *) clause;
		int nadded = 0;
		ListCell *lc;

		foreach(lc, expr->args)
			nadded += add_clause(b, lfirst(lc));

		/*
		 * An AND implies what any of its arms implies, an OR only what follows
		 * from all.
		 */
		done = expr->boolop == AND_EXPR ? nadded > 0 :
										  nadded == list_length(expr->args);

		/* Each arm that was added leaves one set on the stack. */
		b->program = lappend_int(b->program,
								 expr->boolop == AND_EXPR ? DCF_PERIOD_AND :
															DCF_PERIOD_OR);
		b->program = lappend_int(b->program, nadded);
	}
	else if (IsA(clause, OpExpr))
		done = add_operator(b, (OpExpr *) clause);
	else if (IsA(clause, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;

		done = op->useOr &&
			add_comparison(b, op->opno, linitial(op->args), lsecond(op->args),
						   true, false);
	}
	else if (IsA(clause, RowCompareExpr))
		done = add_row_comparison(b, (RowCompareExpr *) clause);
	if (!done)
	{
		b->program = list_truncate(b->program, ncodes);
		b->values = list_truncate(b->values, nvalues);
	}
	return done;
}

/* Add a comparison, with the column's expression on either side. */
static bool
add_operator(Builder *b, OpExpr *op)
{
	int ncodes = list_length(b->program);
	int nvalues = list_length(b->values);
	Oid funcid = get_opcode(op->opno);
	Node *left;
	Node *right;

	if (list_length(op->args) != 2)
		return false;
	left = linitial(op->args);
	right = lsecond(op->args);
	if (funcid == F_ELEM_CONTAINED_BY_RANGE ||
		funcid == F_ELEM_CONTAINED_BY_MULTIRANGE)
		return add_range(b, funcid, left, right);
	if (funcid == F_RANGE_CONTAINS_ELEM ||
		funcid == F_MULTIRANGE_CONTAINS_ELEM)
		return add_range(b, funcid, right, left);
	if (add_comparison(b, op->opno, left, right, false, false))
		return true;

	/* Try the other side, without what the first attempt has left behind. */
	b->program = list_truncate(b->program, ncodes);
	b->values = list_truncate(b->values, nvalues);
	return add_comparison(b, get_commutator(op->opno), right, left, false,
						  false);
}

/* Add "expr op value". inclusive: turn < into <= and > into >=. */
static bool
add_comparison(Builder *b, Oid opno, Node *expr, Node *value, bool any,
			   bool inclusive)
{
	Oid type = getBaseType(exprType(expr));
	Oid valuetype = exprType(value);
	Oid family = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	int strategy = OidIsValid(family) && OidIsValid(opno) ?
		get_op_opfamily_strategy(opno, family) :
		0;
	DcfBindingOp op;

	if (any)
		valuetype = get_base_element_type(valuetype);
	if (strategy == 0 || !OidIsValid(valuetype) ||
		(any && strategy != BTEqualStrategyNumber) || !add_value(b, value))
		return false;
	op = dcf_qual_ops[strategy];
	if (inclusive)
		op = op == DCF_BIND_BEFORE ? DCF_BIND_TO :
			op == DCF_BIND_AFTER   ? DCF_BIND_FROM :
									 op;
	if (dcf_window_accepts(type, getBaseType(valuetype)))
	{
		b->program =
			lappend_int(b->program, any ? DCF_PERIOD_ANY : DCF_PERIOD_COMPARE);
		if (!any)
			b->program = lappend_int(b->program, op);
		b->program = lappend_int(b->program,
								 type == TIMESTAMPTZOID ? DCF_PERIOD_INSTANT :
														  DCF_PERIOD_LOCAL);
		return add_steps(b, expr);
	}

	/* What is not compared as a time can only be a year. */
	b->program =
		lappend_int(b->program, any ? DCF_PERIOD_YEAR_ANY : DCF_PERIOD_YEAR);
	if (!any)
		b->program = lappend_int(b->program, op);
	expr = skip_year(b, expr);
	return expr && add_steps(b, expr);
}

/*
 * For the year of an expression, by extract() or date_part(): the expression,
 * else NULL.
 */
static Node *
skip_year(Builder *b, Node *expr)
{
	FuncExpr *func;
	Const *field;

	while (IsA(expr, FuncExpr) && list_length(((FuncExpr *) expr)->args) == 1)
	{
		func = (FuncExpr *) expr;

		/* These casts do not change a year, which is a whole number. */
		if (func->funcid != F_INT4_NUMERIC && func->funcid != F_INT8_NUMERIC &&
			func->funcid != F_INT2_NUMERIC && func->funcid != F_INT4_FLOAT8 &&
			func->funcid != F_FLOAT8_NUMERIC)
			return NULL;
		expr = linitial(func->args);
	}
	if (!IsA(expr, FuncExpr))
		return NULL;
	func = (FuncExpr *) expr;
	if (func->funcid != F_EXTRACT_TEXT_DATE &&
		func->funcid != F_EXTRACT_TEXT_TIMESTAMP &&
		func->funcid != F_EXTRACT_TEXT_TIMESTAMPTZ &&
		func->funcid != F_DATE_PART_TEXT_DATE &&
		func->funcid != F_DATE_PART_TEXT_TIMESTAMP &&
		func->funcid != F_DATE_PART_TEXT_TIMESTAMPTZ)
		return NULL;
	field = linitial(func->args);
	if (!IsA(field, Const) || field->constisnull ||
		pg_strcasecmp(TextDatumGetCString(field->constvalue), "year") != 0)
		return NULL;

	/*
	 * The year of an instant is that of its local time in the session's zone.
	 */
	if (func->funcid == F_EXTRACT_TEXT_TIMESTAMPTZ ||
		func->funcid == F_DATE_PART_TEXT_TIMESTAMPTZ)
		b->program = lappend_int(b->program, DCF_PERIOD_TO_INSTANT);
	return lsecond(func->args);
}

/*
 * Add "expr <@ range".  The range's elements have the type of the expression.
 */
static bool
add_range(Builder *b, Oid funcid, Node *expr, Node *range)
{
	Oid type = getBaseType(exprType(expr));
	bool many = funcid == F_ELEM_CONTAINED_BY_MULTIRANGE ||
		funcid == F_MULTIRANGE_CONTAINS_ELEM;

	if (!dcf_window_accepts(type, type) || !add_value(b, range))
		return false;
	b->program = lappend_int(b->program,
							 many ? DCF_PERIOD_MULTIRANGE : DCF_PERIOD_RANGE);
	return add_steps(b, expr);
}

/*
 * Rows are compared by their first columns, and by the next only if those are
 * equal.  So (a, b) < (v, w) implies a <= v.
 */
static bool
add_row_comparison(Builder *b, RowCompareExpr *row)
{
	Oid opno = linitial_oid(row->opnos);
	Node *left = linitial(row->largs);
	Node *right = linitial(row->rargs);
	int ncodes = list_length(b->program);
	int nvalues = list_length(b->values);

	if (add_comparison(b, opno, left, right, false, true))
		return true;
	b->program = list_truncate(b->program, ncodes);
	b->values = list_truncate(b->values, nvalues);
	return add_comparison(b, get_commutator(opno), right, left, false, true);
}

/*
 * Add the steps from an expression down to the column.  False if it is not an
 * expression over the column that keeps order.
 */
static bool
add_steps(Builder *b, Node *expr)
{
	while (expr && !IsA(expr, Var))
		expr = add_step(b, expr);
	return expr && dcf_qual_match_column(b->target, expr) == b->column;
}

/* Add a code; returns arg, for the caller to return. */
static Node *
add_code(Builder *b, DcfPeriodCode code, Node *arg)
{
	b->program = lappend_int(b->program, code);
	return arg;
}

/*
 * Add date_trunc(), of a timestamptz in the session's zone or the named one.
 */
static Node *
add_trunc(Builder *b, FuncExpr *func)
{
	Const *name = linitial(func->args);
	bool local = func->funcid == F_DATE_TRUNC_TEXT_TIMESTAMP;
	Node *zone = list_length(func->args) == 3 ? lthird(func->args) : NULL;
	int unit;

	if (!IsA(name, Const) || name->constisnull)
		return NULL;
	unit = dcf_period_unit(TextDatumGetCString(name->constvalue));
	if (unit < 0)
		return NULL;
	if (!local && unit < DCF_UNIT_DAY)
	{
		/* This step needs no zone, so the zone's value is not taken. */
		b->program = lappend_int(b->program, DCF_PERIOD_TRUNC_TIME);
		b->program = lappend_int(b->program, unit);
		return lsecond(func->args);
	}

	/* The local time is truncated and converted back to an instant. */
	if (zone && (!add_value(b, zone) || !add_value(b, zone)))
		return NULL;
	if (!local)
		(void) add_code(b, zone ? DCF_PERIOD_TO_LOCAL_AT : DCF_PERIOD_TO_LOCAL,
						NULL);
	b->program = lappend_int(b->program, DCF_PERIOD_TRUNC);
	b->program = lappend_int(b->program, unit);
	if (!local)
		(void) add_code(b,
						zone ? DCF_PERIOD_TO_INSTANT_AT :
							   DCF_PERIOD_TO_INSTANT,
						NULL);
	return lsecond(func->args);
}

/* Add the addition or subtraction of an interval or a number of days. */
static Node *
add_shift(Builder *b, Oid funcid, List *args)
{
	DcfPeriodCode code;
	DcfPeriodSpace space = DCF_PERIOD_LOCAL;

	switch (funcid)
	{
		case F_TIMESTAMPTZ_PL_INTERVAL:
		case F_TIMESTAMPTZ_MI_INTERVAL:
			space = DCF_PERIOD_INSTANT;
			code = funcid == F_TIMESTAMPTZ_PL_INTERVAL ? DCF_PERIOD_PLUS :
														 DCF_PERIOD_MINUS;
			break;
		case F_TIMESTAMP_PL_INTERVAL:
		case F_DATE_PL_INTERVAL:
			code = DCF_PERIOD_PLUS;
			break;
		case F_TIMESTAMP_MI_INTERVAL:
		case F_DATE_MI_INTERVAL:
			code = DCF_PERIOD_MINUS;
			break;
		case F_DATE_PLI:
		case F_DATE_MII:
			if (!add_value(b, lsecond(args)))
				return NULL;
			return add_code(b,
							funcid == F_DATE_PLI ? DCF_PERIOD_PLUS_DAYS :
												   DCF_PERIOD_MINUS_DAYS,
							linitial(args));
		default:
			return NULL;
	}
	if (!add_value(b, lsecond(args)))
		return NULL;
	b->program = lappend_int(b->program, code);
	b->program = lappend_int(b->program, space);
	return linitial(args);
}

/*
 * Add the step for the outermost function of an expression.  Returns the
 * function's argument, or NULL if it does not keep order.
 */
static Node *
add_step(Builder *b, Node *expr)
{
	FuncExpr *func = (FuncExpr *) expr;

	if (IsA(expr, RelabelType))
		return (Node *) ((RelabelType *) expr)->arg;
	if (IsA(expr, OpExpr) && list_length(((OpExpr *) expr)->args) == 2)
		return add_shift(b, get_opcode(((OpExpr *) expr)->opno),
						 ((OpExpr *) expr)->args);
	if (!IsA(expr, FuncExpr))
		return NULL;
	switch (func->funcid)
	{
		case F_DATE_TIMESTAMPTZ:
		case F_DATE_TIMESTAMP:
			/* A cast to date truncates to the local day. */
			b->program = lappend_int(b->program, DCF_PERIOD_TRUNC);
			b->program = lappend_int(b->program, DCF_UNIT_DAY);
			if (func->funcid == F_DATE_TIMESTAMPTZ)
				(void) add_code(b, DCF_PERIOD_TO_INSTANT, NULL);
			return linitial(func->args);
		case F_TIMESTAMP_DATE:
			return linitial(func->args);
		case F_TIMESTAMP_TIMESTAMPTZ:
			return add_code(b, DCF_PERIOD_TO_INSTANT, linitial(func->args));
		case F_TIMESTAMPTZ_TIMESTAMP:
		case F_TIMESTAMPTZ_DATE:
			return add_code(b, DCF_PERIOD_TO_LOCAL, linitial(func->args));
		case F_TIMEZONE_TEXT_TIMESTAMP:
		case F_TIMEZONE_TEXT_TIMESTAMPTZ:
			if (!add_value(b, linitial(func->args)))
				return NULL;
			return add_code(b,
							func->funcid == F_TIMEZONE_TEXT_TIMESTAMP ?
								DCF_PERIOD_TO_LOCAL_AT :
								DCF_PERIOD_TO_INSTANT_AT,
							lsecond(func->args));
		case F_DATE_TRUNC_TEXT_TIMESTAMP:
		case F_DATE_TRUNC_TEXT_TIMESTAMPTZ:
		case F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT:
			return add_trunc(b, func);
		default:
			return add_shift(b, func->funcid, func->args);
	}
}

/* Have the program take a value; false if it is not known in time. */
static bool
add_value(Builder *b, Node *value)
{
	if (!dcf_qual_is_known(b->target, b->column, value))
		return false;
	b->values = lappend(b->values, value);
	return true;
}

/* Whether an expression contains what only a plan can show. */
static bool
contain_plan_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, PlaceHolderVar) || IsA(node, SubPlan) ||
		IsA(node, AlternativeSubPlan))
		return true;
	return expression_tree_walker(node, contain_plan_walker, context);
}

const Expr *
dcf_qual_unusable_clause(const RelOptInfo *baserel, const DcfQuals *quals,
						 const DcfColumn *column)
{
	int member = column->attnum - FirstLowInvalidHeapAttributeNumber;
	ListCell *lc;

	foreach(lc, quals->local)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Bitmapset *attnums = NULL;

		if (list_member_ptr(quals->sent, rinfo) ||
			list_member_ptr(quals->bounds, rinfo) ||
			IsA(rinfo->clause, NullTest) ||
			bms_membership(rinfo->clause_relids) != BMS_SINGLETON ||
			contain_plan_walker((Node *) rinfo->clause, NULL))
			continue;
		pull_varattnos((Node *) rinfo->clause, baserel->relid, &attnums);
		if (bms_is_member(member, attnums))
			return rinfo->clause;
	}
	return NULL;
}
