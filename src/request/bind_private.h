/*
 * bind_private.h
 *	  What the bind*.c files share: a set of requests and one of them.
 */
#ifndef DCF_BIND_PRIVATE_H
#define DCF_BIND_PRIVATE_H

#include "postgres.h"

#include "bind_column.h"
#include "bind_part.h"
#include "request/bind.h"

struct DcfRequestSet
{
	MemoryContext context;
	const DcfRelation *relation;
	DcfBindColumn *bcols; /* by attnum - 1 */
	bool empty;			  /* no row can match */
	bool shared;		  /* several requests may return the same row */
	int *positions;		  /* of the next request, by attnum - 1 */
	List *groups;		  /* of DcfBindGroup * */
	/* the column of a batched join's keys, or NULL */
	const DcfBindColumn *batched;
	bool finished;
	/* the column that requests are halved by, or NULL */
	const DcfBindColumn *halved;
	List *pending; /* of DcfBoundRequest *: halves, to be sent next */
	/* the only request, or NULL if the columns make them */
	DcfRequest *fixed;
	const char *hint; /* for fixed, or NULL */
};

struct DcfBoundRequest
{
	const DcfRequestSet *set;
	int *positions;	  /* by attnum - 1 */
	DcfBindPart part; /* of set->halved */
	bool in_part;	  /* part is less than the whole */
};

/*
 * The request for the values at the bound request's positions, palloc'd.
 * as_template: for EXPLAIN, with all the values of each column.
 */
extern DcfRequest *dcf_bind_build(const DcfBoundRequest *bound,
								  bool as_template);

#endif /* DCF_BIND_PRIVATE_H */
