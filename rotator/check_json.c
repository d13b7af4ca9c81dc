/* check_json: what `rotate check` says, for programs. */
#include "base/auto.h"
#include "clients/aws_role.h"
#include "rotator/check.h"
#include "rotator/out_p.h"

static cJSON *
json_identity(const struct identity_conf *id)
{
	cJSON *row = cJSON_CreateObject(), *windows;
	char text[WINDOW_TEXT_MAX];

	(void)cJSON_AddStringToObject(row, "identity", id->name);
	(void)cJSON_AddStringToObject(row, "iam_user", id->iam_user);
	(void)cJSON_AddStringToObject(row, "account", id->account);
	(void)cJSON_AddNumberToObject(row, "ring", id->ring);
	windows = cJSON_AddArrayToObject(row, "windows");
	for (size_t i = 0; i < id->windows.n; i++) {
		window_text(&id->windows.at[i], text);
		(void)cJSON_AddItemToArray(windows, cJSON_CreateString(text));
	}
	if (id->role_arn != NULL)
		(void)cJSON_AddStringToObject(row, "role_arn", id->role_arn);
	return row;
}

static cJSON *
json_client(const struct client_conf *cc)
{
	cJSON *row = cJSON_CreateObject();
	char where[300], account[AWS_ACCOUNT_MAX];
	const char *role = aws_role_of(&cc->client, account);

	check_where(&cc->client, where, sizeof(where));
	(void)cJSON_AddStringToObject(row, "client", cc->client.name);
	(void)cJSON_AddStringToObject(row, "identity", cc->identity->name);
	(void)cJSON_AddStringToObject(row, "kind", cc->client.drv->name);
	(void)cJSON_AddStringToObject(row, "region", cc->client.region);
	(void)cJSON_AddStringToObject(row, "where", where);
	if (role != NULL)
		(void)cJSON_AddStringToObject(row, "role_arn", role);
	if (account[0] != '\0')
		(void)cJSON_AddStringToObject(row, "account", account);
	(void)cJSON_AddBoolToObject(row, "required", cc->required);
	return row;
}

static void
json_lists(cJSON *o, const struct config *c)
{
	cJSON *ids = cJSON_AddArrayToObject(o, "identities");
	cJSON *clients = cJSON_AddArrayToObject(o, "clients");
	cJSON *warnings = cJSON_AddArrayToObject(o, "warnings");

	for (size_t i = 0; i < c->n_identities; i++)
		(void)cJSON_AddItemToArray(
		    ids, json_identity(&c->identities[i]));
	for (size_t i = 0; i < c->n_clients; i++)
		(void)cJSON_AddItemToArray(
		    clients, json_client(&c->clients[i]));
	for (size_t i = 0; config_warning(c, i) != NULL; i++)
		(void)cJSON_AddItemToArray(
		    warnings, cJSON_CreateString(config_warning(c, i)));
}

enum ec
check_json(
    const struct config *c, const struct finding *f, size_t n, struct err *e)
{
	cJSON *o = cJSON_CreateObject(), *list;

	(void)cJSON_AddStringToObject(o, "config", c->path);
	(void)cJSON_AddStringToObject(o, "account", c->account);
	json_lists(o, c);
	list = cJSON_AddArrayToObject(o, "machine");
	for (size_t i = 0; i < n; i++) {
		cJSON *row = cJSON_CreateObject();

		(void)cJSON_AddStringToObject(row, "what", f[i].what);
		(void)cJSON_AddStringToObject(row, "where", f[i].where);
		(void)cJSON_AddBoolToObject(row, "present", !f[i].gone);
		(void)cJSON_AddStringToObject(row, "result", ec_name(f[i].ec));
		if (f[i].ec != EC_OK) {
			(void)cJSON_AddStringToObject(
			    row, "cause", f[i].e.what);
			(void)cJSON_AddStringToObject(row, "fix", f[i].e.fix);
		}
		(void)cJSON_AddItemToArray(list, row);
	}
	return out_json(o, e);
}
