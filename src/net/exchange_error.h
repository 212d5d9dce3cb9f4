/*
 * exchange_error.h
 *	  Why an exchange has no reply worth reading, as PostgreSQL errors.
 *
 * Each has ERRCODE_FDW_UNABLE_TO_CREATE_REPLY.
 */
#ifndef DCF_EXCHANGE_ERROR_H
#define DCF_EXCHANGE_ERROR_H

#include "postgres.h"

#include "base/compat.h"
#include "net/exchange.h"

/* Raise that all tries brought a reply without data. */
pg_noreturn extern void dcf_exchange_raise_empty(const DcfExchange *exchange);

/* Raise that all tries brought an empty XML table. */
pg_noreturn extern void
dcf_exchange_raise_empty_table(const DcfExchange *exchange);

/* Raise that the reply is a page, with its title or its start. */
pg_noreturn extern void dcf_exchange_raise_page(const DcfExchange *exchange);

#endif /* DCF_EXCHANGE_ERROR_H */
