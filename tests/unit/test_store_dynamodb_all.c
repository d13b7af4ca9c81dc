/* store_dynamodb: all records and holds in one reading: every page of them,
 * none that was altered, and never fewer than were written. */
#include "dynamo_world.h"
#include "rotator/store_dynamodb_p.h"

/* As admin, unchecked: one item goes, or one attribute is another. */
static void
meddle(const struct conform *c, const char *action, const char *kind,
    const char *name, const char *more)
{
	char all[4096];
	AUTO(json) cJSON *j = NULL;

	(void)snprintf(all, sizeof(all),
	    "{\"action\":\"%s\",\"body\":{\"TableName\":\"%s\",\"Key\":{"
	    "\"k\":{\"S\":\"%s\"},\"s\":{\"S\":\"%s\"}}%s}}",
	    action, strrchr(c->place, '/') + 1, kind, name, more);
	j = standin_ctl(&door, "POST", "/strict/do", all);
	assert_int_equal((int)cJSON_GetNumberValue(
			     cJSON_GetObjectItemCaseSensitive(j, "status")),
	    200);
}

static void
set_text(const struct conform *c, const char *kind, const char *name,
    const char *attribute, const char *value)
{
	char more[400];

	(void)snprintf(more, sizeof(more),
	    ",\"UpdateExpression\":\"SET #a = :v\","
	    "\"ExpressionAttributeNames\":{\"#a\":\"%s\"},"
	    "\"ExpressionAttributeValues\":{\":v\":{\"S\":\"%s\"}}",
	    attribute, value);
	meddle(c, "UpdateItem", kind, name, more);
}

static void
furnish(const struct conform *c)
{
	static const char *const names[] = { "mail", "shop" };
	AUTO(store) struct store s = { 0 };
	struct hold h = { true, T0, "ann", "Black Friday" };
	struct err e = { 0 };

	leased(c, &s);
	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO(rec) struct rec r = { 0 };

		rec_init(&r, names[i]);
		keep(&s, &r, "one");
	}
	WANT(EC_OK, s.hold_set(s.ctx, "shop", &h, &e));
	WANT(EC_OK, s.hold_set(s.ctx, "mail", &h, &e));
	s.unlease(s.ctx);
}

static enum ec
row(void *arg, const struct store_row *r, struct err *e)
{
	int *rows = arg;

	(void)r;
	(void)e;
	(*rows)++;
	return EC_OK;
}

static enum ec
hold(void *arg, const struct word *w, struct err *e)
{
	(void)arg;
	(void)w;
	(void)e;
	return EC_OK;
}

/* Also for a process that has counted once already. */
static void
missing(const struct conform *c, const char *kind)
{
	AUTO(store) struct store old = { 0 };
	AUTO(store) struct store s = { 0 };
	AUTO(rec) struct rec r = { 0 };
	struct err e = { 0 };
	int rows = 0;

	furnish(c);
	reopen(c, &old);
	WANT(EC_GONE, old.load(old.ctx, "none", &r, &e));
	meddle(c, "DeleteItem", kind, "mail", "");
	reopen(c, &s);
	WANT(EC_DAMAGED, s.all(s.ctx, row, hold, &rows, &e));
	assert_non_null(strstr(e.what, kind));
	WANT(EC_DAMAGED, old.all(old.ctx, row, hold, &rows, &e));
}

static void
test_missing_record(void **state)
{
	missing(*state, "record");
}

static void
test_missing_hold(void **state)
{
	missing(*state, "hold");
}

static void
test_altered(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	int rows = 0;

	furnish(c);
	set_text(c, "hold", "shop", "reason", "other");
	reopen(c, &s);
	WANT(EC_DAMAGED, s.all(s.ctx, row, hold, &rows, &e));
	assert_non_null(strstr(e.what, "the hold of shop was altered"));
	set_text(c, "record", "mail", "state", "DONE");
	WANT(EC_DAMAGED, s.all(s.ctx, row, hold, &rows, &e));
	assert_non_null(strstr(e.what, "the record of mail was altered"));
}

/* A hold comes when the root was read already: that is no damage. */
static enum ec
write_meanwhile(void *arg, const struct store_row *r, struct err *e)
{
	const struct hold h = { true, T0, "bob", "meanwhile" };
	struct store *w = arg;

	return w->hold_set(
	    w->ctx, strcmp(r->identity, "mail") == 0 ? "x" : "y", &h, e);
}

static void
test_meanwhile(void **state)
{
	const struct conform *c = *state;
	AUTO(store) struct store w = { 0 };
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };

	furnish(c);
	leased(c, &w);
	reopen(c, &s);
	WANT(EC_OK, s.all(s.ctx, write_meanwhile, hold, &w, &e));
}

/* More than the megabyte of one page. */
static void
test_pages(void **state)
{
	AUTO(store) struct store s = { 0 };
	struct err e = { 0 };
	int rows = 0;

	leased(*state, &s);
	for (int i = 0; i < 8; i++) {
		AUTO(rec) struct rec r = { 0 };
		struct rec_client *c;
		char name[32];

		(void)snprintf(name, sizeof(name), "shop%d", i);
		rec_init(&r, name);
		for (int k = 0; k < 500; k++) {
			WANT(EC_OK, rec_client_add(&r, "web", &c, &e));
			memset(c->evidence, 'x', sizeof(c->evidence) - 1);
		}
		WANT(EC_OK, s.commit(s.ctx, T0, &r, NULL, &e));
	}
	WANT(EC_OK, s.all(s.ctx, row, hold, &rows, &e));
	assert_int_equal(rows, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, dynamo_make, dynamo_end)
		T(test_missing_record),
		T(test_missing_hold),
		T(test_altered),
		T(test_meanwhile),
		T(test_pages),
	};
	struct err e;

	if (secret_init(&e) != EC_OK)
		return 1;
	door_open("moto");
	return cmocka_run_group_tests_name(
	    "store dynamodb, all", tests, dynamo_begin, dynamo_finish);
}
