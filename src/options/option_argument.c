/*
 * option_argument.c
 *	  The arguments of functions that send a request of their own, checked like
 *	  options.  See option.h.
 */
#include "postgres.h"

#include "options/option_table.h"

/* What such a function may send: any format, or an e-mail. */
static const DcfOption fetch_params = {.context = DCF_OPTION_FETCH,
									   .name = "params",
									   .type = DCF_OPTION_QUERY_STRING};
static const DcfOption email_params = {.context = DCF_OPTION_EMAIL,
									   .name = "params",
									   .type = DCF_OPTION_QUERY_STRING};

DcfTableOptions *
dcf_option_fetch(const char *endpoint, const char *params, const char *method,
				 const DcfServerOptions *server)
{
	DcfTableOptions *table = dcf_option_endpoint(endpoint, NULL, server);
	char *checked;

	dcf_option_parse(&fetch_params, params, &checked);
	if (method)
		dcf_option_parse(dcf_option_find(DCF_OPTION_TABLE, "method"), method,
						 &table->method);
	return table;
}

/* Check who gets an e-mail; name is the argument's. */
static void
check_address(const char *name, const char *value)
{
	DcfOption argument = {.context = DCF_OPTION_EMAIL,
						  .name = name,
						  .type = DCF_OPTION_TEXT};
	char *checked;

	dcf_option_parse(&argument, value, &checked);
}

DcfTableOptions *
dcf_option_email(const char *endpoint, const char *params, const char *to,
				 const char *cc, const DcfServerOptions *server)
{
	DcfTableOptions *table = dcf_option_endpoint(endpoint, NULL, server);
	char *checked;

	dcf_option_parse(&email_params, params, &checked);
	check_address("to", to);
	if (cc)
		check_address("cc", cc);
	/* A gateway may send a GET again by itself, but not a POST. */
	table->method = DCF_METHOD_POST;
	return table;
}
