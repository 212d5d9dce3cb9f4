/*
 * qual_bind.c
 *	  The binding that a clause is equivalent to.  See qual_private.h.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "qual_private.h"
#include "request/window.h"

/* A comparison of a column with a value, whichever side it stands on. */
typedef struct Comparison
{
	const DcfColumn *column;
	Expr *value;
	Expr *unless; /* or NULL: if true, nothing is compared */
	Oid opno;	  /* with the column on the left */
	Oid inputcollid;
	bool any; /* value is an array: = ANY */
} Comparison;

static DcfBinding *bind_comparison(const DcfQualTarget *target,
								   const Comparison *cmp);
static DcfBinding *bind_boolean(const DcfQualTarget *target, Expr *clause);
static DcfBinding *make_binding(const DcfColumn *column, DcfBindingOp op,
								Expr *value, Expr *unless);
static bool match_operands(const DcfQualTarget *target, OpExpr *op,
						   Comparison *cmp);
static bool match_alternatives(const DcfQualTarget *target, List *arms,
							   Comparison *cmp);
static bool match_alternative(const DcfQualTarget *target, Node *arm,
							  Comparison *cmp, List **values);
static bool list_elements(Node *array, List **values);
static DcfBinding *bind_or_clause(const DcfQualTarget *target,
								  BoolExpr *clause);
static DcfBinding *bind_not_distinct(const DcfQualTarget *target,
									 DistinctExpr *clause);
static void match_coalesce(const DcfQualTarget *target, Comparison *cmp);
static bool equality_accepts(const Comparison *cmp, Oid valuetype);
static bool is_value_exact(const Comparison *cmp, Oid valuetype);
static bool is_equality_exact(const DcfColumn *column, Oid collation);
static bool is_integer_type(Oid type);

DcfBinding *
dcf_qual_bind(const DcfQualTarget *target, Expr *clause)
{
	Comparison cmp = {0};

	if (IsA(clause, OpExpr))
	{
		if (!match_operands(target, (OpExpr *) clause, &cmp))
			return NULL;
		return bind_comparison(target, &cmp);
	}
	if (is_orclause(clause))
		return bind_or_clause(target, (BoolExpr *) clause);
	if (is_notclause(clause) && IsA(get_notclausearg(clause), DistinctExpr))
		return bind_not_distinct(target,
								 (DistinctExpr *) get_notclausearg(clause));
	if (IsA(clause, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;

		if (!op->useOr)
			return NULL;
		cmp.column = dcf_qual_match_column(target, linitial(op->args));
		cmp.value = lsecond(op->args);
		cmp.opno = op->opno;
		cmp.inputcollid = op->inputcollid;
		cmp.any = true;
		return cmp.column ? bind_comparison(target, &cmp) : NULL;
	}
	if (IsA(clause, NullTest))
	{
		NullTest *test = (NullTest *) clause;
		const DcfColumn *column =
			dcf_qual_match_column(target, (Node *) test->arg);

		/*
		 * IS NULL is sent by leaving the parameter out.  That restricts
		 * nothing, so for a column of the reply it would be of no use.
		 */
		if (column && column->kind == DCF_COLUMN_PARAMETER &&
			test->nulltesttype == IS_NULL && !test->argisrow)
			return make_binding(column, DCF_BIND_NULL, NULL, NULL);
		return NULL;
	}
	return bind_boolean(target, clause);
}

const DcfBindingOp dcf_qual_ops[] = {[BTLessStrategyNumber] = DCF_BIND_BEFORE,
									 [BTLessEqualStrategyNumber] = DCF_BIND_TO,
									 [BTEqualStrategyNumber] = DCF_BIND_EQUAL,
									 [BTGreaterEqualStrategyNumber] =
										 DCF_BIND_FROM,
									 [BTGreaterStrategyNumber] =
										 DCF_BIND_AFTER};

/* The binding for a comparison, or NULL if it cannot be sent. */
static DcfBinding *
bind_comparison(const DcfQualTarget *target, const Comparison *cmp)
{
	const DcfColumn *column = cmp->column;
	TypeCacheEntry *typentry;
	Oid valuetype;
	int strategy;

	typentry = lookup_type_cache(column->basetype, TYPECACHE_BTREE_OPFAMILY);
	if (!OidIsValid(typentry->btree_opf))
		return NULL;

	/* 0 for an operator outside the family, such as <> or LIKE. */
	strategy = get_op_opfamily_strategy(cmp->opno, typentry->btree_opf);
	if (strategy == 0 ||
		!dcf_qual_is_known(target, column, (Node *) cmp->value))
		return NULL;

	/*
	 * With "c < coalesce(v, c)", a NULL v gives "c < c", which is never true.
	 */
	if (cmp->unless &&
		(strategy == BTLessStrategyNumber ||
		 strategy == BTGreaterStrategyNumber))
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
		if (!dcf_window_accepts(column->basetype, valuetype))
			return NULL;
		if (!cmp->any)
			return make_binding(column, dcf_qual_ops[strategy], cmp->value,
								cmp->unless);
		return strategy == BTEqualStrategyNumber ?
			make_binding(column, DCF_BIND_ANY, cmp->value, NULL) :
			NULL;
	}

	if (strategy != BTEqualStrategyNumber || !equality_accepts(cmp, valuetype))
		return NULL;
	return make_binding(column, cmp->any ? DCF_BIND_ANY : DCF_BIND_EQUAL,
						cmp->value, cmp->unless);
}

/*
 * Bind "c = 1 OR c = 2" as "c IN (1, 2)".  Arms that do not depend on the
 * relation's rows become a condition: "$1 IS NULL OR c = $1" compares c with
 * $1, or with nothing.
 */
static DcfBinding *
bind_or_clause(const DcfQualTarget *target, BoolExpr *clause)
{
	Comparison cmp = {0};
	Expr *unless;
	Expr *rest = dcf_qual_extract_condition(target, (Expr *) clause, &unless);
	DcfBinding *binding;

	if (!is_orclause(rest))
		binding = dcf_qual_bind(target, rest);
	else if (match_alternatives(target, ((BoolExpr *) rest)->args, &cmp))
		binding = bind_comparison(target, &cmp);
	else
		return NULL;
	if (!binding || !unless)
		return binding;

	if (binding->unless || binding->op == DCF_BIND_NULL ||
		!dcf_qual_is_known(target,
						   &target->relation->columns[binding->attnum - 1],
						   (Node *) unless))
		return NULL;
	binding->unless = unless;
	return binding;
}

/*
 * Bind "c IS NOT DISTINCT FROM v".  If v is NULL, that is "c IS NULL", which
 * can be sent only for a parameter column; for others nothing is sent then.
 */
static DcfBinding *
bind_not_distinct(const DcfQualTarget *target, DistinctExpr *clause)
{
	Comparison cmp = {0};
	DcfBinding *binding;

	if (!match_operands(target, (OpExpr *) clause, &cmp) || cmp.unless)
		return NULL;
	binding = bind_comparison(target, &cmp);
	if (!binding || binding->op != DCF_BIND_EQUAL)
		return NULL;
	if (cmp.column->kind == DCF_COLUMN_PARAMETER)
		binding->op = DCF_BIND_NOT_DISTINCT;
	else
		binding->unless = dcf_qual_is_null(cmp.value);
	return binding;
}

/*
 * Bind "b" and "NOT b", to which PostgreSQL simplifies "b = true" and "b =
 * false".
 */
static DcfBinding *
bind_boolean(const DcfQualTarget *target, Expr *clause)
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

	column = dcf_qual_match_column(target, arg);
	if (!column || column->basetype != BOOLOID ||
		column->kind == DCF_COLUMN_WINDOW)
		return NULL;
	return make_binding(column, DCF_BIND_EQUAL,
						(Expr *) makeBoolConst(value, false), NULL);
}

static DcfBinding *
make_binding(const DcfColumn *column, DcfBindingOp op, Expr *value,
			 Expr *unless)
{
	DcfBinding *binding = palloc0(sizeof(DcfBinding));

	binding->attnum = column->attnum;
	binding->op = op;
	binding->value = value;
	binding->unless = unless;
	return binding;
}

const DcfColumn *
dcf_qual_match_column(const DcfQualTarget *target, Node *node)
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

/* Find the column among two operands.  False if neither is one. */
static bool
match_operands(const DcfQualTarget *target, OpExpr *op, Comparison *cmp)
{
	if (list_length(op->args) != 2)
		return false;

	cmp->inputcollid = op->inputcollid;
	cmp->column = dcf_qual_match_column(target, linitial(op->args));
	if (cmp->column)
	{
		cmp->value = lsecond(op->args);
		cmp->opno = op->opno;

		/* If both are columns of this table, neither order gives a value. */
		match_coalesce(target, cmp);
		return true;
	}
	cmp->column = dcf_qual_match_column(target, lsecond(op->args));
	if (!cmp->column)
		return false;
	cmp->value = linitial(op->args);
	cmp->opno = get_commutator(op->opno);
	match_coalesce(target, cmp);
	return OidIsValid(cmp->opno);
}

/*
 * Match "c = coalesce($1, c)", which compares c with $1, or with itself if
 * that is NULL.  "c = c" is not true of NULL; PostgreSQL checks that if the
 * reply contains the column.  A parameter column stands for any value that
 * could be sent.
 */
static void
match_coalesce(const DcfQualTarget *target, Comparison *cmp)
{
	const CoalesceExpr *coalesce = (const CoalesceExpr *) cmp->value;
	List *others;

	if (!IsA(coalesce, CoalesceExpr) || list_length(coalesce->args) < 2 ||
		dcf_qual_match_column(target, llast(coalesce->args)) != cmp->column)
		return;
	others = list_copy_head(coalesce->args, list_length(coalesce->args) - 1);
	if (list_length(others) == 1)
		cmp->value = linitial(others);
	else
	{
		CoalesceExpr *value = makeNode(CoalesceExpr);

		*value = *coalesce;
		value->args = others;
		cmp->value = (Expr *) value;
	}
	cmp->unless = dcf_qual_is_null(cmp->value);
}

Expr *
dcf_qual_is_null(Expr *value)
{
	NullTest *test = makeNode(NullTest);

	test->arg = value;
	test->nulltesttype = IS_NULL;
	test->location = -1;
	return (Expr *) test;
}

/*
 * Match an OR of comparisons of one column by one operator, as a comparison
 * with any element of an array.
 */
static bool
match_alternatives(const DcfQualTarget *target, List *arms, Comparison *cmp)
{
	ArrayExpr *array = makeNode(ArrayExpr);
	ListCell *lc;

	foreach(lc, arms)
	{
		Comparison one = {0};
		List *values = NIL;

		if (!match_alternative(target, lfirst(lc), &one, &values))
			return false;

		/* = ANY of an empty array is never true, so the arm adds no value. */
		if (values == NIL)
			continue;
		one.value = linitial(values);
		if (array->elements == NIL)
			*cmp = one;
		else if (one.column != cmp->column || one.opno != cmp->opno ||
				 one.inputcollid != cmp->inputcollid ||
				 exprType((Node *) one.value) != exprType((Node *) cmp->value))
			return false;
		array->elements = list_concat(array->elements, values);
	}
	if (array->elements == NIL)
		return false;
	array->element_typeid = exprType((Node *) cmp->value);
	array->array_typeid = get_array_type(array->element_typeid);
	array->array_collid = exprCollation((Node *) cmp->value);
	array->location = -1;
	cmp->value = (Expr *) array;
	cmp->any = true;
	return OidIsValid(array->array_typeid);
}

/*
 * Match one arm: a comparison with one value, or with any of an array whose
 * elements are known at plan time.
 */
static bool
match_alternative(const DcfQualTarget *target, Node *arm, Comparison *cmp,
				  List **values)
{
	ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) arm;

	if (IsA(arm, OpExpr))
	{
		if (!match_operands(target, (OpExpr *) arm, cmp) || cmp->unless)
			return false;
		*values = list_make1(cmp->value);
		return true;
	}
	if (!IsA(arm, ScalarArrayOpExpr) || !op->useOr)
		return false;
	cmp->column = dcf_qual_match_column(target, linitial(op->args));
	cmp->opno = op->opno;
	cmp->inputcollid = op->inputcollid;
	return cmp->column && list_elements(lsecond(op->args), values);
}

/* The elements of an array as expressions; false if it must be evaluated. */
static bool
list_elements(Node *array, List **values)
{
	const Const *constant = (const Const *) array;
	Oid elemtype;
	int16 typlen;
	bool typbyval;
	char typalign;
	Datum *elems;
	bool *nulls;
	int nelems;

	*values = NIL;
	if (IsA(array, ArrayExpr) && !((ArrayExpr *) array)->multidims)
	{
		*values = list_copy(((ArrayExpr *) array)->elements);
		return true;
	}
	if (!IsA(array, Const) || constant->constisnull)
		return false;
	elemtype = get_base_element_type(constant->consttype);
	get_typlenbyvalalign(elemtype, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(constant->constvalue), elemtype,
					  typlen, typbyval, typalign, &elems, &nulls, &nelems);
	for (int i = 0; i < nelems; i++)
		*values = lappend(*values,
						  makeConst(elemtype, -1, constant->constcollid,
									typlen, elems[i], nulls[i], typbyval));
	return true;
}

/*
 * An outer column is no value for a window that also has a bound which every
 * request sends: then the two ends of the window would depend on how the query
 * is joined.
 */
bool
dcf_qual_is_known(const DcfQualTarget *target, const DcfColumn *column,
				  Node *value)
{
	Relids relids = pull_varnos(target->root, value);

	return bms_is_subset(relids, target->outer) &&
		(bms_is_empty(relids) || !column ||
		 column->kind != DCF_COLUMN_WINDOW || !column->is_preset) &&
		!contain_volatile_functions(value) && !contain_subplans(value);
}

/*
 * Whether "column = value" can be sent.  The set of values is built with the
 * column's collation, so the comparison's must have the same result.
 *
 * For a filtered column, the service returns the rows that it considers equal.
 * PostgreSQL can remove some of them, but not add any.  So only a value that
 * is identical may be equal.
 */
static bool
equality_accepts(const Comparison *cmp, Oid valuetype)
{
	const DcfColumn *column = cmp->column;
	bool exact = is_equality_exact(column, cmp->inputcollid) &&
		is_equality_exact(column, column->collation);

	if (column->kind == DCF_COLUMN_FILTERED)
		return exact && is_value_exact(cmp, valuetype) &&
			/*
			 * A local time that clocks skip is the same instant as a later
			 * one.
			 */
			(valuetype != TIMESTAMPTZOID ||
			 column->basetype == TIMESTAMPTZOID);
	return (exact || cmp->inputcollid == column->collation) &&
		is_value_exact(cmp, valuetype);
}

/*
 * Whether the value has the column's type, or bind.c can convert it exactly.
 */
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
 * Whether equal values of the column's type are identical under a collation,
 * as btree's operator families tell for deduplication.  They do not for
 * numbers, because some can be written in several ways, and not in all
 * releases for bpchar, where trailing spaces do not count.
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

Expr *
dcf_qual_extract_condition(const DcfQualTarget *target, Expr *clause,
						   Expr **unless)
{
	List *known = NIL;
	List *others = NIL;
	ListCell *lc;

	*unless = NULL;
	if (!is_orclause(clause))
		return clause;
	foreach(lc, ((BoolExpr *) clause)->args)
	{
		Node *arm = lfirst(lc);

		if (dcf_qual_is_known(target, NULL, arm))
			known = lappend(known, arm);
		else
			others = lappend(others, arm);
	}
	if (known == NIL || others == NIL)
		return clause;
	*unless = list_length(known) == 1 ? linitial(known) : make_orclause(known);
	return list_length(others) == 1 ? linitial(others) : make_orclause(others);
}
