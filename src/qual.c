/*
 * qual.c
 *	  Clauses into bindings.  See qual.h.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "qual.h"
#include "window.h"

/* What clauses are looked at for. */
typedef struct Target
{
	PlannerInfo *root;
	RelOptInfo *baserel;
	const DcfRelation *relation;
	Relids outer; /* whose columns have values when the scan starts */
} Target;

/* A comparison of a column with something, whichever side it stood on. */
typedef struct Comparison
{
	const DcfColumn *column;
	Expr *value;
	Oid opno; /* as if the column stood on the left */
	Oid inputcollid;
	bool any; /* value is an array: = ANY */
} Comparison;

static bool classify_clause(DcfQuals *quals, const Target *target,
							RestrictInfo *rinfo);
static DcfBinding *bind_clause(const Target *target, Expr *clause);
static DcfBinding *bind_comparison(const Target *target,
								   const Comparison *cmp);
static DcfBinding *bind_boolean(const Target *target, Expr *clause);
static DcfBinding *make_binding(const DcfColumn *column, DcfBindingOp op,
								Expr *value);
static const DcfColumn *match_column(const Target *target, Node *node);
static bool match_operands(const Target *target, OpExpr *op, Comparison *cmp);
static bool match_alternatives(const Target *target, BoolExpr *clause,
							   Comparison *cmp);
static bool is_known_before_scan(const Target *target, const Comparison *cmp);
static bool equality_accepts(const Comparison *cmp, Oid valuetype);
static bool is_value_exact(const Comparison *cmp, Oid valuetype);
static bool is_equality_exact(const DcfColumn *column, Oid collation);
static bool is_integer_type(Oid type);

DcfQuals *
dcf_qual_classify(PlannerInfo *root, RelOptInfo *baserel,
				  const DcfRelation *relation, List *clauses, Relids outer,
				  List *bounds)
{
	const Target target = {root, baserel, relation, outer};
	DcfQuals *quals = palloc0(sizeof(DcfQuals));
	ListCell *lc;

	foreach(lc, clauses)
		classify_clause(quals, &target, lfirst_node(RestrictInfo, lc));
	foreach(lc, bounds)
	{
		RestrictInfo *rinfo = make_simple_restrictinfo(root, lfirst(lc));

		if (classify_clause(quals, &target, rinfo))
			quals->bounds = lappend(quals->bounds, rinfo);
	}
	return quals;
}

/* Returns whether PostgreSQL has to check it. */
static bool
classify_clause(DcfQuals *quals, const Target *target, RestrictInfo *rinfo)
{
	DcfBinding *binding = bind_clause(target, rinfo->clause);

	if (binding)
	{
		quals->bindings = lappend(quals->bindings, binding);
		quals->sent = lappend(quals->sent, rinfo);
		if (target->relation->columns[binding->attnum - 1].kind ==
			DCF_COLUMN_PARAMETER)
			return false;
	}
	quals->local = lappend(quals->local, rinfo);
	return true;
}

static DcfBinding *
bind_clause(const Target *target, Expr *clause)
{
	Comparison cmp = {0};

	if (IsA(clause, OpExpr))
	{
		if (!match_operands(target, (OpExpr *) clause, &cmp))
			return NULL;
		return bind_comparison(target, &cmp);
	}
	if (is_orclause(clause))
	{
		if (!match_alternatives(target, (BoolExpr *) clause, &cmp))
			return NULL;
		return bind_comparison(target, &cmp);
	}
	if (IsA(clause, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;

		if (!op->useOr)
			return NULL;
		cmp.column = match_column(target, linitial(op->args));
		cmp.value = lsecond(op->args);
		cmp.opno = op->opno;
		cmp.inputcollid = op->inputcollid;
		cmp.any = true;
		return cmp.column ? bind_comparison(target, &cmp) : NULL;
	}
	if (IsA(clause, NullTest))
	{
		NullTest *test = (NullTest *) clause;
		const DcfColumn *column = match_column(target, (Node *) test->arg);

		if (column && column->kind == DCF_COLUMN_PARAMETER &&
			test->nulltesttype == IS_NULL && !test->argisrow)
			return make_binding(column, DCF_BIND_NULL, NULL);
		return NULL;
	}
	return bind_boolean(target, clause);
}

static DcfBinding *
bind_comparison(const Target *target, const Comparison *cmp)
{
	const DcfColumn *column = cmp->column;
	TypeCacheEntry *typentry;
	Oid valuetype;
	int strategy;

	typentry = lookup_type_cache(column->basetype, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(typentry->btree_opf))
		return NULL;
	strategy = get_op_opfamily_strategy(cmp->opno, typentry->btree_opf);
	if (strategy == 0 || !is_known_before_scan(target, cmp))
		return NULL;

	valuetype = exprType((Node *) cmp->value);
	if (cmp->any)
	{
		valuetype = get_base_element_type(valuetype);
		if (!OidIsValid(valuetype))
			return NULL;
	}
	valuetype = getBaseType(valuetype);

	if (column->kind == DCF_COLUMN_WINDOW)
	{
		static const DcfBindingOp window_ops[] =
			{[BTLessStrategyNumber] = DCF_BIND_BEFORE,
			 [BTLessEqualStrategyNumber] = DCF_BIND_TO,
			 [BTEqualStrategyNumber] = DCF_BIND_EQUAL,
			 [BTGreaterEqualStrategyNumber] = DCF_BIND_FROM,
			 [BTGreaterStrategyNumber] = DCF_BIND_AFTER};

		if (!dcf_window_accepts(column->basetype, valuetype))
			return NULL;
		if (!cmp->any)
			return make_binding(column, window_ops[strategy], cmp->value);
		return strategy == BTEqualStrategyNumber ?
			make_binding(column, DCF_BIND_ANY, cmp->value) :
			NULL;
	}

	if (strategy != BTEqualStrategyNumber || !equality_accepts(cmp, valuetype))
		return NULL;
	return make_binding(column, cmp->any ? DCF_BIND_ANY : DCF_BIND_EQUAL,
						cmp->value);
}

/*
 * PostgreSQL simplifies "b = true" to "b", and "b = false" to "NOT b".
 */
static DcfBinding *
bind_boolean(const Target *target, Expr *clause)
{
	const DcfColumn *column;
	Node *arg = (Node *) clause;
	bool value = true;

	if (is_notclause(clause))
	{
		arg = (Node *) get_notclausearg(clause);
		value = false;
	}
	else if (IsA(clause, BooleanTest))
	{
		BooleanTest *test = (BooleanTest *) clause;

		if (test->booltesttype != IS_TRUE && test->booltesttype != IS_FALSE)
			return NULL;
		arg = (Node *) test->arg;
		value = test->booltesttype == IS_TRUE;
	}

	column = match_column(target, arg);
	if (!column || column->basetype != BOOLOID ||
		column->kind == DCF_COLUMN_WINDOW)
		return NULL;
	return make_binding(column, DCF_BIND_EQUAL,
						(Expr *) makeBoolConst(value, false));
}

static DcfBinding *
make_binding(const DcfColumn *column, DcfBindingOp op, Expr *value)
{
	DcfBinding *binding = palloc(sizeof(DcfBinding));

	binding->attnum = column->attnum;
	binding->op = op;
	binding->value = value;
	return binding;
}

/* The sent column that an operand is, or NULL. */
static const DcfColumn *
match_column(const Target *target, Node *node)
{
	const DcfRelation *relation = target->relation;
	Var *var;
	const DcfColumn *column;

	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (!IsA(node, Var))
		return NULL;
	var = (Var *) node;
	if ((Index) var->varno != target->baserel->relid ||
		var->varlevelsup != 0 || var->varattno < 1 ||
		var->varattno > relation->natts)
		return NULL;
	column = &relation->columns[var->varattno - 1];
	return dcf_column_is_sent(column) ? column : NULL;
}

static bool
match_operands(const Target *target, OpExpr *op, Comparison *cmp)
{
	if (list_length(op->args) != 2)
		return false;

	cmp->inputcollid = op->inputcollid;
	cmp->column = match_column(target, linitial(op->args));
	if (cmp->column)
	{
		cmp->value = lsecond(op->args);
		cmp->opno = op->opno;

		/* "p = q" of one table is no value; the other order is no better. */
		return true;
	}
	cmp->column = match_column(target, lsecond(op->args));
	if (!cmp->column)
		return false;
	cmp->value = linitial(op->args);
	cmp->opno = get_commutator(op->opno);
	return OidIsValid(cmp->opno);
}

/* "c = 1 OR c = 2" is "c IN (1, 2)", where all compare alike. */
static bool
match_alternatives(const Target *target, BoolExpr *clause, Comparison *cmp)
{
	ArrayExpr *array = makeNode(ArrayExpr);
	ListCell *lc;

	foreach(lc, clause->args)
	{
		Comparison one = {0};

		if (!IsA(lfirst(lc), OpExpr) ||
			!match_operands(target, lfirst_node(OpExpr, lc), &one))
			return false;
		if (array->elements == NIL)
			*cmp = one;
		else if (one.column != cmp->column || one.opno != cmp->opno ||
				 one.inputcollid != cmp->inputcollid ||
				 exprType((Node *) one.value) != exprType((Node *) cmp->value))
			return false;
		array->elements = lappend(array->elements, one.value);
	}
	array->element_typeid = exprType((Node *) cmp->value);
	array->array_typeid = get_array_type(array->element_typeid);
	array->array_collid = exprCollation((Node *) cmp->value);
	array->location = -1;
	cmp->value = (Expr *) array;
	cmp->any = true;
	return OidIsValid(array->array_typeid);
}

/*
 * A window of which one end may come from a join, and the other from what goes
 * with every request, would not be the same for every way to join.
 */
static bool
is_known_before_scan(const Target *target, const Comparison *cmp)
{
	Node *value = (Node *) cmp->value;
	Relids relids = pull_varnos(target->root, value);

	return bms_is_subset(relids, target->outer) &&
		(bms_is_empty(relids) || cmp->column->kind != DCF_COLUMN_WINDOW ||
		 !dcf_column_is_preset(target->relation, cmp->column)) &&
		!contain_volatile_functions(value) && !contain_subplans(value);
}

/*
 * Whether "column = value" can be told to the service.  Values are compared by
 * the column's collation when requests are made of them, so a comparison by
 * another must come to the same.
 *
 * Of a filtered column the service sends what it takes for equal, and
 * PostgreSQL can take away from that but not add to it.  So there nothing but
 * the value itself may be equal to it.
 */
static bool
equality_accepts(const Comparison *cmp, Oid valuetype)
{
	const DcfColumn *column = cmp->column;
	bool exact = is_equality_exact(column, cmp->inputcollid) &&
		is_equality_exact(column, column->collation);

	if (column->kind == DCF_COLUMN_FILTERED)
		return exact && is_value_exact(cmp, valuetype) &&
			/* A time that clocks skip is the same instant as a later one. */
			(valuetype != TIMESTAMPTZOID ||
			 column->basetype == TIMESTAMPTZOID);
	return (exact || cmp->inputcollid == column->collation) &&
		is_value_exact(cmp, valuetype);
}

/* The value is of the column's type, or bind.c can make it so exactly. */
static bool
is_value_exact(const Comparison *cmp, Oid valuetype)
{
	Oid type = cmp->column->basetype;

	return IsBinaryCoercible(valuetype, type) ||
		IsBinaryCoercible(type, valuetype) ||
		(is_integer_type(type) && is_integer_type(valuetype)) ||
		dcf_window_accepts(type, valuetype);
}

/*
 * Whether values of the column's type that are equal under a collation are the
 * same.  btree's operator families tell, for the sake of deduplication; they
 * tell it not of numbers, of which some can be written in several ways, and
 * not in all releases of bpchar, whose trailing spaces do not count.
 */
static bool
is_equality_exact(const DcfColumn *column, Oid collation)
{
	TypeCacheEntry *typentry =
		lookup_type_cache(column->basetype, TYPECACHE_BTREE_OPFAMILY);
	Oid proc;

	if (column->basetype == NUMERICOID || column->basetype == FLOAT4OID ||
		column->basetype == FLOAT8OID)
		return true;
	if (column->basetype == BPCHAROID)
		return false;
	proc = get_opfamily_proc(typentry->btree_opf, typentry->btree_opintype,
							 typentry->btree_opintype, BTEQUALIMAGE_PROC);
	if (!OidIsValid(proc) ||
		(OidIsValid(column->collation) && !OidIsValid(collation)))
		return false;
	return DatumGetBool(
		OidFunctionCall1Coll(proc, collation,
							 ObjectIdGetDatum(typentry->btree_opintype)));
}

static bool
is_integer_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}
