/* php_tree_p: what php_tree.c (statements) and php_value.c (the values in
 * them) share; nobody else. */
#ifndef CLIENTS_EDIT_PHP_TREE_P_H
#define CLIENTS_EDIT_PHP_TREE_P_H

#include "clients/edit/php_lex.h"
#include "clients/edit/php_tree.h"

enum php_want {
	VALUE,
	ITEM,  /* a key, a value, or the end of the array */
	AFTER, /* a value */
};

struct parse {
	struct tree *t;
	struct php_lex lex;   /* behind k */
	struct php_token k;   /* the one to be looked at */
	struct php_token was; /* the one before it */
	enum php_want want;
	size_t base;                  /* depth of the value that is read */
	char close[TREE_DEPTH + 1];   /* by depth: what ends the array */
	size_t items[TREE_DEPTH + 1]; /* by depth: values without a key */
	struct err *e;
};

MUST enum ec php_advance(struct parse *p);
size_t php_offset(const struct parse *p, const char *at);

/* The name of the next node: a string's meaning, or the token as it is. */
MUST enum ec php_name(struct parse *p, const struct php_token *k);

/* A leaf between two places; why NULL: a string that can be changed. */
MUST enum ec php_leaf(
    struct parse *p, const char *from, const char *end, const char *why);

/* A value that begins at p->k, and all that is in it. Behind it p->k may
 * still belong to the expression, when it is no literal. */
MUST enum ec php_value(struct parse *p);

#endif
