/*
 * json_fast_record.h
 *	  The functions of json_fast.c that depend on vector instructions; included
 *	  once for each kind.
 *
 * Parameters, which are undefined at the end:
 *	- FAST(name): the name of a function of this kind
 *	- FAST_TARGET: the attribute of these functions, if any
 *	- SKIP_PLAIN, SAME_BYTES: the functions of vector.h
 */

/*
 * Read the value at p, which is before limit, into *field.  Returns the byte
 * after it; NULL if the fast path cannot read it.
 */
FAST_TARGET static inline const char *
FAST(value)(const char *p, const char *limit, const char *end, DcfField *field)
{
	field->escaped = false;
	if (*p == '"')
	{
		const char *after = p + 1;

		field->kind = DCF_FIELD_STRING;
		field->data = p + 1;
		for (;;)
		{
			after = SKIP_PLAIN(after, limit);
			if (after >= limit)
				return NULL;
			if (*after == '"')
			{
				field->len = (size_t) (after - field->data);
				return after + 1;
			}
			if (!skip_odd(&after, limit, field))
				return scan_string(after, end, field);
		}
	}
	return take_other_value(p, end, field);
}

/* The index of the known lead at p, or -1.  The search starts at expected. */
FAST_TARGET static int
FAST(find_lead)(const DcfJsonLeads *leads, const char *p, int expected)
{
	for (int i = 0; i < leads->n; i++)
	{
		int lead = expected + i;

		if (lead >= leads->n)
			lead -= leads->n;
		if (SAME_BYTES(p, leads->bytes[lead], leads->leads[lead].len))
			return lead;
	}
	return -1;
}

/* A DcfJsonFastRecord: lead and value in turn, up to the closing brace. */
FAST_TARGET static bool
FAST(record)(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	DcfJsonLeads *leads = &reader->leads;
	const char *end = cursor->end;
	const char *limit = end - DCF_LEAD_SIZE;
	const char *start;
	const char *p;
	int expected = 0;

	if (cursor->end - cursor->p <= DCF_LEAD_SIZE)
		return false;
	start = find_record(reader, cursor->p, limit);
	if (start == NULL)
		return false;
	dcf_json_record_clear(reader);
	for (p = start;;)
	{
		DcfField *field;
		DcfField unwanted;
		int key;

		if (p >= limit)
			return false;

		/* The leads include those of a record's first key. */
		if (*p == '{' && p != start)
			return false;
		if (expected < leads->n &&
			SAME_BYTES(p, leads->bytes[expected], leads->leads[expected].len))
		{
			p += leads->leads[expected].len;
			key = leads->leads[expected++].key;
		}
		else
		{
			const char *after = skip_space(p, limit);
			int lead;

			if (after < limit && *after == '}' && p != start)
			{
				p = after + 1;
				break;
			}
			lead = FAST(find_lead)(leads, p, expected);
			if (lead >= 0)
			{
				p += leads->leads[lead].len;
				key = leads->leads[lead].key;
				expected = lead + 1;
			}
			else
			{
				p = learn_lead(reader, p, p == start, limit, &key);
				if (p == NULL)
					return false;
				expected = leads->n;
			}
		}
		if (p >= limit)
			return false;

		field = key < 0 ? &unwanted : &reader->fields[key];
		if (key >= 0 && field->kind == DCF_FIELD_ABSENT)
			reader->nmatched++;
		p = FAST(value)(p, limit, end, field);
		if (p == NULL)
			return false;
	}
	dcf_json_record_take(reader, cursor, start, p);
	return true;
}

#undef FAST
#undef FAST_TARGET
#undef SKIP_PLAIN
#undef SAME_BYTES
