/* php_lex: see php_lex.h. The source holds no NUL byte. */
#include "clients/edit/php_lex.h"

#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static bool
at(const struct php_lex *l, const char *text)
{
	const size_t n = strlen(text);

	return (size_t)(l->end - l->p) >= n && memcmp(l->p, text, n) == 0;
}

static enum ec
unfinished(
    const struct php_lex *l, const char *p, const char *what, struct err *e)
{
	return tree_refuse(l->t, (size_t)(p - l->start), e, what);
}

/* Over HTML, to behind the next opening tag. */
static void
html(struct php_lex *l)
{
	for (; l->p < l->end && !l->code; l->p++) {
		if (at(l, "<?=")) {
			l->p += 2;
			l->code = true;
		} else if ((size_t)(l->end - l->p) >= 5 &&
		    strncasecmp(l->p, "<?php", 5) == 0 &&
		    (l->p + 5 == l->end || strchr(" \t\r\n", l->p[5]))) {
			l->p += 4;
			l->code = true;
		}
	}
}

/* To the end of the line, or in front of ?>. */
static void
line_comment(struct php_lex *l)
{
	while (l->p < l->end && *l->p != '\n' && *l->p != '\r' && !at(l, "?>"))
		l->p++;
}

static enum ec
blanks(struct php_lex *l, struct err *e)
{
	for (; l->p < l->end; l->p++) {
		if (strchr(" \t\r\n\v\f", *l->p) != NULL)
			continue;
		if (at(l, "//") || (*l->p == '#' && !at(l, "#["))) {
			line_comment(l);
			l->p--;
		} else if (at(l, "/*")) {
			const char *stop = tree_seek(l->p + 2, l->end, "*/");

			if (stop == NULL)
				return unfinished(
				    l, l->p, "a comment that does not end", e);
			l->p = stop + 1;
		} else {
			break;
		}
	}
	return EC_OK;
}

/* Behind the string that begins at p with its quote; NULL: no end. */
static const char *
simple_string(const char *p, const char *end)
{
	const char quote = *p++;

	for (; p < end && *p != quote; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : NULL;
}

/* Behind the } of an expression within a string, at its "{$" or "${"; NULL:
 * no end. A string in it that has an expression again is too much. */
static const char *
expression(const char *p, const char *end)
{
	unsigned open = 0;

	while (p < end) {
		const char c = *p;
		const char *from = p++;

		if (c == '{')
			open++;
		if (c == '}' && --open == 0)
			return p;
		if (c != '"' && c != '\'' && c != '`')
			continue;
		p = simple_string(from, end);
		if (p == NULL ||
		    memmem(from, (size_t)(p - from), "{$", 2) != NULL)
			return NULL;
	}
	return NULL;
}

/* Behind a string in which variables are replaced; NULL: no end. */
static const char *
rich_string(const char *p, const char *end)
{
	const char quote = *p++;

	while (p < end && *p != quote) {
		if (*p == '\\' && p + 1 < end) {
			p += 2;
		} else if (p + 1 < end &&
		    ((*p == '{' && p[1] == '$') ||
			(*p == '$' && p[1] == '{'))) {
			p = expression(p, end);
			if (p == NULL)
				return NULL;
		} else {
			p++;
		}
	}
	return p < end ? p + 1 : NULL;
}

/* Does a heredoc's label stand at p, behind blanks? Behind it, or NULL. */
static const char *
label_at(const char *p, const char *end, const char *label, size_t len)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) < len || memcmp(p, label, len) != 0 ||
	    (p + len < end && word_char(p[len])))
		return NULL;
	return p + len;
}

/* Behind a heredoc whose "<<<" is at p; p itself: it is none; NULL: no end. */
static const char *
heredoc(const char *p, const char *end)
{
	const char *label = p + 3, *stop = NULL;
	size_t len = 0;

	while (label < end && (*label == ' ' || *label == '\t'))
		label++;
	if (label < end && (*label == '"' || *label == '\''))
		label++;
	while (label + len < end && word_char(label[len]))
		len++;
	if (len == 0)
		return p;
	for (p = label; stop == NULL; stop = label_at(p, end, label, len)) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			return NULL;
		p++;
	}
	return stop;
}

static enum ec
quoted(struct php_lex *l, struct php_token *k, struct err *e)
{
	const char *stop = *k->p == '\'' ? simple_string(k->p, l->end)
					 : rich_string(k->p, l->end);

	if (stop == NULL)
		return unfinished(l, k->p, "a string that does not end", e);
	k->kind = *k->p == '`' ? PHP_TEXT : PHP_STRING;
	l->p = stop;
	return EC_OK;
}

static void
run(struct php_lex *l, struct php_token *k)
{
	const char first = *l->p++;
	const size_t digits = strspn(k->p, DIGITS);

	while (l->p < l->end && (word_char(*l->p) || *l->p == '\\'))
		l->p++;
	if (first == '$')
		k->kind = l->p > k->p + 1 ? PHP_VARIABLE : PHP_MARK;
	else if (k->p + digits == l->p)
		k->kind = PHP_NUMBER;
	else
		k->kind = PHP_WORD;
}

/* Operators that end in '=' or '>', and single characters. */
static const struct {
	const char *text;
	enum php_kind kind;
} marks[] = {
	{ "?->", PHP_MEMBER },
	{ "->", PHP_MEMBER },
	{ "::", PHP_MEMBER },
	{ "=>", PHP_ARROW },
	{ "===", PHP_OPERATOR },
	{ "==", PHP_OPERATOR },
	{ "!==", PHP_OPERATOR },
	{ "!=", PHP_OPERATOR },
	{ "<=>", PHP_OPERATOR },
	{ "<=", PHP_OPERATOR },
	{ ">=", PHP_OPERATOR },
	{ "<>", PHP_OPERATOR },
	{ "**=", PHP_CHANGE },
	{ "<<=", PHP_CHANGE },
	{ ">>=", PHP_CHANGE },
	{ "\?\?=", PHP_CHANGE },
	{ ".=", PHP_CHANGE },
	{ "+=", PHP_CHANGE },
	{ "-=", PHP_CHANGE },
	{ "*=", PHP_CHANGE },
	{ "/=", PHP_CHANGE },
	{ "%=", PHP_CHANGE },
	{ "&=", PHP_CHANGE },
	{ "|=", PHP_CHANGE },
	{ "^=", PHP_CHANGE },
	{ "=", PHP_ASSIGN },
};

static void
mark(struct php_lex *l, struct php_token *k)
{
	k->kind = PHP_MARK;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (at(l, marks[i].text)) {
			k->kind = marks[i].kind;
			l->p += strlen(marks[i].text);
			return;
		}
	l->p++;
}

static enum ec
code(struct php_lex *l, struct php_token *k, struct err *e)
{
	const char *stop = k->p;

	if (at(l, "<<<")) {
		stop = heredoc(k->p, l->end);
		if (stop == NULL)
			return unfinished(
			    l, k->p, "a heredoc that does not end", e);
	}
	if (stop > k->p) {
		k->kind = PHP_TEXT;
		l->p = stop;
	} else if (strchr("'\"`", *k->p) != NULL) {
		return quoted(l, k, e);
	} else if (word_char(*k->p) || *k->p == '$' || *k->p == '\\') {
		run(l, k);
	} else if (at(l, "?>")) {
		k->kind = PHP_CLOSE;
		l->p += 2;
		l->code = false;
	} else {
		mark(l, k);
	}
	return EC_OK;
}

enum ec
php_next(struct php_lex *l, struct php_token *ret, struct err *e)
{
	struct php_token k = { .kind = PHP_END };

	if (!l->code)
		html(l);
	TRY(blanks(l, e));
	k.p = l->p;
	if (l->p < l->end)
		TRY(code(l, &k, e));
	k.len = (size_t)(l->p - k.p);
	/* What follows is data. */
	if (php_word(&k, "__halt_compiler")) {
		k.kind = PHP_END;
		l->p = l->end;
	}
	*ret = k;
	return EC_OK;
}

bool
php_mark(const struct php_token *k, char c)
{
	return k->kind == PHP_MARK && *k->p == c;
}

bool
php_word(const struct php_token *k, const char *word)
{
	return k->kind == PHP_WORD && k->len == strlen(word) &&
	    strncasecmp(k->p, word, k->len) == 0;
}
