/* control_run: what the control port can do. One row a request. */
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "control.h"
#include "faults.h"
#include "marks.h"
#include "util.h"
#include "verify.h"

struct request {
	struct sandbox *s;
	const char *id; /* the * of the path */
	const cJSON *body;
	control_arg *arg;
	void *ctx;
	int status;
};

static cJSON *
wrong(struct request *r, int status, const char *text)
{
	cJSON *o = must(cJSON_CreateObject());

	r->status = status;
	(void)cJSON_AddStringToObject(o, "error", text);
	return o;
}

/* Takes ownership of text; NULL means that all went well. */
static cJSON *
outcome(struct request *r, char *text)
{
	cJSON *o;

	if (text == NULL)
		return must(cJSON_CreateObject());
	o = wrong(r, 400, text);
	free(text);
	return o;
}

static const char *
member(const struct request *r, const char *name, const char *other)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->body, name);

	return cJSON_IsString(v) ? v->valuestring : other;
}

static void
put_date(cJSON *o, const char *name, time_t at)
{
	char text[32];

	date_text(at, DATE_ISO, text, sizeof(text));
	(void)cJSON_AddStringToObject(o, name, text);
}

static void
put_use(cJSON *o, const struct key *k)
{
	const struct key_use *u;
	cJSON *x;

	if (k->nuses == 0) {
		(void)cJSON_AddNullToObject(o, "last_used");
		return;
	}
	u = &k->uses[k->nuses - 1];
	x = must(cJSON_AddObjectToObject(o, "last_used"));
	put_date(x, "date", u->at);
	(void)cJSON_AddStringToObject(x, "service", u->service);
	(void)cJSON_AddStringToObject(x, "region", u->region);
}

static cJSON *
key_json(const struct key *k, bool secret)
{
	cJSON *o = must(cJSON_CreateObject());

	(void)cJSON_AddStringToObject(o, "id", k->id);
	if (secret)
		(void)cJSON_AddStringToObject(o, "secret", k->secret);
	(void)cJSON_AddStringToObject(
	    o, "status", key_status_text(key_status_now(k)));
	put_date(o, "created", k->created);
	put_use(o, k);
	return o;
}

static cJSON *
user_json(const struct user *u, bool secrets)
{
	cJSON *o = must(cJSON_CreateObject()), *keys;
	const struct key *k;

	(void)cJSON_AddStringToObject(o, "name", u->name);
	(void)cJSON_AddStringToObject(o, "id", u->id);
	put_date(o, "created", u->created);
	keys = must(cJSON_AddArrayToObject(o, "keys"));
	for (k = u->keys; k != NULL; k = k->next)
		if (key_status_now(k) != KEY_GONE)
			(void)cJSON_AddItemToArray(keys, key_json(k, secrets));
	return o;
}

static cJSON *
get_state(struct request *r)
{
	cJSON *o = must(cJSON_CreateObject());
	cJSON *users = must(cJSON_AddArrayToObject(o, "users"));
	const struct user *u;

	for (u = r->s->users; u != NULL; u = u->next)
		if (!u->gone)
			(void)cJSON_AddItemToArray(users, user_json(u, false));
	put_date(o, "now", sandbox_now_locked(r->s));
	(void)cJSON_AddStringToObject(o, "account", r->s->account);
	(void)cJSON_AddNumberToObject(o, "seq", r->s->seq);
	(void)cJSON_AddItemToObject(
	    o, "counters", must(cJSON_Duplicate(r->s->counters, 1)));
	(void)cJSON_AddItemToObject(
	    o, "knobs", must(cJSON_Duplicate(r->s->knobs, 1)));
	(void)cJSON_AddItemToObject(
	    o, "faults", must(cJSON_Duplicate(r->s->faults, 1)));
	return o;
}

static bool
is_smtp(const cJSON *event)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(event, "service");

	return strcmp(v->valuestring, "smtp") == 0;
}

/* ?all=1 adds the IAM calls, ?after=SEQ leaves out what was seen before. */
static cJSON *
get_log(struct request *r)
{
	bool all = r->arg(r->ctx, "all") != NULL;
	const char *after = r->arg(r->ctx, "after");
	double from = after != NULL ? strtod(after, NULL) : 0;
	cJSON *list = must(cJSON_CreateArray());
	const cJSON *e;

	cJSON_ArrayForEach(e, r->s->log)
	{
		const cJSON *seq = cJSON_GetObjectItemCaseSensitive(e, "seq");

		if (seq->valuedouble > from && (all || is_smtp(e)))
			(void)cJSON_AddItemToArray(
			    list, must(cJSON_Duplicate(e, 1)));
	}
	return list;
}

static cJSON *
post_knobs(struct request *r)
{
	cJSON *o = outcome(r, knobs_merge_locked(r->s, r->body));

	if (r->status != 200)
		return o;
	cJSON_Delete(o);
	return must(cJSON_Duplicate(r->s->knobs, 1));
}

static cJSON *
post_users(struct request *r)
{
	const char *name = member(r, "name", "");
	const cJSON *keys = cJSON_GetObjectItemCaseSensitive(r->body, "keys");
	int n = cJSON_IsNumber(keys) ? keys->valueint : 0;
	struct user *u;

	if (name[0] == '\0' || strlen(name) >= NAME_SIZE || n < 0 ||
	    n > KEYS_A_USER)
		return wrong(r, 400, "want {\"name\":..,\"keys\":0 to 2}");
	if (user_find_locked(r->s, name) != NULL)
		return wrong(r, 409, "there is a user of that name");
	u = user_add_locked(r->s, name, "/");
	while (n-- > 0)
		(void)key_add_locked(r->s, u, NULL, NULL);
	return user_json(u, true);
}

static cJSON *
delete_user(struct request *r)
{
	struct user *u = user_find_locked(r->s, r->id);
	struct key *k;

	if (u == NULL)
		return wrong(r, 404, "no such user");
	for (k = u->keys; k != NULL; k = k->next)
		key_set(k, KEY_GONE);
	u->gone = true;
	return outcome(r, NULL);
}

static cJSON *
post_keys(struct request *r)
{
	struct user *u = user_find_locked(r->s, member(r, "user", ""));

	if (u == NULL)
		return wrong(r, 404, "no such user");
	if (user_key_count(u) >= KEYS_A_USER)
		return wrong(r, 409, "the user has two keys");
	return key_json(key_add_locked(r->s, u, NULL, NULL), true);
}

/* A key that still exists, or NULL. */
static struct key *
living(const struct request *r, const char *id)
{
	struct key *k = key_find_locked(r->s, id);

	return k != NULL && key_status_now(k) != KEY_GONE ? k : NULL;
}

static cJSON *
post_key(struct request *r)
{
	struct key *k = living(r, r->id);
	const char *status = member(r, "status", "");
	bool active = strcmp(status, "Active") == 0;

	if (k == NULL)
		return wrong(r, 404, "no such key");
	if (!active && strcmp(status, "Inactive") != 0)
		return wrong(r, 400, "status must be Active or Inactive");
	key_set(k, active ? KEY_ACTIVE : KEY_INACTIVE);
	return key_json(k, false);
}

static cJSON *
delete_key(struct request *r)
{
	struct key *k = living(r, r->id);

	if (k == NULL)
		return wrong(r, 404, "no such key");
	key_set(k, KEY_GONE);
	return outcome(r, NULL);
}

static cJSON *
get_password(struct request *r)
{
	const struct key *k = key_find_locked(r->s, r->id);
	const char *region = r->arg(r->ctx, "region");
	char password[SMTP_PASSWORD_SIZE];
	cJSON *o;

	if (k == NULL)
		return wrong(r, 404, "no such key");
	if (region == NULL)
		region = r->s->regions[0];
	smtp_password(
	    k->secret, strcmp(region, "v2") == 0 ? NULL : region, password);
	o = must(cJSON_CreateObject());
	(void)cJSON_AddStringToObject(o, "username", k->id);
	(void)cJSON_AddStringToObject(o, "password", password);
	(void)cJSON_AddStringToObject(o, "region", region);
	return o;
}

static cJSON *
post_use(struct request *r)
{
	struct key *k = key_find_locked(r->s, member(r, "key", ""));
	bool noted;
	cJSON *o;

	if (k == NULL)
		return wrong(r, 404, "no such key");
	noted = key_touch_locked(r->s, k,
	    member(r, "service", knob_text_locked(r->s, "last_used_service")),
	    member(r, "region", r->s->regions[0]));
	o = key_json(k, false);
	(void)cJSON_AddBoolToObject(o, "recorded", noted);
	return o;
}

static cJSON *
post_marks(struct request *r)
{
	return outcome(r, marks_run_locked(r->s, r->body));
}

static cJSON *
post_faults(struct request *r)
{
	cJSON *o = outcome(r, faults_add_locked(r->s, r->body));

	if (r->status != 200)
		return o;
	cJSON_Delete(o);
	return must(cJSON_Duplicate(r->s->faults, 1));
}

static cJSON *
delete_faults(struct request *r)
{
	faults_clear_locked(r->s);
	return outcome(r, NULL);
}

static const struct route {
	const char *method, *path;
	bool body;
	cJSON *(*run)(struct request *);
} routes[] = {
	{ "GET", "/state", false, get_state },
	{ "GET", "/log", false, get_log },
	{ "POST", "/knobs", true, post_knobs },
	{ "POST", "/users", true, post_users },
	{ "DELETE", "/users/*", false, delete_user },
	{ "POST", "/keys", true, post_keys },
	{ "POST", "/keys/*", true, post_key },
	{ "DELETE", "/keys/*", false, delete_key },
	{ "GET", "/key/*/password", false, get_password },
	{ "POST", "/use", true, post_use },
	{ "POST", "/marks", true, post_marks },
	{ "POST", "/faults", true, post_faults },
	{ "DELETE", "/faults", false, delete_faults },
};

/* "/keys/AKIA..." fits "/keys/" and a star: *id is then the part in its
 * place, ended by a NUL written into path. */
static bool
fits(const char *pattern, char *path, const char **id)
{
	size_t n = strcspn(pattern, "*"), len;
	char *rest;

	if (pattern[n] == '\0')
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, n) != 0)
		return false;
	len = strcspn(path + n, "/");
	rest = path + n + len;
	if (len == 0 || strcmp(pattern + n + 1, rest) != 0)
		return false;
	*rest = '\0';
	*id = path + n;
	return true;
}

static const struct route *
find(const char *method, char *path, const char **id)
{
	size_t i;

	for (i = 0; i < COUNT(routes); i++)
		if (strcmp(method, routes[i].method) == 0 &&
		    fits(routes[i].path, path, id))
			return &routes[i];
	return NULL;
}

static cJSON *
dispatch(struct request *r, const struct route *route)
{
	LOCKED(r->s);

	if (route == NULL)
		return wrong(r, 404, "no such request; see README.md");
	if (route->body && r->body == NULL)
		return wrong(r, 400, "the body is not JSON");
	return route->run(r);
}

char *
control_run(struct sandbox *s, const char *method, char *path, const char *body,
    control_arg *arg, void *ctx, int *status)
{
	struct request r = { .s = s, .arg = arg, .ctx = ctx, .status = 200 };
	cJSON *json = cJSON_Parse(body), *out;
	char *text;

	r.body = json;
	/* The only one that must not hold the lock. */
	if (strcmp(method, "POST") == 0 && strcmp(path, "/reset") == 0) {
		sandbox_reset(s);
		out = outcome(&r, NULL);
	} else {
		out = dispatch(&r, find(method, path, &r.id));
	}
	text = must(cJSON_Print(out));
	cJSON_Delete(out);
	cJSON_Delete(json);
	*status = r.status;
	return text;
}
