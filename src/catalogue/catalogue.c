/*
 * catalogue.c
 *	  Reading the catalogue of endpoints from its files.  See catalogue.h.
 */
#include "postgres.h"

#include <jansson.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "base/foreign_text.h"
#include "base/json_document.h"
#include "catalogue/catalogue.h"

/* The catalogue has some 400 kB; a file this large is something else. */
#define MAX_FILE_SIZE (64 * 1024 * 1024)

/*
 * A file that has changed within so many seconds before it was read is read again: the
 * next change may show in neither its size nor its time.
 */
#define SETTLED_AFTER 2

char *dcf_catalogue_file = NULL;

/* A file as it was when it was read. */
typedef struct FileState
{
	char *name; /* in the context of what was read; NULL: no file */
	dev_t device;
	ino_t inode;
	off_t size;
	time_t changed; /* bytes, name or permissions */
	bool settled;
} FileState;

/* What the backend has read. */
typedef struct Kept
{
	MemoryContext context; /* NULL: nothing yet */
	List *endpoints;
	FileState own;
	FileState added; /* the administrator's */
} Kept;

static Kept kept;

/* The place that is being read, for messages. */
typedef struct Source
{
	const char *file;
	int number;		  /* of the endpoint in the file, from 1 */
	const char *path; /* of the endpoint; NULL if not read yet */
} Source;

char *
dcf_catalogue_version(void)
{
#if JANSSON_VERSION_HEX >= 0x020d00
	/*
	 * The library at run time; older releases tell only the version of their
	 * header.
	 */
	return psprintf("jansson %s", jansson_version_str());
#else
	return psprintf("jansson %s", JANSSON_VERSION);
#endif
}

void
dcf_catalogue_init(void)
{
	/* A superuser's setting, because it makes the backend read a file. */
	DefineCustomStringVariable(
		"dataconnect_fdw.catalogue_file",
		"Sets a file of endpoints that extends the extension's catalogue.",
		"An absolute path, or empty for none. The file has the same form as "
		"the catalogue.",
		&dcf_catalogue_file, "", PGC_SUSET, 0, NULL, NULL, NULL);
}

/*
 * Raise the error for a wrong file.  source says where in the file; reason
 * completes a sentence without its full stop.
 */
pg_noreturn static void
reject(const Source *source, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("invalid catalogue file \"%s\"", source->file),
			 source->path ? errdetail("Endpoint number %d, \"%s\": %s.",
									  source->number, source->path, reason) :
							errdetail("Endpoint number %d: %s.",
									  source->number, reason)));
}

/* To the database encoding, palloc'd; jansson has validated the UTF-8. */
static char *
from_utf8(const char *utf8)
{
	char *text = pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8);

	/*
	 * Without a conversion, the text still belongs to the JSON document, which
	 * is freed first.
	 */
	return text == utf8 ? pstrdup(utf8) : text;
}

/*
 * A JSON value that must be a string, in the database encoding; name is its
 * member, for the message.
 */
static char *
copy_text(const Source *source, json_t *value, const char *name)
{
	if (!json_is_string(value))
		reject(source, psprintf("\"%s\" is not a string", name));
	return from_utf8(json_string_value(value));
}

/* A member that is a string; NULL if it is absent or null. */
static char *
get_text(const Source *source, json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value == NULL || json_is_null(value))
		return NULL;
	return copy_text(source, value, name);
}

/* A string that must be given and must not be empty. */
static char *
get_required_text(const Source *source, json_t *object, const char *name)
{
	char *text = get_text(source, object, name);

	if (text == NULL || text[0] == '\0')
		reject(source, psprintf("\"%s\" is missing", name));
	return text;
}

/* A member that is true or false; false if it is absent. */
static bool
get_boolean(const Source *source, json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value != NULL && !json_is_boolean(value))
		reject(source, psprintf("\"%s\" is not true or false", name));
	return json_is_true(value);
}

/* Whether the "source" of an object is "seen in use"; the default is "documented". */
static bool
get_in_use(const Source *source, json_t *object)
{
	const char *text = get_text(source, object, "source");

	if (text == NULL || strcmp(text, DCF_CATALOGUE_DOCUMENTED) == 0)
		return false;
	if (strcmp(text, DCF_CATALOGUE_IN_USE) != 0)
		reject(source,
			   "\"source\" is neither \"" DCF_CATALOGUE_DOCUMENTED
			   "\" nor \"" DCF_CATALOGUE_IN_USE "\"");
	return true;
}

/* A member that names a PostgreSQL type; static, or NULL if absent. */
static const char *
get_sql_type(const Source *source, json_t *object, const char *name)
{
	static const char *const types[] = {"bigint", "text"};
	const char *text = get_text(source, object, name);

	if (text == NULL)
		return NULL;
	/*
	 * Only known names are returned: they go into the SQL of IMPORT FOREIGN
	 * SCHEMA.
	 */
	for (int i = 0; i < (int) lengthof(types); i++)
	{
		if (strcmp(types[i], text) == 0)
			return types[i];
	}
	reject(source, psprintf("\"%s\" is neither bigint nor text", name));
}

/* A member that is an array; NULL if it is absent. */
static json_t *
get_array(const Source *source, json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (value != NULL && !json_is_array(value))
		reject(source, psprintf("\"%s\" is not an array", name));
	return value;
}

/* A member that is an array of strings; NIL if it is absent. */
static List *
get_texts(const Source *source, json_t *object, const char *name)
{
	List *texts = NIL;
	size_t i;
	json_t *element;

	/* The macro takes NULL for an empty array. */
	json_array_foreach(get_array(source, object, name), i, element) texts =
		lappend(texts, copy_text(source, element, name));
	return texts;
}

/* name is the member whose array has the element; NULL for the file itself. */
static void
check_object(const Source *source, json_t *element, const char *name)
{
	if (json_is_object(element))
		return;
	reject(source,
		   name ? psprintf("an element of \"%s\" is not an object", name) :
				  "it is not an object");
}

/* A member such as {"OtherParameter": ["value", ...]}; NULL if it is absent. */
static DcfCatalogueCondition *
get_condition(const Source *source, json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	void *member;
	DcfCatalogueCondition *condition;

	if (value == NULL)
		return NULL;
	if (!json_is_object(value) || json_object_size(value) != 1)
		reject(source,
			   psprintf("\"%s\" is not an object with one member", name));
	/* The only member: its name is the other parameter, its value the list. */
	member = json_object_iter(value);
	condition = palloc0(sizeof(DcfCatalogueCondition));
	condition->parameter = from_utf8(json_object_iter_key(member));
	condition->values = get_texts(source, value, json_object_iter_key(member));
	return condition;
}

/* Makes the struct for one object of an array. */
typedef void *(*GetElement)(const Source *source, json_t *object);

/* A member that is an array of objects, as structs; NIL if it is absent. */
static List *
get_list(const Source *source, json_t *object, const char *name,
		 GetElement get_element)
{
	List *list = NIL;
	size_t i;
	json_t *element;

	json_array_foreach(get_array(source, object, name), i, element)
	{
		check_object(source, element, name);
		list = lappend(list, get_element(source, element));
	}
	return list;
}

/* A GetElement, like the functions below.  Unknown members are ignored. */
static void *
get_param(const Source *source, json_t *object)
{
	DcfCatalogueParam *param = palloc0(sizeof(DcfCatalogueParam));

	param->name = get_required_text(source, object, "name");
	param->required = get_boolean(source, object, "required");
	param->type = get_required_text(source, object, "type");
	param->values = get_texts(source, object, "values");
	param->labels = get_texts(source, object, "labels");
	param->all = get_texts(source, object, "all");
	param->example = get_text(source, object, "example");
	param->default_value = get_text(source, object, "default");
	param->lookup = get_text(source, object, "lookup");
	param->ignored_if = get_text(source, object, "ignored_if");
	param->used_when = get_condition(source, object, "used_when");
	param->required_when = get_condition(source, object, "required_when");
	param->in_use = get_in_use(source, object);
	/* A label belongs to the value at the same position. */
	if (param->labels != NIL &&
		list_length(param->labels) != list_length(param->values))
		reject(source, "\"labels\" and \"values\" differ in length");
	return param;
}

static void *
get_column(const Source *source, json_t *object)
{
	DcfCatalogueColumn *column = palloc0(sizeof(DcfCatalogueColumn));

	column->name = get_required_text(source, object, "name");
	column->type = get_text(source, object, "type");
	column->kind = get_text(source, object, "kind");
	column->example = get_text(source, object, "example");
	column->param = get_text(source, object, "param");
	column->param_from = get_text(source, object, "param_from");
	column->param_to = get_text(source, object, "param_to");
	column->as = get_sql_type(source, object, "as");
	column->in_use = get_in_use(source, object);
	return column;
}

static void *
get_variant(const Source *source, json_t *object)
{
	DcfCatalogueVariant *variant = palloc0(sizeof(DcfCatalogueVariant));

	variant->parameter = get_required_text(source, object, "parameter");
	variant->value = get_text(source, object, "value");
	variant->resource = get_required_text(source, object, "resource");
	variant->columns = get_list(source, object, "columns", get_column);
	return variant;
}

static void *
get_form(const Source *source, json_t *object)
{
	DcfCatalogueForm *form = palloc0(sizeof(DcfCatalogueForm));

	form->required = get_texts(source, object, "required");
	form->optional = get_texts(source, object, "optional");
	return form;
}

/* The struct of one endpoint.  While it is read, messages name its path. */
static DcfCatalogueEndpoint *
get_endpoint(Source *source, json_t *object)
{
	DcfCatalogueEndpoint *endpoint = palloc0(sizeof(DcfCatalogueEndpoint));

	check_object(source, object, NULL);
	/*
	 * The path comes first, so that the messages of all other members can name
	 * it.
	 */
	endpoint->path = get_required_text(source, object, "path");
	if (endpoint->path[0] != '/')
		reject(source, "\"path\" does not start with a slash");
	source->path = endpoint->path;
	endpoint->category = get_required_text(source, object, "category");
	endpoint->method = get_text(source, object, "method");
	endpoint->resource = get_text(source, object, "resource");
	endpoint->columns = get_list(source, object, "columns", get_column);
	endpoint->variants = get_list(source, object, "variants", get_variant);
	endpoint->forms = get_list(source, object, "forms", get_form);
	endpoint->dynamic = get_boolean(source, object, "dynamic");
	endpoint->in_use = get_in_use(source, object);
	endpoint->params = get_list(source, object, "parameters", get_param);
	/* The next endpoint has no path yet. */
	source->path = NULL;
	return endpoint;
}

/* Close a file before an error is raised, which the caller may catch; keeps errno. */
static void
close_before_error(FILE *file)
{
	int error = errno;

	if (file)
		FreeFile(file);
	errno = error;
}

/* The file's bytes, in the current memory context; sets all of *state but its name. */
static char *
read_file(const char *name, size_t *len, FileState *state)
{
	FILE *file = AllocateFile(name, PG_BINARY_R);
	struct stat status;
	char *bytes;

	if (file == NULL || fstat(fileno(file), &status) != 0)
	{
		close_before_error(file);
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open catalogue file \"%s\": %m", name)));
	}
	if (status.st_size > MAX_FILE_SIZE)
	{
		close_before_error(file);
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("catalogue file \"%s\" is too large", name)));
	}
	state->device = status.st_dev;
	state->inode = status.st_ino;
	state->size = status.st_size;
	state->changed = status.st_ctime;
	state->settled = time(NULL) >= status.st_ctime + SETTLED_AFTER;
	bytes = palloc(status.st_size + 1);
	/*
	 * A file that shrinks meanwhile gives fewer bytes; jansson will then find
	 * it incomplete.
	 */
	*len = fread(bytes, 1, status.st_size, file);
	if (ferror(file))
	{
		close_before_error(file);
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read catalogue file \"%s\": %m", name)));
	}
	FreeFile(file);
	return bytes;
}

/* Replace the endpoint with the same path, or append. */
static List *
put_endpoint(List *endpoints, DcfCatalogueEndpoint *endpoint)
{
	ListCell *cell;

	foreach(cell, endpoints)
	{
		/*
		 * dcf_catalogue_find() ignores case, so two spellings must not
		 * coexist.
		 */
		if (pg_strcasecmp(((DcfCatalogueEndpoint *) lfirst(cell))->path,
						  endpoint->path) == 0)
		{
			lfirst(cell) = endpoint;
			return endpoints;
		}
	}
	return lappend(endpoints, endpoint);
}

/*
 * Add the endpoints of a file, and set *state.  The JSON document is freed before
 * returning.
 */
static List *
add_file(List *endpoints, const char *name, FileState *state)
{
	Source source = {.file = name};
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext,
							  "dataconnect_fdw catalogue file",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	size_t len;
	const char *bytes = read_file(name, &len, state);
	json_error_t error;
	json_t *document = dcf_json_document_load(bytes, len, &error);
	size_t i;
	json_t *element;

	/*
	 * The structs go to the caller's context.  Only the file's bytes and the
	 * document, which were made above, are in the scratch context.
	 */
	MemoryContextSwitchTo(old);
	if (!json_is_array(document))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("invalid catalogue file \"%s\"", name),
				 document ? errdetail("It is not an array of endpoints.") :
							errdetail("Line %d: %s.", error.line,
									  dcf_foreign_text(error.text,
													   strlen(error.text)))));
	json_array_foreach(document, i, element)
	{
		source.number = (int) i + 1;
		endpoints = put_endpoint(endpoints, get_endpoint(&source, element));
	}
	/* After an error, the scratch context goes with its parent. */
	MemoryContextDelete(scratch);
	state->name = pstrdup(name);
	return endpoints;
}

/*
 * The extension's own file, which is installed beside the control file.  Like
 * PostgreSQL, this takes the first directory of the path with a control file.
 */
static char *
own_file(void)
{
	char share[MAXPGPATH];
	char *path = pstrdup(dcf_compat_extension_path());
	char *rest;

	/*
	 * "$system" stands for the directory of the installation, as in
	 * PostgreSQL's extension_control_path.
	 */
	get_share_path(my_exec_path, share);
	for (char *element = strtok_r(path, ":", &rest); element;
		 element = strtok_r(NULL, ":", &rest))
	{
		const char *parent = strcmp(element, "$system") == 0 ? share : element;

		if (access(psprintf("%s/extension/dataconnect_fdw.control", parent),
				   R_OK) == 0)
			return psprintf("%s/extension/" DCF_CATALOGUE_NAME, parent);
	}
	/* No control file is readable: the error will name the usual place. */
	return psprintf("%s/extension/" DCF_CATALOGUE_NAME, share);
}

/* Whether a file is as it was when it was read; name is NULL for no file. */
static bool
is_unchanged(const FileState *state, const char *name)
{
	struct stat status;

	if (name == NULL || state->name == NULL)
		return name == state->name;
	return strcmp(name, state->name) == 0 && state->settled &&
		stat(name, &status) == 0 && status.st_dev == state->device &&
		status.st_ino == state->inode && status.st_size == state->size &&
		status.st_ctime == state->changed;
}

/* Read the files, in a context that lives as long as the current one. */
static Kept
read_catalogue(const char *own, const char *added)
{
	Kept read = {.context = AllocSetContextCreate(CurrentMemoryContext,
												  "dataconnect_fdw catalogue",
												  ALLOCSET_DEFAULT_SIZES)};
	MemoryContext old = MemoryContextSwitchTo(read.context);

	read.endpoints = add_file(NIL, own, &read.own);
	/*
	 * The administrator's file comes second, so its endpoints replace the
	 * extension's.
	 */
	if (added)
		read.endpoints = add_file(read.endpoints, added, &read.added);
	MemoryContextSwitchTo(old);
	return read;
}

const List *
dcf_catalogue_load(void)
{
	const char *own = own_file();
	const char *added = dcf_catalogue_file && dcf_catalogue_file[0] != '\0' ?
		dcf_catalogue_file :
		NULL;
	Kept read;

	if (kept.context && is_unchanged(&kept.own, own) &&
		is_unchanged(&kept.added, added))
		return kept.endpoints;
	read = read_catalogue(own, added);
	/* A caller may still use the old one. */
	if (kept.context)
		MemoryContextSetParent(kept.context, TopTransactionContext);
	MemoryContextSetParent(read.context, TopMemoryContext);
	kept = read;
	return kept.endpoints;
}

/* The endpoint with exactly this path, ignoring case. */
static const DcfCatalogueEndpoint *
find_endpoint(const List *endpoints, const char *path)
{
	ListCell *cell;

	foreach(cell, endpoints)
	{
		const DcfCatalogueEndpoint *endpoint = lfirst(cell);

		if (pg_strcasecmp(endpoint->path, path) == 0)
			return endpoint;
	}
	return NULL;
}

const DcfCatalogueEndpoint *
dcf_catalogue_find(const List *endpoints, const char *path)
{
	/* Paths of partners are the documented ones with segments in front. */
	for (; path && path[0] != '\0'; path = strchr(path + 1, '/'))
	{
		const DcfCatalogueEndpoint *found = find_endpoint(endpoints, path);

		if (found)
			return found;
	}
	return NULL;
}

const DcfCatalogueParam *
dcf_catalogue_param(const DcfCatalogueEndpoint *endpoint, const char *name)
{
	ListCell *cell;

	foreach(cell, endpoint->params)
	{
		const DcfCatalogueParam *param = lfirst(cell);

		if (pg_strcasecmp(param->name, name) == 0)
			return param;
	}
	return NULL;
}

/* A column by its name.  Keys of replies are case-sensitive, and so is this. */
static const DcfCatalogueColumn *
find_column(const List *columns, const char *name)
{
	ListCell *cell;

	foreach(cell, columns)
	{
		const DcfCatalogueColumn *column = lfirst(cell);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

const DcfCatalogueColumn *
dcf_catalogue_column(const DcfCatalogueEndpoint *endpoint, const char *name)
{
	const DcfCatalogueColumn *column;
	ListCell *cell;

	if (endpoint == NULL)
		return NULL;
	/* The endpoint's own row type comes before its variants. */
	column = find_column(endpoint->columns, name);
	foreach(cell, endpoint->variants)
	{
		const DcfCatalogueVariant *variant = lfirst(cell);

		if (column == NULL)
			column = find_column(variant->columns, name);
	}
	return column;
}
