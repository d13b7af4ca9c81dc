/* version: which build this is and which libraries it runs with. */
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <expat.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <yaml.h>

#include "base/auto.h"
#include "rotator/app.h"
#include "rotator/out.h"

#ifndef VERSION
#define VERSION "dev"
#endif

struct part {
	const char *name, *version;
};

static enum ec
as_json(const struct part *parts, size_t n, struct err *e)
{
	cJSON *o = cJSON_CreateObject();

	for (size_t i = 0; i < n; i++)
		(void)cJSON_AddStringToObject(
		    o, parts[i].name, parts[i].version);
	return out_json(o, e);
}

static enum ec
exec_version(struct app *a, struct err *e)
{
	const char *expat = XML_ExpatVersion() + strlen("expat_");
	const struct part parts[] = {
		{ "rotate", VERSION },
		{ "libcurl", curl_version_info(CURLVERSION_NOW)->version },
		{ "openssl", OpenSSL_version(OPENSSL_VERSION_STRING) },
		{ "cjson", cJSON_Version() },
		{ "libyaml", yaml_get_version_string() },
		{ "sqlite", sqlite3_libversion() },
		{ "expat", expat },
	};

	if (a->args->json)
		return as_json(parts, COUNT(parts), e);
	out(BOLD, "%s %s\n", parts[0].name, parts[0].version);
	for (size_t i = 1; i < COUNT(parts); i++)
		out(PLAIN, "  %-8s %s\n", parts[i].name, parts[i].version);
	return EC_OK;
}

const struct command cmd_version = {
	.name = "version",
	.operands = "",
	.summary = "this build and its libraries",
	.help = "  rotate version\n"
		"  rotate version --json\n",
	.min_words = 0,
	.max_words = 0,
	.options = O_COMMON,
	.run = exec_version,
};
