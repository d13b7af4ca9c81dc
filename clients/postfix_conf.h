/*
 * postfix_conf: does this Postfix use the table and the entry that we were
 * told of? Warnings only: a credential may also be chosen by transport maps,
 * by the sender, or by a second instance.
 */
#ifndef CLIENTS_POSTFIX_CONF_H
#define CLIENTS_POSTFIX_CONF_H

#include "clients/postfix_map.h"

/* EC_CONFIG when postconf -m does not list the type of the table. Without a
 * postconf to ask, EC_OK. Reads only. */
MUST enum ec postfix_type_check(const struct postfix *p, struct err *e);

/*
 * The first thing in main.cf, or in the table, that would keep mail for
 * p->relay from using its entry, into ret (n bytes); "" when there is none or
 * when it cannot be found out.
 */
void postfix_conf_warn(const struct postfix *p, char *ret, size_t n);

#endif
