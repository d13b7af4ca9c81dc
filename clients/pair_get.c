/* pair_get: a credential out of what a place holds; see pair.h. */
#include <string.h>

#include "base/auto.h"
#include "clients/json.h"
#include "clients/pair.h"
#include "clients/pair_dsn.h"

static enum ec
no_pair(const char *where, const char *why, struct err *e)
{
	return fail(e, EC_CONFLICT, "%s: %s", where, why);
}

static enum ec
get_user(const char *p, size_t n, const char *where, struct smtp_cred *ret,
    struct err *e)
{
	if (n >= sizeof(ret->user))
		return no_pair(where, "too long for a user name", e);
	memcpy(ret->user, p, n);
	ret->user[n] = '\0';
	return EC_OK;
}

static enum ec
get_pass(const char *p, size_t n, const char *where, struct smtp_cred *ret,
    struct err *e)
{
	if (n > SECRET_MAX)
		return no_pair(where, "too long for a password", e);
	secret_free(TAKE(ret->pass));
	return n > 0 ? secret_new(p, n, &ret->pass, e) : EC_OK;
}

static enum ec
get_json(
    const char *text, const char *where, struct smtp_cred *ret, struct err *e)
{
	AUTO(json) cJSON *j = cJSON_ParseWithOpts(text, NULL, 1);
	const char *user = json_text(j, "username");
	const char *pass = json_text(j, "password");

	if (!cJSON_IsObject(j))
		return no_pair(where, "not a JSON object", e);
	user = user != NULL ? user : "";
	pass = pass != NULL ? pass : "";
	TRY(get_user(user, strlen(user), where, ret, e));
	return get_pass(pass, strlen(pass), where, ret, e);
}

/* 0 to 15, or -1. */
static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)((p - digits) % 16) : -1;
}

/* Percent-encoded bytes; a stray % is not ours and no credential. */
static enum ec
decode(
    const char *p, size_t n, const char *where, struct buf *ret, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		char ch = p[i];

		if (ch == '%') {
			const int hi = i + 2 < n ? hex(p[i + 1]) : -1;
			const int lo = i + 2 < n ? hex(p[i + 2]) : -1;

			if (hi < 0 || lo < 0 || hi + lo == 0)
				return no_pair(where, "a stray % in it", e);
			ch = (char)(hi * 16 + lo);
			i += 2;
		}
		TRY(buf_add(ret, &ch, 1, e));
	}
	return EC_OK;
}

static enum ec
get_dsn(
    const char *text, const char *where, struct smtp_cred *ret, struct err *e)
{
	AUTO(buf) struct buf user = BUF(PAIR_MAX);
	AUTO(buf) struct buf pass = BUF(PAIR_MAX);
	struct pair_dsn d;

	if (!pair_dsn_split(text, &d))
		return no_pair(where, "not a URL with a plain password", e);
	TRY(decode(d.user, d.user_len, where, &user, e));
	TRY(decode(d.pass, d.pass_len, where, &pass, e));
	TRY(get_user(buf_str(&user), user.len, where, ret, e));
	return get_pass(buf_str(&pass), pass.len, where, ret, e);
}

enum ec
pair_get(enum pair_part part, const char *text, const char *where,
    struct smtp_cred *ret, struct err *e)
{
	switch (part) {
	case PAIR_USERNAME:
		return get_user(text, strlen(text), where, ret, e);
	case PAIR_PASSWORD:
		return get_pass(text, strlen(text), where, ret, e);
	case PAIR_JSON:
		return text[0] != '\0' ? get_json(text, where, ret, e) : EC_OK;
	case PAIR_DSN:
		return text[0] != '\0' ? get_dsn(text, where, ret, e) : EC_OK;
	}
	return fail(e, EC_BUG, "part %d of a pair", (int)part);
}
