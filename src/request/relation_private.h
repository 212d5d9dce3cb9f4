/*
 * relation_private.h
 *	  What the relation*.c files share.
 */
#ifndef DCF_RELATION_PRIVATE_H
#define DCF_RELATION_PRIVATE_H

#include "request/relation.h"

/*
 * Read a table's definition from the catalogs, in the current memory context.
 * Raises what dcf_relation_load() raises.
 */
extern DcfRelation *dcf_relation_build(Relation rel);

/* A deep copy in the current memory context. */
extern DcfRelation *dcf_relation_copy(const DcfRelation *relation);

#endif /* DCF_RELATION_PRIVATE_H */
