/*
 * profile: see profile.h. Which files and which sections make up the selected
 * profile; the lines themselves are read by ini.c. A later setting wins over
 * an earlier one, so the order of reading is the order of precedence.
 */
#include "sigv4/profile.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "sigv4/ini.h"
#include "sigv4/providers.h"

#define FILE_LIMIT ((size_t)1024 * 1024)
#define NAME_LIMIT 256

struct profile {
	char name[NAME_LIMIT];
	char path[2][PROFILE_PATH_MAX]; /* by enum profile_file */
	const char *where;              /* one of these; NULL: nowhere */
	struct ini_list settings;       /* of the profile */
	size_t n_config;          /* so many of them from the config file */
	struct ini_list services; /* of its services section */
	struct ini_list session;  /* of its sso-session section */
};

/* HOME, else the password file: a system unit has no HOME. */
static const char *
home(const struct aws_env *env, char room[PROFILE_PATH_MAX])
{
	const char *h = provider_getenv(env, "HOME");
	struct passwd line, *pw = NULL;

	if (h != NULL)
		return h;
	if (getpwuid_r(getuid(), &line, room, PROFILE_PATH_MAX, &pw) != 0 ||
	    pw == NULL || pw->pw_dir == NULL)
		return "";
	return pw->pw_dir;
}

enum ec
profile_expand(const struct aws_env *env, const char *what, const char *path,
    char ret[PROFILE_PATH_MAX], struct err *e)
{
	bool tilde = strncmp(path, "~/", 2) == 0;
	char room[PROFILE_PATH_MAX];
	int n = snprintf(ret, PROFILE_PATH_MAX, "%s%s",
	    tilde ? home(env, room) : "", tilde ? path + 1 : path);

	if ((size_t)n >= PROFILE_PATH_MAX) /* also below 0 */
		return fail(e, EC_CONFIG, "%s: path is too long", what);
	return EC_OK;
}

/* The path named by a variable, or its default. */
static enum ec
file_name(const struct aws_env *env, const char *variable, const char *fallback,
    char ret[PROFILE_PATH_MAX], struct err *e)
{
	const char *v = provider_getenv(env, variable);

	return profile_expand(env, variable, v != NULL ? v : fallback, ret, e);
}

/* A file that is not there is an empty one. */
static enum ec
read_file(const char *path, struct buf *b, struct err *e)
{
	enum ec ec = file_read(path, b, e);

	if (ec == EC_GONE)
		return EC_OK;
	if (ec == EC_PROTO)
		return fail(
		    e, EC_CONFIG, "%s: larger than %zu bytes", path, b->max);
	return ec;
}

/* Reads the section of text that is called kind and name into p. */
static enum ec
take(struct profile *p, const char *path, const struct buf *text,
    const char *section, struct err *e)
{
	bool found = false;

	TRY(ini_read(path, text, section, &p->settings, &found, e));
	if (found)
		p->where = path;
	return EC_OK;
}

static enum ec
take_config(
    struct profile *p, const char *path, const struct buf *text, struct err *e)
{
	char section[NAME_LIMIT + 16];

	/* [profile default] wins over [default], says the format's page. */
	if (strcmp(p->name, "default") == 0)
		TRY(take(p, path, text, "default", e));
	(void)snprintf(section, sizeof(section), "profile %s", p->name);
	return take(p, path, text, section, e);
}

static enum ec
take_services(
    struct profile *p, const char *path, const struct buf *text, struct err *e)
{
	char section[NAME_LIMIT + 16];
	const char *name = profile_get(p, "services");
	bool found = false;

	if (name == NULL)
		return EC_OK;
	(void)snprintf(
	    section, sizeof(section), "services %.*s", NAME_LIMIT, name);
	TRY(ini_read(path, text, section, &p->services, &found, e));
	if (found)
		return EC_OK;
	(void)fail(e, EC_CONFIG,
	    "%s: profile %s names services %.64s, which "
	    "is not there",
	    path, p->name, name);
	return fix(e, "add a section [services %.64s]", name);
}

/* That it is not there is for its reader to say. */
static enum ec
take_session(
    struct profile *p, const char *path, const struct buf *text, struct err *e)
{
	char section[NAME_LIMIT + 16];
	const char *name = profile_get(p, "sso_session");
	bool found = false;

	if (name == NULL)
		return EC_OK;
	(void)snprintf(
	    section, sizeof(section), "sso-session %.*s", NAME_LIMIT, name);
	return ini_read(path, text, section, &p->session, &found, e);
}

static enum ec
fill(struct profile *p, const struct aws_env *env, struct err *e)
{
	AUTO(buf) struct buf config = BUF(FILE_LIMIT);
	AUTO(buf) struct buf credentials = BUF(FILE_LIMIT);
	char *path = p->path[PROFILE_CONFIG];
	char *secret_path = p->path[PROFILE_CREDENTIALS];

	TRY(file_name(env, "AWS_CONFIG_FILE", "~/.aws/config", path, e));
	TRY(file_name(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
	    secret_path, e));
	TRY(read_file(path, &config, e));
	TRY(read_file(secret_path, &credentials, e));
	TRY(take_config(p, path, &config, e));
	p->n_config = p->settings.n;
	TRY(take_services(p, path, &config, e));
	TRY(take(p, secret_path, &credentials, p->name, e));
	return take_session(p, path, &config, e);
}

static enum ec
fail_absent(const struct profile *p, bool named, struct err *e)
{
	if (!named)
		return fail(e, EC_GONE, "no profile %s", p->name);
	(void)fail(
	    e, EC_CONFIG, "profile %s: in neither shared AWS file", p->name);
	return fix(e,
	    "add [profile %s] to ~/.aws/config or [%s] to "
	    "~/.aws/credentials, or correct the name "
	    "(AWS_PROFILE)",
	    p->name, p->name);
}

/* NULL: nobody named one. */
static const char *
named_profile(const struct aws_env *env)
{
	const char *name = env->profile;

	if (name == NULL)
		name = provider_getenv(env, "AWS_PROFILE");
	if (name == NULL)
		name = provider_getenv(env, "AWS_DEFAULT_PROFILE");
	return name;
}

enum ec
profile_load(const struct aws_env *env, struct profile **ret, struct err *e)
{
	AUTO(profile) struct profile *p = NULL;
	const char *name = named_profile(env);

	if (name != NULL && strlen(name) >= NAME_LIMIT)
		return fail(e, EC_CONFIG, "profile name is too long");
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return fail(e, EC_NOMEM, "no memory for a profile");
	(void)snprintf(
	    p->name, sizeof(p->name), "%s", name != NULL ? name : "default");
	TRY(fill(p, env, e));
	if (p->where == NULL)
		return fail_absent(p, name != NULL, e);
	*ret = TAKE(p);
	return EC_OK;
}

const char *
profile_get(const struct profile *p, const char *key)
{
	return ini_get(&p->settings, "", key);
}

const char *
profile_service_get(
    const struct profile *p, const char *service, const char *key)
{
	return ini_get(&p->services, service, key);
}

const char *
profile_session_get(const struct profile *p, const char *key)
{
	return ini_get(&p->session, "", key);
}

const char *
profile_get_in(const struct profile *p, enum profile_file file, const char *key)
{
	const size_t n = p->n_config;
	const struct ini_list config = { p->settings.v, n };
	const struct ini_list credentials = {
		n < p->settings.n ? p->settings.v + n : NULL, p->settings.n - n
	};

	return ini_get(
	    file == PROFILE_CONFIG ? &config : &credentials, "", key);
}

const char *
profile_name(const struct profile *p)
{
	return p->name;
}

const char *
profile_where(const struct profile *p)
{
	return p->where;
}

const char *
profile_where_in(const struct profile *p, enum profile_file file)
{
	return p->path[file];
}

void
profile_place(const struct profile *p, char ret[PROFILE_PLACE_MAX])
{
	(void)snprintf(ret, PROFILE_PLACE_MAX, "profile %.40s in %.100s",
	    p->name, p->where);
}

void
profile_free(struct profile *p)
{
	if (p == NULL)
		return;
	ini_free(&p->settings);
	ini_free(&p->services);
	ini_free(&p->session);
	free(p);
}

void
auto_profile(struct profile **p)
{
	profile_free(*p);
}
