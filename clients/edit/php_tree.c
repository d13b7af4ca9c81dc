/* php_tree: see php_tree.h. No recursion: what is open stands in the tree. */
#include "clients/edit/php_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/php_lex.h"

#define COMPUTED                                                               \
	"is computed (a call, a constant, a concatenation, a variable) and "   \
	"not a string: put it there as a string, or change it where it comes " \
	"from"

enum want {
	VALUE,
	ITEM,  /* a key, a value, or the end of the array */
	AFTER, /* a value */
};

struct parse {
	struct tree *t;
	struct php_lex lex;   /* behind k */
	struct php_token k;   /* the one to be looked at */
	struct php_token was; /* the one before it */
	enum want want;
	size_t base;                /* depth of the value that is being read */
	char close[TREE_DEPTH + 1]; /* by depth: what ends the array */
	size_t items[TREE_DEPTH + 1]; /* by depth: values without a key */
	struct err *e;
};

static enum ec
advance(struct parse *p)
{
	p->was = p->k;
	return php_next(&p->lex, &p->k, p->e);
}

/* May this follow a whole value? */
static bool
ends(const struct php_token *k)
{
	return k->kind == PHP_END || k->kind == PHP_CLOSE ||
	    (k->kind == PHP_MARK && strchr(",;)]}", *k->p) != NULL);
}

/* To what ends the value, or (arrow) an arrow. */
static enum ec
skip(struct parse *p, bool arrow)
{
	unsigned open = 0;

	while (p->k.kind != PHP_END) {
		if (open == 0 &&
		    (ends(&p->k) || (arrow && p->k.kind == PHP_ARROW)))
			break;
		if (p->k.kind == PHP_MARK && strchr("([{", *p->k.p) != NULL)
			open++;
		else if (p->k.kind == PHP_MARK &&
		    strchr(")]}", *p->k.p) != NULL && open > 0)
			open--;
		TRY(advance(p));
	}
	return EC_OK;
}

static size_t
offset(const struct parse *p, const char *at)
{
	return (size_t)(at - p->lex.start);
}

static enum ec
leaf(struct parse *p, const char *from, const char *end, const char *why)
{
	const struct tree_node n = { .kind = why != NULL ? TREE_ODD : TREE_TEXT,
		.quote = why != NULL ? '\0' : *from,
		.at = offset(p, from),
		.len = (size_t)(end - from),
		.value = TREE_NONE,
		.why = why };

	p->want = AFTER;
	return tree_leaf(p->t, &n, p->e);
}

/* Why a string is not touched, or NULL. */
static const char *
odd(const struct parse *p, const struct php_token *k)
{
	AUTO(buf) struct buf b = BUF(p->t->text->len);
	struct err e;

	if (memchr(k->p, '\n', k->len) != NULL ||
	    memchr(k->p, '\r', k->len) != NULL)
		return "goes over several lines: write it on one line";
	if (php_unquote(*k->p, k->p + 1, k->len - 2, &b, &e) != EC_OK)
		return "holds a variable or a bad escape: use single quotes";
	return NULL;
}

/* At the root nothing is skipped: there may be a function with statements in
 * it, or an assignment within an assignment. */
static enum ec
computed(struct parse *p, const char *from)
{
	const char *end = from;

	if (p->t->depth > p->base)
		TRY(skip(p, false));
	if (p->k.p > from)
		end = p->was.p + p->was.len;
	return leaf(p, from, end, COMPUTED);
}

static enum ec
string(struct parse *p)
{
	const struct php_token k = p->k;

	TRY(advance(p));
	if (!ends(&p->k))
		return computed(p, k.p);
	return leaf(p, k.p, k.p + k.len, odd(p, &k));
}

/* "[" or "array(", and over it; *ret says whether it was. */
static enum ec
opens(struct parse *p, bool *ret)
{
	const struct parse before = *p;
	const char *from = p->k.p;
	char close = ']';

	*ret = php_mark(&p->k, '[');
	if (php_word(&p->k, "array")) {
		TRY(advance(p));
		*ret = php_mark(&p->k, '(');
		close = ')';
	}
	if (!*ret) {
		*p = before;
		return EC_OK;
	}
	TRY(advance(p));
	TRY(tree_open(p->t, TREE_MAP, offset(p, from), p->e));
	p->close[p->t->depth] = close;
	p->items[p->t->depth] = 0;
	p->want = ITEM;
	return EC_OK;
}

static enum ec
value(struct parse *p)
{
	bool array = false;

	if (p->k.kind == PHP_STRING)
		return string(p);
	TRY(opens(p, &array));
	return array ? EC_OK : computed(p, p->k.p);
}

static enum ec
name_token(struct parse *p, const struct php_token *k)
{
	AUTO(buf) struct buf b = BUF(p->t->text->len);

	if (k->kind != PHP_STRING)
		return tree_name(p->t, k->p, k->len, p->e);
	if (php_unquote(*k->p, k->p + 1, k->len - 2, &b, p->e) != EC_OK)
		return EC_OK;
	return tree_name(p->t, buf_str(&b), b.len, p->e);
}

/* The first token of a function has an arrow or braces of its own. */
static bool
function(const struct php_token *k)
{
	return php_word(k, "fn") || php_word(k, "function") ||
	    php_word(k, "static") || php_mark(k, '#');
}

/* A key, "=>", and what is behind; or the next number, and the value. */
static enum ec
item(struct parse *p)
{
	const struct parse before = *p;
	const struct php_token k = p->k;
	char number[24];
	bool literal = false;
	int n;

	if (!function(&k) && !php_mark(&k, '[') && !php_word(&k, "array")) {
		TRY(advance(p));
		literal = (k.kind == PHP_STRING || k.kind == PHP_NUMBER) &&
		    p->k.kind == PHP_ARROW;
		TRY(skip(p, true));
	}
	p->want = VALUE;
	if (p->k.kind == PHP_ARROW && p->k.p != k.p) {
		TRY(literal ? name_token(p, &k) : EC_OK);
		return advance(p);
	}
	*p = before;
	p->want = VALUE;
	n = snprintf(number, sizeof(number), "%zu", p->items[p->t->depth]++);
	return tree_name(p->t, number, (size_t)n, p->e);
}

/* Behind the array's bracket; more of an expression makes it odd. */
static enum ec
finish(struct parse *p)
{
	struct tree_node *array = tree_top(p->t);

	TRY(advance(p));
	tree_close(p->t);
	p->want = AFTER;
	if (ends(&p->k))
		return EC_OK;
	array->kind = TREE_ODD;
	array->why = COMPUTED;
	return p->t->depth > p->base ? skip(p, false) : EC_OK;
}

static enum ec
after(struct parse *p)
{
	if (!php_mark(&p->k, ','))
		return tree_refuse(p->t, offset(p, p->k.p), p->e,
		    "an array that is not closed");
	p->want = ITEM;
	return advance(p);
}

static enum ec
step(struct parse *p)
{
	const size_t depth = p->t->depth;

	if (p->want == VALUE)
		return value(p);
	if (php_mark(&p->k, p->close[depth]))
		return finish(p);
	return p->want == ITEM ? item(p) : after(p);
}

/* A value and all that is in it. */
static enum ec
whole(struct parse *p)
{
	p->want = VALUE;
	p->base = p->t->depth;
	do
		TRY(step(p));
	while (p->want != AFTER || p->t->depth > p->base);
	return EC_OK;
}

/* One root: a map with one name in it. */
static enum ec
root(struct parse *p, const struct php_token *name)
{
	TRY(tree_open(p->t, TREE_MAP, offset(p, name->p), p->e));
	TRY(name_token(p, name));
	TRY(whole(p));
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

	TRY(advance(p));
	if (method || !php_mark(&p->k, '('))
		return EC_OK;
	TRY(advance(p));
	name = p->k;
	if (name.kind != PHP_STRING)
		return EC_OK;
	TRY(advance(p));
	if (!php_mark(&p->k, ','))
		return EC_OK;
	TRY(advance(p));
	return root(p, &name);
}

/* const NAME = or const TYPE NAME =, at const. */
static enum ec
constant(struct parse *p)
{
	struct php_token name;

	TRY(advance(p));
	while (p->k.kind == PHP_WORD || php_mark(&p->k, '?') ||
	    php_mark(&p->k, '|'))
		TRY(advance(p));
	if (p->k.kind != PHP_ASSIGN || p->was.kind != PHP_WORD)
		return EC_OK;
	name = p->was;
	TRY(advance(p));
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
	TRY(advance(p));
	if (arrow ? p->k.kind != PHP_WORD
		  : p->k.kind != PHP_STRING && p->k.kind != PHP_NUMBER)
		return EC_OK;
	*ret = p->k;
	TRY(advance(p));
	if (!arrow && !php_mark(&p->k, ']'))
		ret->kind = PHP_END;
	return arrow || ret->kind == PHP_END ? EC_OK : advance(p);
}

/* Is the variable here, with its members, given a value? */
static enum ec
given(const struct parse *p, bool *ret)
{
	struct parse ahead = *p;
	struct php_token key;

	TRY(advance(&ahead));
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

	TRY(advance(p));
	while (key.kind != PHP_END) {
		TRY(tree_open(p->t, TREE_MAP, offset(p, key.p), p->e));
		TRY(name_token(p, &key));
		TRY(member(p, &key));
	}
	if (p->k.kind == PHP_CHANGE)
		TRY(leaf(p, p->k.p, p->k.p + p->k.len,
		    "is changed by an operator: set it once, to a string"));
	plain = p->k.kind == PHP_ASSIGN;
	TRY(advance(p));
	if (plain)
		TRY(whole(p));
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
	return yes ? assign(p) : advance(p);
}

/* return [...]; at return. */
static enum ec
returned(struct parse *p)
{
	TRY(advance(p));
	if (php_mark(&p->k, '[') || php_word(&p->k, "array"))
		return whole(p);
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
	return php_word(&p->k, "return") ? returned(p) : advance(p);
}

enum ec
php_tree(struct tree *t, struct err *e)
{
	struct parse p = { .t = t, .lex = PHP_LEX(t), .e = e };

	TRY(tree_bytes(t, false, e));
	TRY(advance(&p));
	while (p.k.kind != PHP_END)
		TRY(statement(&p));
	return EC_OK;
}
