/*
 * inflate_alone.c
 *	  How long ISA-L takes to decompress a file that is in memory.
 *
 * Usage: inflate_alone FILE.gz [OUTPUT]
 *
 * Prints seconds and processor seconds.  The output is written over and over
 * into the same buffer, as a reader that keeps up sees it; with OUTPUT, it is
 * also written there, and the times mean nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <isa-l/igzip_lib.h>

#define BUFFER_SIZE (64 * 1024)

static void
fail(const char *what)
{
	fprintf(stderr, "inflate_alone: %s\n", what);
	exit(1);
}

static unsigned char *
read_file(const char *name, size_t *len)
{
	FILE *file = fopen(name, "rb");
	unsigned char *content;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 ||
		(size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
		fail("cannot read the file");
	*len = (size_t) size;
	content = malloc(*len + 1);
	if (content == NULL || fread(content, 1, *len, file) != *len)
		fail("cannot read the file");
	fclose(file);
	return content;
}

static double
seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void
inflate_all(unsigned char *content, size_t len, FILE *output)
{
	static unsigned char buffer[BUFFER_SIZE];
	static struct inflate_state state;

	isal_inflate_init(&state);
	state.crc_flag = ISAL_GZIP;
	state.next_in = content;
	state.avail_in = (uint32_t) len;
	do
	{
		size_t n;

		state.next_out = buffer;
		state.avail_out = BUFFER_SIZE;
		if (isal_inflate(&state) != ISAL_DECOMP_OK)
			fail("the file is not valid gzip");
		n = BUFFER_SIZE - state.avail_out;
		if (output != NULL && fwrite(buffer, 1, n, output) != n)
			fail("cannot write");
		if (n == 0 && state.block_state != ISAL_BLOCK_FINISH)
			fail("the file is cut");
	} while (state.block_state != ISAL_BLOCK_FINISH);
}

int
main(int argc, char **argv)
{
	FILE *output = NULL;
	unsigned char *content;
	size_t len;
	double start, start_cpu;

	if (argc < 2 || argc > 3)
		fail("usage: inflate_alone FILE.gz [OUTPUT]");
	content = read_file(argv[1], &len);
	if (len > UINT32_MAX)
		fail("the file is too large");
	if (argc == 3 && (output = fopen(argv[2], "wb")) == NULL)
		fail("cannot write");
	start = seconds(CLOCK_MONOTONIC);
	start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	inflate_all(content, len, output);
	printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - start,
		   seconds(CLOCK_PROCESS_CPUTIME_ID) - start_cpu);
	free(content);
	return output != NULL && fclose(output) != 0;
}
