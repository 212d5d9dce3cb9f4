/*
 * bind_fit.c
 *	  Whether a column can hold a value.  See bind_fit.h.
 *
 * The value is cast to the column's type and must still be equal to itself.  A
 * cast that would raise an error is not executed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "base/numeric_typmod.h"
#include "bind_fit.h"

struct DcfBindFit
{
	const DcfColumn *column;
	ExprContext *econtext;
	ExprState *cast; /* or NULL */
	FmgrInfo *cmp;
	int16 typlen;
	bool typbyval;
	bool is_domain;
	DomainConstraintRef domain;
};

static ExprState *make_cast(const DcfColumn *column, Oid valuetype);
static bool cast_value(DcfBindFit *fit, Datum *value);
static bool numeric_fits(int32 typmod, Datum value);
static bool satisfies_domain(DcfBindFit *fit, Datum value, bool isnull);

DcfBindFit *
dcf_bind_fit_create(const DcfColumn *column, Oid valuetype)
{
	bool is_domain = column->type != column->basetype &&
		dcf_compat_domain_has_constraints(column->type);
	ExprState *cast = make_cast(column, valuetype);
	DcfBindFit *fit;

	if (!is_domain && !cast)
		return NULL;
	fit = palloc0(sizeof(DcfBindFit));
	fit->column = column;
	fit->cast = cast;
	fit->econtext = CreateStandaloneExprContext();
	fit->cmp = &lookup_type_cache(column->basetype, TYPECACHE_CMP_PROC_FINFO)
					->cmp_proc_finfo;
	get_typlenbyval(column->basetype, &fit->typlen, &fit->typbyval);
	fit->is_domain = is_domain;

	/*
	 * The last argument requests executable checks, which satisfies_domain()
	 * runs.
	 */
	if (is_domain)
		InitDomainConstraintRef(column->type, &fit->domain,
								CurrentMemoryContext, true);
	return fit;
}

/*
 * The cast to the column's modifier, and to its type if that is the narrower
 * one of two binary coercible types (inet to cidr).  NULL if the column holds
 * the value unchanged.  The CaseTestExpr is a placeholder: cast_value()
 * supplies its value as caseValue_datum.
 */
static ExprState *
make_cast(const DcfColumn *column, Oid valuetype)
{
	CaseTestExpr *source = makeNode(CaseTestExpr);
	Node *cast;

	/* A value that can pass as the column's type needs only the modifier. */
	if (IsBinaryCoercible(valuetype, column->basetype))
		valuetype = column->basetype;
	source->typeId = valuetype;
	source->typeMod = -1;
	source->collation = column->collation;
	cast = coerce_to_target_type(NULL, (Node *) source, valuetype,
								 column->basetype, column->basetypmod,
								 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);

	/* There is no modifier to apply, and no type to narrow to. */
	if (!cast || IsA(cast, CaseTestExpr) || IsA(cast, RelabelType))
		return NULL;
	return ExecInitExpr(expression_planner((Expr *) cast), NULL);
}

bool
dcf_bind_fit_value(DcfBindFit *fit, Datum *value)
{
	MemoryContext old;
	Datum cast = *value;
	bool fits;

	/* Casts and checks may allocate.  A long list must not accumulate that. */
	ResetExprContext(fit->econtext);
	old = MemoryContextSwitchTo(fit->econtext->ecxt_per_tuple_memory);
	fits = (!fit->cast || cast_value(fit, &cast)) &&
		(!fit->is_domain || satisfies_domain(fit, cast, false));
	MemoryContextSwitchTo(old);

	/* The next call resets the memory that the result is in. */
	if (fits && fit->cast)
		*value = datumCopy(cast, fit->typbyval, fit->typlen);
	return fits;
}

/* Cast *value.  False if the result differs from it. */
static bool
cast_value(DcfBindFit *fit, Datum *value)
{
	const DcfColumn *column = fit->column;
	Datum cast;
	bool isnull;

	/*
	 * An explicit cast truncates a string or rounds a time, which the
	 * comparison below notices.  The cast of a numeric may raise, so it is
	 * tested first.
	 */
	if (column->basetype == NUMERICOID &&
		!numeric_fits(column->basetypmod, *value))
		return false;
	fit->econtext->caseValue_datum = *value;
	fit->econtext->caseValue_isNull = false;
	cast = ExecEvalExpr(fit->cast, fit->econtext, &isnull);
	if (isnull ||
		DatumGetInt32(
			FunctionCall2Coll(fit->cmp, column->collation, cast, *value)) != 0)
		return false;
	*value = cast;
	return true;
}

/* Whether the cast to numeric(precision, scale) neither rounds nor raises. */
static bool
numeric_fits(int32 typmod, Datum value)
{
	int precision;
	int scale;
	Datum rounded;
	Datum limit;

	if (!dcf_numeric_typmod_unpack(typmod, &precision, &scale) ||
		numeric_is_nan(DatumGetNumeric(value)))
		return true;

	/* numeric(precision, scale) can hold NaN, but no infinity. */
	if (numeric_is_inf(DatumGetNumeric(value)))
		return false;

	/* The value has at most precision - scale digits before the point. */
	rounded = DirectFunctionCall2(numeric_round, value, Int32GetDatum(scale));
	limit =
		DirectFunctionCall3(numeric_in,
							CStringGetDatum(
								psprintf("1e%d", precision - scale)),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return DatumGetBool(DirectFunctionCall2(numeric_eq, rounded, value)) &&
		DatumGetBool(
			   DirectFunctionCall2(numeric_lt,
								   DirectFunctionCall1(numeric_abs, value),
								   limit));
}

/*
 * Whether the domain's constraints hold.  Unlike domain_check(), does not
 * raise if one does not.
 */
static bool
satisfies_domain(DcfBindFit *fit, Datum value, bool isnull)
{
	ExprContext *econtext = fit->econtext;
	ListCell *lc;

	/* Read-only, as in domain_check(): a check must not change the value. */
	econtext->domainValue_datum =
		MakeExpandedObjectReadOnly(value, isnull, fit->typlen);
	econtext->domainValue_isNull = isnull;

	/* ExecCheck() takes NULL for true, as SQL does for CHECK. */
	foreach(lc, fit->domain.constraints)
	{
		DomainConstraintState *constraint = lfirst(lc);

		if (constraint->constrainttype == DOM_CONSTRAINT_NOTNULL ?
				isnull :
				!ExecCheck(constraint->check_exprstate, econtext))
			return false;
	}
	return true;
}

void
dcf_bind_fit_end(DcfBindFit *fit)
{
	FreeExprContext(fit->econtext, true);
}

bool
dcf_bind_fit_takes_null(const DcfColumn *column)
{
	DcfBindFit *fit;
	bool takes = true;

	if (column->type == column->basetype)
		return true;
	fit = dcf_bind_fit_create(column, column->basetype);
	if (fit)
	{
		takes = !fit->is_domain || satisfies_domain(fit, (Datum) 0, true);
		dcf_bind_fit_end(fit);
	}
	return takes;
}
