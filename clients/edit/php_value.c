/* php_value: literals and arrays. See php_tree_p.h. No recursion: what is open
 * stands in the tree. */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "clients/edit/php_tree_p.h"

#define COMPUTED                                                               \
	"is computed (a call, a constant, a concatenation, a variable) and "   \
	"not a string: put it there as a string, or change it where it comes " \
	"from"

enum ec
php_advance(struct parse *p)
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
		TRY(php_advance(p));
	}
	return EC_OK;
}

size_t
php_offset(const struct parse *p, const char *at)
{
	return (size_t)(at - p->lex.start);
}

enum ec
php_leaf(struct parse *p, const char *from, const char *end, const char *why)
{
	const struct tree_node n = { .kind = why != NULL ? TREE_ODD : TREE_TEXT,
		.quote = *from,
		.at = php_offset(p, from),
		.len = (size_t)(end - from),
		.value = TREE_NONE,
		.why = why };

	p->want = AFTER;
	return tree_leaf(p->t, &n, p->e);
}

/* *ret: why a string is not touched, or NULL. */
static enum ec
odd(const struct parse *p, const struct php_token *k, const char **ret)
{
	AUTO(buf) struct buf b = BUF(p->t->text->len);
	enum ec ec;

	*ret = "goes over several lines: write it on one line";
	if (memchr(k->p, '\n', k->len) != NULL ||
	    memchr(k->p, '\r', k->len) != NULL)
		return EC_OK;
	ec = php_unquote(*k->p, k->p + 1, k->len - 2, &b, p->e);
	TRY_MEMORY(ec);
	*ret = ec != EC_OK
	    ? "holds a variable or a bad escape: use single quotes"
	    : NULL;
	return EC_OK;
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
	return php_leaf(p, from, end, COMPUTED);
}

static enum ec
string(struct parse *p)
{
	const struct php_token k = p->k;
	const char *why;

	TRY(php_advance(p));
	if (!ends(&p->k))
		return computed(p, k.p);
	TRY(odd(p, &k, &why));
	return php_leaf(p, k.p, k.p + k.len, why);
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
		TRY(php_advance(p));
		*ret = php_mark(&p->k, '(');
		close = ')';
	}
	if (!*ret) {
		*p = before;
		return EC_OK;
	}
	TRY(php_advance(p));
	TRY(tree_open(p->t, TREE_MAP, php_offset(p, from), p->e));
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

enum ec
php_name(struct parse *p, const struct php_token *k)
{
	AUTO(buf) struct buf b = BUF(p->t->text->len);
	enum ec ec;

	if (k->kind != PHP_STRING)
		return tree_name(p->t, k->p, k->len, p->e);
	ec = php_unquote(*k->p, k->p + 1, k->len - 2, &b, p->e);
	TRY_MEMORY(ec);
	if (ec != EC_OK)
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
		TRY(php_advance(p));
		literal = (k.kind == PHP_STRING || k.kind == PHP_NUMBER) &&
		    p->k.kind == PHP_ARROW;
		TRY(skip(p, true));
	}
	p->want = VALUE;
	if (p->k.kind == PHP_ARROW && p->k.p != k.p) {
		TRY(literal ? php_name(p, &k) : EC_OK);
		return php_advance(p);
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

	TRY(php_advance(p));
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
		return tree_refuse(p->t, php_offset(p, p->k.p), p->e,
		    "an array that is not closed");
	p->want = ITEM;
	return php_advance(p);
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
enum ec
php_value(struct parse *p)
{
	p->want = VALUE;
	p->base = p->t->depth;
	do
		TRY(step(p));
	while (p->want != AFTER || p->t->depth > p->base);
	return EC_OK;
}
