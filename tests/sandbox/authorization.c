/* authorization: take an Authorization header apart, see verify.h. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "verify.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

const char *
request_header(const struct signed_request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

void
authorization_free(struct authorization *a)
{
	free(a->buf);
	a->buf = NULL;
}

static bool
split_scope(struct authorization *a, char *scope)
{
	char **part[] = { &a->key, &a->date, &a->region, &a->service,
		&a->terminator };
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		*part[i] = scope != NULL ? strsep(&scope, "/") : NULL;
	return a->terminator != NULL && scope == NULL;
}

static void
split_names(struct authorization *a, char *list)
{
	char *name;

	a->nsigned = 0;
	while ((name = strsep(&list, ";")) != NULL && a->nsigned < SIGNED_MAX)
		a->signed_names[a->nsigned++] = name;
}

/* One "Name=value" of the header; unknown ones are passed over. */
static void
take_part(struct authorization *a, char *part, char **scope, char **names)
{
	char *value;

	part += strspn(part, " \t");
	value = strchr(part, '=');
	if (value == NULL)
		return;
	*value++ = '\0';
	value[strcspn(value, " \t")] = '\0';
	if (strcmp(part, "Credential") == 0)
		*scope = value;
	if (strcmp(part, "SignedHeaders") == 0)
		*names = value;
	if (strcmp(part, "Signature") == 0)
		a->signature = value;
}

static struct refusal
incomplete(char *message)
{
	return (struct refusal){ 400, "IncompleteSignature", message };
}

static struct refusal
missing(const struct authorization *a, const char *scope, const char *names,
    bool date)
{
	return incomplete(fmt("%s%s%s%sAuthorization=%s",
	    scope ? ""
		  : "Authorization header requires 'Credential' "
		    "parameter. ",
	    a->signature ? ""
			 : "Authorization header requires "
			   "'Signature' parameter. ",
	    names ? ""
		  : "Authorization header requires 'SignedHeaders' "
		    "parameter. ",
	    date ? ""
		 : "Authorization header requires existence of "
		   "either a 'X-Amz-Date' or a 'Date' header. ",
	    algorithm));
}

struct refusal
authorization_parse(const struct signed_request *r, struct authorization *a)
{
	const char *h = request_header(r, "authorization");
	bool date = request_header(r, "x-amz-date") != NULL;
	char *scope = NULL, *names = NULL, *rest, *part;
	size_t n = strlen(algorithm);

	memset(a, 0, sizeof(*a));
	if (h == NULL)
		return (struct refusal){ 403, "MissingAuthenticationToken",
			fmt("Request is missing Authentication Token") };
	if (strncmp(h, algorithm, n) != 0 || (h[n] != ' ' && h[n] != '\0'))
		return incomplete(fmt("Unsupported AWS 'algorithm': '%.*s'. ",
		    (int)strcspn(h, " "), h));
	rest = a->buf = fmt("%s", h + n);
	while ((part = strsep(&rest, ",")) != NULL)
		take_part(a, part, &scope, &names);
	if (scope == NULL || names == NULL || a->signature == NULL || !date)
		return missing(a, scope, names, date);
	split_names(a, names);
	if (!split_scope(a, scope))
		return incomplete(
		    fmt("Credential must have exactly 5 slash-delimited "
			"elements, e.g. keyid/date/region/service/term"));
	return (struct refusal){ 0, NULL, NULL };
}
