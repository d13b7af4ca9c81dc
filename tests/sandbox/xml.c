/* xml: see xml.h. The trees are our own and a few levels deep, so recursion
 * is bounded. */
/* NOLINTBEGIN(misc-no-recursion) */
#include "xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define CHILDREN_MAX 1100

struct xml {
	struct xml *next, *first, *last;
	const char *ns;
	char *text;
	char name[48];
};

struct writer {
	FILE *f;
	struct sandbox *s;
	bool shuffle;
};

struct xml *
xml_new(const char *name)
{
	struct xml *x = must_alloc(sizeof(*x));

	copy_text(x->name, sizeof(x->name), name);
	return x;
}

void
xml_free(struct xml *x)
{
	while (x != NULL) {
		struct xml *next = x->next;

		xml_free(x->first);
		free(x->text);
		free(x);
		x = next;
	}
}

void
xml_adopt(struct xml *parent, struct xml *x)
{
	if (parent->last != NULL)
		parent->last->next = x;
	else
		parent->first = x;
	parent->last = x;
}

struct xml *
xml_elem(struct xml *parent, const char *name)
{
	struct xml *x = xml_new(name);

	xml_adopt(parent, x);
	return x;
}

void
xml_text(struct xml *parent, const char *name, const char *text)
{
	xml_elem(parent, name)->text = fmt("%s", text);
}

void
xml_attr_ns(struct xml *x, const char *uri)
{
	x->ns = uri;
}

static void
escape(FILE *f, const char *text)
{
	static const char special[] = "&<>\"";
	static const char *const name[] = { "&amp;", "&lt;", "&gt;", "&quot;" };

	for (; *text != '\0'; text++) {
		const char *p = strchr(special, *text);

		if (p != NULL)
			(void)fputs(name[p - special], f);
		else
			(void)fputc(*text, f);
	}
}

static void
space(const struct writer *w)
{
	static const char *const kinds[] = { "", "\n", "\r\n   ", "\t",
		"<!-- adverse -->", "\n\n" };

	if (w->shuffle)
		(void)fputs(kinds[sandbox_random_locked(w->s) % 6], w->f);
}

static void render(const struct writer *w, const struct xml *x);

static void
render_children(const struct writer *w, const struct xml *x)
{
	const struct xml *order[CHILDREN_MAX], *c;
	size_t n = 0, i;

	for (c = x->first; c != NULL && n < CHILDREN_MAX; c = c->next)
		order[n++] = c;
	for (i = n; w->shuffle && i > 1; i--) {
		size_t j = sandbox_random_locked(w->s) % i;
		const struct xml *swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
	for (i = 0; i < n; i++) {
		space(w);
		render(w, order[i]);
	}
	space(w);
}

static void
render(const struct writer *w, const struct xml *x)
{
	(void)fprintf(w->f, "<%s", x->name);
	if (x->ns != NULL)
		(void)fprintf(w->f, " xmlns=\"%s\"", x->ns);
	(void)fputc('>', w->f);
	if (x->text != NULL)
		escape(w->f, x->text);
	else
		render_children(w, x);
	(void)fprintf(w->f, "</%s>", x->name);
}

char *
xml_render(const struct xml *x, struct sandbox *s, bool shuffle)
{
	char *out = NULL;
	size_t len;
	FILE *f = must(open_memstream(&out, &len));
	struct writer w = { f, s, shuffle };

	if (shuffle)
		(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", f);
	render(&w, x);
	(void)fputc('\n', f);
	(void)fclose(f);
	return out;
}
/* NOLINTEND(misc-no-recursion) */
