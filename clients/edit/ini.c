/*
 * ini, php-ini, gitea, grafana: files with [section] headings and key = value
 * lines. One scanner (ini.h), a table for each dialect.
 *
 * ini: no standard. configparser of Python, git, GLib and others differ on
 * comments behind a value, on quotes, %, $ and backslashes, on indented lines
 * and on case; only what all of them read alike is touched. Quotes around a
 * value are taken for quotes and kept: git takes off "..." only, Python none.
 *
 * php-ini: Zend/zend_ini_scanner.l of PHP 8; tried with parse_ini_string() of
 * PHP 8.2 in both scanner modes (INI_SCANNER_RAW makes '...' a part of the
 * value, before and after). Blanks before the end of the file, with no
 * line end behind them, are part of a value there. With sections wanted, a
 * section that comes again replaces the first one; php.ini itself joins the
 * two.
 *
 * gitea, grafana: gopkg.in/ini.v1, parser.go (v1.67). A comment is cut off an
 * unquoted value, and also out of '...' and "..."; only `...` and """..."""
 * protect '#' and ';'. Gitea sets IgnoreContinuation; Grafana does not, and
 * replaces ${NAME} and $__provider{...} (pkg/setting/expanders.go).
 */
#include <string.h>

#include "clients/edit/ini.h"

static const char *const percent[] = { "%(", NULL };
static const char *const expanded[] = { "%(", "${", "$__", NULL };
static const char *const php_words[] = { "true", "on", "yes", "false", "off",
	"no", "none", "null", NULL };

static const struct ini_quote any_quotes[] = {
	{ "\"", "'\\%$`;#", true, INI_DOUBT },
	{ "'", "\"\\%$`;#", true, INI_DOUBT },
	{ .mark = NULL },
};

static const struct ini_quote php_quotes[] = {
	{ "\"", "\\$", true, INI_FOLLOWS },
	{ "'", "\\$;", false, INI_FOLLOWS },
	{ .mark = NULL },
};

static const struct ini_quote go_quotes[] = {
	{ "\"\"\"", "\"", false, INI_FOLLOWS },
	{ "`", "", false, INI_FOLLOWS },
	{ "\"", "#;", false, INI_LITERAL },
	{ "'", "#;", false, INI_LITERAL },
	{ .mark = NULL },
};

static const struct ini_dialect generic = {
	.comments = "#;",
	.tails = "",
	.seps = "=:",
	.odd = "\"'\\%$`;#",
	.quotes = any_quotes,
	.bom = true,
	.loose = true,
};

/* Outside quotes | & ~ ! ( ) ^ = { } are operators, and any word may be the
 * name of a constant. */
static const struct ini_dialect php = {
	.comments = ";",
	.tails = ";",
	.seps = "=",
	.odd = "",
	.only = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/._@-:",
	.words = php_words,
	.quotes = php_quotes,
	.stray = true,
	.raw = true,
	.once = true,
};

static const struct ini_dialect gitea = {
	.comments = "#;",
	.tails = "#;",
	.seps = "=:",
	.odd = "",
	.refs = percent,
	.quotes = go_quotes,
	.top = "DEFAULT",
	.bom = true,
};

static const struct ini_dialect grafana = {
	.comments = "#;",
	.tails = "#;",
	.seps = "=:",
	.odd = "",
	.refs = expanded,
	.quotes = go_quotes,
	.top = "DEFAULT",
	.bom = true,
	.joins = true,
};

/* The quote of a span found in dialect d, or NULL. */
static const struct ini_quote *
quote_of(const struct ini_dialect *d, const struct edit_span *s)
{
	return s->quote != '\0' ? &d->quotes[s->style] : NULL;
}

static enum ec
decode(const struct ini_dialect *d, const struct buf *text,
    const struct edit_span *s, struct buf *ret, struct err *e)
{
	const struct ini_quote *q = quote_of(d, s);
	const size_t n = q != NULL ? strlen(q->mark) : 0;

	return buf_add(ret, buf_str(text) + s->at + n, s->len - 2 * n, e);
}

static enum ec
encode(const struct ini_dialect *d, const struct edit_span *s,
    const char *value, struct buf *ret, struct err *e)
{
	const struct ini_quote *q = quote_of(d, s);
	const char *mark = q != NULL ? q->mark : "";
	const char *why = ini_refused(d, q, value, value + strlen(value));

	if (why != NULL)
		return fail(e, EC_CONFLICT,
		    "the new value cannot stand in this place: %s", why);
	TRY(buf_adds(ret, mark, e));
	TRY(buf_adds(ret, value, e));
	return buf_adds(ret, mark, e);
}

static enum ec
generic_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return ini_find(&generic, text, where, key, ret, e);
}

static enum ec
generic_decode(const struct buf *text, const struct edit_span *s,
    struct buf *ret, struct err *e)
{
	return decode(&generic, text, s, ret, e);
}

static enum ec
generic_encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	return encode(&generic, s, value, ret, e);
}

static enum ec
generic_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	return ini_append(&generic, text, key, ret, e);
}

static enum ec
php_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return ini_find(&php, text, where, key, ret, e);
}

static enum ec
php_decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return decode(&php, text, s, ret, e);
}

static enum ec
php_encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	return encode(&php, s, value, ret, e);
}

static enum ec
php_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	return ini_append(&php, text, key, ret, e);
}

static enum ec
gitea_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return ini_find(&gitea, text, where, key, ret, e);
}

static enum ec
gitea_decode(const struct buf *text, const struct edit_span *s, struct buf *ret,
    struct err *e)
{
	return decode(&gitea, text, s, ret, e);
}

static enum ec
gitea_encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	return encode(&gitea, s, value, ret, e);
}

static enum ec
gitea_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	return ini_append(&gitea, text, key, ret, e);
}

static enum ec
grafana_find(const struct buf *text, const char *where, const char *key,
    struct edit_span *ret, struct err *e)
{
	return ini_find(&grafana, text, where, key, ret, e);
}

static enum ec
grafana_decode(const struct buf *text, const struct edit_span *s,
    struct buf *ret, struct err *e)
{
	return decode(&grafana, text, s, ret, e);
}

static enum ec
grafana_encode(const struct edit_span *s, const char *value, struct buf *ret,
    struct err *e)
{
	return encode(&grafana, s, value, ret, e);
}

static enum ec
grafana_append(
    const struct buf *text, const char *key, struct buf *ret, struct err *e)
{
	return ini_append(&grafana, text, key, ret, e);
}

const struct edit_syntax edit_ini = {
	.name = "ini",
	.summary = "[section] and key = value, as most programs read it",
	.key = "section.key",
	.find = generic_find,
	.decode = generic_decode,
	.encode = generic_encode,
	.append = generic_append,
};

const struct edit_syntax edit_php_ini = {
	.name = "php-ini",
	.summary = "php.ini and what parse_ini_file() reads",
	.key = "section.key",
	.find = php_find,
	.decode = php_decode,
	.encode = php_encode,
	.append = php_append,
};

const struct edit_syntax edit_gitea = {
	.name = "gitea",
	.summary = "app.ini of Gitea and Forgejo",
	.key = "section.key",
	.find = gitea_find,
	.decode = gitea_decode,
	.encode = gitea_encode,
	.append = gitea_append,
};

const struct edit_syntax edit_grafana = {
	.name = "grafana",
	.summary = "grafana.ini",
	.key = "section.key",
	.find = grafana_find,
	.decode = grafana_decode,
	.encode = grafana_encode,
	.append = grafana_append,
};
