/*
 * php_lex: PHP source as tokens, as far as literals and brackets matter.
 *
 * HTML around <?php ... ?>, comments and blanks are left out. Rules:
 * https://www.php.net/manual/en/language.types.string.php and
 * https://github.com/php/php-src/blob/PHP-8.2/Zend/zend_language_scanner.l
 */
#ifndef CLIENTS_EDIT_PHP_LEX_H
#define CLIENTS_EDIT_PHP_LEX_H

#include "clients/edit/tree.h"

enum php_kind {
	PHP_END,      /* of the source */
	PHP_MARK,     /* one character: ( ) [ ] { } , ; ? : . and others */
	PHP_WORD,     /* a name, with backslashes of a namespace */
	PHP_VARIABLE, /* $name */
	PHP_STRING,   /* '...' or "..." */
	PHP_NUMBER,   /* decimal digits only */
	PHP_TEXT,     /* a heredoc, a `command`: a value, not a literal */
	PHP_ASSIGN,   /* = */
	PHP_CHANGE,   /* .= += ??= and the like */
	PHP_ARROW,    /* => */
	PHP_MEMBER,   /* -> ?-> :: */
	PHP_OPERATOR, /* == <= and the like */
	PHP_CLOSE,    /* ?> */
};

struct php_token {
	enum php_kind kind;
	const char *p;
	size_t len;
};

struct php_lex {
	const struct tree *t; /* for messages */
	const char *start, *p, *end;
	bool code; /* between <?php and ?> */
};

#define PHP_LEX(tree)                                                          \
	(struct php_lex)                                                       \
	{                                                                      \
		.t = (tree), .start = buf_str((tree)->text),                   \
		.p = buf_str((tree)->text),                                    \
		.end = buf_str((tree)->text) + (tree)->text->len,              \
		.code = false                                                  \
	}

/* The next token. EC_CONFLICT with the place: a comment, a string or a
 * heredoc that does not end. */
MUST enum ec php_next(struct php_lex *l, struct php_token *ret, struct err *e);

/* One token of one character? */
bool php_mark(const struct php_token *k, char c);
/* This word, in any case? */
bool php_word(const struct php_token *k, const char *word);

#endif
