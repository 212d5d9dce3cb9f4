/*
 * request_subject.h
 *	  Who sends a request, and for which table: what monitoring groups by.
 *
 * Names are stored with the OIDs, since other databases cannot look them up.
 */
#ifndef DCF_REQUEST_SUBJECT_H
#define DCF_REQUEST_SUBJECT_H

#include "postgres.h"

typedef struct DcfRequestSubject
{
	Oid databaseid;
	Oid userid; /* as whom the query runs */
	Oid serverid;
	Oid relid;	  /* InvalidOid: a question of the wrapper's own */
	int encoding; /* of the names, and of the request's text */
	NameData server;
	NameData schema; /* empty without a table */
	NameData table;
} DcfRequestSubject;

/* The subject of a query in this database, with the names of now; palloc'd. */
extern DcfRequestSubject *dcf_request_subject_create(Oid userid, Oid serverid,
													 Oid relid);

/* Whether two subjects count together; their names may differ. */
extern bool dcf_request_subject_same(const DcfRequestSubject *one,
									 const DcfRequestSubject *other);

/* A hash of what dcf_request_subject_same() compares. */
extern uint32 dcf_request_subject_hash(const DcfRequestSubject *subject);

#endif /* DCF_REQUEST_SUBJECT_H */
