/*
 * row_source.c
 *	  What works the same for each row source.  See row_source.h.
 */
#include "postgres.h"

#include "reply/reply.h"
#include "reply/row_source.h"

/*
 * All replies under way, each once: sources that share cached rows also share the
 * requests that fetch them.
 */
static List *
list_replies(DcfRowSource *const *sources, int n)
{
	List *replies = NIL;

	for (int i = 0; i < n; i++)
	{
		List *more = sources[i]->routine->replies(sources[i]);

		/* Two sources share all of their replies or none, so look for one. */
		if (more != NIL && !list_member_ptr(replies, linitial(more)))
			replies = list_concat(replies, more);
		list_free(more);
	}
	return replies;
}

bool
dcf_row_source_wait_any(DcfRowSource *const *sources, int n, bool wait)
{
	List *replies = list_replies(sources, n);
	DcfReply **array;
	ListCell *lc;

	if (replies == NIL)
		return false;
	array = palloc(sizeof(DcfReply *) * list_length(replies));
	foreach(lc, replies)
		array[foreach_current_index(lc)] = lfirst(lc);
	dcf_reply_wait_any(array, list_length(replies), wait);
	pfree(array);
	list_free(replies);
	return true;
}

DcfRowStats
dcf_row_source_statistics(const DcfRowSource *source)
{
	DcfRowStats stats = *source->stats;

	source->routine->add_open(source, &stats);
	return stats;
}
