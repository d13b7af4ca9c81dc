/*
 * Any bytes as the replies of Vault, Kubernetes, GitHub, GitLab and Google, to
 * the drivers of these; see store.h.
 */
#include "store.h"

static const struct store_row rows[] = {
	{ "vault", "https://vault.example.com:8200", NULL,
	    { "address", "https://vault.example.com:8200", "path", "mail/news",
		"token_file", "@token" },
	    false },
	{ "vault", "https://vault.example.com:8200", NULL,
	    { "address", "https://vault.example.com:8200", "path", "mail/news",
		"auth", "approle", "role_id", "r1", "secret_id_file", "@token",
		"create", "true" },
	    false },
	{ "kubernetes", "https://10.0.0.1:443", NULL,
	    { "secret", "mail", "service_account", "@." }, true },
	{ "kubernetes", "https://10.0.0.1:443", NULL,
	    { "secret", "mail", "service_account", "@.", "create", "true",
		"rollout", "deployment/web" },
	    true },
	{ "github-actions", "https://api.github.com", NULL,
	    { "repository", "octo/mail", "username_secret", "MAIL_USER",
		"password_secret", "MAIL_PASS", "token_file", "@token" },
	    false },
	{ "github-actions", "https://api.github.com", NULL,
	    { "organisation", "octo", "pair_secret", "MAIL", "app_id", "1",
		"installation_id", "2", "private_key_file", "@key.pem" },
	    false },
	{ "gitlab", "https://gitlab.com", NULL,
	    { "project", "acme/mail", "username_variable", "MAIL_USER",
		"password_variable", "MAIL_PASS", "token_file", "@token" },
	    false },
	{ "gitlab", "https://gitlab.com", NULL,
	    { "group", "acme", "pair_variable", "JSON", "create", "true",
		"token_file", "@token" },
	    false },
	{ "gmail", "https://gmail.googleapis.com",
	    "https://oauth2.googleapis.com",
	    { "user", "ann@example.com", "alias", "news@example.com",
		"key_file", "@key.json" },
	    false },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return store_one(rows, COUNT(rows), data, size);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	store_begin();
	return 0;
}
