/* url: percent coding and form bodies. */
#ifndef SANDBOX_URL_H
#define SANDBOX_URL_H

#include <stddef.h>

#define FORM_MAX 64

struct pair {
	char *name, *value;
};

struct form {
	struct pair pair[FORM_MAX];
	size_t n;
};

/* RFC 3986 unreserved bytes stay, and '/' too when keep_slash is set. A new
 * string. */
char *url_encode(const char *text, int keep_slash);

/* plus: '+' means a space, as in form bodies. A new string. */
char *url_decode(const char *text, size_t len, int plus);

/* Split "a=b&c=d"; parts beyond FORM_MAX are left out. */
void form_parse(struct form *f, const char *text, int plus);
void form_free(struct form *f);

/* The value of a name, or NULL. */
const char *form_get(const struct form *f, const char *name);

#endif
