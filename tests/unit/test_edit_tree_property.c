/*
 * Files made by chance in each nested format: noise at every level, the pair
 * somewhere in it. What is set reads back, every other byte is the same, a
 * second time changes nothing, and a second value under the same name is
 * refused. The generator knows where the values stand; the editor does not.
 */
#include "edit_rows.h"

#include <stdbool.h>
#include <stdio.h>

#define ROUNDS 1500
#define LEVELS 4

struct made;

/* How a format writes things. Names are safe in all of them. */
struct dialect {
	const char *syntax;
	void (*head)(struct made *m), (*tail)(struct made *m);
	void (*open)(struct made *m), (*close)(struct made *m);
	void (*name)(struct made *m, const char *name, unsigned index);
	void (*end)(struct made *m, const char *name);
	const char *const *texts;  /* values as they stand, NULL ends */
	const char *const *others; /* values that are no texts */
};

struct made {
	const struct dialect *d;
	struct buf text;
	unsigned level;
	bool crlf, twice;
	size_t at[2], len[2];
};

static unsigned
chance(unsigned n)
{
	return (unsigned)rand() % n;
}

static void
add(struct made *m, const char *s)
{
	for (; *s != '\0'; s++) {
		const char one[2] = { *s, '\0' };

		row_text(&m->text, *s == '\n' && m->crlf ? "\r\n" : one);
	}
}

static const char *
any(const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return list[chance((unsigned)n)];
}

static void
indent(struct made *m, unsigned width)
{
	for (unsigned i = 0; i < m->level * width; i++)
		add(m, " ");
}

/* --- JSON and PHP: brackets and commas ---------------------------------- */

static const char *const json_space[] = { "", " ", "\n", "\t", " // \"p\n",
	"/* { */", NULL };
static const char *const json_texts[] = { "\"\"", "\"old\"",
	"\"\\\"\\\\\\/\\u00e9\"", "\"\\ud83d\\ude00{\"", "\"// x\"",
	"\"\xc3\xbc\"", NULL };
static const char *const json_others[] = { "1", "-2.5e7", "null", "true", "[]",
	"[1,\"user\",[{}],]", "{\"user\":\"x\",}", NULL };

static void
json_head(struct made *m)
{
	if (chance(2) == 0)
		row_text(&m->text, "\xef\xbb\xbf");
	add(m, any(json_space));
}

static void
json_tail(struct made *m)
{
	add(m, any(json_space));
}

static void
json_open(struct made *m)
{
	add(m, "{");
	add(m, any(json_space));
}

static void
json_close(struct made *m)
{
	add(m, chance(3) == 0 ? "," : "");
	add(m, any(json_space));
	add(m, "}");
}

static void
json_name(struct made *m, const char *name, unsigned index)
{
	if (index > 0)
		add(m, ",");
	add(m, any(json_space));
	add(m, "\"");
	add(m, name);
	add(m, "\"");
	add(m, any(json_space));
	add(m, ":");
	add(m, any(json_space));
}

static void
json_end(struct made *m, const char *name)
{
	(void)name;
	add(m, any(json_space));
}

static const char *const php_space[] = { "", " ", "\n", "\t", " // 'p\n",
	"/* [ */", "# \"\n", NULL };
static const char *const php_texts[] = { "''", "'old'", "'it\\'s\\\\'",
	"\"\\x41\\$x\\\"\"", "'=> ['", "\"#\"", NULL };
static const char *const php_others[] = { "1", "null", "env('user', 'x')",
	"'a' . 'b'", "[1, 'x']", "array('user' => 'x')", "\"a {$b['user']}\"",
	"fn($x) => ['user' => 'x']", "<<<E\n'user' => [\nE", NULL };

static void
php_head(struct made *m)
{
	add(m, chance(2) == 0 ? "<p>'\n<?php\n" : "<?php ");
	add(m, any(php_space));
	add(m, "$x['usr'] = foo(); return");
	add(m, any(php_space));
}

static void
php_tail(struct made *m)
{
	add(m, chance(2) == 0 ? ";\n" : "?><p>'user' => 'x'\n");
}

static void
php_open(struct made *m)
{
	add(m, "[");
}

static void
php_close(struct made *m)
{
	add(m, chance(3) == 0 ? "," : "");
	add(m, any(php_space));
	add(m, "]");
}

static void
php_name(struct made *m, const char *name, unsigned index)
{
	if (index > 0)
		add(m, ",");
	add(m, any(php_space));
	add(m, "'");
	add(m, name);
	add(m, "'");
	add(m, any(php_space));
	add(m, "=>");
	add(m, any(php_space));
}

static void
php_end(struct made *m, const char *name)
{
	(void)name;
	add(m, any(php_space));
}

/* --- YAML: block style -------------------------------------------------- */

static const char *const yaml_texts[] = { "old", "''", "'it''s # x'",
	"\"\\x41\\u00e9\\\"\"", "&anchor old", "!!str 12", "\xc3\xbc", NULL };
static const char *const yaml_others[] = { "1", "~", "[user, {user: x}]",
	"{user: x, list: [1, 2]}", "|\n        user: x\n",
	">-\n        user\n        x\n", "a\n        b", "", NULL };

static void
yaml_head(struct made *m)
{
	if (chance(2) == 0)
		row_text(&m->text, "\xef\xbb\xbf");
	if (chance(2) == 0)
		add(m, "# \xc3\xbc: '\nother: {x: y}\n---\n");
}

static void
yaml_tail(struct made *m)
{
	add(m, chance(2) == 0 ? "...\n" : "");
}

static void
yaml_open(struct made *m)
{
	if (m->level > 0)
		add(m, chance(2) == 0 ? " # \xf0\x9f\x98\x80\n" : "\n");
}

static void
yaml_close(struct made *m)
{
	(void)m;
}

static void
yaml_name(struct made *m, const char *name, unsigned index)
{
	(void)index;
	indent(m, 1);
	if (chance(4) == 0) {
		add(m, "# user: x\n");
		indent(m, 1);
	}
	add(m, name);
	add(m, ": ");
}

static void
yaml_end(struct made *m, const char *name)
{
	(void)name;
	add(m, "\n");
}

/* --- XML ---------------------------------------------------------------- */

static const char *const xml_space[] = { "", " ", "\n", "<!-- <user> -->",
	"<?pi <user>?>", "\xc3\xbc", NULL };
static const char *const xml_texts[] = { "", "old", "&lt;&#65;&#x42;&amp;",
	"<![CDATA[<user>]]>", "\xc3\xbc", "a b", NULL };
static const char *const xml_others[] = { "<x/>", "<x user='1'>y</x>",
	"<![CDATA[</user>]]>x", "\n <x>\n  <user>x</user></x>", "x", NULL };

static void
xml_head(struct made *m)
{
	if (chance(2) == 0)
		row_text(&m->text, "\xef\xbb\xbf");
	add(m, chance(2) == 0 ? "<?xml version='1.0'?>\n" : "<!-- x -->");
	add(m, "<r>");
}

static void
xml_tail(struct made *m)
{
	add(m, "</r>\n");
}

static void
xml_open(struct made *m)
{
	add(m, any(xml_space));
}

static void
xml_name(struct made *m, const char *name, unsigned index)
{
	(void)index;
	add(m, "<");
	add(m, name);
	add(m, chance(3) == 0 ? " user='x'\tpass=\"'\"\n>" : ">");
}

static void
xml_end(struct made *m, const char *name)
{
	add(m, "</");
	add(m, name);
	add(m, ">");
	add(m, any(xml_space));
}

static const struct dialect dialects[] = {
	{ "json", json_head, json_tail, json_open, json_close, json_name,
	    json_end, json_texts, json_others },
	{ "yaml", yaml_head, yaml_tail, yaml_open, yaml_close, yaml_name,
	    yaml_end, yaml_texts, yaml_others },
	{ "xml", xml_head, xml_tail, xml_open, xml_open, xml_name, xml_end,
	    xml_texts, xml_others },
	{ "php", php_head, php_tail, php_open, php_close, php_name, php_end,
	    php_texts, php_others },
};

/* --- the same for all --------------------------------------------------- */

static void
member(struct made *m, const char *name, const char *value, unsigned *index)
{
	m->d->name(m, name, (*index)++);
	add(m, value);
	m->d->end(m, name);
}

/* Members whose names are none of those on the way. */
static void
noise(struct made *m, unsigned *index)
{
	static const char *const names[] = { "a", "b", "c", "usr", "users" };
	unsigned inner = 0;
	static const char *const mine[] = { "d", "e", "f", "g" };
	char name[16];

	for (unsigned n = chance(3); n > 0; n--) {
		(void)snprintf(name, sizeof(name), "%s%u-%u",
		    names[chance(COUNT(names))], m->level, *index);
		member(m, name,
		    any(chance(2) == 0 ? m->d->texts : m->d->others), index);
	}
	if (chance(4) == 0 && m->level > 0) {
		m->d->name(m, mine[m->level % COUNT(mine)], (*index)++);
		m->level++;
		m->d->open(m);
		member(m, "user", any(m->d->texts), &inner);
		m->d->close(m);
		m->level--;
		m->d->end(m, mine[m->level % COUNT(mine)]);
	}
}

static void
half(struct made *m, unsigned which, unsigned *index)
{
	static const char *const names[] = { "user", "pass" };
	const char *value = any(m->d->texts);
	const char *skip = strstr(value, "CDATA[");
	const size_t tail = skip != NULL ? 3 : 0;

	/* What belongs to the place and not to the value. */
	skip = skip != NULL ? skip + 6 : value;
	if (*skip == '&' && strncmp(skip, "&anchor ", 8) == 0)
		skip += 8;
	if (*skip == '!')
		skip += 6;
	m->d->name(m, names[which], (*index)++);
	m->at[which] = m->text.len + (size_t)(skip - value);
	add(m, value);
	m->len[which] = m->text.len - m->at[which] - tail;
	m->d->end(m, names[which]);
	if (m->twice && which == 0)
		member(m, names[which], any(m->d->texts), index);
}

/* Maps named p0, p1, ... around the pair, noise around everything. */
static void
build(struct made *m, unsigned levels)
{
	static const char *const names[] = { "p0", "p1", "p2", "p3" };
	unsigned index = 0, which = chance(2);

	m->d->open(m);
	noise(m, &index);
	if (m->level < levels) {
		m->d->name(m, names[m->level], index++);
		m->level++;
		build(m, levels);
		m->level--;
		m->d->end(m, names[m->level]);
	} else {
		half(m, which, &index);
		noise(m, &index);
		half(m, 1 - which, &index);
	}
	noise(m, &index);
	m->d->close(m);
}

static void
make(struct made *m, char user[64], char pass[64])
{
	const bool xml = strcmp(m->d->syntax, "xml") == 0;
	const unsigned levels = chance(LEVELS);
	char way[32] = "";

	for (unsigned i = 0; i < levels; i++) {
		const size_t n = strlen(way);

		(void)snprintf(way + n, sizeof(way) - n, "p%u.", i);
	}
	(void)snprintf(user, 64, "%s%suser", xml ? "r." : "", way);
	(void)snprintf(pass, 64, "%s%spass", xml ? "r." : "", way);
	m->crlf = chance(2) == 0;
	m->d->head(m);
	build(m, levels);
	m->d->tail(m);
}

static bool
same(const struct buf *a, size_t at, const struct buf *b, size_t bt, size_t n)
{
	return at + n <= a->len && bt + n <= b->len &&
	    memcmp(buf_str(a) + at, buf_str(b) + bt, n) == 0;
}

/* All bytes before, between and behind the two values. */
static bool
rest_same(const struct made *m, const struct buf *now)
{
	const unsigned first = m->at[0] < m->at[1] ? 0 : 1;
	const size_t a = m->at[first], b = m->at[1 - first];
	const size_t between = b - a - m->len[first];
	const size_t tail = m->text.len - b - m->len[1 - first];
	const char *hit;

	if (now->len < a + between + tail || !same(&m->text, 0, now, 0, a) ||
	    !same(&m->text, m->text.len - tail, now, now->len - tail, tail))
		return false;
	/* The new first value has no copy of what follows it in it. */
	hit = memmem(buf_str(now) + a, now->len - a - tail,
	    buf_str(&m->text) + a + m->len[first], between);
	return hit != NULL;
}

static const char *const values[] = { "AKIAI44QH8DHBEXAMPLE",
	"BNew0123456789/+/+/+zyxwvutsrqponmlkjihgfedc", "1e5", "it's",
	"a\"b\\c<&>", "# :", "" };

static void
read_as(const struct edit_syntax *s, const struct buf *text, const char *key,
    const char *value)
{
	AUTO(buf) struct buf back = BUF(ROW_MAX);
	struct err e;

	if (edit_get(s, text, "f", key, &back, &e) != EC_OK ||
	    strcmp(buf_str(&back), value) != 0)
		fail_msg("%s: %s: %s", s->name, key, e.what);
}

static void
one(const struct dialect *d, bool twice)
{
	const struct edit_syntax *s = edit_syntax_find(d->syntax);
	struct made m = { .d = d, .text = BUF(ROW_MAX), .twice = twice };
	AUTO(buf) struct buf now = BUF(ROW_MAX);
	AUTO(buf) struct buf again = BUF(ROW_MAX);
	char user[64], pass[64];
	struct edit_pair pairs[2] = { { user, values[chance(COUNT(values))] },
		{ pass, values[chance(COUNT(values))] } };
	struct err e = { .ec = EC_OK };
	enum ec ec;

	make(&m, user, pass);
	ec = edit_set(s, &m.text, "f", pairs, 2, &now, &e);
	if (ec != (twice ? EC_CONFLICT : EC_OK))
		fail_msg("%s: %s in\n%s\n", user, e.what, m.text.p);
	if (twice) {
		/* The line is shown; the values are not. */
		assert_int_equal(strncmp(e.what, "f:", 2), 0);
		assert_null(strstr(e.what, "old"));
		buf_free(&m.text);
		return;
	}
	read_as(s, &now, user, pairs[0].value);
	read_as(s, &now, pass, pairs[1].value);
	if (!rest_same(&m, &now))
		fail_msg("%s\n-- became --\n%s\n", m.text.p, now.p);
	assert_int_equal(edit_set(s, &now, "f", pairs, 2, &again, &e), EC_OK);
	assert_string_equal(buf_str(&again), buf_str(&now));
	buf_free(&m.text);
}

static void
all(const char *syntax, bool twice)
{
	srand(11);
	for (size_t i = 0; i < COUNT(dialects); i++)
		for (unsigned n = 0;
		     strcmp(dialects[i].syntax, syntax) == 0 && n < ROUNDS; n++)
			one(&dialects[i], twice);
}

static void
json(void **state)
{
	(void)state;
	all("json", false);
	all("json", true);
}

static void
yaml(void **state)
{
	(void)state;
	all("yaml", false);
	all("yaml", true);
}

static void
xml(void **state)
{
	(void)state;
	all("xml", false);
	all("xml", true);
}

static void
php(void **state)
{
	(void)state;
	all("php", false);
	all("php", true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
		cmocka_unit_test(yaml),
		cmocka_unit_test(xml),
		cmocka_unit_test(php),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
