/*
 * json_fast_record.h
 *	  The body of json_fast.c, once for each kind of instructions.  Private to
 *	  src/core, and included more than once.
 *
 * Parameters, undefined again at the end:
 *	- FAST(name): the name of a function of this kind
 *	- FAST_TARGET: the attribute of its functions, if any
 *	- SKIP_PLAIN, SAME_BYTES: see vector.h
 */

/*
 * The value at p, which is before limit, into *field.  Returns the byte behind
 * it; NULL if it is not one for the fast way.
 */
FAST_TARGET static inline const char *
FAST(value)(const char *p, const char *limit, const char *end, DcfField *field)
{
	field->escaped = false;
	if (*p == '"')
	{
		const char *behind = p + 1;

		field->kind = DCF_FIELD_STRING;
		field->data = p + 1;
		for (;;)
		{
			behind = SKIP_PLAIN(behind, limit);
			if (behind >= limit)
				return NULL;
			if (*behind == '"')
			{
				field->len = (size_t) (behind - field->data);
				return behind + 1;
			}
			if (!skip_odd(&behind, limit, field))
				return odd_string(behind, end, field);
		}
	}
	return take_other_value(p, end, field);
}

/* The lead at p among those seen, by its index; -1 if it is new. */
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

		/* Among the leads are those of a record's beginning. */
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
			const char *behind = skip_space(p, limit);
			int lead;

			if (behind < limit && *behind == '}' && p != start)
			{
				p = behind + 1;
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
