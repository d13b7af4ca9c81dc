/*
 * php_tree: the values that a PHP source gives to names, with their places.
 *
 * A root for each of
 *
 *	define('NAME', ...);	const NAME = ...;	NAME
 *	$var = ...;					$var
 *	$var['a']['b'] = ...;	$var->a = ...;		$var.a.b
 *	return [...];					(no name)
 *
 * and inside it what an array literal holds. Nothing is run: a call, a
 * constant or a concatenation is an ODD value. Conditions and functions are
 * looked through, so what is set in two branches is there twice.
 */
#ifndef CLIENTS_EDIT_PHP_TREE_H
#define CLIENTS_EDIT_PHP_TREE_H

#include "clients/edit/tree.h"

/* Fills t. EC_CONFLICT with the place of what does not end. */
MUST enum ec php_tree(struct tree *t, struct err *e);

/* Adds what the string between its quotes means. EC_CONFLICT: a variable in
 * it, or a bad escape. */
MUST enum ec php_unquote(
    char quote, const char *p, size_t len, struct buf *ret, struct err *e);

/* Adds the value with quotes around it. EC_CONFLICT: a control character in
 * single quotes. value is UTF-8. */
MUST enum ec php_quote(
    char quote, const char *value, struct buf *ret, struct err *e);

#endif
