/*
 * parameter_sql.h
 *	  Warnings about parameters that are not in the catalogue.
 */
#ifndef DCF_PARAMETER_SQL_H
#define DCF_PARAMETER_SQL_H

/* Define dataconnect_fdw.warn_unknown_parameters; from _PG_init(). */
extern void dcf_parameter_sql_init(void);

#endif /* DCF_PARAMETER_SQL_H */
