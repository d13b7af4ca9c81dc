/* fleet_items: see fleet_items.h. */
#include "rotator/fleet_items.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/auto.h"
#include "base/clock.h"
#include "rotator/fleet_drive.h"
#include "rotator/fleet_kin.h"
#include "rotator/look.h"

void
auto_fleet_items(struct fleet_items *f)
{
	free(f->at);
}

struct seeing {
	const struct config *config;
	struct fleet_items *f;
	int64_t now;
};

/* Only of what is under way; a record that cannot be read is told of by the
 * one who opens it. */
static bool
in_trouble(const struct store_row *row)
{
	AUTO(rec) struct rec r = { .n_clients = 0 };
	struct err ignored;

	return row->state != ROT_IDLE &&
	    rec_decode(row->body, &r, &ignored) == EC_OK && fleet_troubled(&r);
}

static enum ec
see_row(void *arg, const struct store_row *row, struct err *e)
{
	const struct seeing *s = arg;
	const struct identity_conf *id =
	    config_identity(s->config, row->identity);
	struct fleet_item *it;

	(void)e;
	if (id == NULL)
		return EC_OK;
	it = &s->f->at[id - s->config->identities];
	it->state = row->state;
	it->next_at = row->next_at;
	it->begins = row->state == ROT_IDLE;
	it->trouble = in_trouble(row);
	if (!rotation_is_due(id, row->state, row->next_at, s->now))
		it->turn = TURN_NONE;
	s->f->under_way |= row->state != ROT_IDLE;
	return EC_OK;
}

/* What a stored due date was computed from. When it changed, every identity
 * is looked at again; that costs no call for those that are still not due. */
static enum ec
ages_hash(const struct config *c, char ret[65], struct err *e)
{
	AUTO(buf) struct buf b = BUF((size_t)16 * 1024 * 1024);
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	for (size_t i = 0; i < c->n_identities; i++) {
		TRY(buf_adds(&b, c->identities[i].name, e));
		TRY(buf_addf(&b, e, " %" PRId64 "\n",
		    c->identities[i].max_age - c->identities[i].early));
	}
	errno = 0;
	if (EVP_Digest(b.p, b.len, md, &n, EVP_sha256(), NULL) != 1)
		return fail_lib(e, EC_BUG, "SHA-256 does not work");
	for (unsigned int i = 0; i < 32; i++)
		(void)snprintf(ret + (size_t)2 * i, 3, "%02x", md[i]);
	return EC_OK;
}

static enum ec
see_ages(struct app *a, struct fleet_items *f, struct err *e)
{
	AUTO(buf) struct buf was = BUF(128);
	enum ec ec = a->store.meta_get(a->store.ctx, "max-ages", &was, e);

	if (ec != EC_OK && ec != EC_GONE)
		return ec;
	TRY(ages_hash(a->config, f->ages, e));
	f->changed = strcmp(buf_str(&was), f->ages) != 0;
	return EC_OK;
}

/* --force and --wait are about one rotation, which may need to be waited for
 * although its record says "later". An identity that was named is looked at
 * for the same reason: somebody has just confirmed, released or mended it. */
static void
want(const struct args *args, struct fleet_items *f)
{
	const bool all = f->changed || args->force || args->wait ||
	    args->identities[0] != NULL;

	for (size_t i = 0; i < f->n; i++) {
		struct fleet_item *it = &f->at[i];

		if (all)
			it->turn = TURN_WAITS;
		if (!look_wanted(args, it->conf->name))
			it->turn = TURN_NONE;
		f->wanted += it->turn == TURN_WAITS;
	}
}

enum ec
fleet_items(struct app *a, struct fleet_items *ret, struct err *e)
{
	struct seeing s = { .f = ret, .now = clock_wall() };

	TRY(app_config(a, e));
	TRY(look_names(a, e));
	TRY(app_store(a, STORE_RW, e));
	s.config = a->config;
	ret->n = a->config->n_identities;
	ret->at = calloc(ret->n, sizeof(*ret->at));
	if (ret->at == NULL)
		return fail(e, EC_NOMEM, "no memory for the identities");
	for (size_t i = 0; i < ret->n; i++)
		ret->at[i] = (struct fleet_item){
			.conf = &a->config->identities[i],
			.turn = TURN_WAITS, /* never seen before */
			.begins = true,
			.kin = i,
		};
	TRY(a->store.each(a->store.ctx, INT64_MAX, see_row, &s, e));
	TRY(see_ages(a, ret, e));
	e->what[0] = '\0';
	want(a->args, ret);
	return ret->wanted > 1 ? fleet_kin(a->config, ret->at, ret->n, e)
			       : EC_OK;
}

enum ec
fleet_items_seen(struct app *a, const struct fleet_items *f, struct err *e)
{
	return a->store.meta_set(a->store.ctx, "max-ages", f->ages, e);
}
