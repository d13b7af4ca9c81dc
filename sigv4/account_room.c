/*
 * account_room: a fleet may have more accounts than the locked heap has room
 * for session tokens (1 KiB each, as the heap counts, and sometimes 4). The
 * root of all roles knows them, and takes from one what nobody uses.
 *
 * Order of the mutexes: root, then role, and the latter is only tried: whoever
 * holds it is using that role anyway.
 */
#include "base/secret.h"
#include "sigv4/account_p.h"

/* For whatever else is secret in a run: passwords, keys, other tokens. */
#define ROOM_MIN ((size_t)96 * 1024)

void
account_room_join(struct aws_account *a)
{
	(void)pthread_mutex_lock(&a->root->mutex);
	a->next = a->root->roles;
	a->root->roles = a;
	(void)pthread_mutex_unlock(&a->root->mutex);
}

void
account_room_leave(struct aws_account *a)
{
	struct aws_account **p = &a->root->roles;

	(void)pthread_mutex_lock(&a->root->mutex);
	while (*p != NULL && *p != a)
		p = &(*p)->next;
	if (*p != NULL)
		*p = a->next;
	(void)pthread_mutex_unlock(&a->root->mutex);
}

static bool
spare(const struct aws_account *r)
{
	return r->now != NULL && r->now->refs == 1 && !r->busy;
}

/* The mutex of the root is held. NULL: each is in use, or has none. */
static struct aws_account *
oldest(struct aws_account *root)
{
	struct aws_account *found = NULL;
	int64_t used = INT64_MAX;

	for (struct aws_account *r = root->roles; r != NULL; r = r->next) {
		if (pthread_mutex_trylock(&r->mutex) != 0)
			continue;
		if (spare(r) && r->used < used) {
			found = r;
			used = r->used;
		}
		(void)pthread_mutex_unlock(&r->mutex);
	}
	return found;
}

/* False: there is nothing to be had. */
static bool
forget_one(struct aws_account *root)
{
	struct aws_account *r;
	struct held *h = NULL;

	(void)pthread_mutex_lock(&root->mutex);
	r = oldest(root);
	if (r != NULL && pthread_mutex_trylock(&r->mutex) == 0) {
		if (spare(r)) { /* still */
			h = r->now;
			r->now = NULL;
		}
		(void)pthread_mutex_unlock(&r->mutex);
	}
	(void)pthread_mutex_unlock(&root->mutex);
	held_free(h);
	return h != NULL;
}

void
account_room_make(struct aws_account *root)
{
	while (secret_room() < ROOM_MIN && forget_one(root))
		continue;
}
