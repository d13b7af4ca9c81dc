/* registry: all kinds of clients. A new driver is a line in each list. */
#include <string.h>

#include "clients/client.h"

extern const struct client_driver drv_aws_lambda_env;
extern const struct client_driver drv_aws_secretsmanager;
extern const struct client_driver drv_aws_ssm;
extern const struct client_driver drv_file;
extern const struct client_driver drv_postfix;
extern const struct client_driver drv_exim;
extern const struct client_driver drv_msmtp;
extern const struct client_driver drv_opensmtpd;
extern const struct client_driver drv_secret_service;
extern const struct client_driver drv_vault;
extern const struct client_driver drv_kubernetes;
extern const struct client_driver drv_systemd_credential;
extern const struct client_driver drv_github_actions;
extern const struct client_driver drv_gitlab;
extern const struct client_driver drv_gitlab_write_only;
extern const struct client_driver drv_gmail;
extern const struct client_driver drv_exec;
extern const struct client_driver drv_exec_write_only;
extern const struct client_driver drv_manual;
extern const struct client_driver drv_remote;

const struct client_driver *const client_drivers[] = {
	&drv_file,
	&drv_postfix,
	&drv_exim,
	&drv_msmtp,
	&drv_opensmtpd,
	&drv_secret_service,
	&drv_aws_secretsmanager,
	&drv_aws_ssm,
	&drv_aws_lambda_env,
	&drv_vault,
	&drv_kubernetes,
	&drv_systemd_credential,
	&drv_github_actions,
	&drv_gitlab,
	&drv_gitlab_write_only,
	&drv_gmail,
	&drv_exec,
	&drv_exec_write_only,
	&drv_remote,
	&drv_manual,
	NULL,
};

const struct client_driver *
client_driver_find(const char *name)
{
	for (size_t i = 0; client_drivers[i] != NULL; i++)
		if (strcmp(client_drivers[i]->name, name) == 0)
			return client_drivers[i];
	return NULL;
}
