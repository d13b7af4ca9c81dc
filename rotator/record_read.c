/*
 * record_read: a record, for who reads thousands of them to show a line of
 * each. cJSON makes a tree of a hundred allocations first, which is nearly all
 * that rec_decode() costs; this walks the same tables along the text itself.
 *
 * It knows one way to write a record: that of rec_encode(), every field, in
 * the order of the tables, without a blank. Whatever else it meets, be it
 * right or wrong JSON, a text with an escape in it, or a field of a newer
 * program, it leaves to rec_decode(), which alone refuses. So nothing is
 * checked less: to be taken here a record must be more regular than there.
 */
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/record_p.h"

#define NUMBER_MAX ((int64_t)1 << 53)
#define DIGITS_MAX 16 /* of that */

/* Each function moves *at behind what it took, or returns false. */

static bool
take(const char **at, const char *word)
{
	const size_t n = strlen(word);

	if (strncmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}

/* The text between two quotes, which has no escape. */
static bool
take_quoted(const char **at, const char **ret, size_t *ret_n)
{
	if (**at != '"')
		return false;
	*ret = *at + 1;
	*ret_n = strcspn(*ret, "\"\\");
	*at = *ret + *ret_n;
	return take(at, "\"");
}

static bool
take_text(const char **at, const struct field *f, char *to)
{
	const char *s;
	size_t n;

	if (!take_quoted(at, &s, &n) || n >= f->size)
		return false;
	memcpy(to, s, n); /* the rest is zero */
	return true;
}

static bool
take_number(const char **at, const struct field *f, char *to)
{
	const bool minus = f->kind == NUMBER && take(at, "-");
	const size_t n = strspn(*at, "0123456789");
	int64_t v = 0;

	if (n == 0 || n > DIGITS_MAX || (**at == '0' && (n > 1 || minus)))
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + ((*at)[i] - '0');
	if (v > NUMBER_MAX)
		return false;
	*at += n;
	v = minus ? -v : v;
	memcpy(to, &v, sizeof(v));
	return true;
}

static bool
take_flag(const char **at, const struct field *f, char *to)
{
	const bool yes = take(at, "true");

	(void)f;
	memcpy(to, &yes, sizeof(yes));
	return yes || take(at, "false");
}

static bool
take_word(const char **at, const struct field *f, char *to)
{
	const char *s;
	size_t n;

	if (!take_quoted(at, &s, &n))
		return false;
	for (unsigned v = 0; f->word(v) != NULL; v++) {
		const unsigned found =
		    v; /* see put_unsigned(), record_json.c */

		if (strncmp(f->word(v), s, n) == 0 && f->word(v)[n] == '\0') {
			memcpy(to, &found, sizeof(found));
			return true;
		}
	}
	return false;
}

static bool take_fields(const char **at, const struct shape *s, char *to);

static bool
take_struct(const char **at, const struct field *f, char *to)
{
	return take(at, "{") && take_fields(at, f->shape, to) && take(at, "}");
}

static bool
take_list(const char **at, const struct field *f, char *to)
{
	size_t n = 0;

	if (!take(at, "["))
		return false;
	while (!take(at, "]")) {
		if (n == f->max || (n > 0 && !take(at, ",")) ||
		    !take_struct(at, f, to + n * f->size))
			return false;
		n++;
	}
	memcpy(to - f->at + f->count_at, &n, sizeof(n));
	return true;
}

static bool (*const takers[])(const char **, const struct field *, char *) = {
	[TEXT] = take_text,
	[NUMBER] = take_number,
	[COUNTER] = take_number,
	[FLAG] = take_flag,
	[WORD] = take_word,
	[OBJECT] = take_struct,
	[LIST] = take_list,
};

static bool
take_fields(const char **at, const struct shape *s, char *to)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];

		if (!take(at, i > 0 ? ",\"" : "\"") || !take(at, f->name) ||
		    !take(at, "\":") || !takers[f->kind](at, f, to + f->at))
			return false;
	}
	return true;
}

static bool
take_client(const char **at, struct rec *r)
{
	struct rec_client *c;
	struct err e;

	return take(at, "{") && rec_client_add(r, "", &c, &e) == EC_OK &&
	    take_fields(at, &rec_client_shape, (char *)c) && take(at, "}");
}

static bool
take_clients(const char **at, struct rec *r)
{
	if (!take(at, ",\"clients\":["))
		return false;
	while (!take(at, "]"))
		if ((r->n_clients > 0 && !take(at, ",")) || !take_client(at, r))
			return false;
	return true;
}

static bool
take_all(const char *at, struct rec *r)
{
	char format[32];

	(void)snprintf(format, sizeof(format), "{\"format\":%d,", REC_FORMAT);
	return take(&at, format) && take_fields(&at, &rec_shape, (char *)r) &&
	    take_clients(&at, r) && strcmp(at, "}") == 0;
}

bool
rec_read(const char *json, struct rec *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (take_all(json, ret))
		return true;
	rec_free(ret);
	return false;
}
