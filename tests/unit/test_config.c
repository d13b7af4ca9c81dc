/* test_config: defaults, inheritance and lookups are what config.h says. */
#include "tests/unit/config_world.h"

#include <time.h>
static void
defaults(void **state)
{
	AUTO(config) struct config *c = good(CLIENT);
	const struct identity_conf *id = &c->identities[0];
	const struct client_conf *cl = &c->clients[0];

	(void)state;
	assert_string_equal(c->path, "t.yaml");
	assert_string_equal(c->account, "123456789012");
	assert_string_equal(c->state, "/var/lib/ses-smtp-rotator");
	assert_null(c->profile);
	assert_null(c->alarm);
	assert_int_equal(c->seal_kind, SEAL_FILE);
	assert_string_equal(
	    c->seal_where, "/var/lib/ses-smtp-rotator/seal.key");
	assert_string_equal(id->iam_user, "news");
	assert_null(id->user_id);
	assert_int_equal(id->max_age, 90 * DAY);
	assert_int_equal(id->grace, 7 * DAY);
	assert_int_equal(id->quiet, 7 * DAY);
	assert_int_equal(id->slack, 4 * HOUR);
	assert_int_equal(id->late_window, 20 * MINUTE);
	assert_int_equal(id->settle.successes, 3);
	assert_int_equal(id->settle.interval, 10000);
	assert_int_equal(id->settle.timeout, 5 * MINUTE);
	assert_false(id->prove_send);
	assert_int_equal(id->smtp.port, 587);
	assert_string_equal(id->smtp.host, "");
	assert_int_equal(id->line, 3);
	assert_string_equal(id->file, "t.yaml");
	assert_string_equal(id->clients[0], "web");
	assert_null(id->clients[1]);
	assert_ptr_equal(cl->identity, id);
	assert_string_equal(cl->client.identity, "news");
	assert_string_equal(cl->client.region, "us-east-1");
	assert_string_equal(
	    cl->client.smtp.host, "email-smtp.us-east-1.amazonaws.com");
	assert_int_equal(cl->client.smtp.port, 587);
	assert_true(cl->required);
	assert_int_equal(cl->pickup, cl->client.drv->pickup);
	assert_int_equal(cl->deadline, 7 * DAY);
	assert_int_equal(cl->settle.successes, 3);
	assert_int_equal(cl->line, 6);
	assert_null(config_warning(c, 0));
}

static void
account_keeps_its_zero(void **state)
{
	AUTO(config) struct config *c = good("account: 012345678901\n" IDENT);

	(void)state;
	assert_string_equal(c->account, "012345678901");
}

static void
top_values(void **state)
{
	AUTO(config)
	struct config *c = good(BASE
	    "state: /s\nprofile: ops\nseal: { kind: credential, name: k }\n"
	    "alarm: [mail, -s, 'blocked', root]\nclients:\n");

	(void)state;
	assert_string_equal(c->profile, "ops");
	assert_int_equal(c->seal_kind, SEAL_CREDENTIAL);
	assert_string_equal(c->seal_where, "k");
	assert_string_equal(c->alarm[2], "blocked");
	assert_null(c->alarm[4]);
	assert_int_equal(c->n_clients, 0);
}

static void
store(void **state)
{
	struct config *a = good(BASE);
	struct config *b = good(BASE "store: { kind: dynamodb, table: a.B_c-1,"
				     " region: eu-west-1 }\n");
	/* named before it is in use: for a move */
	struct config *c = good(BASE "store: { table: abc }\n");

	(void)state;
	assert_int_equal(a->store_kind, STORE_SQLITE);
	assert_null(a->store_table);
	assert_int_equal(b->store_kind, STORE_DYNAMODB);
	assert_string_equal(b->store_table, "a.B_c-1");
	assert_string_equal(b->store_region, "eu-west-1");
	assert_int_equal(c->store_kind, STORE_SQLITE);
	assert_string_equal(c->store_table, "abc");
	assert_null(c->store_region);
	config_free(a);
	config_free(b);
	config_free(c);
}

static void
seal_path(void **state)
{
	AUTO(config)
	struct config *a = good(BASE "state: /s\n");
	AUTO(config)
	struct config *b = good(BASE "state: /s\nseal: { path: /k }\n");

	(void)state;
	assert_string_equal(a->seal_where, "/s/seal.key");
	assert_string_equal(b->seal_where, "/k");
}

static void
seal_kms(void **state)
{
	static const char arn[] = "arn:aws:kms:eu-west-1:123456789012:key/0-a";
	AUTO(config)
	struct config *a =
	    good(BASE "state: /s\nseal: { kind: kms, key: alias/mail, "
		      "region: eu-west-1 }\n");
	AUTO(config)
	struct config *b =
	    good(BASE "seal: { kind: kms, path: /k, key: "
		      "'arn:aws:kms:eu-west-1:123456789012:key/0-a' }\n");

	(void)state;
	assert_int_equal(a->seal_kind, SEAL_KMS);
	assert_string_equal(a->seal_where, "alias/mail");
	assert_string_equal(a->seal_region, "eu-west-1");
	assert_string_equal(a->seal_former, "/s/seal.key");
	assert_string_equal(b->seal_where, arn);
	assert_null(b->seal_region);
	assert_string_equal(b->seal_former, "/k");
}

static const char layers[] = ACCOUNT
    "defaults:\n"
    "  max_age: 30d\n"
    "  grace: 2d\n"
    "  prove: send\n"
    "  prove_from: ops@example.com\n"
    "  smtp: { tls: implicit, ca_file: /ca }\n"
    "  settle: { successes: 5 }\n"
    "identities:\n"
    "- name: a\n"
    "  regions: [us-east-1, eu-west-1]\n"
    "  grace: 3d\n"
    "  settle: { interval: 1s }\n"
    "  smtp: { host: 'mail-{region}.example.com' }\n"
    "- { name: b, regions: [cn-north-1], prove: auth, iam_user: B }\n"
    "clients:\n"
    "- { name: c, type: manual, what: x, identity: a, region: eu-west-1,\n"
    "    smtp: { tls: starttls, port: 2587 }, settle: { timeout: 1m },\n"
    "    required: no, pickup: 1h, deadline: 2d }\n"
    "- { name: d, type: manual, what: x, identity: b }\n"
    "- { name: e, type: manual, what: x, identity: a, region: us-east-1,\n"
    "    smtp: { host: relay.example.com } }\n";

static void
layers_of_identities(void **state)
{
	AUTO(config) struct config *c = good(layers);
	const struct identity_conf *a = config_identity(c, "a");
	const struct identity_conf *b = config_identity(c, "b");
	struct smtp_peer p;

	(void)state;
	assert_int_equal(a->max_age, 30 * DAY);
	assert_int_equal(a->grace, 3 * DAY);
	assert_int_equal(b->grace, 2 * DAY);
	assert_true(a->prove_send);
	assert_false(b->prove_send);
	assert_string_equal(a->prove_from, "ops@example.com");
	assert_int_equal(a->settle.successes, 5);
	assert_int_equal(a->settle.interval, 1000);
	assert_int_equal(b->settle.interval, 10000);
	assert_int_equal(a->smtp.tls, SMTP_IMPLICIT);
	assert_int_equal(a->smtp.port, 465);
	assert_string_equal(a->smtp.ca_file, "/ca");
	assert_string_equal(b->iam_user, "B");
	config_peer(a, "eu-west-1", &p);
	assert_string_equal(p.host, "mail-eu-west-1.example.com");
	assert_int_equal(p.port, 465);
	config_peer(b, "cn-north-1", &p);
	assert_string_equal(p.host, "email-smtp.cn-north-1.amazonaws.com.cn");
}

static void
layers_of_clients(void **state)
{
	AUTO(config) struct config *cf = good(layers);
	const struct client_conf *c = config_client(cf, "c");
	const struct client_conf *d = config_client(cf, "d");
	const struct client_conf *e = config_client(cf, "e");
	const struct identity_conf *a = config_identity(cf, "a");

	(void)state;
	assert_string_equal(c->client.smtp.host, "mail-eu-west-1.example.com");
	assert_int_equal(c->client.smtp.tls, SMTP_STARTTLS);
	assert_int_equal(c->client.smtp.port, 2587);
	assert_string_equal(c->client.smtp.ca_file, "/ca");
	assert_int_equal(c->settle.timeout, MINUTE);
	assert_int_equal(c->settle.successes, 5);
	assert_int_equal(c->settle.interval, 1000);
	assert_false(c->required);
	assert_int_equal(c->pickup, HOUR);
	assert_int_equal(c->deadline, 2 * DAY);
	assert_int_equal(d->client.smtp.port, 465);
	assert_string_equal(e->client.smtp.host, "relay.example.com");
	assert_ptr_equal(config_client_of(cf, a, 0), c);
	assert_ptr_equal(config_client_of(cf, a, 1), e);
	assert_null(config_client_of(cf, a, 2));
	assert_ptr_equal(config_client_of(cf, config_identity(cf, "b"), 0), d);
	assert_string_equal(a->clients[1], "e");
	assert_null(a->clients[2]);
	assert_null(config_client(cf, "zz"));
	assert_null(config_identity(cf, ""));
}

static void
spans_of_the_driver(void **state)
{
	AUTO(config)
	struct config *c =
	    good(BASE "clients: [ { name: a, type: exec, command: [x] },\n"
		      "  { name: b, type: exec, command: [x], pickup: 0 } ]\n");
	const struct client_conf *cl = c->clients;

	(void)state;
	assert_true(cl[0].client.drv->pickup > 0);
	assert_int_equal(cl[0].pickup, cl[0].client.drv->pickup);
	assert_int_equal(cl[1].pickup, 0);
	assert_int_equal(cl[0].deadline, 0);
}

/* A driver's option with the name of a common key could never be given. */
static void
no_option_hides_behind_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; client_drivers[i] != NULL; i++) {
		const struct client_opt *o = client_drivers[i]->opts;

		for (; o->key != NULL; o++)
			if (key_find(client_keys, o->key) != NULL)
				die("option %s of driver %s is a common "
				    "key of clients",
				    o->key, client_drivers[i]->name);
	}
}

static void
tables_say_how_they_are_read(const struct key *table)
{
	for (; table->name != NULL; table++)
		assert_false(table->read != NULL && table->group != NULL);
}

static void
tables(void **state)
{
	(void)state;
	tables_say_how_they_are_read(top_keys);
	tables_say_how_they_are_read(identity_keys);
	tables_say_how_they_are_read(client_keys);
}

static void
fleet(struct buf *b, int n)
{
	struct err e;

	assert_int_equal(buf_adds(b, ACCOUNT "identities:\n", &e), EC_OK);
	for (int i = 0; i < n; i++)
		assert_int_equal(buf_addf(b, &e,
				     "- name: id%d\n  iam_user: ses-smtp-%d\n"
				     "  regions: [us-east-1, eu-west-1]\n",
				     i, i),
		    EC_OK);
	assert_int_equal(buf_adds(b, "clients:\n", &e), EC_OK);
	for (int i = 0; i < n; i++)
		assert_int_equal(
		    buf_addf(b, &e,
			"- name: web%d\n  identity: id%d\n"
			"  region: us-east-1\n  type: file\n"
			"  path: /srv/web%d/.env\n  format: dotenv\n"
			"  username: SMTP_USER\n  password: SMTP_PASS\n"
			"  activate: [systemctl, reload, web%d]\n",
			i, i, i, i),
		    EC_OK);
}

static void
large(void **state)
{
	static const int sizes[] = { 1000, 10000 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		AUTO(buf) struct buf b = BUF(CONFIG_MAX_BYTES);
		struct timespec from, to;
		char name[32];

		fleet(&b, sizes[i]);
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		AUTO(config) struct config *c = good(buf_str(&b));
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		print_message("%d identities, %zu KiB: %.1f ms\n", sizes[i],
		    b.len / 1024,
		    (double)(to.tv_sec - from.tv_sec) * 1e3 +
			(double)(to.tv_nsec - from.tv_nsec) / 1e6);
		for (int j = 0; j < sizes[i]; j++) {
			(void)snprintf(name, sizeof(name), "web%d", j);
			assert_ptr_equal(
			    config_client(c, name), &c->clients[j]);
			assert_ptr_equal(
			    c->clients[j].identity, &c->identities[j]);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(account_keeps_its_zero),
		cmocka_unit_test(top_values),
		cmocka_unit_test(store),
		cmocka_unit_test(seal_path),
		cmocka_unit_test(seal_kms),
		cmocka_unit_test(layers_of_identities),
		cmocka_unit_test(layers_of_clients),
		cmocka_unit_test(spans_of_the_driver),
		cmocka_unit_test(no_option_hides_behind_a_key),
		cmocka_unit_test(tables),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
