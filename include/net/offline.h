/*
 * offline.h
 *	  The setting dataconnect_fdw.offline: if it is on, nothing is sent.
 */
#ifndef DCF_OFFLINE_H
#define DCF_OFFLINE_H

#include "postgres.h"

/* Value of the setting. */
extern bool dcf_offline;

/* Define the setting. */
extern void dcf_offline_init(void);

/* Raise ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE if the setting is on. */
extern void dcf_offline_check(void);

#endif /* DCF_OFFLINE_H */
