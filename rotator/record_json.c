/*
 * record_json: a record as JSON text; see record.h. Decoding accepts exactly
 * what encoding writes: every field once, and none that is not in the table.
 * A field too many means that a newer program wrote it, and guessing what it
 * meant could cost a key.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "rotator/record_p.h"

#define NUMBER_MAX ((int64_t)1 << 53)

static void
auto_json(cJSON **j)
{
	cJSON_Delete(*j);
}

static void
auto_text(char **p)
{
	cJSON_free(*p);
}

static enum ec
no_memory(struct err *e)
{
	return fail(e, EC_NOMEM, "no memory for a record");
}

/* --- writing --- */

static enum ec encode_object(
    const struct shape *s, const char *at, cJSON *to, struct err *e);

/* cJSON's tree owns what was added, also after a failure. */
static enum ec
added(const cJSON *j, struct err *e)
{
	return j != NULL ? EC_OK : no_memory(e);
}

static enum ec
encode_text(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	if (memchr(at, '\0', f->size) == NULL)
		return fail(e, EC_BUG, "%s has no end", f->name);
	return added(cJSON_AddStringToObject(to, f->name, at), e);
}

static enum ec
encode_number(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	char digits[32];
	int64_t v;

	memcpy(&v, at, sizeof(v));
	if (v > NUMBER_MAX || v < (f->kind == COUNTER ? 0 : -NUMBER_MAX))
		return fail(e, EC_BUG, "%s is out of range", f->name);
	/* cJSON 1.7.15 itself prints 15 digits when that is "near enough". */
	(void)snprintf(digits, sizeof(digits), "%" PRId64, v);
	return added(cJSON_AddRawToObject(to, f->name, digits), e);
}

static enum ec
encode_flag(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	bool v;

	memcpy(&v, at, sizeof(v));
	return added(cJSON_AddBoolToObject(to, f->name, v), e);
}

static enum ec
encode_word(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	const char *word;
	unsigned v;

	memcpy(&v, at, sizeof(v));
	word = f->word(v);
	if (word == NULL)
		return fail(e, EC_BUG, "%s has no value %u", f->name, v);
	return added(cJSON_AddStringToObject(to, f->name, word), e);
}

static enum ec
encode_struct(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	cJSON *o = cJSON_AddObjectToObject(to, f->name);

	TRY(added(o, e));
	return encode_object(f->shape, at, o, e);
}

static enum ec
encode_array(const char *name, const struct shape *s, const char *at, size_t n,
    size_t size, cJSON *to, struct err *e)
{
	cJSON *a = cJSON_AddArrayToObject(to, name);

	TRY(added(a, e));
	for (size_t i = 0; i < n; i++) {
		cJSON *o = cJSON_CreateObject();

		if (!cJSON_AddItemToArray(a, o)) {
			cJSON_Delete(o);
			return no_memory(e);
		}
		TRY(encode_object(s, at + i * size, o, e));
	}
	return EC_OK;
}

static size_t
count_of(const struct field *f, const char *at)
{
	size_t n;

	memcpy(&n, at - f->at + f->count_at, sizeof(n));
	return n;
}

static enum ec
encode_list(const struct field *f, const char *at, cJSON *to, struct err *e)
{
	const size_t n = count_of(f, at);

	if (n > f->max)
		return fail(e, EC_BUG, "%s has %zu elements", f->name, n);
	return encode_array(f->name, f->shape, at, n, f->size, to, e);
}

/* --- reading --- */

static enum ec decode_object(
    const struct shape *s, const cJSON *j, char *at, struct err *e);

static enum ec
wrong(const char *name, struct err *e)
{
	return fail(e, EC_DAMAGED,
	    "record: field \"%s\" is missing or not what it should be", name);
}

static enum ec
decode_text(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	size_t len;

	if (!cJSON_IsString(j))
		return wrong(f->name, e);
	len = strlen(j->valuestring);
	if (len >= f->size)
		return wrong(f->name, e);
	memset(at, 0, f->size);
	memcpy(at, j->valuestring, len);
	return EC_OK;
}

static enum ec
decode_number(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	const double least = f->kind == COUNTER ? 0.0 : -(double)NUMBER_MAX;
	int64_t v;

	/* A NaN fails each comparison. */
	if (!cJSON_IsNumber(j) || !(j->valuedouble >= least) ||
	    !(j->valuedouble <= (double)NUMBER_MAX) ||
	    floor(j->valuedouble) != j->valuedouble)
		return wrong(f->name, e);
	v = (int64_t)j->valuedouble;
	memcpy(at, &v, sizeof(v));
	return EC_OK;
}

static enum ec
decode_flag(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	const bool v = cJSON_IsTrue(j);

	if (!cJSON_IsBool(j))
		return wrong(f->name, e);
	memcpy(at, &v, sizeof(v));
	return EC_OK;
}

/* Functions of their own, because gcc's analyzer takes a loop's counter whose
 * address is passed on for uninitialized. */
static void
put_unsigned(char *at, unsigned v)
{
	memcpy(at, &v, sizeof(v));
}

static void
put_size(char *at, size_t v)
{
	memcpy(at, &v, sizeof(v));
}

static enum ec
decode_word(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	if (!cJSON_IsString(j))
		return wrong(f->name, e);
	for (unsigned v = 0; f->word(v) != NULL; v++) {
		if (strcmp(f->word(v), j->valuestring) == 0) {
			put_unsigned(at, v);
			return EC_OK;
		}
	}
	return wrong(f->name, e);
}

static enum ec
decode_struct(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	return decode_object(f->shape, j, at, e);
}

static enum ec
decode_list(const struct field *f, const cJSON *j, char *at, struct err *e)
{
	const cJSON *item;
	size_t n = 0;

	if (!cJSON_IsArray(j))
		return wrong(f->name, e);
	cJSON_ArrayForEach(item, j)
	{
		if (n == f->max)
			return wrong(f->name, e);
		TRY(decode_object(f->shape, item, at + n * f->size, e));
		n++;
	}
	put_size(at - f->at + f->count_at, n);
	return EC_OK;
}

/* --- both --- */

static const struct codec {
	enum ec (*encode)(
	    const struct field *, const char *at, cJSON *to, struct err *);
	enum ec (*decode)(
	    const struct field *, const cJSON *, char *at, struct err *);
} codecs[] = {
	[TEXT] = { encode_text, decode_text },
	[NUMBER] = { encode_number, decode_number },
	[COUNTER] = { encode_number, decode_number },
	[FLAG] = { encode_flag, decode_flag },
	[WORD] = { encode_word, decode_word },
	[OBJECT] = { encode_struct, decode_struct },
	[LIST] = { encode_list, decode_list },
};

static enum ec
encode_object(const struct shape *s, const char *at, cJSON *to, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];

		TRY(codecs[f->kind].encode(f, at + f->at, to, e));
	}
	return EC_OK;
}

static enum ec
decode_fields(const struct shape *s, const cJSON *j, char *at, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, f->name);

		TRY(codecs[f->kind].decode(f, v, at + f->at, e));
	}
	return EC_OK;
}

/* All were found, so a wrong number of members means an unknown field or one
 * that stands there twice. */
static enum ec
only(const cJSON *j, size_t n, struct err *e)
{
	if ((size_t)cJSON_GetArraySize(j) == n)
		return EC_OK;
	(void)fail(e, EC_DAMAGED, "record: it has fields that are not known");
	return fix(e, "use the program version that wrote it, or a newer one");
}

static enum ec
decode_object(const struct shape *s, const cJSON *j, char *at, struct err *e)
{
	TRY(decode_fields(s, j, at, e));
	return only(j, s->n, e);
}

enum ec
rec_encode(const struct rec *r, struct buf *ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_CreateObject();
	AUTO(text) char *text = NULL;

	TRY(added(j, e));
	TRY(added(cJSON_AddNumberToObject(j, "format", REC_FORMAT), e));
	TRY(encode_object(&rec_shape, (const char *)r, j, e));
	TRY(encode_array("clients", &rec_client_shape, (const char *)r->clients,
	    r->n_clients, sizeof(*r->clients), j, e));
	text = cJSON_PrintUnformatted(j);
	return text != NULL ? buf_adds(ret, text, e) : no_memory(e);
}

static enum ec
decode_format(const cJSON *j, struct err *e)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, "format");

	if (!cJSON_IsNumber(v))
		return wrong("format", e);
	if (v->valuedouble == REC_FORMAT)
		return EC_OK;
	(void)fail(e, EC_DAMAGED, "record: format %.17g, not %d",
	    v->valuedouble, REC_FORMAT);
	return fix(e, "use the program version that wrote it, or a newer one");
}

static enum ec
decode_clients(const cJSON *j, struct rec *r, struct err *e)
{
	const cJSON *a = cJSON_GetObjectItemCaseSensitive(j, "clients");
	const cJSON *item;

	if (!cJSON_IsArray(a) || cJSON_GetArraySize(a) > REC_CLIENTS_MAX)
		return wrong("clients", e);
	cJSON_ArrayForEach(item, a)
	{
		struct rec_client *c;

		TRY(rec_client_add(r, "", &c, e));
		TRY(decode_object(&rec_client_shape, item, (char *)c, e));
	}
	return EC_OK;
}

static enum ec
decode_all(const cJSON *j, struct rec *r, struct err *e)
{
	TRY(decode_format(j, e));
	TRY(decode_fields(&rec_shape, j, (char *)r, e));
	TRY(decode_clients(j, r, e));
	return only(j, rec_shape.n + 2, e);
}

/* In place: a record is large, and a fleet has many. */
enum ec
rec_decode(const char *json, struct rec *ret, struct err *e)
{
	AUTO(json) cJSON *j = NULL;
	enum ec ec;

	memset(ret, 0, sizeof(*ret));
	errno = 0;
	j = cJSON_ParseWithOpts(json, NULL, true);
	if (!cJSON_IsObject(j))
		return fail_lib(e, EC_DAMAGED, "record: it is not JSON");
	ec = decode_all(j, ret, e);
	if (ec != EC_OK)
		rec_free(ret);
	return ec;
}
