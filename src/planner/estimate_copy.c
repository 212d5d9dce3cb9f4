/*
 * estimate_copy.c
 *	  Which part of a path's requests copies save.  See estimate_copy.h.
 *
 * A plan may outlive the copies: then it sends the requests all the same, and only
 * its costs were wrong.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"

#include "estimate_copy.h"
#include "options/freshness.h"
#include "reply/copy_look.h"

static bool find_values(PlannerInfo *root, List *bindings,
						DcfBoundValue *values);
static bool find_value(PlannerInfo *root, const DcfBinding *binding,
					   DcfBoundValue *bound);
static const Const *find_constant(PlannerInfo *root, Expr *expr);

double
dcf_estimate_copied(PlannerInfo *root, const RelOptInfo *baserel,
					const DcfRelation *relation, const DcfQuals *quals,
					Bitmapset *fan_out)
{
	/* userid is set if the table is read through a view, with its owner. */
	Oid userid = OidIsValid(baserel->userid) ? baserel->userid : GetUserId();
	DcfFdwPrivate priv = {.bindings = quals->bindings, .fan_out = fan_out};
	DcfBoundValue *values;
	DcfCopyLook look;

	if (dcf_freshness_of(relation->table).max_age == 0)
		return 0;
	values =
		palloc0(sizeof(DcfBoundValue) * Max(list_length(quals->bindings), 1));
	if (!find_values(root, quals->bindings, values) ||
		!dcf_copy_look(relation, &priv, values, userid, &look) ||
		look.requests == 0)
		return 0;
	return (double) look.young / look.requests;
}

/* The values of bindings, as the scan will find them; false if one is unknown. */
static bool
find_values(PlannerInfo *root, List *bindings, DcfBoundValue *values)
{
	ListCell *lc;

	foreach(lc, bindings)
		if (!find_value(root, lfirst(lc), &values[foreach_current_index(lc)]))
			return false;
	return true;
}

static bool
find_value(PlannerInfo *root, const DcfBinding *binding, DcfBoundValue *bound)
{
	const Const *constant;

	if (binding->unless)
	{
		constant = find_constant(root, binding->unless);
		if (!constant)
			return false;
		bound->skipped =
			!constant->constisnull && DatumGetBool(constant->constvalue);
	}
	if (bound->skipped || !binding->value)
		return true;
	constant = find_constant(root, binding->value);
	if (!constant || binding->op == DCF_BIND_KEYS)
		return false;
	bound->type = exprType((Node *) binding->value);
	bound->value = constant->constvalue;
	bound->isnull = constant->constisnull;
	return true;
}

/* An expression's value as far as it is known now, or NULL. */
static const Const *
find_constant(PlannerInfo *root, Expr *expr)
{
	Node *value = estimate_expression_value(root, (Node *) expr);

	return IsA(value, Const) ? (const Const *) value : NULL;
}
