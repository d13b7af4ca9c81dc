/*
 * profile: the shared AWS files (~/.aws/config, ~/.aws/credentials), read as
 * the SDKs read them: [default], [profile NAME], [services NAME] with an
 * indented block per service, bare [NAME] in the credentials file.
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
const char *profile_name(const struct profile *p);
const char *profile_where(const struct profile *p); /* file, for messages */
void profile_free(struct profile *p);
void auto_profile(struct profile **p);

#endif
