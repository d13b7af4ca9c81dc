/*
 * out_json: what programs read, and what nobody but the reader may keep.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rotator/out_p.h"

static enum ec
print(cJSON *json, bool line, struct err *e)
{
	char *text = NULL;
	int rc;

	if (json != NULL)
		text = line ? cJSON_PrintUnformatted(json) : cJSON_Print(json);
	cJSON_Delete(json);
	if (text == NULL)
		return fail(e, EC_NOMEM, "no memory for the JSON output");
	rc = puts(text);
	cJSON_free(text);
	if (rc < 0 || fflush(stdout) != 0)
		return fail_sys(e, "stdout");
	return EC_OK;
}

enum ec
out_json(cJSON *json, struct err *e)
{
	return print(json, false, e);
}

enum ec
out_json_line(cJSON *json, struct err *e)
{
	return print(json, true, e);
}

enum ec
out_secret(const char *text, size_t len, struct err *e)
{
	if (fflush(stdout) != 0)
		return fail_sys(e, "stdout");
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_sys(e, "stdout");
		text += n;
		len -= (size_t)n;
	}
	return EC_OK;
}
