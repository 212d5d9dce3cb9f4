/*
 * parameter_sql.h
 *	  Warnings of parameters that the catalogue does not know.
 */
#ifndef DCF_PARAMETER_SQL_H
#define DCF_PARAMETER_SQL_H

/* Define the setting; from _PG_init(). */
extern void dcf_parameter_sql_init(void);

#endif /* DCF_PARAMETER_SQL_H */
