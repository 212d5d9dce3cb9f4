/*
 * copy_source.h
 *	  A copy of a reply (copy.h) as what a body takes its bytes from.
 */
#ifndef DCF_COPY_SOURCE_H
#define DCF_COPY_SOURCE_H

#include "postgres.h"

#include "net/copy.h"
#include "net/source.h"

/*
 * The bytes of a copy that is open for reading, from its start.  Lives in cxt, and
 * must end before the copy is closed.  max_buffer as in a DcfHttpRequest.
 *
 * A file that cannot be read any more raises ERRCODE_IO_ERROR.
 */
extern DcfSource *dcf_copy_source_create(DcfCopy *copy, size_t max_buffer,
										 MemoryContext cxt);

#endif /* DCF_COPY_SOURCE_H */
