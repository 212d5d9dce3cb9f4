/*
 * token.c
 *	  Credentials and tokens.  See token.h.
 *
 * The token service speaks OAuth 2.0 (documented).  A form with
 * grant_type=password gives an access token, its lifetime in seconds and a refresh
 * token.  With grant_type=refresh_token, that gives the next pair.
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "base/catch_error.h"
#include "base/compat.h"
#include "base/foreign_text.h"
#include "base/json_document.h"
#include "base/wait.h"
#include "base/wipe.h"
#include "core/text.h"
#include "core/url.h"
#include "net/exchange.h"
#include "net/refusal.h"
#include "net/trust.h"
#include "body_json.h"
#include "errand.h"
#include "token.h"

/* A token is renewed this long before its end, or in the last tenth of its life. */
#define RENEW_MARGIN_MS (60 * 1000)

/* After a failure, renewal is tried again after this time at the earliest. */
#define RENEW_AGAIN_MS 1000

/* Room for the names of fields and the grant type in a form for a token. */
#define FORM_NAMES 128

/* Upper bound for lifetimes, far below any overflow. */
#define MAX_LIFE_S (366 * 24 * 3600)

/* A request for a token. */
typedef struct Grant
{
	DcfErrand errand; /* has to be first */
	DcfExchange exchange;
	int64 deadline;	 /* of the request that began it; 0: none */
	int64 asked_at;	 /* by dcf_wait_now() */
	bool refreshing; /* by the refresh token */
	bool early;		 /* the old token was still valid */
} Grant;

struct DcfToken
{
	MemoryContext context;
	const DcfServerOptions *options;
	const DcfUserOptions *user;
	List *secrets;		 /* of the mapping, in UTF-8 (char *) */
	bool by_service;	 /* the token comes from the token service */
	char *authorization; /* the header's value, or NULL */
	char *refresh_token; /* or NULL */
	char *spent_token;	 /* the refresh token being sent, or NULL */
	int64 issued_at;	 /* by dcf_wait_now(): when it was requested */
	int64 renew_at;		 /* likewise; 0: never */
	int64 ends_at;		 /* invalid from then on; 0: never */
	Grant *grant;		 /* under way, or NULL */
	ErrorData *refusal;	 /* last error for refused credentials, or NULL */
	TimestampTz refused; /* start of the transaction of that error */
	MemoryContextCallback release;
};

/* Whether a text may be put into a header: visible ASCII only. */
static bool
is_header_safe(const char *text)
{
	for (; *text; text++)
	{
		if ((unsigned char) *text <= ' ' || (unsigned char) *text >= 0x7f)
			return false;
	}
	return true;
}

/*
 * Raise that a user mapping's option has an invalid value, without showing it.
 */
static void
reject_credential(const char *option, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg("invalid value for option \"%s\"", option),
			 errdetail("The user mapping's option \"%s\" %s.", option,
					   reason)));
}

/* Raise if one of the credentials cannot be sent. */
static void
check_credentials(const DcfUserOptions *user)
{
	const struct
	{
		const char *option;
		const char *value;
	} given[] = {
		{"token", user->token},
		{"username", user->username},
		{"password", user->password},
		{"client_id", user->client_id},
		{"client_secret", user->client_secret},
	};
	int i;

	for (i = 0; i < (int) lengthof(given); i++)
	{
		const char *value = given[i].value;

		if (value && dcf_text_has_control(value, strlen(value)))
			reject_credential(given[i].option,
							  "must not contain control characters");
	}
	if (user->token && !is_header_safe(user->token))
		reject_credential("token", "must consist of visible ASCII characters");
	/* A Basic header separates name and password by the first colon. */
	if (user->username && strchr(user->username, ':') && !user->client_id)
		reject_credential("username", "must not contain a colon");
}

bool
dcf_token_is_given(const DcfUserOptions *user)
{
	return user->token || (user->username && user->password);
}

/* A text in the database's encoding, converted to UTF-8 (or itself). */
static char *
to_utf8(const char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* The value of a Basic authorization header (RFC 7617). */
static char *
make_basic(const DcfUserOptions *user)
{
	char *pair = dcf_wipe_concat(psprintf("%s:", to_utf8(user->username)),
								 to_utf8(user->password));
	int len = strlen(pair);
	int size = pg_b64_enc_len(len);
	char *encoded = palloc(size + 1);
	int n = dcf_compat_b64_encode((const uint8 *) pair, len, encoded, size);
	char *authorization;

	dcf_wipe(pair);
	if (n < 0)
		elog(ERROR, "credentials could not be encoded");
	encoded[n] = '\0';
	authorization = dcf_wipe_concat("Basic ", encoded);
	dcf_wipe(encoded);
	return authorization;
}

static List *
add_secret(List *secrets, const char *secret)
{
	return secret ? lappend(secrets, unconstify(char *, secret)) : secrets;
}

/* A DcfSecretsFn: the present secrets. */
static List *
list_secrets(const void *holder)
{
	const DcfToken *token = holder;
	List *secrets = list_copy(token->secrets);

	secrets = add_secret(secrets, token->refresh_token);
	secrets = add_secret(secrets, token->spent_token);
	/* Without "Bearer " or "Basic ". */
	if (token->authorization)
		secrets = add_secret(secrets, strchr(token->authorization, ' ') + 1);
	return secrets;
}

/*
 * See to it that no message shows them.  They are converted now, as an error
 * is no place to look for conversions.
 */
static void
hold_secrets(DcfToken *token)
{
	const DcfUserOptions *user = token->user;
	const char *given[] = {user->token, user->username, user->password,
						   user->client_id, user->client_secret};
	int i;

	for (i = 0; i < (int) lengthof(given); i++)
	{
		if (given[i])
			token->secrets = add_secret(token->secrets, to_utf8(given[i]));
	}
	dcf_foreign_text_hide(list_secrets, token, token->context);
}

/* Reset callback.  A converted text is a copy, so wipe both. */
static void
wipe_secrets(void *arg)
{
	DcfToken *token = arg;
	const DcfUserOptions *user = token->user;
	ListCell *cell;

	foreach(cell, token->secrets)
		dcf_wipe(lfirst(cell));
	dcf_wipe(user->token);
	dcf_wipe(user->username);
	dcf_wipe(user->password);
	dcf_wipe(user->client_id);
	dcf_wipe(user->client_secret);
	dcf_wipe(token->authorization);
	dcf_wipe(token->refresh_token);
	dcf_wipe(token->spent_token);
}

DcfToken *
dcf_token_create(const DcfServerOptions *options, const DcfUserOptions *user)
{
	DcfToken *token = palloc0(sizeof(DcfToken));

	check_credentials(user);
	token->context = CurrentMemoryContext;
	token->options = options;
	token->user = user;

	/* Callbacks run in reverse order: hold_secrets() stops reading before. */
	token->release.func = wipe_secrets;
	token->release.arg = token;
	MemoryContextRegisterResetCallback(token->context, &token->release);
	hold_secrets(token);
	if (user->token)
		token->authorization = dcf_wipe_concat("Bearer ", user->token);
	else if (user->username && user->password)
	{
		token->by_service = user->client_id && user->client_secret;
		if (!token->by_service)
			token->authorization = make_basic(user);
	}
	return token;
}

/* A text, percent-encoded for a form. */
static char *
encode(const char *utf8)
{
	size_t len = strlen(utf8);
	size_t size = dcf_url_encode(utf8, len, NULL, 0);
	char *encoded = palloc(size + 1);

	(void) dcf_url_encode(utf8, len, encoded, size);
	encoded[size] = '\0';
	return encoded;
}

/* Append one encoded field to a form, and wipe the copy. */
static void
append_field(StringInfo form, const char *name, const char *value)
{
	char *encoded = encode(to_utf8(value));

	appendStringInfo(form, "%s%s=%s", form->len > 0 ? "&" : "", name, encoded);
	dcf_wipe(encoded);
}

/* Size for a form that need not grow: repalloc() would leave secrets behind. */
static int
form_size(const DcfToken *token, const char *refresh_token)
{
	const DcfUserOptions *user = token->user;
	const char *texts[] = {user->client_id, user->client_secret,
						   user->username, user->password, refresh_token};
	size_t size = FORM_NAMES;

	/* The longest conversion to UTF-8, with each byte as %XX. */
	for (size_t i = 0; i < lengthof(texts); i++)
		size += texts[i] ? strlen(texts[i]) * MAX_CONVERSION_GROWTH * 3 : 0;
	return (int) Min(size, MaxAllocSize / 2);
}

/* The form for a new token: by the refresh token, or by password if NULL. */
static char *
build_form(const DcfToken *token, const char *refresh_token)
{
	StringInfoData form;

	initStringInfo(&form);
	enlargeStringInfo(&form, form_size(token, refresh_token));
	append_field(&form, "grant_type",
				 refresh_token ? "refresh_token" : "password");
	append_field(&form, "client_id", token->user->client_id);
	append_field(&form, "client_secret", token->user->client_secret);
	if (refresh_token)
		append_field(&form, "refresh_token", refresh_token);
	else
	{
		append_field(&form, "username", token->user->username);
		append_field(&form, "password", token->user->password);
	}
	return dcf_wipe_later(form.data, CurrentMemoryContext);
}

/* Wipe and free a text, which may be NULL. */
static void
forget_text(char *text)
{
	dcf_wipe(text);
	if (text)
		pfree(text);
}

/* Replace a secret text in the token's context, and wipe the old one. */
static void
replace_text(const DcfToken *token, char **text, const char *value)
{
	char *copy = MemoryContextStrdup(token->context, value);

	forget_text(*text);
	*text = copy;
}

/* Raise that the token service's reply is unusable; reason is a predicate. */
static void
raise_bad_grant(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_CREATE_REPLY),
			 errmsg("token service did not answer with a token"),
			 errdetail("Its reply %s.", reason),
			 errhint("Check the server's option \"token_url\".")));
}

/*
 * The reply's expires_in in seconds, a number or a string with a number; -1 if
 * missing.  Raises for anything else: then the token may be wrong, too.
 */
static int64
read_life(json_t *document)
{
	json_t *value = dcf_json_document_member(document, "expires_in");
	double life = -1;

	if (value == NULL || json_is_null(value))
		return -1;
	if (json_is_number(value))
		life = json_number_value(value);
	else if (json_is_string(value))
	{
		const char *text = json_string_value(value);
		char *end;

		life = strtod(text, &end);
		if (end == text || *end != '\0')
			life = -1;
	}
	/* Negated, to reject NaN, which strtod() accepts. */
	if (!(life >= 0))
		raise_bad_grant("has an invalid \"expires_in\"");
	return life > MAX_LIFE_S ? MAX_LIFE_S : (int64) life;
}

/* What is wrong with a reply that is no JSON object. */
static const char *
document_problem(const DcfBody *body)
{
	size_t len;
	const char *bytes = dcf_body_buffer(body, &len);
	char *title = dcf_foreign_text_title(bytes, len);

	if (title)
		return psprintf("is a page with the title \"%s\"", title);
	return len > DCF_JSON_DOCUMENT_MAX ? "is too long" :
										 "is not a JSON object";
}

/*
 * Take the new tokens and the lifetime over from a reply.  Whatever may be
 * wrong with it is found before the first change, so the old token stays
 * intact.  The lifetime counts from the request, so the token never seems
 * valid too long.
 */
static void
take_grant(DcfToken *token, const Grant *grant, json_t *document)
{
	const char *access = dcf_json_document_text(document, "access_token");
	const char *refresh = dcf_json_document_text(document, "refresh_token");
	char *bearer;
	int64 life;

	if (!json_is_object(document))
		raise_bad_grant(document_problem(grant->exchange.body));
	if (access == NULL)
		raise_bad_grant("has no \"access_token\"");
	if (!is_header_safe(access))
		raise_bad_grant("has an \"access_token\" with characters that cannot "
						"be sent");
	life = read_life(document);
	bearer = dcf_wipe_concat("Bearer ", access);
	replace_text(token, &token->authorization, bearer);
	dcf_wipe(bearer);
	if (refresh)
		replace_text(token, &token->refresh_token, refresh);
	token->issued_at = grant->asked_at;
	token->renew_at = token->ends_at = 0;
	if (life >= 0)
	{
		life *= 1000;
		token->ends_at = grant->asked_at + life;
		token->renew_at = token->ends_at - Min(RENEW_MARGIN_MS, life / 10);
	}
}

/* Raise the token service's refusal. */
static void
raise_refused_grant(const DcfExchange *exchange)
{
	DcfRefusal refusal;

	dcf_exchange_describe(exchange, &refusal);
	refusal.request = "The request to the token service";
	refusal.is_login = true;
	dcf_refusal_raise(&refusal);
}

/*
 * Raise a caught error again, without its context: ereport() adds the lines of
 * the present one.
 */
pg_noreturn static void
raise_again(const ErrorData *error)
{
	ereport(ERROR,
			(errcode(error->sqlerrcode), errmsg_internal("%s", error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0));
}

/* Keep what raise_again() needs of an error. */
static void
keep_refusal(DcfToken *token, const ErrorData *error)
{
	MemoryContext old = MemoryContextSwitchTo(token->context);
	ErrorData *copy = palloc0(sizeof(ErrorData));

	copy->sqlerrcode = error->sqlerrcode;
	copy->message = pstrdup(error->message);
	copy->detail = error->detail ? pstrdup(error->detail) : NULL;
	copy->hint = error->hint ? pstrdup(error->hint) : NULL;
	MemoryContextSwitchTo(old);
	if (token->refusal)
		FreeErrorData(token->refusal);
	token->refusal = copy;
}

/* Whether there is a token that has not ended, as far as is known. */
static bool
is_good(const DcfToken *token)
{
	return token->authorization &&
		(token->ends_at == 0 || token->ends_at > dcf_wait_now());
}

/* Whether no token need be requested. */
static bool
is_settled(const DcfToken *token)
{
	return !token->by_service ||
		(token->grant == NULL && is_good(token) &&
		 (token->renew_at == 0 || token->renew_at > dcf_wait_now()));
}

/*
 * If the credentials were refused earlier in the transaction, raise that error again:
 * a statement may need a token several times, and the service may lock an account
 * after some failures.
 */
static void
check_refused(const DcfToken *token)
{
	if (token->refusal &&
		token->refused == GetCurrentTransactionStartTimestamp())
		raise_again(token->refusal);
}

/* Raise if the server does not say where to send the credentials, or not safely. */
static void
check_token_url(const DcfToken *token)
{
	if (token->options->token_url == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"token_url\" is required"),
				 errdetail("The user mapping has \"client_id\" and "
						   "\"client_secret\", but its server has no "
						   "\"token_url\" to send them to.")));
	dcf_trust_check_confidential(token->options->token_url, "token_url",
								 token->options);
}

/*
 * Free the grant, if there is one, with its connection, forms and replies, which are
 * secrets that should not stay around.
 */
static void
end_grant(DcfToken *token)
{
	Grant *grant = token->grant;

	token->grant = NULL;
	dcf_errand_end((DcfErrand *) grant);
}

/*
 * Take the refresh token for a grant.  While it is sent, it is no longer
 * refresh_token, so an error cannot lead to a second try; but messages still hide it.
 */
static const char *
spend_refresh_token(DcfToken *token)
{
	forget_text(token->spent_token);
	token->spent_token = token->refresh_token;
	token->refresh_token = NULL;
	return token->spent_token;
}

/*
 * Begin to request a token: with the refresh token if there is one, else with the
 * password; briefly if there is an alternative.
 */
static void
begin_grant(DcfToken *token, DcfHttpPool *pool, int64 deadline, bool early)
{
	MemoryContext old;
	Grant *grant;
	DcfExchange *exchange;

	check_token_url(token);
	if (token->refresh_token == NULL)
		check_refused(token);
	grant = dcf_errand_begin(token->context, sizeof(Grant));
	token->grant = grant;
	grant->early = early;
	grant->deadline = deadline;
	grant->asked_at = dcf_wait_now();
	old = MemoryContextSwitchTo(grant->errand.context);

	exchange = &grant->exchange;
	dcf_exchange_init(exchange, pool, token->options, deadline);
	grant->refreshing = token->refresh_token != NULL;
	if (grant->refreshing || early)
		dcf_exchange_make_brief(exchange);
	else if (deadline != 0 && token->options->total_timeout == 0)
		/* The deadline is that of a brief question; messages show this time. */
		exchange->http.total_timeout = DCF_EXCHANGE_BRIEF_MS;
	exchange->http.url = token->options->token_url;
	exchange->http.accept = "application/json";
	exchange->http.content_type = "application/x-www-form-urlencoded";
	exchange->http.post_body =
		build_form(token,
				   grant->refreshing ? spend_refresh_token(token) : NULL);
	exchange->http.max_buffer = 2 * DCF_JSON_DOCUMENT_MAX;
	exchange->http.confidential = true;
	MemoryContextSwitchTo(old);
}

/* The arguments of step_grant(). */
typedef struct GrantStep
{
	DcfToken *token;
	DcfHttpPool *pool;
	int64 deadline;
	bool early;
	bool done; /* the grant has brought a token */
} GrantStep;

/* A DcfCatchErrorFn: begin a grant, or go on with it. */
static void
step_grant(void *arg)
{
	GrantStep *step = arg;
	DcfToken *token = step->token;
	DcfExchange *exchange;
	ResourceOwner owner;
	json_t *document;
	bool done;

	if (token->grant == NULL)
		begin_grant(token, step->pool, step->deadline, step->early);
	exchange = &token->grant->exchange;
	owner = dcf_errand_enter(&token->grant->errand);
	done = dcf_exchange_step(exchange);
	dcf_errand_leave(&token->grant->errand, owner);
	if (!done)
		return;
	if (dcf_transfer_head(exchange->transfer)->status != 200)
		raise_refused_grant(exchange);
	if (!dcf_body_read_json(exchange->body, DCF_JSON_DOCUMENT_MAX, &document))
		return;
	take_grant(token, token->grant, document);
	step->done = true;
}

/* Free the refresh token that was sent, or keep it, as it stays valid. */
static void
settle_spent_token(DcfToken *token, bool keep)
{
	if (keep)
		token->refresh_token = token->spent_token;
	else
		forget_text(token->spent_token);
	token->spent_token = NULL;
}

/*
 * After a failure to renew a token that is still valid: try again, but not with each
 * request, and more often as the end comes nearer.
 */
static void
put_off(DcfToken *token, const ErrorData *error)
{
	int64 now = dcf_wait_now();

	ereport(DEBUG1,
			(errmsg_internal("token is not renewed before its end: %s",
							 dcf_catch_error_show(error))));
	token->renew_at = now + Max((token->ends_at - now) / 2, RENEW_AGAIN_MS);
}

/* Raise the error of a grant with the password, and remember a refusal. */
pg_noreturn static void
raise_failed_grant(DcfToken *token, const ErrorData *error)
{
	if (error->sqlerrcode == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
	{
		keep_refusal(token, error);
		token->refused = GetCurrentTransactionStartTimestamp();
	}
	raise_again(error);
}

/*
 * A grant has failed.  Returns if there is another way: the password instead of the
 * refresh token, or the old token while it is valid.
 */
static void
fail_grant(const GrantStep *step, const ErrorData *error)
{
	DcfToken *token = step->token;
	bool refreshing = token->grant && token->grant->refreshing;
	bool early = token->grant ? token->grant->early : step->early;

	end_grant(token);
	if (refreshing)
	{
		settle_spent_token(token, false);
		ereport(DEBUG1,
				(errmsg_internal("refresh token gave no new token: %s",
								 dcf_catch_error_show(error))));
	}
	else if (early)
		put_off(token, error);
	else
		raise_failed_grant(token, error);
}

/*
 * Whether the grant is of no use for a request with this deadline: it cannot go on, or
 * the time of the request that began it is over.
 */
static bool
is_forsaken(const Grant *grant, int64 deadline)
{
	int64 now = dcf_wait_now();

	return !dcf_errand_lives(&grant->errand) ||
		(grant->deadline != 0 && grant->deadline <= now &&
		 (deadline == 0 || deadline > now));
}

bool
dcf_token_step(DcfToken *token, DcfHttpPool *pool, int64 deadline)
{
	if (token->grant && is_forsaken(token->grant, deadline))
		end_grant(token);
	while (!is_settled(token))
	{
		GrantStep step = {.token = token,
						  .pool = pool,
						  .deadline = deadline,
						  .early = is_good(token)};
		ResourceOwner owner = CurrentResourceOwner;
		ErrorData *error = dcf_catch_error(step_grant, &step);

		CurrentResourceOwner = owner;
		if (error)
			fail_grant(&step, error);
		else if (!step.done)
			return false;
		else
		{
			/* Without a new refresh token, the old one stays valid. */
			if (token->grant->refreshing)
				settle_spent_token(token, token->refresh_token == NULL);
			end_grant(token);
			/* Even if its life is so short that it has to be renewed. */
			return true;
		}
	}
	return true;
}

void
dcf_token_plan(DcfToken *token, DcfWaitPlan *plan)
{
	if (dcf_errand_lives((DcfErrand *) token->grant))
		dcf_exchange_plan(&token->grant->exchange, DCF_CLAIM_NEEDED, plan);
	else
		plan->ready = true;
}

void
dcf_token_waited(DcfToken *token)
{
	if (dcf_errand_lives((DcfErrand *) token->grant))
		dcf_exchange_waited(&token->grant->exchange);
}

const char *
dcf_token_authorization(const DcfToken *token)
{
	return token->authorization;
}

void
dcf_token_describe(const DcfToken *token, DcfTokenFacts *facts)
{
	int64 now = dcf_wait_now();

	memset(facts, 0, sizeof(DcfTokenFacts));
	facts->held = token->authorization != NULL;
	facts->can_refresh = token->refresh_token != NULL;
	facts->issued_ago = now - token->issued_at;
	facts->ends_in = facts->renewed_in = -1;
	if (token->ends_at == 0)
		return;
	facts->ends_in = Max(token->ends_at - now, 0);
	facts->renewed_in = Max(token->renew_at - now, 0);
}

bool
dcf_token_discard(DcfToken *token, const char *authorization)
{
	/* Another request may have got a new token in the meantime. */
	if (token->by_service && token->authorization &&
		strcmp(token->authorization, authorization) == 0)
		token->ends_at = dcf_wait_now();
	return token->by_service;
}
