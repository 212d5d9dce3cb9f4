/*
 * csv_fast_line.h
 *	  The functions of csv_fast.c that depend on vector instructions; included
 *	  once for each kind.
 *
 * Parameters, which are undefined at the end:
 *	- FAST(name): the name of a function of this kind
 *	- FAST_TARGET: the attribute of these functions, if any
 *	- SKIP_PLAIN, MASK: the functions of vector.h
 */

/*
 * Skip a field with quotes, from its opening one on.  Returns the byte after the
 * closing quote, or NULL if the fast path cannot read it.
 */
FAST_TARGET static const char *
FAST(skip_quoted)(const char *p, const char *limit, bool *escaped)
{
	*escaped = false;
	p++;
	while (p < limit)
	{
		if (*p == '"' && p[1] == '"')
		{
			*escaped = true;
			p += 2;
		}
		else if (*p == '"')
			return p + 1;
		else if ((unsigned char) *p < 0x20 || (unsigned char) *p >= 0x80)
		{
			p = skip_odd(p);
			if (p == NULL)
				return NULL;
		}
		else
			/* This byte is plain, or a backslash. */
			p = SKIP_PLAIN(p + 1, limit);
	}
	return NULL;
}

/*
 * Take the byte at p, which needs a look; only commas and line ends end a field.
 * Returns the byte to go on at, which is the start of the next field after one
 * has ended, or NULL if the fast path cannot read it.
 */
FAST_TARGET static inline const char *
FAST(take)(DcfCsvReader *reader, Line *line, const char *p, const char *limit)
{
	bool last = line->column + 1 == reader->ncolumns;
	char c = *p;

	if (c == ',' || c == '\n' || (c == '\r' && p[1] == '\n'))
	{
		/* Something may follow the closing quote. */
		if ((c == ',') == last || (line->closed && line->closed != p))
			return NULL;
		end_field(reader, line, p);
		return c == '\r' ? p + 2 : p + 1;
	}
	if (c == '"' && p == line->field)
		return line->closed = FAST(skip_quoted)(p, limit, &line->escaped);
	/*
	 * Outside quotes, a carriage return belongs to a line end.  A character at the end
	 * of the buffer may be cut.
	 */
	if (c == '\r' || limit + DCF_VECTOR_MASK - p < DCF_UTF8_MAX)
		return NULL;
	return skip_odd(p);
}

/* A DcfCsvFastLine. */
FAST_TARGET static bool
FAST(line)(DcfCsvReader *reader, DcfCsvCursor *cursor)
{
	const char *limit = cursor->end - DCF_VECTOR_MASK;
	const char *p = cursor->p;
	Line line = {.field = p, .column = reader->column};

	if (!can_begin(reader, cursor))
		return false;
	line.place = &reader->places[reader->next];
	while (p < limit)
	{
		const char *block = p;
		uint64_t mask = MASK(block);

		p += DCF_VECTOR_MASK;
		while (mask != 0)
		{
			const char *after = FAST(
				take)(reader, &line, block + __builtin_ctzll(mask), limit);

			if (after == NULL)
			{
				hand_over(reader, cursor, &line);
				return false;
			}
			if (line.column == reader->ncolumns)
			{
				end_record(reader, cursor, after);
				return true;
			}
			if (after >= p)
			{
				p = after;
				break;
			}
			mask &= ~UINT64_C(0) << (after - block);
		}
	}
	hand_over(reader, cursor, &line);
	return false;
}

#undef FAST
#undef FAST_TARGET
#undef SKIP_PLAIN
#undef MASK
