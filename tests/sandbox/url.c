/* url: see url.h. */
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

char *
url_encode(const char *text, int keep_slash)
{
	static const char hex[] = "0123456789ABCDEF";
	char *out = must_alloc(3 * strlen(text) + 1), *o = out;
	const char *p;

	for (p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < 128 && isalnum(c)) || strchr("-._~", c) != NULL ||
		    (keep_slash && c == '/')) {
			*o++ = *p;
			continue;
		}
		*o++ = '%';
		*o++ = hex[c >> 4];
		*o++ = hex[c & 15];
	}
	return out;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
url_decode(const char *text, size_t len, int plus)
{
	char *out = must_alloc(len + 1), *o = out;
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%' && i + 2 < len && nibble(text[i + 1]) >= 0 &&
		    nibble(text[i + 2]) >= 0) {
			c = (char)(nibble(text[i + 1]) * 16 +
			    nibble(text[i + 2]));
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		*o++ = c;
	}
	return out;
}

void
form_parse(struct form *f, const char *text, int plus)
{
	f->n = 0;
	while (*text != '\0' && f->n < FORM_MAX) {
		size_t len = strcspn(text, "&");
		size_t name = strcspn(text, "=&");
		struct pair *p = &f->pair[f->n];

		if (len > 0) {
			size_t value = name < len ? name + 1 : len;

			p->name = url_decode(text, name, plus);
			p->value = url_decode(text + value, len - value, plus);
			f->n++;
		}
		text += len + (text[len] == '&');
	}
}

void
form_free(struct form *f)
{
	while (f->n > 0) {
		f->n--;
		free(f->pair[f->n].name);
		free(f->pair[f->n].value);
	}
}

const char *
form_get(const struct form *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->pair[i].name, name) == 0)
			return f->pair[i].value;
	return NULL;
}
