/* php_tree: see php_tree.h. The statements; php_value.c reads what they give.
 */
#include "clients/edit/php_tree_p.h"

/* One root: a map with one name in it. */
static enum ec
root(struct parse *p, const struct php_token *name)
{
	TRY(tree_open(p->t, TREE_MAP, php_offset(p, name->p), p->e));
	TRY(php_name(p, name));
	TRY(php_value(p));
	tree_close(p->t);
	return EC_OK;
}

/* define('NAME', at define. */
static enum ec
define(struct parse *p)
{
	struct php_token name;
	const bool method =
	    p->was.kind == PHP_MEMBER || php_word(&p->was, "function");

	TRY(php_advance(p));
	if (method || !php_mark(&p->k, '('))
		return EC_OK;
	TRY(php_advance(p));
	name = p->k;
	if (name.kind != PHP_STRING)
		return EC_OK;
	TRY(php_advance(p));
	if (!php_mark(&p->k, ','))
		return EC_OK;
	TRY(php_advance(p));
	return root(p, &name);
}

/* const NAME = or const TYPE NAME =, at const. */
static enum ec
constant(struct parse *p)
{
	struct php_token name;

	TRY(php_advance(p));
	while (p->k.kind == PHP_WORD || php_mark(&p->k, '?') ||
	    php_mark(&p->k, '|'))
		TRY(php_advance(p));
	if (p->k.kind != PHP_ASSIGN || p->was.kind != PHP_WORD)
		return EC_OK;
	name = p->was;
	TRY(php_advance(p));
	return root(p, &name);
}

/* ['key'] or ->key: over it, *ret is the key; kind PHP_END: none. */
static enum ec
member(struct parse *p, struct php_token *ret)
{
	const bool arrow = p->k.kind == PHP_MEMBER;

	ret->kind = PHP_END;
	if (!arrow && !php_mark(&p->k, '['))
		return EC_OK;
	TRY(php_advance(p));
	if (arrow ? p->k.kind != PHP_WORD
		  : p->k.kind != PHP_STRING && p->k.kind != PHP_NUMBER)
		return EC_OK;
	*ret = p->k;
	TRY(php_advance(p));
	if (!arrow && !php_mark(&p->k, ']'))
		ret->kind = PHP_END;
	return arrow || ret->kind == PHP_END ? EC_OK : php_advance(p);
}

/* Is the variable here, with its members, given a value? */
static enum ec
given(const struct parse *p, bool *ret)
{
	struct parse ahead = *p;
	struct php_token key;

	TRY(php_advance(&ahead));
	do
		TRY(member(&ahead, &key));
	while (key.kind != PHP_END);
	*ret = ahead.k.kind == PHP_ASSIGN || ahead.k.kind == PHP_CHANGE;
	return EC_OK;
}

static enum ec
assign(struct parse *p)
{
	const size_t depth = p->t->depth;
	struct php_token key = p->k;
	bool plain;

	TRY(php_advance(p));
	while (key.kind != PHP_END) {
		TRY(tree_open(p->t, TREE_MAP, php_offset(p, key.p), p->e));
		TRY(php_name(p, &key));
		TRY(member(p, &key));
	}
	if (p->k.kind == PHP_CHANGE)
		TRY(php_leaf(p, p->k.p, p->k.p + p->k.len,
		    "is changed by an operator: set it once, to a string"));
	plain = p->k.kind == PHP_ASSIGN;
	TRY(php_advance(p));
	if (plain)
		TRY(php_value(p));
	while (p->t->depth > depth)
		tree_close(p->t);
	return EC_OK;
}

static enum ec
variable(struct parse *p)
{
	bool yes = false;

	/* $$name is another variable. */
	if (!php_mark(&p->was, '$'))
		TRY(given(p, &yes));
	return yes ? assign(p) : php_advance(p);
}

/* return [...]; at return. */
static enum ec
returned(struct parse *p)
{
	TRY(php_advance(p));
	if (php_mark(&p->k, '[') || php_word(&p->k, "array"))
		return php_value(p);
	return EC_OK;
}

static enum ec
statement(struct parse *p)
{
	if (p->k.kind == PHP_VARIABLE)
		return variable(p);
	if (php_word(&p->k, "define") || php_word(&p->k, "\\define"))
		return define(p);
	if (php_word(&p->k, "const"))
		return constant(p);
	return php_word(&p->k, "return") ? returned(p) : php_advance(p);
}

enum ec
php_tree(struct tree *t, struct err *e)
{
	struct parse p = { .t = t, .lex = PHP_LEX(t), .e = e };

	TRY(tree_bytes(t, false, e));
	TRY(php_advance(&p));
	while (p.k.kind != PHP_END)
		TRY(statement(&p));
	return EC_OK;
}
