/*
 * derive: the SMTP password of an access key that somebody else made. The
 * secret comes by pipe or prompt; on a command line every process of the
 * machine, and the shell's history, would see it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "rotator/app.h"
#include "rotator/ask_secret.h"
#include "rotator/out_p.h"
#include "sigv4/smtp_password.h"

#define AWS_SECRET_LEN 40

static enum ec
check_words(const struct args *args, struct err *e)
{
	if (args->n_words > 0) {
		(void)fail(e, EC_USAGE,
		    "rotate derive takes no operand: what stands on a command "
		    "line can be read by every user of this machine and stays "
		    "in the shell's history");
		return fix(e,
		    "pipe the secret key in, or type it at the prompt. If it "
		    "was the operand just now, make a new key");
	}
	if (args->regions[0] == NULL) {
		(void)fail(e, EC_USAGE, "which region?");
		return fix(e, "rotate derive --region us-east-1");
	}
	for (size_t i = 0; args->regions[i] != NULL; i++)
		if (!region_valid(args->regions[i])) {
			(void)fail(e, EC_USAGE, "%.40s is no region name",
			    args->regions[i]);
			return fix(e, "write it as us-east-1");
		}
	return EC_OK;
}

static enum ec
say(const char *region, const struct secret *pass, struct err *e)
{
	out(PLAIN, "%s ", region);
	TRY(out_secret(secret_reveal(pass), secret_len(pass), e));
	return out_secret("\n", 1, e);
}

static enum ec
say_json(cJSON *list, struct err *e)
{
	char *text = cJSON_Print(list);
	enum ec ec;

	if (text == NULL)
		return fail(e, EC_NOMEM, "no memory for the JSON output");
	ec = out_secret(text, strlen(text), e);
	cJSON_free(text); /* wipes: secret_init() */
	return ec != EC_OK ? ec : out_secret("\n", 1, e);
}

/* Prints it, or keeps it in list when that is not NULL. */
static enum ec
derive_one(
    const char *region, const struct secret *key, cJSON *list, struct err *e)
{
	AUTO(secret) struct secret *pass = NULL;
	cJSON *row;

	TRY(smtp_password_derive(key, region, &pass, e));
	if (list == NULL)
		return say(region, pass, e);
	row = cJSON_CreateObject();
	(void)cJSON_AddStringToObject(row, "region", region);
	(void)cJSON_AddStringToObject(row, "password", secret_reveal(pass));
	(void)cJSON_AddItemToArray(list, row);
	return EC_OK;
}

static enum ec
derive_all(struct app *a, const struct secret *key, cJSON *list, struct err *e)
{
	for (size_t i = 0; a->args->regions[i] != NULL; i++)
		TRY(derive_one(a->args->regions[i], key, list, e));
	return list == NULL ? EC_OK : say_json(list, e);
}

static enum ec
exec_derive(struct app *a, struct err *e)
{
	AUTO(secret) struct secret *key = NULL;
	cJSON *list = NULL;
	char text[100];
	enum ec ec;

	TRY(check_words(a->args, e));
	TRY(ask_secret("Secret access key (not shown): ", &key, e));
	if (secret_len(key) != AWS_SECRET_LEN) {
		(void)snprintf(text, sizeof(text),
		    "that has %zu characters; a secret access key has %d",
		    secret_len(key), AWS_SECRET_LEN);
		log_event(&a->log, LOG_WARN_, text, NULL);
	}
	if (a->args->json) {
		list = cJSON_CreateArray();
		if (list == NULL)
			return fail(e, EC_NOMEM, "no memory");
	}
	ec = derive_all(a, key, list, e);
	cJSON_Delete(list);
	return ec;
}

const struct command cmd_derive = {
	.name = "derive",
	.operands = "",
	.summary = "SMTP password of a secret key, from a pipe or a prompt",
	.help =
	    "Reads a secret access key and prints one line a region: the "
	    "region and the\nSMTP password. Nothing is stored or sent.\n"
	    "\n"
	    "  rotate derive --region eu-west-1          asks, without echo\n"
	    "  pass show aws/key | rotate derive --region us-east-1 \\\n"
	    "      --region eu-west-1\n",
	.min_words = 0,
	.max_words = LIST_MAX, /* refused in words of its own */
	.options = O_JSON | O_LOG | O_REGION,
	.run = exec_derive,
};
