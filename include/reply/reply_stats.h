/*
 * reply_stats.h
 *	  What replies have taught of each foreign table: how many records come for
 *	  how much that is asked for, how long a record is, how long the first byte
 *	  takes.
 *
 * It is kept in memory that all backends share where the library is preloaded,
 * else by each backend for itself, and lasts as long as that.  Nothing of it
 * is written anywhere, so sessions that may not write learn as well.  What a
 * table's options have to do with requests is part of its identity: ALTER
 * makes it forget.
 *
 * What one user's replies teach counts for all users, like PostgreSQL's own
 * statistics.  Only a reply that was read to its end teaches its number of
 * records; one that LIMIT cut short teaches the length of a record and the
 * time to the first byte.
 */
#ifndef DCF_REPLY_STATS_H
#define DCF_REPLY_STATS_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "request/relation.h"
#include "request/request_size.h"

/* Ask for memory, and define the setting; to be called by _PG_init. */
extern void dcf_reply_stats_init(void);

/* What one reply was. */
typedef struct DcfReplyFacts
{
	bool whole;			  /* it was read to its end */
	double records;		  /* that were read of it */
	double bytes;		  /* that they took, decoded */
	double first_byte_ms; /* or -1 */
} DcfReplyFacts;

extern void dcf_reply_stats_teach(const DcfRelation *relation,
								  const DcfRequestSize *reqsize,
								  const DcfReplyFacts *facts);

/* What a request is expected to return. */
typedef struct DcfReplyStats
{
	double records;		  /* or -1: not known */
	uint64 missing;		  /* of measure->given: columns that those who
						   * taught the records were not asked by */
	bool at_least;		  /* those were asked by others, so it may be more */
	double bytes;		  /* of a record, or -1 */
	double first_byte_ms; /* or -1 */
} DcfReplyStats;

/*
 * What is known for a request of this measure: by replies to requests that gave
 * values for the same columns, else to those of the table that are most like
 * it.
 */
extern void dcf_reply_stats_find(const DcfRelation *relation,
								 const DcfRequestSize *reqsize,
								 DcfReplyStats *learned);

/* Only the records that it will return, or -1. */
extern double dcf_reply_stats_records(const DcfRelation *relation,
									  const DcfRequestSize *reqsize);

/*
 * Records, and bytes of one, of the requests that gave values for the fewest
 * columns; false where nothing is known.
 */
extern bool dcf_reply_stats_widest(const DcfRelation *relation,
								   double *records, double *bytes);

/* One line of what is known, for people. */
typedef struct DcfReplyStatsLine
{
	Oid relid;
	uint32 version; /* that the table had */
	uint64 given;
	uint64 replies;		  /* read to their end */
	double records;		  /* of a reply, or -1 */
	double days;		  /* that were asked for, or -1 */
	double values;		  /* of lists, that were asked for */
	double bytes;		  /* of a record, or -1 */
	double first_byte_ms; /* or -1 */
	TimestampTz last;
} DcfReplyStatsLine;

/* All lines of this database, palloc'd; *n is set. */
extern DcfReplyStatsLine *dcf_reply_stats_lines(int *n);

/* Forget a table; returns how many lines it had. */
extern int dcf_reply_stats_forget(Oid relid);

#endif /* DCF_REPLY_STATS_H */
