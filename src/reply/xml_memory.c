/*
 * xml_memory.c
 *	  A limit on expat's memory.  See xml_private.h.
 */
#include "postgres.h"

#include "xml_private.h"

/*
 * The most bytes that a parser may allocate.  expat keeps every name of an element or
 * attribute that it has ever seen.
 */
#define MAX_PARSER (4 * 1024 * 1024)

/* Each block begins with its size; the rest stays aligned. */
#define BLOCK_HEADER MAXALIGN(sizeof(size_t))

/* The account of the parser that runs now. */
static DcfXmlMemory *running = NULL;

void
dcf_xml_memory_use(DcfXmlMemory *memory)
{
	running = memory;
}

/* Returns NULL beyond the limit, so that expat fails with XML_ERROR_NO_MEMORY. */
static void *
expat_realloc(void *pointer, size_t size)
{
	char *block = pointer ? (char *) pointer - BLOCK_HEADER : NULL;
	size_t old_size = block ? *(size_t *) block : 0;

	if (size > MAX_PARSER || running->allocated - old_size + size > MAX_PARSER)
	{
		running->refused = true;
		return NULL;
	}
	block = realloc(block, BLOCK_HEADER + size);
	if (block == NULL)
		return NULL;
	running->allocated += size - old_size;
	*(size_t *) block = size;
	return block + BLOCK_HEADER;
}

static void *
expat_malloc(size_t size)
{
	return expat_realloc(NULL, size);
}

static void
expat_free(void *pointer)
{
	char *block;

	if (pointer == NULL)
		return;
	block = (char *) pointer - BLOCK_HEADER;
	running->allocated -= *(size_t *) block;
	free(block);
}

const XML_Memory_Handling_Suite dcf_xml_memory_suite = {
	.malloc_fcn = expat_malloc,
	.realloc_fcn = expat_realloc,
	.free_fcn = expat_free,
};
