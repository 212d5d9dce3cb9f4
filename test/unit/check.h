/*
 * check.h
 *	  Checks of the unit tests.
 *
 * A test program runs functions with RUN() and ends with "return
 * check_finish();".  The functions call CHECK().  The output has a line "ok" for
 * each function whose checks all hold, and a line "not ok" for each failed check.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int check_passed;
static int check_failed;

/* A condition and its description: CHECK(a == b, "case %d", i) */
#define CHECK(condition, ...) \
	check_one((condition), __FILE__, __LINE__, #condition, __VA_ARGS__)

__attribute__((format(printf, 5, 6))) static void
check_one(bool condition, const char *file, int line, const char *text,
		  const char *format, ...)
{
	va_list args;

	if (condition)
	{
		check_passed++;
		return;
	}
	check_failed++;
	printf("not ok - %s:%d: %s: ", file, line, text);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

#define RUN(function) check_run(#function, function)

static void
check_run(const char *name, void (*function)(void))
{
	int passed = check_passed;
	int failed = check_failed;

	function();
	CHECK(check_passed + check_failed > passed + failed, "%s checks something",
		  name);
	if (check_failed == failed)
		printf("ok - %s\n", name);
}

/* The exit status of the program. */
static int
check_finish(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed == 0 ? 0 : 1;
}

#endif /* CHECK_H */
