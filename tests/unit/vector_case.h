/*
 * vector_case: one folder of a signing suite in the form of awslabs/aws-c-auth
 * (tests/aws-signing-test-suite/v4): request.txt and context.json read into
 * what sig_sign() takes. What is not understood is an error and never a guess:
 * a case that was read wrongly proves nothing.
 */
#ifndef TESTS_VECTOR_CASE_H
#define TESTS_VECTOR_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "sigv4/sign.h"

#define VECTOR_HEADERS 32
#define VECTOR_PATH    4096
#define VECTOR_BYTES   ((size_t)1024 * 1024)

/* Zero before; text holds the request, cut up in place. */
struct vector_case {
	const char *dir;
	struct buf text;
	struct sig_header headers[VECTOR_HEADERS + 1];
	struct sig_request q;
	cJSON *json;
	struct secret *secret, *token;
	struct sig_context c;
};

static inline void
auto_vector_case(struct vector_case *v)
{
	secret_free(v->secret);
	secret_free(v->token);
	cJSON_Delete(v->json);
	buf_free(&v->text);
}

static inline bool
vector_has(const char *dir, const char *name)
{
	char path[VECTOR_PATH];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static inline enum ec
vector_read(const char *dir, const char *name, struct buf *ret, struct err *e)
{
	char path[VECTOR_PATH];

	if (!vector_has(dir, name))
		return fail(e, EC_CONFIG, "%s is missing", name);
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	*ret = BUF(VECTOR_BYTES);
	return file_read(path, ret, e);
}

/* Up to the next LF, which becomes a NUL; *s moves behind it. A CR before it
 * is part of the line end, too. */
static inline char *
vector_line(char **s)
{
	char *line = *s, *lf = strchr(line, '\n');

	*s = lf != NULL ? lf + 1 : line + strlen(line);
	if (lf != NULL)
		*lf = '\0';
	if (lf != NULL && lf > line && lf[-1] == '\r')
		lf[-1] = '\0';
	return line;
}

/* "METHOD TARGET HTTP/1.1"; the target may hold spaces. */
static inline enum ec
vector_first_line(struct vector_case *v, char *line, struct err *e)
{
	char *target = strchr(line, ' '), *end = strrchr(line, ' '), *query;

	if (target == NULL || target == end || strncmp(end, " HTTP/1.", 8) != 0)
		return fail(e, EC_CONFIG, "request.txt has no request line");
	*target++ = '\0';
	*end = '\0';
	query = strchr(target, '?');
	v->q.method = line;
	v->q.path = target;
	v->q.query = query != NULL ? query + 1 : "";
	if (query != NULL)
		*query = '\0';
	return EC_OK;
}

/* A line that begins with a blank goes on with the one before: the NUL
 * between them is made a LF again. */
static inline enum ec
vector_header(struct vector_case *v, size_t *n, char *line, struct err *e)
{
	char *colon = strchr(line, ':');

	if (*n > 0 && (line[0] == ' ' || line[0] == '\t')) {
		line[-1] = '\n';
		return EC_OK;
	}
	if (colon == NULL)
		return fail(e, EC_CONFIG, "no header: \"%.60s\"", line);
	if (*n == VECTOR_HEADERS)
		return fail(e, EC_CONFIG, "too many headers");
	*colon = '\0';
	v->headers[(*n)++] = (struct sig_header){ line, colon + 1 };
	return EC_OK;
}

static inline enum ec
vector_request(struct vector_case *v, struct err *e)
{
	char *s, *line;
	size_t n = 0;

	TRY(vector_read(v->dir, "request.txt", &v->text, e));
	if (v->text.len == 0)
		return fail(e, EC_CONFIG, "request.txt is empty");
	s = v->text.p;
	TRY(vector_first_line(v, vector_line(&s), e));
	for (line = vector_line(&s); *line != '\0'; line = vector_line(&s))
		TRY(vector_header(v, &n, line, e));
	v->q.headers = v->headers;
	v->q.body = s;
	v->q.body_len = (size_t)(v->text.p + v->text.len - s);
	return EC_OK;
}

static inline const char *
vector_text(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(o, name));
}

static inline bool
vector_flag(const cJSON *o, const char *name)
{
	return cJSON_IsTrue(cJSON_GetObjectItem(o, name)) != 0;
}

/* A word that is not known may change what is to be signed. */
static inline enum ec
vector_known(const cJSON *o, const char *const *known, struct err *e)
{
	const cJSON *i;

	cJSON_ArrayForEach(i, o)
	{
		const char *const *k = known;

		while (*k != NULL && strcmp(*k, i->string) != 0)
			k++;
		if (*k == NULL)
			return fail(e, EC_CONFIG,
			    "context.json: \"%.40s\" is not understood",
			    i->string);
	}
	return EC_OK;
}

static inline enum ec
vector_secret(const char *s, struct secret **ret, struct err *e)
{
	return s != NULL ? secret_new(s, strlen(s), ret, e) : EC_OK;
}

static inline enum ec
vector_parse(struct vector_case *v, struct err *e)
{
	AUTO(buf) struct buf b = BUF(VECTOR_BYTES);

	TRY(vector_read(v->dir, "context.json", &b, e));
	v->json = cJSON_Parse(buf_str(&b));
	if (!cJSON_IsObject(v->json))
		return fail(e, EC_CONFIG, "context.json is no JSON object");
	return EC_OK;
}

static inline enum ec
vector_context(struct vector_case *v, struct err *e)
{
	static const char *const words[] = { "credentials",
		"expiration_in_seconds", "normalize", "omit_session_token",
		"region", "service", "sign_body", "timestamp",
		"use_double_uri_encode", NULL };
	static const char *const cred_words[] = { "access_key_id",
		"secret_access_key", "token", NULL };
	const cJSON *cred = cJSON_GetObjectItem(v->json, "credentials");
	const char *at = vector_text(v->json, "timestamp");

	TRY(vector_known(v->json, words, e));
	TRY(vector_known(cred, cred_words, e));
	TRY(vector_secret(
	    vector_text(cred, "secret_access_key"), &v->secret, e));
	TRY(vector_secret(vector_text(cred, "token"), &v->token, e));
	v->c = (struct sig_context){
		.key_id = vector_text(cred, "access_key_id"),
		.secret = v->secret,
		.token = v->token,
		.region = vector_text(v->json, "region"),
		.service = vector_text(v->json, "service"),
		.at = at != NULL ? clock_parse_iso(at) : -1,
	};
	if (v->c.key_id == NULL || v->secret == NULL || v->c.region == NULL ||
	    v->c.service == NULL || v->c.at < 0)
		return fail(e, EC_CONFIG, "context.json is incomplete");
	/* Without a word of it a path is normalised: so are all but S3's. */
	v->q.keep_path =
	    cJSON_IsFalse(cJSON_GetObjectItem(v->json, "normalize")) != 0;
	v->q.sign_body = vector_flag(v->json, "sign_body");
	v->q.omit_token = vector_flag(v->json, "omit_session_token");
	return EC_OK;
}

#endif
