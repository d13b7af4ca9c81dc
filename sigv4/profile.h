/*
 * profile: the shared AWS files (~/.aws/config, ~/.aws/credentials), read as
 * the SDKs read them: [default], [profile NAME], [services NAME] with an
 * indented block per service, [sso-session NAME], bare [NAME] in the
 * credentials file.
 *
 * Source: "Shared config and credentials files",
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
#ifndef SIGV4_PROFILE_H
#define SIGV4_PROFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "sigv4/identity.h"

struct profile; /* one profile's settings of both files; wiped when freed */

/* The profile that env selects. EC_GONE: no such profile (and it was not
 * named by anybody), EC_CONFIG: named but absent, or a file that cannot be
 * parsed (FILE:LINE). A missing file is an empty file. */
MUST enum ec profile_load(
    const struct aws_env *env, struct profile **ret, struct err *e);
/* Value of key, or NULL. Credentials file wins over config file. The text may
 * be secret: take it into a struct secret at once. */
const char *profile_get(const struct profile *p, const char *key);
/* Value of key inside the services block for service ("iam"), or NULL. */
const char *profile_service_get(
    const struct profile *p, const char *service, const char *key);
/* Value of key inside the sso-session section that the profile names in
 * sso_session; NULL when there is no such section, or it does not say. */
const char *profile_session_get(const struct profile *p, const char *key);

/* What only one of the two files says. */
enum profile_file { PROFILE_CONFIG, PROFILE_CREDENTIALS };
const char *profile_get_in(
    const struct profile *p, enum profile_file file, const char *key);

const char *profile_name(const struct profile *p);
/* File, for messages: the last in which it was found, or that one. */
const char *profile_where(const struct profile *p);
const char *profile_where_in(const struct profile *p, enum profile_file file);

/* "profile NAME in FILE", cut to fit. */
#define PROFILE_PLACE_MAX 160
void profile_place(const struct profile *p, char ret[PROFILE_PLACE_MAX]);

#define PROFILE_PATH_MAX 1024
/* A leading "~/" is the home directory; what is for messages. EC_CONFIG: too
 * long. */
MUST enum ec profile_expand(const struct aws_env *env, const char *what,
    const char *path, char ret[PROFILE_PATH_MAX], struct err *e);

void profile_free(struct profile *p);
void auto_profile(struct profile **p);

#endif
