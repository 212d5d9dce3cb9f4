/*
 * reply_stats.h
 *	  Statistics of the replies for each foreign table: how many records a request
 *	  returns for how much it asks for, how long a record is, and how long the first byte
 *	  takes.  The planner estimates by them.
 *
 * They are in memory that all backends share, if the library is preloaded; otherwise each
 * backend has its own.  They are lost when that memory is.  Nothing is written to disk or
 * to a table, so read-only transactions add to them as well.  A table's
 * statistics belong to one version of those options that influence replies, so ALTER
 * discards them.
 *
 * Replies to one user's requests count for all users, as in PostgreSQL's own statistics.
 * The number of records comes only from replies that were read to their end.  A reply
 * that LIMIT cut short still gives the length of a record and the time to the first byte.
 */
#ifndef DCF_REPLY_STATS_H
#define DCF_REPLY_STATS_H

#include "postgres.h"
#include "datatype/timestamp.h"

#include "request/relation.h"
#include "request/request_size.h"

/* Request shared memory and define dataconnect_fdw.learn; from _PG_init(). */
extern void dcf_reply_stats_init(void);

/* One reply. */
typedef struct DcfReplyFacts
{
	bool whole;			  /* it was read to its end */
	double records;		  /* read so far */
	double bytes;		  /* of these records, decompressed */
	double first_byte_ms; /* from sending to the first byte, or -1 */
} DcfReplyFacts;

/* Add a reply to the statistics.  No-op if dataconnect_fdw.learn is off. */
extern void dcf_reply_stats_add(const DcfRelation *relation,
								const DcfRequestSize *reqsize,
								const DcfReplyFacts *facts);

/* What a request is expected to return. */
typedef struct DcfReplyStats
{
	double records;		  /* or -1: not known */
	uint64 missing;		  /* columns of reqsize->given for which the requests
						   * behind "records" gave no values */
	bool at_least;		  /* those requests gave values for other columns, so
						   * there may be more records */
	double bytes;		  /* of a record, or -1 */
	double first_byte_ms; /* or -1 */
} DcfReplyStats;

/*
 * The statistics for a request of this size: from replies to requests that gave values
 * for the same columns, else from those for the table that are most similar.
 */
extern void dcf_reply_stats_find(const DcfRelation *relation,
								 const DcfRequestSize *reqsize,
								 DcfReplyStats *stats);

/* Only the expected number of records, or -1. */
extern double dcf_reply_stats_records(const DcfRelation *relation,
									  const DcfRequestSize *reqsize);

/*
 * The number of records, and bytes of a record, of the requests that gave values for the
 * fewest columns.  False, with nothing set, if there are no statistics.
 */
extern bool dcf_reply_stats_widest(const DcfRelation *relation,
								   double *records, double *bytes);

/* A row of the view of statistics. */
typedef struct DcfReplyStatsLine
{
	Oid relid;
	uint32 version;		  /* the table's when the replies were read */
	uint64 given;		  /* see DcfRequestSize */
	uint64 replies;		  /* read to their end */
	double records;		  /* of a reply, or -1 */
	double days;		  /* requested, or -1 */
	double values;		  /* requested, in lists */
	double bytes;		  /* of a record, or -1 */
	double first_byte_ms; /* or -1 */
	TimestampTz last;	  /* time of the last reply */
} DcfReplyStatsLine;

/* All lines of this database, palloc'd; *n is how many. */
extern DcfReplyStatsLine *dcf_reply_stats_lines(int *n);

/* Discard a table's statistics; returns how many lines it had. */
extern int dcf_reply_stats_forget(Oid relid);

#endif /* DCF_REPLY_STATS_H */
