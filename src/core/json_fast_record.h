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
			if (!skip_odd(&after, field))
				return scan_string(after, end, field);
		}
	}
	return take_other_value(p, end, field);
}

/* The known lead at p, found by its key; 0 if there is none. */
FAST_TARGET static int
FAST(find_lead)(const DcfJsonLeads *leads, const char *p, bool first,
				const char *limit)
{
	const char *quote = find_key(p, first, limit);
	const char *after;
	unsigned slot;

	if (quote == NULL)
		return 0;
	after = SKIP_PLAIN(quote + 1, limit);
	if (after >= limit || *after != '"')
		return 0;
	slot = lead_slot(quote + 1, (size_t) (after - quote - 1));
	for (int i = 0; i < DCF_LEAD_PROBES; i++, slot++)
	{
		int lead = leads->slots[slot & (DCF_LEAD_SLOTS - 1)];

		if (lead == 0 ||
			SAME_BYTES(p, leads->bytes + leads->leads[lead].bytes,
					   leads->leads[lead].len))
			return lead;
	}
	return 0;
}

/*
 * Take the lead at p, which is before limit and not the expected one.  Returns
 * the byte after it, and sets leads.key to its wanted key or -1; after the
 * closing brace of the record, to RECORD_END.  NULL if the fast path cannot read
 * it.
 */
FAST_TARGET NOINLINE static const char *
FAST(other_lead)(DcfJsonReader *reader, const char *p, bool first,
				 const char *limit)
{
	DcfJsonLeads *leads = &reader->leads;
	const char *after = skip_space(p, limit);
	int lead;

	if (after < limit && *after == '}' && !first)
	{
		leads->key = RECORD_END;
		return after + 1;
	}
	lead = FAST(find_lead)(leads, p, first, limit);
	if (lead == 0)
		return learn_lead(reader, p, first, limit);
	*leads->next = (uint16_t) lead;
	leads->next = &leads->leads[lead].next;
	leads->key = leads->leads[lead].key;
	return p + leads->leads[lead].len;
}

/*
 * Take leads and values in turn, up to the closing brace.  The record begins at
 * start; next is that of the lead before p.  Returns the byte after the record,
 * or NULL if the fast path cannot read on; it has then handed the record over.
 */
FAST_TARGET static inline const char *
FAST(members)(DcfJsonReader *reader, DcfJsonCursor *cursor, const char *start,
			  const char *p, uint16_t *next)
{
	DcfJsonLeads *leads = &reader->leads;
	const char *end = cursor->end;
	const char *limit = end - DCF_LEAD_SIZE;
	DcfField unwanted = {.kind = DCF_FIELD_NULL};
	const char *before;
	uint16_t *next_before;

	for (;;)
	{
		DcfJsonLead *lead = &leads->leads[*next];
		DcfField *field = &unwanted;
		bool found;
		int key;

		before = p;
		next_before = next;
		if (p >= limit)
			break;
		/* The leads include those of a record's first key. */
		if (*next != 0 && (*p != '{' || p == start) &&
			SAME_BYTES(p, leads->bytes + lead->bytes, lead->len))
		{
			p += lead->len;
			key = lead->key;
			next = &lead->next;
		}
		else
		{
			leads->next = next;
			p = FAST(other_lead)(reader, p, p == start, limit);
			next = leads->next;
			key = leads->key;
			if (p != NULL && key == RECORD_END)
				return p;
		}
		if (p == NULL || p >= limit)
			break;
		if (key >= 0)
			field = &reader->fields[key];
		found = field->kind == DCF_FIELD_ABSENT;
		p = FAST(value)(p, limit, end, field);
		if (p == NULL)
		{
			/* json_reader.c reads the value again, and counts its key. */
			if (found)
				*field = (DcfField){.kind = DCF_FIELD_ABSENT};
			break;
		}
		reader->nmatched += found;
		if (key >= 0)
			reader->starts[key] = (size_t) (field->data - start);
	}
	hand_over(reader, cursor, start, before, next_before);
	return NULL;
}

/* A DcfJsonFastRecord. */
FAST_TARGET static bool
FAST(record)(DcfJsonReader *reader, DcfJsonCursor *cursor)
{
	bool inside = is_inside_record(reader);
	const char *start;
	const char *p;

	if (cursor->end - cursor->p <= DCF_LEAD_SIZE)
		return false;
	if (inside)
		start = cursor->start + reader->hold;
	else
	{
		start = find_record(reader, cursor->p, cursor->end - DCF_LEAD_SIZE);
		if (start == NULL)
			return false;
		dcf_json_record_clear(reader);
		reader->leads.next = &reader->leads.first;
	}
	p = FAST(members)(reader, cursor, start, inside ? cursor->p : start,
					  reader->leads.next);
	if (p == NULL)
		return false;
	if (inside)
		dcf_json_record_close(reader, cursor, p);
	else
		dcf_json_record_take(reader, cursor, start, p);
	return true;
}

#undef FAST
#undef FAST_TARGET
#undef SKIP_PLAIN
#undef SAME_BYTES
