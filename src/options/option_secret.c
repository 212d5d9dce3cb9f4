/*
 * option_secret.c
 *	  Secrets in files: the options of a user mapping that name a file with the
 *	  value of another option.  See option.h.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/wipe.h"
#include "options/option_table.h"

/* An option whose value may be in a file. */
typedef struct Secret
{
	const char *option;
	const char *file_option;
	size_t value; /* offsets of the fields */
	size_t file;
} Secret;

#define SECRET(field)                                            \
	{                                                            \
#field, #field "_file", offsetof(DcfUserOptions, field), \
			offsetof(DcfUserOptions, field##_file)               \
	}

static const Secret secrets[DCF_OPTION_SECRET_FILES] = {SECRET(token),
														SECRET(password),
														SECRET(client_secret)};

static char **
field_at(DcfUserOptions *user, size_t offset)
{
	return (char **) ((char *) user + offset);
}

/* An error context callback: the value in question is that of a file. */
static void
add_error_context(void *arg)
{
	errcontext("contents of file \"%s\"", (const char *) arg);
	errhint("Correct the contents of file \"%s\".", (const char *) arg);
}

/* Read a file, and check its contents as if the option had them. */
static char *
read_secret(const Secret *secret, char *path, DcfSecretFileId *id)
{
	const DcfOption *option =
		dcf_option_find(DCF_OPTION_USER_MAPPING, secret->option);
	ErrorContextCallback callback = {.callback = add_error_context,
									 .arg = path,
									 .previous = error_context_stack};
	char *text =
		dcf_wipe_later(dcf_secret_file_read(path, secret->file_option, id),
					   CurrentMemoryContext);
	char *checked;

	error_context_stack = &callback;
	if (!pg_verify_mbstr(GetDatabaseEncoding(), text, strlen(text), true))
		dcf_option_reject(option, NULL,
						  "The file is not in the encoding of the database.",
						  NULL);
	dcf_option_parse(option, text, &checked);
	error_context_stack = callback.previous;
	dcf_wipe(checked);
	return text;
}

void
dcf_option_read_secrets(DcfUserOptions *user)
{
	for (int i = 0; i < DCF_OPTION_SECRET_FILES; i++)
	{
		char *path = *field_at(user, secrets[i].file);

		if (path)
			*field_at(user, secrets[i].value) =
				read_secret(&secrets[i], path, &user->files[i]);
	}
}

/* Whether the file has another secret than the one that was read; if not, note it. */
static bool
is_replaced(const Secret *secret, DcfUserOptions *user, DcfSecretFileId *file)
{
	DcfSecretFileId id;
	char *text = read_secret(secret, *field_at(user, secret->file), &id);
	bool replaced = strcmp(text, *field_at(user, secret->value)) != 0;

	dcf_wipe(text);
	if (!replaced)
		*file = id;
	return replaced;
}

bool
dcf_option_has_new_secrets(DcfUserOptions *user, bool reread)
{
	for (int i = 0; i < DCF_OPTION_SECRET_FILES; i++)
	{
		const char *path = *field_at(user, secrets[i].file);

		if (path &&
			(reread || !dcf_secret_file_is_same(path, &user->files[i])) &&
			is_replaced(&secrets[i], user, &user->files[i]))
			return true;
	}
	return false;
}
